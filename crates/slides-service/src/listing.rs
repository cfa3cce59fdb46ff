//! The operations of a client, as a page shows them to a person.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use slides_core::{DocumentSource, Error, OperationId, Result, StartCall};
use slides_types::{OperationEntry, OperationList, OperationResult, OperationStatus};

use crate::clock;
use crate::queue::{Newest, Record, State, Submitted};
use crate::request::QueuedRequest;
use crate::retry;
use crate::service::{Inner, Service, of_store};

/// Rows of the queue that one call looks at.
const SCAN: usize = 10_000;
/// Most operations of one answer.
const MAX: usize = 500;
/// Places in the queue that are told; whoever is behind them knows that it takes long.
const PLACES: usize = 1000;
/// How old places may be: those who look at a long queue share one walk along it.
const FRESH: Duration = Duration::from_secs(1);
/// Warnings of one operation that a list shows; the result brings all.
const WARNINGS: usize = 50;

impl Service {
    /// The operations that this handle may see, the newest first: at most `limit` (500) of those that were accepted
    /// before the cursor of an earlier answer. An answer may hold fewer and have a cursor all the same, as a bounded
    /// number of operations is looked at.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the queue cannot be read.
    pub async fn list(
        &self,
        statuses: &[OperationStatus],
        before: Option<i64>,
        limit: usize,
    ) -> Result<OperationList> {
        let inner = &self.inner;
        let tenants = match self.client() {
            "" => Vec::new(),
            client => vec![client.to_owned(), String::new()],
        };
        let which = Newest {
            states: statuses.iter().filter_map(state).collect(),
            tenants,
            before,
            limit: limit.clamp(1, MAX),
            scan: SCAN,
        };
        let page = inner
            .with_store(move |store| store.newest(&which))
            .await
            .map_err(of_store)?;
        let waits = page.rows.iter().any(|row| row.state == State::Enqueued);
        let places = if waits {
            inner.places().await?
        } else {
            Arc::default()
        };
        let entries = page.rows.iter().map(|row| inner.entry(row, &places));
        let mut list = OperationList::new(entries.collect());
        list.before = page.before;
        Ok(list)
    }

    /// Starts an ended operation once more, as a new one with the same request and documents.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an operation that is unknown to this handle; [`Error::Rejected`] (409) when it has not
    /// ended or its documents are gone; [`Error::Unavailable`] as a start.
    pub async fn retry(&self, id: &OperationId) -> Result<OperationId> {
        let inner = Arc::clone(&self.inner);
        inner.is_open()?;
        let record = self.record(id).await?;
        inner.room(&record.tenant).await?;
        // From here on it is done even when the caller goes away: the row may be in already.
        let retried = tokio::spawn(async move {
            let operation = retry::again(&record, &inner.blobs, &inner.sealer).await?;
            let (inputs, bytes) = (operation.inputs.clone(), operation.input_bytes);
            let clock = inner.clock;
            let id = OperationId::new(operation.id.clone());
            let submitted = inner
                .with_store(move |store| store.submit(operation, clock.now()))
                .await
                .map_err(of_store);
            match submitted {
                Ok(Submitted::New) => {}
                Ok(Submitted::Existing(first)) => return Ok(OperationId::new(first)),
                // After a failed commit the row may be on the disk all the same.
                Err(error @ Error::Unavailable(_)) => return Err(error),
                Err(error) => {
                    retry::remove(&inner.blobs, inputs).await;
                    return Err(error);
                }
            }
            inner.counters.accepted.add(1);
            inner.pressure.accepted(&record.tenant, bytes);
            inner.ready.notify_one();
            Ok(id)
        });
        retried
            .await
            .map_err(|e| Error::io("the request cannot be stored", std::io::Error::other(e)))?
    }
}

fn state(status: &OperationStatus) -> Option<State> {
    status.as_str().parse().ok()
}

/// Where the operations stand that wait, as of a moment ago.
#[derive(Debug, Default)]
pub(crate) struct Places(Mutex<Option<(Instant, Line)>>);

/// Places from 1, by `seq`.
type Line = Arc<HashMap<i64, i32>>;

impl Places {
    fn recent(&self) -> Option<Line> {
        let line = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, line) = line.as_ref()?;
        (at.elapsed() < FRESH).then(|| Arc::clone(line))
    }

    fn keep(&self, line: &Line) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) =
            Some((Instant::now(), Arc::clone(line)));
    }
}

impl Inner {
    async fn places(&self) -> Result<Line> {
        if let Some(line) = self.places.recent() {
            return Ok(line);
        }
        let line = self.with_store(|store| store.line(PLACES)).await;
        let line: Line = Arc::new(line.map_err(of_store)?.into_iter().zip(1..).collect());
        self.places.keep(&line);
        Ok(line)
    }

    fn entry(&self, record: &Record, places: &HashMap<i64, i32>) -> OperationEntry {
        let operation = self.reply(record).operation;
        let mut entry = OperationEntry::new(operation, clock::timestamp(record.enqueued));
        entry.expires = record.expires.map(clock::timestamp);
        entry.place = match record.state {
            State::Enqueued => places.get(&record.seq).copied(),
            _ => None,
        };
        entry.cancel_requested =
            (!record.state.is_terminal() && record.cancel_requested.is_some()).then_some(true);
        entry.can_retry = retry::is_possible(record).then_some(true);
        entry.size = i64::try_from(record.input_bytes).ok();
        entry.result = record.result.as_ref().map(|result| {
            let size = i64::try_from(result.len).unwrap_or(i64::MAX);
            OperationResult::new(&result.file_name, &result.media_type, size)
        });
        entry.warnings = record.warnings.iter().take(WARNINGS).cloned().collect();
        entry.warning_count = match i32::try_from(record.warnings.len()).unwrap_or(i32::MAX) {
            0 => None,
            count => Some(count),
        };
        // One that a newer version wrote is shown without what it asks for.
        if let Ok(request) = self.unseal(record) {
            entry.format = request.call.format_text().map(str::to_owned);
            entry.saved_to = request.call.out_path().map(str::to_owned);
            entry.slides = slides(&request.call);
            entry.documents = documents(request);
        }
        entry
    }
}

/// Numbers of the slides that are asked for.
fn slides(call: &StartCall) -> Vec<i32> {
    let (StartCall::Convert(target)
    | StartCall::ConvertAndSave { target, .. }
    | StartCall::DownloadPresentation { target, .. }
    | StartCall::SavePresentation { target, .. }) = call
    else {
        return Vec::new();
    };
    let number = |&slide| i32::try_from(slide).ok();
    target.slides.iter().filter_map(number).collect()
}

/// Names of the presentations, as they were uploaded or lie in the storage.
fn documents(request: QueuedRequest) -> Vec<String> {
    match request.call {
        StartCall::DownloadPresentation { document, .. }
        | StartCall::SavePresentation { document, .. }
        | StartCall::Split {
            document: DocumentSource::Storage(document),
            ..
        } => vec![document.path()],
        StartCall::Merge(merge) | StartCall::MergeAndSave { merge, .. }
            if !merge.sources.is_empty() =>
        {
            merge
                .sources
                .into_iter()
                .map(|source| source.path)
                .collect()
        }
        _ => {
            let names = request.inputs.into_iter();
            names.filter_map(|input| input.name).collect()
        }
    }
}
