//! Lines of `strace -f -y -xx` as calls.

use std::collections::HashMap;
use std::path::PathBuf;

/// A call that has ended well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Call {
    /// A file was opened that was not there, or was cut to nothing.
    Create(PathBuf),
    /// Bytes behind the last ones that were written to a file.
    Append(PathBuf, Vec<u8>),
    /// Bytes at a place of a file.
    WriteAt(PathBuf, u64, Vec<u8>),
    /// A file was copied to another inside the kernel.
    Copied(PathBuf, PathBuf),
    Truncate(PathBuf, u64),
    Rename(PathBuf, PathBuf),
    Link(PathBuf, PathBuf),
    Remove(PathBuf),
    /// A folder was made.
    Folder(PathBuf),
    /// A sync begins: what it makes durable is what was there now.
    SyncBegins(u32, PathBuf),
    /// The sync of a thread has ended.
    Synced(u32),
    /// Bytes went to a socket.
    Sent(Vec<u8>),
}

/// Joins calls that were interrupted by those of other threads.
#[derive(Debug, Default)]
pub(super) struct Reader {
    begun: HashMap<u32, String>,
}

impl Reader {
    /// What a line says happened.
    pub(super) fn read(&mut self, line: &str) -> Vec<Call> {
        let Some((pid, rest)) = line.trim().split_once(' ') else {
            return Vec::new();
        };
        let Ok(pid) = pid.parse::<u32>() else {
            return Vec::new();
        };
        let rest = rest.trim_start();
        if let Some(begun) = rest.strip_suffix("<unfinished ...>") {
            let begins = sync_of(pid, begun);
            self.begun.insert(pid, begun.to_owned());
            return begins.into_iter().collect();
        }
        if rest.starts_with("<... ") {
            let Some(begun) = self.begun.remove(&pid) else {
                return Vec::new();
            };
            let Some((_, end)) = rest.split_once(" resumed>") else {
                return Vec::new();
            };
            let whole = format!("{begun}{end}");
            return match ended(&whole) {
                // Its beginning was told before.
                Some(_) if sync_of(pid, &whole).is_some() => vec![Call::Synced(pid)],
                Some((name, arguments, result)) => {
                    parse(name, arguments, result).into_iter().collect()
                }
                None => Vec::new(),
            };
        }
        match (sync_of(pid, rest), ended(rest)) {
            (Some(begins), Some(_)) => vec![begins, Call::Synced(pid)],
            (None, Some((name, arguments, result))) => {
                parse(name, arguments, result).into_iter().collect()
            }
            _ => Vec::new(),
        }
    }
}

fn sync_of(pid: u32, call: &str) -> Option<Call> {
    let (name, arguments) = call.split_once('(')?;
    if !matches!(name, "fsync" | "fdatasync") {
        return None;
    }
    Some(Call::SyncBegins(pid, of_descriptor(arguments)?))
}

/// Name, arguments and result of a call that did not fail.
fn ended(line: &str) -> Option<(&str, &str, &str)> {
    let (call, result) = line.rsplit_once(" = ")?;
    if result.starts_with('-') || result.starts_with('?') {
        return None;
    }
    let (name, arguments) = call.split_once('(')?;
    let arguments = arguments.trim_end().strip_suffix(')')?;
    Some((name, arguments, result))
}

fn parse(name: &str, arguments: &str, result: &str) -> Option<Call> {
    let parts: Vec<&str> = arguments.split(", ").collect();
    let number = |n: usize| parts.get(n)?.trim().parse::<u64>().ok();
    Some(match name {
        "openat" | "open" | "creat" => {
            let made = name == "creat" || arguments.contains("O_CREAT");
            let cut = name == "creat" || arguments.contains("O_TRUNC");
            let path = of_descriptor(result)?;
            return (made || cut).then_some(Call::Create(path));
        }
        "write" | "writev" | "sendto" | "sendmsg" => {
            let bytes = strings(arguments, name == "write" || name == "sendto");
            match of_descriptor(arguments) {
                Some(path) if path.is_absolute() => Call::Append(path, bytes),
                _ => Call::Sent(bytes),
            }
        }
        "pwrite64" => {
            let at = number(3)?;
            Call::WriteAt(of_descriptor(arguments)?, at, strings(arguments, true))
        }
        // From a file to a file: the whole of it, by all who call it here.
        "copy_file_range" => Call::Copied(
            of_descriptor(parts.first()?)?,
            of_descriptor(parts.get(2)?)?,
        ),
        "sendfile" => Call::Copied(
            of_descriptor(parts.get(1)?)?,
            of_descriptor(parts.first()?)?,
        ),
        "ftruncate" => Call::Truncate(of_descriptor(arguments)?, number(1)?),
        "rename" | "renameat" | "renameat2" | "link" | "linkat" => {
            let mut paths = paths(arguments);
            let (from, to) = (paths.next()?, paths.next()?);
            if name.starts_with("link") {
                Call::Link(from, to)
            } else {
                Call::Rename(from, to)
            }
        }
        "unlink" | "unlinkat" | "rmdir" => Call::Remove(paths(arguments).next()?),
        "mkdir" | "mkdirat" => Call::Folder(paths(arguments).next()?),
        _ => return None,
    })
}

fn unescape(text: &str) -> Vec<u8> {
    let digits = text.split("\\x").skip(1);
    digits
        .filter_map(|digits| u8::from_str_radix(digits.get(..2)?, 16).ok())
        .collect()
}

fn path_of(text: &str) -> PathBuf {
    PathBuf::from(String::from_utf8_lossy(&unescape(text)).into_owned())
}

/// The path behind the first descriptor; nothing for what has none.
fn of_descriptor(text: &str) -> Option<PathBuf> {
    let (before, rest) = text.split_once('<')?;
    if before.contains('"') {
        return None;
    }
    let (path, _) = rest.split_once('>')?;
    let path = path_of(path);
    (!path.as_os_str().is_empty()).then_some(path)
}

/// All strings one behind the other, or the first one.
fn strings(arguments: &str, first: bool) -> Vec<u8> {
    let quoted = arguments.split('"').skip(1).step_by(2);
    let take = if first { 1 } else { usize::MAX };
    quoted.take(take).flat_map(unescape).collect()
}

/// The paths of a call that names some; none of ours is relative.
fn paths(arguments: &str) -> impl Iterator<Item = PathBuf> {
    arguments.split('"').skip(1).step_by(2).map(path_of)
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use super::*;

    fn hex(text: &str) -> String {
        text.bytes().fold(String::new(), |mut hex, byte| {
            write!(hex, "\\x{byte:02x}").unwrap();
            hex
        })
    }

    fn read(lines: &[String]) -> Vec<Call> {
        let mut reader = Reader::default();
        lines.iter().flat_map(|line| reader.read(line)).collect()
    }

    #[test]
    fn calls_are_read_from_lines() {
        let file = hex("/d/f");
        let calls = read(&[
            format!(
                "7  openat(AT_FDCWD<{}>, \"{file}\", O_WRONLY|O_CREAT|O_EXCL, 0666) = 3<{file}>",
                hex("/")
            ),
            format!(
                "7  openat(AT_FDCWD<{}>, \"{file}\", O_RDONLY) = 3<{file}>",
                hex("/")
            ),
            format!("7  write(3<{file}>, \"{}\", 2) = 2", hex("hi")),
            format!("7  pwrite64(3<{file}>, \"{}\", 2, 4096) = 2", hex("yo")),
            format!("8  rename(\"{file}\", \"{}\") = 0", hex("/d/g")),
            format!(
                "8  rename(\"{file}\", \"{}\") = -1 ENOENT (No such file)",
                hex("/d/g")
            ),
            format!(
                "8  writev(9<{}>, [{{iov_base=\"{}\", iov_len=2}}, {{iov_base=\"{}\", iov_len=1}}], 2) = 3",
                hex("socket:[12]"),
                hex("ab"),
                hex("c")
            ),
        ]);
        let (f, g) = (PathBuf::from("/d/f"), PathBuf::from("/d/g"));
        assert_eq!(
            calls,
            [
                Call::Create(f.clone()),
                Call::Append(f.clone(), b"hi".to_vec()),
                Call::WriteAt(f.clone(), 4096, b"yo".to_vec()),
                Call::Rename(f, g),
                Call::Sent(b"abc".to_vec()),
            ]
        );
    }

    #[test]
    fn a_sync_covers_what_was_written_before_it_began() {
        let file = hex("/d/f");
        let calls = read(&[
            format!("7 fdatasync(3<{file}> <unfinished ...>"),
            format!("8 write(3<{file}>, \"{}\", 2 <unfinished ...>", hex("hi")),
            "8 <... write resumed>) = 2".to_owned(),
            "7 <... fdatasync resumed>) = 0".to_owned(),
            format!("7 fsync(3<{file}>) = -1 EIO (Input/output error) (INJECTED)"),
        ]);
        let f = PathBuf::from("/d/f");
        assert_eq!(
            calls,
            [
                Call::SyncBegins(7, f.clone()),
                Call::Append(f, b"hi".to_vec()),
                Call::Synced(7),
            ]
        );
    }
}
