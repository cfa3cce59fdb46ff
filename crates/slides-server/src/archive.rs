//! Names of the files in a split's archive, read from its directory alone.

use futures_util::TryStreamExt;
use slides_core::{AsyncApi, OperationId};

/// Length of the record that ends an archive, without its comment.
const END: u64 = 22;
/// Bytes of a directory that are read: some thousands of names.
const MAX_DIRECTORY: u64 = 4 << 20;

/// The names in the archive an operation gave; nothing when its result is no such archive.
pub(crate) async fn names(api: &dyn AsyncApi, id: &OperationId) -> Option<Vec<String>> {
    let part = async |start: u64, end: Option<u64>| {
        let result = api.result(id).await.ok()?;
        let len = result.len?;
        let (start, end) = match end {
            Some(end) => (start, end),
            None => (len.checked_sub(start)?, len),
        };
        let stream = result.into_range(start, end).await.ok()?;
        let chunks: Vec<_> = stream.try_collect().await.ok()?;
        Some(chunks.concat())
    };
    let (start, size) = directory_of(&part(END, None).await?)?;
    let directory = part(start, Some(start.checked_add(size)?)).await?;
    names_of(&directory)
}

/// Where the directory begins and how long it is, from the record at the end (APPNOTE 4.3.16).
fn directory_of(end: &[u8]) -> Option<(u64, u64)> {
    let rest = end.strip_prefix(b"PK\x05\x06")?;
    let size = u64::from(number(rest, 8)?);
    let start = u64::from(number(rest, 12)?);
    (size <= MAX_DIRECTORY).then_some((start, size))
}

/// The names of a directory (APPNOTE 4.3.12).
fn names_of(mut directory: &[u8]) -> Option<Vec<String>> {
    let mut names = Vec::new();
    while let Some(rest) = directory.strip_prefix(b"PK\x01\x02") {
        let short = |at: usize| {
            let bytes = rest.get(at..at + 2)?.try_into().ok()?;
            Some(usize::from(u16::from_le_bytes(bytes)))
        };
        let (name, extra, comment) = (short(24)?, short(26)?, short(28)?);
        names.push(String::from_utf8_lossy(rest.get(42..42 + name)?).into_owned());
        directory = rest.get(42 + name + extra + comment..)?;
    }
    directory.is_empty().then_some(names)
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_from_the_directory() {
        let mut directory = Vec::new();
        for name in ["deck_1.png", "한_12.png"] {
            directory.extend_from_slice(b"PK\x01\x02");
            directory.extend_from_slice(&[0; 24]);
            directory.extend_from_slice(&(name.len() as u16).to_le_bytes());
            directory.extend_from_slice(&[2, 0, 1, 0]);
            directory.extend_from_slice(&[0; 12]);
            directory.extend_from_slice(name.as_bytes());
            directory.extend_from_slice(b"xxc");
        }
        assert_eq!(names_of(&directory).unwrap(), ["deck_1.png", "한_12.png"]);
        for cut in 1..directory.len() {
            let names = names_of(&directory[..cut]);
            assert!(names.is_none_or(|names| names.len() == 1), "cut at {cut}");
        }
    }

    #[test]
    fn the_end_record_says_where_the_directory_is() {
        let mut end = b"PK\x05\x06\0\0\0\0\x02\0\x02\0".to_vec();
        end.extend_from_slice(&100u32.to_le_bytes());
        end.extend_from_slice(&5000u32.to_le_bytes());
        end.extend_from_slice(&[0, 0]);
        assert_eq!(directory_of(&end), Some((5000, 100)));
        assert_eq!(directory_of(b"%PDF"), None);
        assert_eq!(directory_of(&end[..14]), None);
    }
}
