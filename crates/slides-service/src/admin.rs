//! The queue in an operator's hands: look, cancel, try again, tidy up, and move it elsewhere.

use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;
use std::sync::Arc;

use slides_core::{Error, OperationId, Result};

use crate::blobs::Blobs;
use crate::clock;
use crate::options::ServiceOptions;
use crate::queue::{Canceled, Filter, Micros, Record, State, Store, StoreError, Submitted};
use crate::retry;
use crate::seal::Sealer;
use crate::service;

mod archive;

pub use self::archive::{Exported, Imported};

/// Operations read at one time.
const PAGE: usize = 500;

/// The queue of a service that may run or not, without workers and without HTTP. Calls block.
///
/// Beside a running server it sees and changes the same rows: what it cancels, the server's worker drops at its next
/// heartbeat; what it puts in, a worker takes within a second.
pub struct QueueAdmin {
    store: Arc<dyn Store>,
    blobs: Blobs,
    sealer: Sealer,
    options: ServiceOptions,
    runtime: tokio::runtime::Handle,
    _lock: Option<File>,
}

impl std::fmt::Debug for QueueAdmin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("QueueAdmin")
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

impl QueueAdmin {
    /// Opens the queue that [`Service::open`](crate::Service::open) would open with the same options. Must be called
    /// on a thread of a runtime that may block. With `alone`, no server may use the data folder meanwhile.
    ///
    /// # Errors
    /// [`Error::Io`] when there is no queue, or when it cannot be opened or is in use.
    pub fn open(options: ServiceOptions, alone: bool) -> Result<Self> {
        let parts = service::open_queue(&options, alone)?;
        Ok(Self {
            store: parts.store,
            blobs: parts.blobs,
            sealer: parts.sealer,
            runtime: tokio::runtime::Handle::current(),
            options,
            _lock: parts.lock,
        })
    }

    /// Operations in the order of their starts, those behind [`Filter::after`].
    ///
    /// # Errors
    /// When the queue cannot be read.
    pub fn list(&self, which: &Filter) -> Result<Vec<Record>> {
        self.store.list(which).map_err(failed)
    }

    /// One operation.
    ///
    /// # Errors
    /// When the queue cannot be read.
    pub fn get(&self, id: &str) -> Result<Option<Record>> {
        self.store.get(id).map_err(failed)
    }

    /// Cancels an operation, or asks its worker to.
    ///
    /// # Errors
    /// When the queue cannot be written.
    pub fn cancel(&self, id: &str) -> Result<Canceled> {
        let now = clock::now();
        let inputs = self.get(id)?.map(|record| record.inputs);
        let canceled = self
            .store
            .cancel(id, now, clock::after(now, self.options.retention))
            .map_err(failed)?;
        if canceled == Canceled::Now {
            self.remove_blobs(inputs.unwrap_or_default());
        }
        Ok(canceled)
    }

    /// Starts an ended operation once more, as a new one: what has ended never changes.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an unknown id; [`Error::Rejected`] (409) when it has not ended or its documents are
    /// gone; [`Error::Io`] when its request cannot be read.
    pub fn retry(&self, id: &str) -> Result<OperationId> {
        let record = self.get(id)?.ok_or_else(|| Error::NotFound {
            what: id.to_owned(),
            detail: None,
        })?;
        let again = retry::again(&record, &self.blobs, &self.sealer);
        let operation = self.runtime.block_on(again)?;
        let new = operation.id.clone();
        match self.store.submit(operation, clock::now()).map_err(failed)? {
            Submitted::New => Ok(OperationId::new(new)),
            Submitted::Existing(id) => Ok(OperationId::new(id)),
        }
    }

    /// Removes ended operations with their results that ended before a point in time; gives their number.
    ///
    /// # Errors
    /// When the queue cannot be written.
    pub fn prune(&self, before: Micros, states: &[State]) -> Result<usize> {
        let mut removed = 0;
        let mut filter = Filter {
            states: states.iter().copied().filter(|s| s.is_terminal()).collect(),
            limit: PAGE,
            ..Filter::default()
        };
        if filter.states.is_empty() {
            filter.states = vec![State::Finished, State::Failed, State::Canceled];
        }
        loop {
            let page = self.list(&filter)?;
            let Some(last) = page.last() else {
                return Ok(removed);
            };
            filter.after = last.seq;
            let old: Vec<String> = page
                .into_iter()
                .filter(|record| record.ended.is_some_and(|at| at < before))
                .map(|record| record.id)
                .collect();
            let gone = self.store.remove(&old).map_err(failed)?;
            removed += gone.len();
            // The rows are gone first: no row ever refers to a blob that is not there.
            self.remove_blobs(gone.into_iter().flat_map(|gone| gone.blobs).collect());
        }
    }

    /// Writes the whole queue with its documents and results as one archive (tar). Sealed requests stay sealed.
    ///
    /// # Errors
    /// [`Error::Rejected`] (409) while operations run; [`Error::Io`] when something cannot be read or written.
    pub fn export(&self, to: impl Write) -> Result<Exported> {
        archive::export(self, to)
    }

    /// Puts the operations of an archive in. Those that are there already are left as they are, so that an import
    /// that broke off can be repeated. `from_key` is the key file of the queue they come from, if it was another.
    ///
    /// # Errors
    /// [`Error::Io`] when the archive is damaged or something cannot be written; [`Error::Rejected`] when the key
    /// does not fit.
    pub fn import(&self, from: impl Read, from_key: Option<&Path>) -> Result<Imported> {
        archive::import(self, from, from_key)
    }

    fn remove_blobs(&self, blobs: Vec<String>) {
        for blob in blobs {
            self.runtime.block_on(self.blobs.remove(blob));
        }
    }

    /// A folder for files on their way, on the disk of the data folder.
    fn scratch(&self) -> std::io::Result<tempfile::TempDir> {
        match &self.options.data_dir {
            Some(folder) => tempfile::tempdir_in(folder),
            None => tempfile::tempdir(),
        }
    }

    fn page(&self, after: i64) -> Result<Vec<Record>> {
        self.list(&Filter {
            after,
            limit: PAGE,
            ..Filter::default()
        })
    }
}

fn failed(error: StoreError) -> Error {
    Error::io("the queue cannot be used", std::io::Error::other(error))
}

#[cfg(test)]
mod tests;
