//! Writing a stream to a file so that a short file is never seen under its final name.

use std::hash::{BuildHasher, RandomState};
use std::path::{Path, PathBuf};

use futures_util::StreamExt;
use tokio::fs::{File, OpenOptions};
use tokio::io::AsyncWriteExt;

use crate::payload::ByteStream;
use crate::{Error, Result};

/// How many names are tried for the temporary file before giving up.
const NAME_TRIES: usize = 8;

pub(crate) fn check_length(expected: Option<u64>, got: u64) -> Result<()> {
    match expected {
        Some(expected) if expected != got => Err(Error::io(
            wrong_length(expected, got),
            std::io::ErrorKind::UnexpectedEof.into(),
        )),
        _ => Ok(()),
    }
}

pub(crate) fn wrong_length(expected: u64, got: u64) -> String {
    format!("the download ended after {got} of {expected} bytes")
}

/// Removes the temporary file unless it was renamed, also when the future is dropped midway.
struct Temporary(Option<PathBuf>);

impl Drop for Temporary {
    fn drop(&mut self) {
        if let Some(path) = self.0.take() {
            let _ = std::fs::remove_file(path);
        }
    }
}

pub(crate) async fn atomically(
    path: &Path,
    len: Option<u64>,
    stream: &mut ByteStream,
) -> Result<u64> {
    let at = |e| Error::io(format!("cannot write `{}`", path.display()), e);
    let (mut file, mut temporary) = create_beside(path).await.map_err(at)?;
    let mut got = 0_u64;
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|e| Error::io("the download broke off", e))?;
        got += chunk.len() as u64;
        file.write_all(&chunk).await.map_err(at)?;
    }
    check_length(len, got)?;
    file.flush().await.map_err(at)?;
    file.sync_all().await.map_err(at)?;
    drop(file);
    if let Some(part) = &temporary.0 {
        tokio::fs::rename(part, path).await.map_err(at)?;
    }
    temporary.0 = None;
    Ok(got)
}

/// A new file with a name nobody else has, in the folder of `path`, so that the rename stays
/// within one file system.
async fn create_beside(path: &Path) -> std::io::Result<(File, Temporary)> {
    let Some(name) = path.file_name() else {
        return Err(std::io::Error::new(
            std::io::ErrorKind::InvalidInput,
            "the path names no file",
        ));
    };
    let mut last = std::io::Error::from(std::io::ErrorKind::AlreadyExists);
    for _ in 0..NAME_TRIES {
        let mut part = std::ffi::OsString::from(".");
        part.push(name);
        // each RandomState has other keys, so its hash of nothing is a random number
        part.push(format!(".{:016x}.part", RandomState::new().hash_one(())));
        let part = path.with_file_name(part);
        let temporary = Temporary(Some(part.clone()));
        match OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&part)
            .await
        {
            Ok(file) => return Ok((file, temporary)),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                let mut temporary = temporary;
                temporary.0 = None;
                last = error;
            }
            Err(error) => return Err(error),
        }
    }
    Err(last)
}
