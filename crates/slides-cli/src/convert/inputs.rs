//! Decks that files, folders and patterns of the command line mean.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use crate::failure::{Exit, Failure};

use super::cannot_read;

/// Extensions of decks in folders. Files named one by one may have any: what they are is told by their bytes.
const EXTENSIONS: [&str; 12] = [
    "pptx", "pptm", "ppsx", "ppsm", "potx", "potm", "ppt", "pps", "pot", "odp", "otp", "fodp",
];
/// Decks of one command.
const MAX_DECKS: usize = 1_000_000;

/// A deck, and where it lay below the folder that was named.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Deck {
    pub(super) path: PathBuf,
    pub(super) below: PathBuf,
}

#[derive(Debug, Default)]
pub(super) struct Found {
    /// Each once, in the order of the command line and by name within a folder.
    pub(super) decks: Vec<Deck>,
    /// What could not be looked into.
    pub(super) unread: Vec<(String, Failure)>,
    seen: HashSet<PathBuf>,
}

impl Found {
    fn add(&mut self, path: PathBuf, below: PathBuf) {
        let key = path.canonicalize().unwrap_or_else(|_| path.clone());
        if self.decks.len() < MAX_DECKS && self.seen.insert(key) {
            self.decks.push(Deck { path, below });
        }
    }
}

/// Finds the decks; what lies in `results` was made by this command and is none.
pub(super) fn find(paths: &[PathBuf], results: Option<&Path>) -> Result<Found, Failure> {
    let results = results.and_then(|folder| folder.canonicalize().ok());
    let mut found = Found::default();
    for path in paths {
        match std::fs::metadata(path) {
            Ok(kind) if kind.is_dir() => walk(path, results.as_deref(), &mut found),
            Ok(_) => found.add(path.clone(), PathBuf::new()),
            Err(_) if is_pattern(path) => expand(path, &mut found)?,
            Err(error) => return Err(cannot_read(path, &error)),
        }
    }
    if found.decks.is_empty() && found.unread.is_empty() {
        let names: Vec<_> = paths
            .iter()
            .map(|path| format!("`{}`", path.display()))
            .collect();
        return Err(
            Failure::usage(format!("there is no deck in {}", names.join(", ")))
                .hint(format!("looked for: .{}", EXTENSIONS.join(", ."))),
        );
    }
    Ok(found)
}

pub(super) fn has_deck_extension(path: &Path) -> bool {
    path.extension().is_some_and(|text| {
        EXTENSIONS
            .iter()
            .any(|known| text.eq_ignore_ascii_case(known))
    })
}

/// A name that no file has and that the shell left to us.
pub(super) fn is_pattern(path: &Path) -> bool {
    path.to_string_lossy().contains(['*', '?', '[']) && !path.exists()
}

/// Office keeps `~$deck.pptx` beside an open deck, other systems `._deck.pptx` beside each file.
fn is_hidden(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.starts_with("~$") || (name.starts_with('.') && name.len() > 1 && name != "..")
}

fn walk(folder: &Path, results: Option<&Path>, found: &mut Found) {
    let is_wanted = |entry: &walkdir::DirEntry| {
        let path = entry.path();
        entry.depth() == 0
            || !(is_hidden(path)
                || entry.file_type().is_dir()
                    && results.is_some_and(|results| {
                        path.canonicalize().is_ok_and(|path| path == results)
                    }))
    };
    let entries = WalkDir::new(folder)
        .follow_links(true)
        .sort_by_file_name()
        .into_iter();
    for entry in entries.filter_entry(is_wanted) {
        match entry {
            Ok(entry) if entry.file_type().is_file() && has_deck_extension(entry.path()) => {
                let below = entry
                    .path()
                    .parent()
                    .and_then(|parent| parent.strip_prefix(folder).ok())
                    .unwrap_or(Path::new(""))
                    .to_owned();
                found.add(entry.into_path(), below);
            }
            Ok(_) => {}
            // A link that leads back up leads to nothing new.
            Err(error) if error.loop_ancestor().is_some() => {}
            Err(error) => {
                let path = error.path().unwrap_or(folder).display().to_string();
                let failure = Failure::new(Exit::Failed, format!("cannot look into `{path}`"));
                let failure = match error.io_error() {
                    Some(cause) => failure.caused_by(cause),
                    None => failure,
                };
                found.unread.push((path, failure));
            }
        }
    }
}

fn expand(pattern: &Path, found: &mut Found) -> Result<(), Failure> {
    let text = pattern.to_string_lossy();
    let options = glob::MatchOptions {
        require_literal_leading_dot: true,
        ..glob::MatchOptions::default()
    };
    let matches = glob::glob_with(&text, options).map_err(|error| {
        Failure::usage(format!("`{text}` is not a pattern that can be read")).caused_by(&error)
    })?;
    let before = found.decks.len() + found.unread.len();
    let mut is_known = false;
    for entry in matches {
        match entry {
            Ok(path) if path.is_file() && has_deck_extension(&path) && !is_hidden(&path) => {
                is_known = true;
                found.add(path, PathBuf::new());
            }
            Ok(_) => {}
            Err(error) => {
                let path = error.path().display().to_string();
                let failure = Failure::new(Exit::Failed, format!("cannot look into `{path}`"))
                    .caused_by(error.error());
                found.unread.push((path, failure));
            }
        }
    }
    if !is_known && found.decks.len() + found.unread.len() == before {
        return Err(Failure::usage(format!("no file is meant by `{text}`"))
            .hint("`*` stands for a part of a name, `**` for folders in between"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(names: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for name in names {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "x").unwrap();
        }
        folder
    }

    fn below(folder: &Path, found: &Found) -> Vec<(String, String)> {
        found
            .decks
            .iter()
            .map(|deck| {
                let path = deck.path.strip_prefix(folder).unwrap();
                (
                    path.to_str().unwrap().to_owned(),
                    deck.below.to_str().unwrap().to_owned(),
                )
            })
            .collect()
    }

    #[test]
    fn folders_are_searched_for_decks() {
        let folder = folder(&[
            "b.PPTX",
            "a.odp",
            "notes.txt",
            "~$b.pptx",
            ".hidden/c.pptx",
            "._a.pptx",
            "sub/deep/d.ppt",
            "out/e.pptx",
        ]);
        let root = folder.path();
        #[cfg(unix)]
        std::os::unix::fs::symlink(root, root.join("sub/loop")).unwrap();
        let found = find(&[root.to_owned()], Some(&root.join("out"))).unwrap();
        let pair = |path: &str, below: &str| (path.to_owned(), below.to_owned());
        assert_eq!(
            below(root, &found),
            [
                pair("a.odp", ""),
                pair("b.PPTX", ""),
                pair("sub/deep/d.ppt", "sub/deep")
            ]
        );
        assert!(found.unread.is_empty(), "{:?}", found.unread);
        // What is named twice is converted once.
        let found = find(
            &[root.join("a.odp"), root.join("sub"), root.join("./a.odp")],
            None,
        );
        assert_eq!(found.unwrap().decks.len(), 2);
    }

    #[test]
    fn patterns_that_the_shell_left_are_expanded() {
        let folder = folder(&["a.pptx", "b.pptx", "c.txt", "sub/d.pptx"]);
        let find = |pattern: &str| {
            find(&[folder.path().join(pattern)], None).map(|found| found.decks.len())
        };
        assert_eq!(find("*.pptx").unwrap(), 2);
        assert_eq!(find("*").unwrap(), 2);
        assert_eq!(find("**/*.pptx").unwrap(), 3);
        assert_eq!(find("[ab].pptx").unwrap(), 2);
        assert!(
            find("x*")
                .unwrap_err()
                .message
                .starts_with("no file is meant by")
        );
        assert!(
            find("none.pptx")
                .unwrap_err()
                .message
                .starts_with("cannot read")
        );
    }
}
