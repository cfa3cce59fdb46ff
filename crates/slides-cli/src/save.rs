//! Results as files: whole or not at all.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use slides_service::engine::{OutputFile, Sink};

use crate::failure::{Exit, Failure};
use crate::sdk::{Download, ExportFormat};

/// Files of one result.
const MAX_FILES: usize = 25_000;

/// Writes a result and tells the files that were written.
pub(crate) async fn save(
    download: Download,
    format: Option<ExportFormat>,
    output: &Path,
) -> Result<Vec<PathBuf>, Failure> {
    let folder = folder_of(output);
    let is_zip = download.content_type.as_deref() == Some("application/zip");
    let wants_zip = output
        .extension()
        .is_some_and(|text| text.eq_ignore_ascii_case("zip"));
    let is_unpacked =
        format.is_none_or(|format| is_one_file_per_slide(format) || has_files(format));
    if !is_zip || wants_zip || !is_unpacked {
        download
            .save(output)
            .await
            .map_err(|error| Failure::from_sdk(&error))?;
        return Ok(vec![output.to_owned()]);
    }
    let archive = temporary(folder)?;
    download
        .save(archive.path())
        .await
        .map_err(|error| Failure::from_sdk(&error))?;
    unpack(
        archive.path(),
        folder,
        output,
        format.is_some_and(has_files),
    )
}

/// Files of a job on their way into a folder: none of them has its name before all are written.
pub(crate) struct Files<F> {
    folder: PathBuf,
    /// What a file is called, by its number among the results.
    name: F,
    written: Vec<(tempfile::NamedTempFile, PathBuf)>,
}

impl<F: Fn(&OutputFile, usize) -> PathBuf> Files<F> {
    pub(crate) fn new(folder: &Path, name: F) -> Self {
        Self {
            folder: folder.to_owned(),
            name,
            written: Vec::new(),
        }
    }

    /// Gives the files their names, and tells them.
    pub(crate) fn keep(self) -> Result<Vec<PathBuf>, Failure> {
        let mut paths = Vec::new();
        for (file, path) in self.written {
            path.parent()
                .map_or(Ok(()), fs::create_dir_all)
                .and_then(|()| persist(file, &path))
                .map_err(|error| cannot_write(&path, &error))?;
            paths.push(path);
        }
        Ok(paths)
    }
}

impl<F: Fn(&OutputFile, usize) -> PathBuf> Sink for Files<F> {
    fn create(&mut self, file: &OutputFile) -> io::Result<Box<dyn io::Write + '_>> {
        let path = match file.path.as_deref() {
            Some(below) => self.folder.join(beside(below).ok_or_else(|| {
                io::Error::other(format!("`{below}` is no place beside the result"))
            })?),
            None => self.folder.join((self.name)(file, self.written.len())),
        };
        self.written.push((unnamed(&self.folder)?, path));
        match self.written.last_mut() {
            Some((file, _)) => Ok(Box::new(io::BufWriter::new(file.as_file_mut()))),
            None => Err(io::Error::other("no file")),
        }
    }
}

/// Makes a folder, should it not be there.
pub(crate) fn make_folder(folder: &Path) -> Result<(), Failure> {
    fs::create_dir_all(folder).map_err(|error| {
        Failure::new(
            Exit::Failed,
            format!("cannot make the folder `{}`", folder.display()),
        )
        .caused_by(&error)
        .hint_of_writing(&error)
    })
}

/// Writes a file whole or not at all.
pub(crate) fn bytes(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    use std::io::Write;
    let mut file = temporary(folder_of(path))?;
    file.write_all(bytes)
        .and_then(|()| persist(file, path))
        .map_err(|error| cannot_write(path, &error))
}

/// The folder that a file lies in.
pub(crate) fn folder_of(path: &Path) -> &Path {
    path.parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

fn persist(file: tempfile::NamedTempFile, path: &Path) -> io::Result<()> {
    readable_by_others(file.path())?;
    file.persist(path).map_err(|error| error.error).map(drop)
}

fn cannot_write(path: &Path, error: &io::Error) -> Failure {
    Failure::new(Exit::Failed, format!("cannot write `{}`", path.display()))
        .caused_by(error)
        .hint_of_writing(error)
}

/// Formats whose documents may come with files in a folder beside them.
pub(crate) fn has_files(format: ExportFormat) -> bool {
    use ExportFormat::{Html, Html5, Md, Xaml};
    matches!(format, Html | Html5 | Md | Xaml)
}

/// Formats of which a slide is a file of its own (contract section 9, choice 12).
pub(crate) fn is_one_file_per_slide(format: ExportFormat) -> bool {
    use ExportFormat::{Bmp, Emf, Jpeg, Png, Svg};
    matches!(format, Jpeg | Png | Bmp | Svg | Emf)
}

fn temporary(folder: &Path) -> Result<tempfile::NamedTempFile, Failure> {
    unnamed(folder).map_err(|error| {
        Failure::new(
            Exit::Failed,
            format!("cannot write in `{}`", folder.display()),
        )
        .caused_by(&error)
        .hint_of_writing(&error)
    })
}

/// A file that has its name only once it is whole.
fn unnamed(folder: &Path) -> io::Result<tempfile::NamedTempFile> {
    tempfile::Builder::new()
        .prefix(".slides-")
        .tempfile_in(folder)
}

/// `deck-slides` beside `deck.pptx`.
pub(crate) fn folder_beside(deck: &Path, ending: &str) -> PathBuf {
    let mut name = deck.file_stem().unwrap_or_default().to_owned();
    name.push(ending);
    deck.with_file_name(name)
}

/// Writes `deck_3.png` of the archive as `OUT_3.png`, or a document as `OUT` and its files in their folder beside it.
/// Nothing is renamed before everything is written.
fn unpack(
    archive: &Path,
    folder: &Path,
    output: &Path,
    is_document: bool,
) -> Result<Vec<PathBuf>, Failure> {
    let failed = |error: &(dyn std::error::Error + 'static)| {
        Failure::new(
            Exit::Failed,
            format!("cannot write the slides beside `{}`", output.display()),
        )
        .caused_by(error)
    };
    let mut archive = File::open(archive)
        .map_err(|e| failed(&e))
        .and_then(|file| zip::ZipArchive::new(file).map_err(|e| failed(&e)))?;
    if archive.len() > MAX_FILES {
        return Err(Failure::new(
            Exit::Failed,
            format!("the result has more than {MAX_FILES} files"),
        ));
    }
    let stem = output.file_stem().unwrap_or_default().to_string_lossy();
    // A document that is a file a slide.
    let is_numbered = is_document
        && archive
            .file_names()
            .filter(|name| matches!(name, Ok(name) if !name.contains('/')))
            .count()
            > 1;
    let mut written = Vec::new();
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).map_err(|e| failed(&e))?;
        let name = entry.name().map_err(|e| failed(&e))?.into_owned();
        let path = match beside(&name) {
            Some(below) if is_document => folder.join(below),
            // Nothing that a document shows.
            None if is_document && name.contains('/') => continue,
            _ if is_document && !is_numbered => output.to_owned(),
            _ => folder.join(own_name(&stem, output, &name, index)),
        };
        let mut file = temporary(folder)?;
        io::copy(&mut entry, file.as_file_mut()).map_err(|e| failed(&e))?;
        written.push((file, path));
    }
    let mut paths = Vec::new();
    for (file, path) in written {
        if let Some(parent) = path
            .parent()
            .filter(|parent| *parent != folder && is_document)
        {
            fs::create_dir_all(parent).map_err(|e| failed(&e))?;
        }
        readable_by_others(file.path()).map_err(|e| failed(&e))?;
        file.persist(&path).map_err(|e| failed(&e.error))?;
        paths.push(path);
    }
    Ok(paths)
}

/// The place of a file in a folder beside the document: one folder, and nothing that leads out of it.
fn beside(entry: &str) -> Option<PathBuf> {
    let (folder, name) = entry.split_once('/')?;
    let is_plain = |part: &str| {
        !part.is_empty() && !part.starts_with('.') && !part.contains(['/', '\\', ':', '\0'])
    };
    (is_plain(folder) && is_plain(name)).then(|| Path::new(folder).join(name))
}

/// The number at the end of an entry's name goes behind the name that was asked for.
fn own_name(stem: &str, output: &Path, entry: &str, index: usize) -> String {
    let entry_stem = Path::new(entry)
        .file_stem()
        .unwrap_or_default()
        .to_string_lossy();
    let number = entry_stem
        .rsplit_once('_')
        .and_then(|(_, number)| number.parse::<u32>().ok());
    let number = number.map_or(index + 1, |number| number as usize);
    let extension = output
        .extension()
        .or(Path::new(entry).extension())
        .unwrap_or_default()
        .to_string_lossy();
    format!("{stem}_{number}.{extension}")
}

/// Temporary files are private; results get what any new file gets.
#[cfg(unix)]
fn readable_by_others(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mask = rustix::process::umask(rustix::fs::Mode::empty());
    rustix::process::umask(mask);
    fs::set_permissions(
        path,
        fs::Permissions::from_mode(0o666 & !mask.as_raw_mode()),
    )
}

#[cfg(not(unix))]
fn readable_by_others(_path: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn folders_of_results_lie_beside_their_deck() {
        let beside = |deck| folder_beside(Path::new(deck), "-thumbs");
        assert_eq!(beside("a/deck.pptx"), Path::new("a/deck-thumbs"));
        assert_eq!(beside("deck"), Path::new("deck-thumbs"));
    }

    fn archive(names: &[&str]) -> Vec<u8> {
        let mut zip = zip::ZipWriter::new(io::Cursor::new(Vec::new()));
        for name in names {
            zip.start_file(*name, zip::write::SimpleFileOptions::default())
                .unwrap();
            zip.write_all(name.as_bytes()).unwrap();
        }
        zip.finish().unwrap().into_inner()
    }

    fn zipped(names: &[&str]) -> Download {
        Download::from_bytes(archive(names)).with_type(Some("application/zip".into()), None)
    }

    fn listing(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[tokio::test]
    async fn slides_become_files_beside_each_other() {
        let folder = tempfile::tempdir().unwrap();
        let paths = save(
            zipped(&["deck_2.png", "deck_10.png"]),
            Some(ExportFormat::Png),
            &folder.path().join("x.png"),
        )
        .await
        .unwrap();
        assert_eq!(paths.len(), 2);
        assert_eq!(listing(folder.path()), ["x_10.png", "x_2.png"]);
        assert_eq!(
            fs::read(folder.path().join("x_2.png")).unwrap(),
            b"deck_2.png"
        );
    }

    #[tokio::test]
    async fn an_archive_that_was_asked_for_stays_one() {
        let folder = tempfile::tempdir().unwrap();
        for (name, format) in [("x.zip", ExportFormat::Png), ("x.html", ExportFormat::Html)] {
            save(
                zipped(&["deck_1.png"]),
                Some(format),
                &folder.path().join(name),
            )
            .await
            .unwrap();
        }
        assert_eq!(listing(folder.path()), ["x.html", "x.zip"]);
    }

    #[tokio::test]
    async fn entries_that_climb_out_stay_beside_the_output() {
        let folder = tempfile::tempdir().unwrap();
        save(
            zipped(&["../../evil_7.png"]),
            Some(ExportFormat::Png),
            &folder.path().join("x.png"),
        )
        .await
        .unwrap();
        assert_eq!(listing(folder.path()), ["x_7.png"]);
    }

    #[tokio::test]
    async fn documents_bring_their_files_along() {
        let folder = tempfile::tempdir().unwrap();
        let names = ["deck.md", "Images/1.png", "../../evil.png", "a/../b.png"];
        let paths = save(
            zipped(&names[..2]),
            Some(ExportFormat::Md),
            &folder.path().join("x.md"),
        )
        .await
        .unwrap();
        assert_eq!(
            paths,
            [
                folder.path().join("x.md"),
                folder.path().join("Images/1.png")
            ]
        );
        assert_eq!(fs::read(&paths[0]).unwrap(), b"deck.md");
        assert_eq!(fs::read(&paths[1]).unwrap(), b"Images/1.png");
        for name in &names[2..] {
            assert_eq!(beside(name), None, "{name}");
        }
        save(
            zipped(&names),
            Some(ExportFormat::Md),
            &folder.path().join("y.md"),
        )
        .await
        .unwrap();
        assert_eq!(listing(folder.path()), ["Images", "x.md", "y.md"]);
    }

    #[tokio::test]
    async fn a_document_that_is_a_file_a_slide_brings_its_files_along() {
        let folder = tempfile::tempdir().unwrap();
        let names = ["deck_2.xaml", "slides_files/font1.ttf", "deck_3.xaml"];
        let output = folder.path().join("x.xaml");
        let xaml = Some(ExportFormat::Xaml);
        save(zipped(&names), xaml, &output).await.unwrap();
        assert_eq!(
            listing(folder.path()),
            ["slides_files", "x_2.xaml", "x_3.xaml"]
        );
        save(zipped(&names[..2]), xaml, &output).await.unwrap();
        assert!(listing(folder.path()).contains(&"x.xaml".to_owned()));
    }

    #[tokio::test]
    async fn nothing_is_left_of_a_broken_archive() {
        let folder = tempfile::tempdir().unwrap();
        let broken = Download::from_bytes(&b"PK no archive"[..])
            .with_type(Some("application/zip".into()), None);
        let failure = save(
            broken,
            Some(ExportFormat::Png),
            &folder.path().join("x.png"),
        )
        .await
        .unwrap_err();
        assert_eq!(failure.exit, Exit::Failed);
        assert!(listing(folder.path()).is_empty());
    }
}
