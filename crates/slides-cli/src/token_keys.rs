//! The file of the keys that tokens are signed with.
//!
//! One key a line in hexadecimal digits. The first signs, all verify; one behind `next` verifies already and signs
//! after the next change, so that servers that share the file know it before any of them uses it. A file of older
//! versions is the bytes of one key.

use std::fs;
use std::io::{self, Read};
use std::path::Path;

use secrecy::{ExposeSecret, SecretSlice};
use serde_json::json;

use crate::arguments::{TokenKeysArguments, TokenKeysCommand};
use crate::console::Console;
use crate::failure::{Exit, Failure};
use crate::private;

/// Bytes of a key.
const KEY_LEN: usize = 32;
/// Keys of a file: tokens live for a day, so that more than the last two are of no use.
const MAX_KEYS: usize = 8;
/// Replaced keys that are kept at a change.
const KEPT: usize = 2;
/// Bytes of a file.
const MAX_FILE: u64 = 64 << 10;
/// What stands in front of a key that does not sign yet.
const NEXT: &str = "next ";

/// The keys of a file, the one that signs first; the file is made if it is not there.
pub(crate) fn open(path: &Path) -> io::Result<Vec<SecretSlice<u8>>> {
    match Keys::read(path) {
        Ok(keys) => Ok(keys.in_use.into_iter().chain(keys.next).collect()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let keys = Keys {
                in_use: vec![fresh()],
                next: None,
            };
            keys.write(path)?;
            Ok(keys.in_use)
        }
        Err(error) => Err(error),
    }
}

pub(crate) fn run(arguments: &TokenKeysArguments, console: &mut Console) -> Result<(), Failure> {
    let path = &arguments.file;
    let cannot = |error: io::Error| {
        Failure::new(
            Exit::Usage,
            format!("cannot change the keys in `{}`", path.display()),
        )
        .caused_by(&error)
    };
    let mut keys = Keys::read(path).map_err(cannot)?;
    match arguments.command {
        TokenKeysCommand::Prepare => {
            keys.next.get_or_insert_with(fresh);
        }
        TokenKeysCommand::Rotate => {
            let next = keys.next.take().unwrap_or_else(fresh);
            keys.in_use.insert(0, next);
            keys.in_use.truncate(1 + KEPT);
        }
    }
    keys.write(path).map_err(cannot)?;
    console.note("running servers take it up on SIGHUP");
    console.event(
        &json!({ "event": "keys", "in_use": keys.in_use.len(), "next": keys.next.is_some() }),
    );
    Ok(())
}

struct Keys {
    in_use: Vec<SecretSlice<u8>>,
    next: Option<SecretSlice<u8>>,
}

impl Keys {
    fn read(path: &Path) -> io::Result<Self> {
        let mut bytes = Vec::new();
        fs::File::open(path)?
            .take(MAX_FILE)
            .read_to_end(&mut bytes)?;
        let text = std::str::from_utf8(&bytes).ok();
        if let Some(keys) = text.and_then(Self::parse) {
            return Ok(keys);
        }
        if bytes.len() == KEY_LEN {
            return Ok(Self {
                in_use: vec![bytes.into()],
                next: None,
            });
        }
        Err(io::Error::new(
            io::ErrorKind::InvalidData,
            format!(
                "it holds no keys: at most {MAX_KEYS} lines of {} hexadecimal digits, one of them with `next` in front",
                2 * KEY_LEN
            ),
        ))
    }

    fn parse(text: &str) -> Option<Self> {
        let mut keys = Self {
            in_use: Vec::new(),
            next: None,
        };
        let lines = text.lines().map(str::trim);
        for line in lines.filter(|line| !line.is_empty() && !line.starts_with('#')) {
            match line.strip_prefix(NEXT) {
                Some(digits) if keys.next.is_none() => keys.next = Some(unhex(digits.trim())?),
                Some(_) => return None,
                None => keys.in_use.push(unhex(line)?),
            }
        }
        (1..=MAX_KEYS).contains(&keys.in_use.len()).then_some(keys)
    }

    fn write(&self, path: &Path) -> io::Result<()> {
        let mut text = String::new();
        for key in &self.in_use {
            text.extend(key.expose_secret().iter().map(|byte| format!("{byte:02x}")));
            text.push('\n');
        }
        if let Some(next) = &self.next {
            text.push_str(NEXT);
            text.extend(
                next.expose_secret()
                    .iter()
                    .map(|byte| format!("{byte:02x}")),
            );
            text.push('\n');
        }
        private::write(path, text.as_bytes())
    }
}

fn fresh() -> SecretSlice<u8> {
    rand::random::<[u8; KEY_LEN]>().to_vec().into()
}

fn unhex(digits: &str) -> Option<SecretSlice<u8>> {
    if digits.len() != 2 * KEY_LEN || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    let pairs = (0..KEY_LEN).map(|n| digits.get(2 * n..2 * n + 2));
    let bytes: Option<Vec<u8>> = pairs
        .map(|pair| u8::from_str_radix(pair?, 16).ok())
        .collect();
    bytes.map(Into::into)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(path: &Path) -> Vec<Vec<u8>> {
        let keys = open(path).unwrap();
        keys.iter()
            .map(|key| key.expose_secret().to_vec())
            .collect()
    }

    fn change(path: &Path, command: TokenKeysCommand) {
        let arguments = TokenKeysArguments {
            command,
            file: path.to_owned(),
        };
        run(&arguments, &mut Console::new(false, true)).unwrap();
    }

    #[test]
    fn keys_are_made_once_and_changed_in_two_steps() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token.key");
        let first = read(&path);
        assert_eq!((first.len(), read(&path)), (1, first.clone()));
        change(&path, TokenKeysCommand::Prepare);
        let prepared = read(&path);
        assert_eq!((prepared.len(), &prepared[0]), (2, &first[0]));
        // Asked twice, done once.
        change(&path, TokenKeysCommand::Prepare);
        assert_eq!(read(&path), prepared);
        change(&path, TokenKeysCommand::Rotate);
        assert_eq!(read(&path), [prepared[1].clone(), first[0].clone()]);
        for _ in 0..5 {
            change(&path, TokenKeysCommand::Rotate);
        }
        let last = read(&path);
        assert!(last.len() == 3 && !last.contains(&first[0]));
    }

    #[test]
    fn a_key_of_an_older_version_is_taken_and_nonsense_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token.key");
        let bytes: Vec<u8> = (0..32_u8).map(|n| n | 0x80).collect();
        fs::write(&path, &bytes).unwrap();
        assert_eq!(read(&path), std::slice::from_ref(&bytes));
        change(&path, TokenKeysCommand::Rotate);
        assert_eq!(read(&path)[1], bytes);
        for text in ["", "short", "next 00", &"00".repeat(31)] {
            fs::write(&path, text).unwrap();
            assert!(open(&path).is_err(), "{text}");
        }
    }
}
