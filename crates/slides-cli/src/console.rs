//! What people and scripts see: data on standard output, everything else on standard error.

use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::{Value, json};

use crate::board::Board;
use crate::failure::Failure;
use crate::sdk::{Operation, OperationStatus};
use crate::warnings;

/// How often a live line moves.
pub(crate) const TICK: Duration = Duration::from_millis(120);

/// Both standard streams.
pub(crate) struct Console {
    json: bool,
    quiet: bool,
    /// Standard error holds nothing but lines of a log that programs read.
    logs_json: bool,
    /// One redrawn line; only on a terminal.
    bar: Option<ProgressBar>,
    /// Whether the ids of operations say something to whoever reads them.
    ids: bool,
    /// What was said last, so that it is said once.
    last: Option<(OperationStatus, Option<i32>)>,
    /// The deck that events are about.
    file: Option<String>,
}

impl Console {
    pub(crate) fn new(json: bool, quiet: bool) -> Self {
        let bar = (!json && !quiet && io::stderr().is_terminal()).then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {elapsed}") {
                bar.set_style(style);
            }
            bar
        });
        Self {
            json,
            quiet,
            logs_json: false,
            bar,
            ids: true,
            last: None,
            file: None,
        }
    }

    /// Standard output carries the result: JSON lines may not go there.
    pub(crate) fn is_json(&self) -> bool {
        self.json
    }

    /// What is told from here on is about this deck.
    pub(crate) fn about(&mut self, file: &str) {
        self.file = Some(file.to_owned());
    }

    /// A board for the progress of several decks.
    pub(crate) fn board(&self, decks: usize) -> Board {
        Board::new(self.json, self.quiet, decks)
    }

    /// Operations end with this process: their ids are of no use.
    pub(crate) fn without_ids(&mut self) {
        self.ids = false;
    }

    /// A line of data; in JSON mode the event stands for it.
    pub(crate) fn data(&self, line: &str, event: &Value) {
        let text = if self.json {
            event.to_string()
        } else {
            line.to_owned()
        };
        // A closed pipe is the reader's choice.
        let _ = writeln!(io::stdout(), "{text}");
    }

    /// Something that only JSON readers are told.
    pub(crate) fn event(&self, event: &Value) {
        if !self.json {
            return;
        }
        let _ = match (&self.file, event) {
            (Some(file), Value::Object(fields)) => {
                let mut fields = fields.clone();
                fields.insert("file".to_owned(), file.as_str().into());
                writeln!(io::stdout(), "{}", Value::Object(fields))
            }
            _ => writeln!(io::stdout(), "{event}"),
        };
    }

    /// A remark for people.
    pub(crate) fn note(&self, line: &str) {
        if self.logs_json {
            tracing::info!("{}", line.trim_start_matches("note: "));
        } else if !self.quiet && !self.json {
            self.say(line);
        }
    }

    /// Whether standard error is for programs.
    pub(crate) fn with_json_log(mut self, on: bool) -> Self {
        self.logs_json = on;
        self
    }

    fn say(&self, line: &str) {
        let write = || {
            let _ = writeln!(io::stderr(), "{line}");
        };
        match &self.bar {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }

    /// Where an operation stands.
    pub(crate) fn operation(&mut self, operation: &Operation) {
        let step = operation
            .progress
            .as_ref()
            .map(|progress| progress.step_index);
        if self.last.as_ref() == Some(&(operation.status.clone(), step)) {
            return;
        }
        let is_new_status = self
            .last
            .as_ref()
            .is_none_or(|(status, _)| *status != operation.status);
        self.last = Some((operation.status.clone(), step));
        if self.json {
            self.event(&json!({ "event": "status", "operation": operation }));
            return;
        }
        let progress = operation
            .progress
            .as_ref()
            .filter(|progress| progress.step_count > 0);
        if let Some(bar) = &self.bar {
            // It moves although nothing is heard of the operation.
            bar.enable_steady_tick(TICK);
        }
        match (&self.bar, progress) {
            (Some(bar), Some(progress)) => {
                bar.set_length(u64::try_from(progress.step_count).unwrap_or(0));
                bar.set_position(u64::try_from(progress.step_index).unwrap_or(0));
                if let Ok(style) =
                    ProgressStyle::with_template("{spinner} {msg} {wide_bar} slide {pos} of {len}")
                {
                    bar.set_style(style);
                }
                bar.set_message(operation.status.to_string());
            }
            (Some(bar), None) => bar.set_message(operation.status.to_string()),
            (None, _) if is_new_status && !self.quiet => {
                if self.ids {
                    self.say(&format!("operation {}: {}", operation.id, operation.status));
                } else {
                    self.say(&format!("status: {}", operation.status));
                }
            }
            (None, _) => {}
        }
    }

    /// The operation is over: the redrawn line goes.
    pub(crate) fn done(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    /// Warnings of a conversion; they are shown even when nothing else is.
    pub(crate) fn warnings(&self, warnings: &[String]) {
        for group in warnings::grouped(warnings) {
            if self.json {
                self.event(&group.event());
            } else {
                self.say(&format!("warning: {group}"));
            }
        }
    }

    pub(crate) fn failure(&mut self, failure: &Failure) {
        self.done();
        if self.json {
            self.event(&failure.event());
            return;
        }
        self.say(&format!("error: {}", failure.message));
        for cause in &failure.causes {
            self.say(&format!("caused by: {cause}"));
        }
        if let Some(id) = failure
            .id
            .as_ref()
            .filter(|_| failure.exit == crate::failure::Exit::Deadline)
        {
            self.say(&format!("operation: {id}"));
        }
        if let Some(hint) = &failure.hint {
            self.say(&format!("\nhint: {hint}"));
        }
    }
}
