//! Whether a result is of the deck as it is now, told by times.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::save;
use crate::sdk::ExportFormat;

/// Whether a result is there and newer than the deck. Of several files the newest counts: all are written by each
/// conversion, and of a deck that has fewer slides than before some are left from older ones.
pub(super) fn is_unchanged(deck: &Path, output: &Path, format: ExportFormat) -> bool {
    let Some(changed) = modified(deck) else {
        return false;
    };
    let newest = results(output, format)
        .iter()
        .filter_map(|path| modified(path))
        .max();
    // A result of the same moment may be of the deck before it was changed.
    newest.is_some_and(|newest| newest > changed)
}

pub(super) fn modified(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|found| found.modified()).ok()
}

/// A deck that was changed while it was read is converted again the next time: its results get the time that it had.
pub(super) fn keep_old(results: &[PathBuf], deck: &Path, before: Option<SystemTime>) {
    let (Some(before), Some(now)) = (before, modified(deck)) else {
        return;
    };
    if now == before {
        return;
    }
    for path in results {
        // What cannot be dated is converted too seldom, never wrongly.
        let _ = File::options()
            .write(true)
            .open(path)
            .and_then(|file| file.set_modified(before));
    }
}

/// The result, and the pictures `OUT_3.png` beside it.
fn results(output: &Path, format: ExportFormat) -> Vec<PathBuf> {
    let mut paths = vec![output.to_owned()];
    if save::is_one_file_per_slide(format) || save::has_files(format) {
        let folder = output
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        let stem = output.file_stem().unwrap_or_default().to_string_lossy();
        let entries = fs::read_dir(folder.unwrap_or(Path::new(".")));
        let pictures = entries
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path());
        paths.extend(pictures.filter(|path| {
            let name = path.file_stem().unwrap_or_default().to_string_lossy();
            path.extension() == output.extension()
                && name
                    .strip_prefix(stem.as_ref())
                    .and_then(|rest| rest.strip_prefix('_'))
                    .is_some_and(|number| number.parse::<u32>().is_ok())
        }));
    }
    paths
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn write(path: &Path, seconds: u64) {
        let file = File::create(path).unwrap();
        file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds))
            .unwrap();
    }

    #[test]
    fn only_a_newer_result_is_enough() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let (deck, pdf, png) = (path("a.pptx"), path("a.pdf"), path("a.png"));
        write(&deck, 100);
        assert!(!is_unchanged(&deck, &pdf, ExportFormat::Pdf));
        for (time, expected) in [(99, false), (100, false), (101, true)] {
            write(&pdf, time);
            assert_eq!(
                is_unchanged(&deck, &pdf, ExportFormat::Pdf),
                expected,
                "{time}"
            );
        }
        // One of more slides than there are now, and one of another deck.
        write(&path("a_9.png"), 50);
        write(&path("a_b_1.png"), 500);
        assert!(!is_unchanged(&deck, &png, ExportFormat::Png));
        write(&path("a_1.png"), 150);
        assert!(is_unchanged(&deck, &png, ExportFormat::Png));
        assert!(!is_unchanged(&path("none"), &pdf, ExportFormat::Pdf));
    }

    #[test]
    fn a_deck_that_changed_meanwhile_is_taken_again() {
        let folder = tempfile::tempdir().unwrap();
        let (deck, pdf) = (folder.path().join("a.pptx"), folder.path().join("a.pdf"));
        write(&deck, 100);
        let before = modified(&deck);
        write(&deck, 105);
        write(&pdf, 110);
        keep_old(std::slice::from_ref(&pdf), &deck, before);
        assert!(!is_unchanged(&deck, &pdf, ExportFormat::Pdf));
        write(&pdf, 110);
        keep_old(std::slice::from_ref(&pdf), &deck, modified(&deck));
        assert!(is_unchanged(&deck, &pdf, ExportFormat::Pdf));
    }
}
