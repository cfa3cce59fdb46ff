//! A disk that keeps what was synced, and of the rest whatever it likes.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rand::Rng;
use rand::rngs::StdRng;

use super::trace::Call;

/// Bytes that a disk writes at once or not at all.
const SECTOR: u64 = 4096;

#[derive(Debug, Clone)]
enum Change {
    Write(u64, Vec<u8>),
    Length(u64),
}

#[derive(Debug, Default)]
struct File {
    durable: Vec<u8>,
    /// Changes since then, the oldest first.
    pending: Vec<Change>,
    /// Changes that became durable, ever: names a place among the pending ones.
    settled: usize,
    /// Where the next append goes.
    end: u64,
}

/// The folder that is watched: what programs see, and what is durable of it.
#[derive(Debug)]
pub(super) struct Disk {
    root: PathBuf,
    files: Vec<File>,
    names: BTreeMap<PathBuf, usize>,
    durable_names: BTreeMap<PathBuf, usize>,
    syncs: HashMap<u32, Sync>,
}

/// What a sync that is under way will make durable.
#[derive(Debug)]
enum Sync {
    File(usize, usize),
    Folder(PathBuf, BTreeMap<PathBuf, usize>),
    Elsewhere,
}

impl Disk {
    pub(super) fn new(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
            files: Vec::new(),
            names: BTreeMap::new(),
            durable_names: BTreeMap::new(),
            syncs: HashMap::new(),
        }
    }

    /// Applies a call; says whether something became durable by it.
    pub(super) fn apply(&mut self, call: Call) -> bool {
        match call {
            // One that is there was opened to be made if need be. A file that is cut to nothing says so by its first
            // write, as none of ours reads what it cuts.
            Call::Create(path) if self.is_inside(&path) && !self.names.contains_key(&path) => {
                self.names.insert(path, self.files.len());
                self.files.push(File::default());
            }
            Call::Append(path, bytes) => {
                if let Some(file) = self.file(&path) {
                    let at = file.end;
                    file.write(at, bytes);
                }
            }
            Call::WriteAt(path, at, bytes) => {
                if let Some(file) = self.file(&path) {
                    file.write(at, bytes);
                }
            }
            Call::Copied(from, to) => {
                let bytes = self.file(&from).map(|file| file.now());
                if let (Some(bytes), Some(file)) = (bytes, self.file(&to)) {
                    file.write(0, bytes);
                }
            }
            Call::Truncate(path, len) => {
                if let Some(file) = self.file(&path) {
                    file.pending.push(Change::Length(len));
                    file.end = len;
                }
            }
            Call::Rename(from, to) => {
                if let Some(file) = self.names.remove(&from) {
                    self.names.insert(to, file);
                }
            }
            Call::Link(from, to) => {
                if let Some(file) = self.names.get(&from) {
                    self.names.insert(to, *file);
                }
            }
            Call::Remove(path) => {
                self.names.remove(&path);
            }
            Call::SyncBegins(thread, path) => {
                let sync = match self.names.get(&path) {
                    Some(&file) => {
                        let covered = self.files[file].settled + self.files[file].pending.len();
                        Sync::File(file, covered)
                    }
                    None if self.is_inside(&path) => {
                        let inside = |name: &PathBuf| name.parent() == Some(path.as_path());
                        let names = self.names.iter().filter(|(name, _)| inside(name));
                        let names = names.map(|(name, file)| (name.clone(), *file)).collect();
                        Sync::Folder(path, names)
                    }
                    None => Sync::Elsewhere,
                };
                self.syncs.insert(thread, sync);
            }
            Call::Synced(thread) => return self.synced(thread),
            _ => {}
        }
        false
    }

    fn synced(&mut self, thread: u32) -> bool {
        match self.syncs.remove(&thread) {
            Some(Sync::File(file, covered)) => {
                let file = &mut self.files[file];
                let count = covered.saturating_sub(file.settled).min(file.pending.len());
                for change in file.pending.drain(..count) {
                    change.apply(&mut file.durable);
                }
                file.settled += count;
                true
            }
            Some(Sync::Folder(folder, names)) => {
                self.durable_names
                    .retain(|name, _| name.parent() != Some(folder.as_path()));
                self.durable_names.extend(names);
                true
            }
            _ => false,
        }
    }

    fn is_inside(&self, path: &Path) -> bool {
        path.starts_with(&self.root)
    }

    fn file(&mut self, path: &Path) -> Option<&mut File> {
        let file = *self.names.get(path)?;
        self.files.get_mut(file)
    }

    /// Writes what a power cut now leaves behind into a folder: what is durable, and with `luck` some of the rest.
    pub(super) fn leave(&self, to: &Path, mut luck: Option<&mut StdRng>) -> io::Result<()> {
        let mut names = self.durable_names.clone();
        if let Some(random) = luck.as_deref_mut() {
            let lucky = self.names.iter().filter(|_| random.random_bool(0.5));
            names.extend(lucky.map(|(name, file)| (name.clone(), *file)));
        }
        for (name, file) in names {
            let Ok(inside) = name.strip_prefix(&self.root) else {
                continue;
            };
            let mut bytes = self.files[file].durable.clone();
            if let Some(random) = luck.as_deref_mut() {
                for change in &self.files[file].pending {
                    change.apply_some(&mut bytes, random);
                }
            }
            let path = to.join(inside);
            if let Some(parent) = path.parent() {
                fs::create_dir_all(parent)?;
            }
            fs::write(path, bytes)?;
        }
        Ok(())
    }
}

impl File {
    fn write(&mut self, at: u64, bytes: Vec<u8>) {
        self.end = at + bytes.len() as u64;
        self.pending.push(Change::Write(at, bytes));
    }

    fn now(&self) -> Vec<u8> {
        let mut bytes = self.durable.clone();
        for change in &self.pending {
            change.apply(&mut bytes);
        }
        bytes
    }
}

impl Change {
    fn apply(&self, to: &mut Vec<u8>) {
        match self {
            Self::Length(len) => to.resize(*len as usize, 0),
            Self::Write(at, bytes) => put(to, *at as usize, bytes),
        }
    }

    /// Applies a part: each sector is there or not.
    fn apply_some(&self, to: &mut Vec<u8>, random: &mut StdRng) {
        match self {
            Self::Length(_) if random.random_bool(0.5) => self.apply(to),
            Self::Length(_) => {}
            Self::Write(at, bytes) => {
                let mut from = 0;
                while from < bytes.len() {
                    let place = at + from as u64;
                    let until = from + (SECTOR - place % SECTOR) as usize;
                    let sector = &bytes[from..until.min(bytes.len())];
                    if random.random_bool(0.5) {
                        put(to, place as usize, sector);
                    }
                    from += sector.len();
                }
            }
        }
    }
}

fn put(to: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    if to.len() < at + bytes.len() {
        to.resize(at + bytes.len(), 0);
    }
    to[at..at + bytes.len()].copy_from_slice(bytes);
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    fn left(disk: &Disk, luck: Option<&mut StdRng>) -> Vec<(String, String)> {
        let folder = tempfile::tempdir().unwrap();
        disk.leave(folder.path(), luck).unwrap();
        let mut left: Vec<_> = fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| {
                let entry = entry.unwrap();
                let bytes = fs::read(entry.path()).unwrap();
                let name = entry.file_name().into_string().unwrap();
                (name, String::from_utf8(bytes).unwrap())
            })
            .collect();
        left.sort();
        left
    }

    fn sync(disk: &mut Disk, path: &str) {
        disk.apply(Call::SyncBegins(1, path.into()));
        assert!(disk.apply(Call::Synced(1)));
    }

    #[test]
    fn only_what_was_synced_is_left_for_certain() {
        let mut disk = Disk::new(Path::new("/d"));
        disk.apply(Call::Create("/d/a".into()));
        disk.apply(Call::Append("/d/a".into(), b"one".to_vec()));
        sync(&mut disk, "/d/a");
        // The bytes are durable, the name is not.
        assert_eq!(left(&disk, None), []);
        sync(&mut disk, "/d");
        let file = |name: &str, bytes: &str| (name.to_owned(), bytes.to_owned());
        assert_eq!(left(&disk, None), [file("a", "one")]);
        disk.apply(Call::Append("/d/a".into(), b" two".to_vec()));
        disk.apply(Call::Rename("/d/a".into(), "/d/b".into()));
        assert_eq!(left(&disk, None), [file("a", "one")]);
        // With luck any of it may be there.
        let mut seen = std::collections::BTreeSet::new();
        let mut random = StdRng::seed_from_u64(1);
        for _ in 0..64 {
            seen.extend(left(&disk, Some(&mut random)));
        }
        for (name, bytes) in [("a", "one"), ("a", "one two"), ("b", "one two")] {
            assert!(
                seen.contains(&file(name, bytes)),
                "{name} {bytes}: {seen:?}"
            );
        }
        sync(&mut disk, "/d");
        assert_eq!(left(&disk, None), [file("b", "one")]);
    }

    #[test]
    fn a_write_behind_the_beginning_of_a_sync_is_not_covered() {
        let mut disk = Disk::new(Path::new("/d"));
        disk.apply(Call::Create("/d/a".into()));
        disk.apply(Call::WriteAt("/d/a".into(), 0, b"one".to_vec()));
        disk.apply(Call::SyncBegins(1, "/d/a".into()));
        disk.apply(Call::WriteAt("/d/a".into(), 0, b"two".to_vec()));
        disk.apply(Call::Synced(1));
        sync(&mut disk, "/d");
        assert_eq!(left(&disk, None), [("a".to_owned(), "one".to_owned())]);
    }
}
