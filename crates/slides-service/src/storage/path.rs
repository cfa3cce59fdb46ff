use std::io;
use std::path::{Path, PathBuf};

use slides_core::{Error, Result};

/// Bytes of a whole path inside a storage.
const MAX_PATH: usize = 1024;
/// Bytes of one name; what common file systems allow.
const MAX_NAME: usize = 255;
/// Folder at the top of a storage where the server keeps unfinished files and versions.
pub(super) const OWN_FOLDER: &str = ".slides";
/// Object that stands for a folder in a storage that has no folders.
pub(super) const FOLDER_MARK: &str = ".slides-folder";

/// A path inside a storage that cannot lead out of it by its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct StoragePath(Vec<String>);

impl StoragePath {
    /// Reads a decoded path. Doubled, leading and trailing slashes mean nothing.
    pub(super) fn parse(text: &str) -> Result<Self> {
        let bad = |why: &str| {
            Err(Error::invalid(format!(
                "the path `{}` {why}",
                printable(text)
            )))
        };
        if text.len() > MAX_PATH {
            return bad("is too long: at most 1024 bytes are allowed");
        }
        let mut names = Vec::new();
        for name in text
            .split('/')
            .filter(|name| !name.is_empty() && *name != ".")
        {
            if name == ".." {
                return bad("leads out of its folder: `..` is not allowed");
            }
            if name.contains(char::is_control) {
                return bad("contains a control character");
            }
            if name.len() > MAX_NAME {
                return bad("has a name that is too long: at most 255 bytes are allowed");
            }
            let own = if names.is_empty() {
                OWN_FOLDER
            } else {
                FOLDER_MARK
            };
            if name.eq_ignore_ascii_case(own) || name.eq_ignore_ascii_case(FOLDER_MARK) {
                return bad("is kept for the server: use another name");
            }
            if cfg!(windows) && is_special_on_windows(name) {
                return bad("has a name that the server's file system gives another meaning");
            }
            names.push(name.to_owned());
        }
        Ok(Self(names))
    }

    pub(super) fn names(&self) -> &[String] {
        &self.0
    }

    /// The folder around it; nothing for the root.
    pub(super) fn parent(&self) -> Option<Self> {
        let (_, above) = self.0.split_last()?;
        Some(Self(above.to_vec()))
    }

    pub(super) fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// The last name; empty for the root.
    pub(super) fn name(&self) -> &str {
        self.0.last().map_or("", String::as_str)
    }

    /// Whether `self` is `other` or lies below it.
    pub(super) fn is_within(&self, other: &Self) -> bool {
        self.0.starts_with(&other.0)
    }

    pub(super) fn join(&self, name: &str) -> Result<Self> {
        Self::parse(&format!("{self}/{name}"))
    }

    /// The file, after a check that no symbolic link leads out of `root`.
    pub(super) fn under(&self, root: &Path) -> Result<PathBuf> {
        let cannot = |e| Error::io(format!("cannot look up `{self}` in the storage"), e);
        let path = self
            .0
            .iter()
            .fold(root.to_owned(), |path, name| path.join(name));
        let real_root = root.canonicalize().map_err(cannot)?;
        // The deepest ancestor that exists decides where the path leads.
        for ancestor in path.ancestors() {
            match ancestor.canonicalize() {
                Ok(real) if real.starts_with(&real_root) => return Ok(path),
                Ok(_) => break,
                // A link to nowhere would be followed when the file is made.
                Err(_) if ancestor.symlink_metadata().is_ok_and(|m| m.is_symlink()) => break,
                Err(e)
                    if matches!(
                        e.kind(),
                        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
                    ) => {}
                Err(e) => return Err(cannot(e)),
            }
        }
        Err(Error::invalid(format!(
            "the path `{self}` leads out of the storage by a symbolic link"
        )))
    }
}

impl std::fmt::Display for StoragePath {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.join("/"))
    }
}

/// Device names, streams, separators and what Windows drops from the end of a name.
fn is_special_on_windows(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end();
    let device = ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"]
        .iter()
        .any(|device| stem.eq_ignore_ascii_case(device));
    let port = stem.get(..3).is_some_and(|kind| {
        (kind.eq_ignore_ascii_case("COM") || kind.eq_ignore_ascii_case("LPT"))
            && stem.chars().count() == 4
    });
    device
        || port
        || name.ends_with(['.', ' '])
        || name.contains(['\\', ':', '<', '>', '"', '|', '?', '*'])
}

/// A path as a message may show it: without control characters, and not endless.
fn printable(text: &str) -> String {
    let mut shown: String = text
        .chars()
        .take(120)
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect();
    if text.chars().nth(120).is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read_as_the_wire_sends_them() {
        for (text, read) in [
            ("", ""),
            ("/", ""),
            ("a.pptx", "a.pptx"),
            ("/Temp//a b.pptx", "Temp/a b.pptx"),
            ("Temp/./x/", "Temp/x"),
            ("..a/b..", "..a/b.."),
            ("имя/名前", "имя/名前"),
        ] {
            assert_eq!(StoragePath::parse(text).unwrap().to_string(), read);
        }
        let long = "a/".repeat(600);
        let name = "a".repeat(256);
        for text in [
            "..",
            "a/../b",
            "a/..",
            "a\0b",
            "a\nb",
            ".slides",
            "/.Slides/tmp",
            "a/.slides-folder",
            &long,
            &name,
        ] {
            assert!(
                matches!(StoragePath::parse(text), Err(Error::Rejected(r)) if r.status == 400),
                "{text:?}"
            );
        }
    }

    #[test]
    fn names_that_windows_changes_are_known() {
        for name in [
            "con", "NUL.txt", "COM1", "lpt9.x", "a.", "a ", "a:b", "..\\x", "con .txt",
        ] {
            assert!(is_special_on_windows(name), "{name}");
        }
        for name in ["console", "a.b", "COM12", ".a", "nul1", "имя"] {
            assert!(!is_special_on_windows(name), "{name}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_inside_only() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("root");
        std::fs::create_dir_all(root.join("folder")).unwrap();
        std::fs::write(dir.path().join("secret"), "x").unwrap();
        std::os::unix::fs::symlink(dir.path(), root.join("out")).unwrap();
        std::os::unix::fs::symlink(dir.path().join("gone"), root.join("dangling")).unwrap();
        std::os::unix::fs::symlink(root.join("folder"), root.join("inside")).unwrap();
        let under = |text: &str| StoragePath::parse(text).unwrap().under(&root);
        for text in ["out/secret", "out/new", "out", "dangling", "dangling/x"] {
            assert!(under(text).is_err(), "{text}");
        }
        for text in ["inside/new", "folder/x/y", "new"] {
            assert!(under(text).is_ok(), "{text}");
        }
    }
}
