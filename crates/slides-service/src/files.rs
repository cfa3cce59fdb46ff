//! Small helpers for files that must be whole and, where asked for, durable.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use sha2::{Digest, Sha256};

/// Makes a rename into `path`'s folder durable.
pub(crate) fn sync_parent(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => File::open(parent)?.sync_all(),
        _ => Ok(()),
    }
}

/// Makes renames into one folder durable; callers that wait at the same time share one sync.
#[derive(Debug, Default)]
pub(crate) struct FolderSync {
    asked: AtomicU64,
    synced: Mutex<u64>,
}

impl FolderSync {
    /// Returns when the renames that the caller has done are durable.
    pub(crate) fn sync(&self, folder: &Path) -> io::Result<()> {
        let ticket = self.asked.fetch_add(1, Ordering::AcqRel) + 1;
        let mut synced = self.synced.lock().unwrap_or_else(PoisonError::into_inner);
        if *synced >= ticket {
            return Ok(());
        }
        // Whoever has a ticket by now has renamed.
        let covered = self.asked.load(Ordering::Acquire);
        File::open(folder)?.sync_all()?;
        *synced = covered;
        Ok(())
    }
}

/// Moves a finished file to its name: the name holds a whole file or what it held before.
pub(crate) fn publish(from: &Path, to: &Path, sync: bool) -> io::Result<()> {
    if sync {
        File::open(from)?.sync_all()?;
    }
    match fs::rename(from, to) {
        Err(error) if error.kind() == io::ErrorKind::CrossesDevices => copy_across(from, to, sync)?,
        moved => moved?,
    }
    if sync {
        sync_parent(to)?;
    }
    Ok(())
}

/// Moves a file to another disk, where it appears whole.
fn copy_across(from: &Path, to: &Path, sync: bool) -> io::Result<()> {
    let folder = to.parent().unwrap_or(Path::new("."));
    let mut copy = tempfile::NamedTempFile::new_in(folder)?;
    io::copy(&mut File::open(from)?, &mut copy)?;
    if sync {
        copy.as_file().sync_all()?;
    }
    copy.persist(to).map_err(|refused| refused.error)?;
    remove(from)
}

/// Removes a file; one that is not there is no error.
pub(crate) fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Length and SHA-256 of a file.
pub(crate) fn digest(path: &Path) -> io::Result<(u64, String)> {
    let mut file = File::open(path)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 64 * 1024];
    let mut len = 0;
    loop {
        let n = file.read(&mut buffer)?;
        let Some(chunk) = buffer.get(..n).filter(|chunk| !chunk.is_empty()) else {
            break;
        };
        hash.update(chunk);
        len += n as u64;
    }
    Ok((len, hex(&hash.finalize())))
}

/// Lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            for digit in [byte >> 4, byte & 15] {
                text.push(char::from_digit(u32::from(digit), 16).unwrap_or('0'));
            }
            text
        })
}
