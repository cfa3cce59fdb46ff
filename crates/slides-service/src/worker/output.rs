//! What a worker says it has made is checked before anything is done with it: it may not be itself any more.

use std::path::Path;

use super::job::{JobReport, ProducedFile};

/// Bytes of a file name, an extension, a media type.
const MAX_NAME: usize = 128;
/// Bytes of a message or warning of a worker that go on.
pub(super) const MAX_TEXT: usize = 4096;
/// Warnings of one job that go on.
const MAX_WARNINGS: usize = 10_000;

/// Takes a report as it is only when its files are plain files of the job's folder. Blocks.
pub(super) fn checked(mut report: JobReport, folder: &Path) -> Result<JobReport, String> {
    for file in &report.files {
        if !is_plain(file) {
            return Err("the worker named a file that no engine makes".to_owned());
        }
        // Not through a link: what it points to would be taken for the result.
        let is_file =
            std::fs::symlink_metadata(folder.join(&file.name)).is_ok_and(|found| found.is_file());
        if !is_file {
            return Err("the worker named a file that it did not make".to_owned());
        }
    }
    report.warnings.truncate(MAX_WARNINGS);
    for warning in &mut report.warnings {
        cut(warning);
    }
    Ok(report)
}

fn is_plain(file: &ProducedFile) -> bool {
    let of = |text: &str, others: &[u8]| {
        (1..=MAX_NAME).contains(&text.len())
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || others.contains(&byte))
    };
    of(&file.name, b".-_")
        && !file.name.starts_with('.')
        && of(&file.extension, b"")
        && of(&file.media_type, b"/.+-")
        && file.path.as_deref().is_none_or(is_below)
}

/// Whether a path leads to a file in a folder of its own, on any machine.
fn is_below(path: &str) -> bool {
    let good = |ch: char| ch.is_alphanumeric() || matches!(ch, ' ' | '-' | '_' | '.');
    let mut parts = 0;
    path.split('/').all(|part| {
        parts += 1;
        parts <= 2
            && (1..=2 * MAX_NAME).contains(&part.len())
            && part.chars().all(good)
            && !part.starts_with(['.', ' '])
            && !part.ends_with(['.', ' '])
    })
}

/// Shortens a text to what goes on.
pub(super) fn cut(text: &mut String) {
    if text.len() > MAX_TEXT {
        text.truncate(text.floor_char_boundary(MAX_TEXT));
        text.push('…');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(name: &str, media_type: &str) -> JobReport {
        JobReport {
            files: vec![ProducedFile {
                slide: None,
                extension: "pdf".to_owned(),
                media_type: media_type.to_owned(),
                name: name.to_owned(),
                path: None,
            }],
            slides: 1,
            warnings: vec!["é".repeat(MAX_TEXT)],
        }
    }

    #[test]
    fn only_plain_files_of_the_folder_are_taken() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("out");
        std::fs::create_dir_all(out.join("sub")).unwrap();
        std::fs::write(folder.path().join("secret"), "secret").unwrap();
        std::fs::write(out.join("1.pdf"), "made").unwrap();
        std::fs::write(out.join("sub/2.pdf"), "made").unwrap();
        std::os::unix::fs::symlink(folder.path().join("secret"), out.join("3.pdf")).unwrap();
        // The longest type there is.
        let pptx = slides_types::ExportFormat::Pptx.media_type();
        let taken = checked(report("1.pdf", pptx), &out).unwrap();
        assert!(taken.warnings[0].len() <= MAX_TEXT + "…".len());
        for name in [
            "../secret",
            "sub/2.pdf",
            "3.pdf",
            "4.pdf",
            "sub",
            "..",
            "",
            "/etc/passwd",
        ] {
            assert!(
                checked(report(name, "application/pdf"), &out).is_err(),
                "{name}"
            );
        }
        assert!(checked(report("1.pdf", "text/html\r\nx: y"), &out).is_err());
        for (path, is_good) in [
            ("Images/slide1-1.png", true),
            ("Bilder ä/1.jpg", true),
            ("../1.png", false),
            ("/etc/1.png", false),
            ("a/b/1.png", false),
            ("a\\1.png", false),
            ("C:/1.png", false),
            ("", false),
        ] {
            let mut report = report("1.pdf", "application/pdf");
            report.files[0].path = Some(path.to_owned());
            assert_eq!(checked(report, &out).is_ok(), is_good, "{path}");
        }
    }
}
