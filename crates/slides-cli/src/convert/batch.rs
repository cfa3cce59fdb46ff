//! Many decks, a few at a time; one that fails does not keep the others.

use std::cell::Cell;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use serde_json::json;
use slides_service::engine::Engine;

use crate::board::Board;
use crate::console::Console;
use crate::deck::Wishes;
use crate::failure::{Exit, Failure};
use crate::sdk::ExportFormat;
use crate::{engine, save};

use super::plan::{Many, Task, Todo};
use super::{block_on, interrupted, one, service, unchanged};

/// What a conversion is expected to need at most: a few pages, their pictures and the deck.
const JOB_BYTES: u64 = 512 << 20;

#[derive(Debug, Default)]
struct Counts {
    converted: Cell<usize>,
    skipped: Cell<usize>,
    failed: Cell<usize>,
}

impl Counts {
    fn one_more(count: &Cell<usize>) {
        count.set(count.get() + 1);
    }

    fn summary(&self) -> String {
        let (converted, skipped, failed) =
            (self.converted.get(), self.skipped.get(), self.failed.get());
        format!("{converted} converted, {skipped} skipped, {failed} failed")
    }
}

/// How decks are converted.
struct Way<'a> {
    engine: Arc<dyn Engine>,
    format: ExportFormat,
    wishes: &'a Wishes,
    timeout: Duration,
    board: &'a Board,
    counts: &'a Counts,
}

pub(super) fn run(
    many: Many,
    jobs: Option<u16>,
    wishes: &Wishes,
    timeout: Duration,
    console: &Console,
) -> Result<(), Failure> {
    let total = many.tasks.len();
    let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let jobs = jobs
        .map_or_else(|| usual_jobs(cores, free_memory()), usize::from)
        .clamp(1, total.max(1));
    let board = console.board(total);
    let counts = Counts::default();
    let way = Way {
        engine: engine::with_threads((cores / jobs).max(1)),
        format: many.format,
        wishes,
        timeout,
        board: &board,
        counts: &counts,
    };
    for (name, failure) in &many.unread {
        Counts::one_more(&counts.failed);
        board.failed(name, failure);
    }
    let result = block_on(async {
        let all = futures_util::stream::iter(many.tasks)
            .map(|task| way.run(task))
            .buffer_unordered(jobs)
            .collect::<()>();
        tokio::select! {
            () = all => Ok(()),
            () = interrupted() => Err(Failure::new(
                Exit::Failed,
                format!("interrupted: {} of {total} decks", counts.summary()),
            )),
        }
    });
    let event = json!({
        "event": "summary",
        "converted": counts.converted.get(),
        "skipped": counts.skipped.get(),
        "failed": counts.failed.get(),
    });
    board.end(&counts.summary(), &event);
    result?;
    match counts.failed.get() {
        0 => Ok(()),
        // Each was told with its reason.
        failed => Err(Failure::new(
            Exit::Failed,
            format!(
                "{failed} of {} could not be converted",
                counted(total + many.unread.len())
            ),
        )),
    }
}

fn counted(decks: usize) -> String {
    if decks == 1 {
        "1 deck".to_owned()
    } else {
        format!("{decks} decks")
    }
}

impl Way<'_> {
    async fn run(&self, task: Task) {
        let name = task.input.display().to_string();
        match &task.todo {
            Todo::Skip => {
                Counts::one_more(&self.counts.skipped);
                self.board.skipped(&name);
            }
            Todo::Refuse(failure) => {
                Counts::one_more(&self.counts.failed);
                self.board.failed(&name, failure);
            }
            Todo::Convert => self.convert(&task, name).await,
        }
    }

    async fn convert(&self, task: &Task, name: String) {
        let mut row = self.board.begin(name.clone());
        let before = unchanged::modified(&task.input);
        let result = async {
            one::make_folder(&task.output)?;
            let converted = service::convert(
                Arc::clone(&self.engine),
                (&task.input, &name),
                self.format,
                self.wishes.clone(),
                self.timeout,
                |operation| row.operation(operation),
            )
            .await?;
            let warnings = converted.download.warnings.clone();
            let written = save::save(converted.download, Some(self.format), &task.output).await?;
            Ok::<_, Failure>((written, warnings))
        }
        .await;
        match result {
            Ok((written, warnings)) => {
                unchanged::keep_old(&written, &task.input, before);
                Counts::one_more(&self.counts.converted);
                row.converted(&written, &warnings);
            }
            Err(failure) => {
                Counts::one_more(&self.counts.failed);
                row.failed(&failure);
            }
        }
    }
}

/// As many as there are cores, and as fit into memory.
fn usual_jobs(cores: usize, free: Option<u64>) -> usize {
    let fit = free.map_or(cores, |free| {
        usize::try_from(free / JOB_BYTES).unwrap_or(usize::MAX)
    });
    cores.min(fit).max(1)
}

/// Memory that can be had without swapping; none where it is not told.
fn free_memory() -> Option<u64> {
    let told = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = told
        .lines()
        .find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib << 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jobs_follow_cores_and_memory() {
        assert_eq!(usual_jobs(8, None), 8);
        assert_eq!(usual_jobs(8, Some(2 << 30)), 4);
        assert_eq!(usual_jobs(8, Some(0)), 1);
        assert_eq!(usual_jobs(2, Some(64 << 30)), 2);
    }
}
