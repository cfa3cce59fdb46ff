//! A queue as one file: a tar archive of `operations/<seq>.json` and `blobs/<name>`.

use std::collections::BTreeSet;
use std::io::{self, Read, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};
use slides_core::{Error, Result};

use super::{PAGE, QueueAdmin, failed};
use crate::clock;
use crate::queue::{Micros, Record, State, StoreError};
use crate::seal::Sealer;

const HEAD: &str = "slides-queue.json";
/// Rises when an older version could not read the archive right.
const VERSION: u32 = 1;
/// Bytes of the description of one operation.
const MAX_ROW: u64 = 64 << 20;

/// What an export wrote.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Exported {
    /// Operations.
    pub operations: u64,
    /// Documents and results.
    pub blobs: u64,
    /// Bytes of documents and results.
    pub bytes: u64,
}

/// What an import put in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Imported {
    /// Operations that are new here.
    pub operations: u64,
    /// Operations that were there already.
    pub known: u64,
    /// Documents and results.
    pub blobs: u64,
}

#[derive(Serialize, Deserialize)]
struct Head {
    version: u32,
    exported: Micros,
}

#[derive(Serialize, Deserialize)]
struct Row {
    record: Record,
    /// Its caller was not told of its end yet.
    untold: bool,
}

fn cannot(what: &'static str) -> impl Fn(io::Error) -> Error {
    move |error| Error::io(what, error)
}

pub(super) fn export(admin: &QueueAdmin, to: impl Write) -> Result<Exported> {
    let running = admin.list(&crate::queue::Filter {
        states: vec![State::Started],
        limit: 1,
        ..Default::default()
    })?;
    if let Some(running) = running.first() {
        let words = format!(
            "the operation `{}` runs: end the servers of this queue first, what they run is given back then",
            running.id
        );
        return Err(Error::rejected(409, "conflict", words));
    }
    let untold: BTreeSet<String> = untold(admin)?;
    let write = cannot("the archive cannot be written");
    let mut archive = tar::Builder::new(to);
    let head = Head {
        version: VERSION,
        exported: clock::now(),
    };
    add_json(&mut archive, HEAD, &head).map_err(&write)?;
    let mut exported = Exported::default();
    let mut after = 0;
    loop {
        let page = admin.page(after)?;
        let Some(last) = page.last() else {
            break;
        };
        after = last.seq;
        for record in page {
            // The blobs first: whoever reads the row has them.
            for blob in blobs_of(&record) {
                exported.bytes += add_blob(admin, &mut archive, &blob)?;
                exported.blobs += 1;
            }
            let name = format!("operations/{}.json", record.seq);
            let untold = untold.contains(&record.id);
            add_json(&mut archive, &name, &Row { record, untold }).map_err(&write)?;
            exported.operations += 1;
        }
    }
    let mut to = archive.into_inner().map_err(&write)?;
    to.flush().map_err(&write)?;
    Ok(exported)
}

/// Blobs that a row needs.
fn blobs_of(record: &Record) -> Vec<String> {
    let inputs = match record.state {
        State::Finished | State::Canceled => &[][..],
        _ => &record.inputs[..],
    };
    let result = record.result.iter().map(|result| result.blob.clone());
    inputs.iter().cloned().chain(result).collect()
}

/// Operations whose end is still to be told. They are due again at once.
fn untold(admin: &QueueAdmin) -> Result<BTreeSet<String>> {
    let now = clock::now();
    let mut all = BTreeSet::new();
    loop {
        let events = admin.store.events_due(PAGE, now + 1, now).map_err(failed)?;
        let before = all.len();
        all.extend(events.into_iter().map(|event| event.operation));
        if all.len() == before {
            return Ok(all);
        }
    }
}

fn header(len: u64) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_size(len);
    header.set_mode(0o600);
    header.set_mtime(0);
    header
}

fn add_json(
    archive: &mut tar::Builder<impl Write>,
    name: &str,
    value: &impl Serialize,
) -> io::Result<()> {
    let json = serde_json::to_vec(value)?;
    archive.append_data(&mut header(json.len() as u64), name, json.as_slice())
}

fn add_blob(admin: &QueueAdmin, archive: &mut tar::Builder<impl Write>, blob: &str) -> Result<u64> {
    let read = cannot("a document or result cannot be read");
    let scratch = tempfile::tempdir().map_err(&read)?;
    let path = admin.blobs.fetch(blob, scratch.path()).map_err(&read)?;
    let file = std::fs::File::open(path).map_err(&read)?;
    let len = file.metadata().map_err(&read)?.len();
    archive
        .append_data(&mut header(len), format!("blobs/{blob}"), file)
        .map_err(cannot("the archive cannot be written"))?;
    Ok(len)
}

/// The keys that may have sealed an archive's requests: a key file may be either kind.
fn keys(path: &Path) -> Result<Vec<Sealer>> {
    let keys: Vec<_> = [Sealer::open(path, false), Sealer::of_file(path)]
        .into_iter()
        .filter_map(io::Result::ok)
        .collect();
    if keys.is_empty() {
        let what = format!("the key file `{}` cannot be read", path.display());
        return Err(Error::io(what, io::ErrorKind::InvalidData.into()));
    }
    Ok(keys)
}

pub(super) fn import(
    admin: &QueueAdmin,
    from: impl Read,
    from_key: Option<&Path>,
) -> Result<Imported> {
    let read = cannot("the archive cannot be read");
    let old = from_key.map(keys).transpose()?.unwrap_or_default();
    let mut archive = tar::Archive::new(from);
    let mut imported = Imported::default();
    let mut is_ours = false;
    for entry in archive.entries().map_err(&read)? {
        let mut entry = entry.map_err(&read)?;
        let path = entry.path().map_err(&read)?.into_owned();
        let name = path.to_str().unwrap_or_default();
        if name == HEAD {
            let head: Head = json_of(&mut entry).map_err(&read)?;
            if head.version > VERSION {
                let words = format!(
                    "the archive has version {}, this program reads up to {VERSION}: use a newer one",
                    head.version
                );
                return Err(Error::invalid(words));
            }
            is_ours = true;
            continue;
        }
        if !is_ours {
            return Err(Error::invalid(format!(
                "the file is no archive of a queue: it does not begin with `{HEAD}`"
            )));
        }
        if let Some(blob) = name.strip_prefix("blobs/") {
            put_blob(admin, &mut entry, blob)?;
            imported.blobs += 1;
        } else if name.starts_with("operations/") {
            let row: Row = json_of(&mut entry).map_err(&read)?;
            let row = with_own_key(admin, row, &old)?;
            match admin.store.insert(&row.record, row.untold) {
                Ok(()) => imported.operations += 1,
                Err(StoreError::DuplicateId { .. }) => imported.known += 1,
                Err(error) => return Err(failed(error)),
            }
        }
    }
    if !is_ours {
        return Err(Error::invalid("the archive is empty"));
    }
    Ok(imported)
}

fn json_of<T: serde::de::DeserializeOwned>(entry: &mut impl Read) -> io::Result<T> {
    let mut json = Vec::new();
    entry.take(MAX_ROW).read_to_end(&mut json)?;
    Ok(serde_json::from_slice(&json)?)
}

/// Blobs come before their rows, and one that nobody refers to is swept as an orphan.
fn put_blob(admin: &QueueAdmin, entry: &mut impl Read, blob: &str) -> Result<()> {
    let is_ours = blob.split_once('/').is_some_and(|(folder, name)| {
        matches!(folder, "in" | "out")
            && !name.is_empty()
            && name
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-.".contains(&b))
            && !name.starts_with('.')
    });
    if !is_ours {
        return Err(Error::invalid(format!(
            "the archive is damaged: `{blob}` is no name of a document or result"
        )));
    }
    let write = cannot("a document or result cannot be written");
    let folder = admin.scratch().map_err(&write)?;
    let path = folder.path().join("blob");
    let mut file = std::fs::File::create(&path).map_err(&write)?;
    io::copy(entry, &mut file).map_err(&write)?;
    drop(file);
    admin.blobs.take(&path, blob).map_err(&write)?;
    Ok(())
}

/// The row with its request and webhook sealed by the key of this queue.
fn with_own_key(admin: &QueueAdmin, mut row: Row, old: &[Sealer]) -> Result<Row> {
    let id = row.record.id.clone();
    let seal = |sealed: &[u8]| -> Result<Vec<u8>> {
        let opened = std::iter::once(&admin.sealer)
            .chain(old)
            .find_map(|key| key.open_sealed(&id, sealed).ok());
        let plain = opened.ok_or_else(|| {
            Error::invalid(format!(
                "the request of `{id}` was sealed with another key: name the key file of the queue that it comes from"
            ))
        })?;
        admin
            .sealer
            .seal(&id, &plain)
            .map_err(cannot("a request cannot be sealed"))
    };
    row.record.request = seal(&row.record.request)?;
    row.record.webhook = row.record.webhook.as_deref().map(seal).transpose()?;
    Ok(row)
}
