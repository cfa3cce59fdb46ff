//! Progress of several decks: a line for each that is converted now and one for all, on a terminal alone.

use std::cell::RefCell;
use std::collections::HashSet;
use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::{Value, json};

use crate::console::TICK;
use crate::failure::Failure;
use crate::sdk::{Operation, OperationStatus};
use crate::warnings;

/// Columns for the name of a deck.
const NAME_COLUMNS: usize = 32;

/// What people and scripts see of several decks.
pub(crate) struct Board {
    json: bool,
    quiet: bool,
    /// Only on a terminal: all bars, and the one of all decks.
    bars: Option<(MultiProgress, ProgressBar)>,
    /// Hints that were given; the next deck with the same trouble needs it no more.
    hints: RefCell<HashSet<String>>,
}

/// One deck that is converted now.
pub(crate) struct Row<'a> {
    board: &'a Board,
    name: String,
    bar: Option<ProgressBar>,
    last: Option<(OperationStatus, Option<i32>)>,
}

impl Board {
    pub(crate) fn new(json: bool, quiet: bool, decks: usize) -> Self {
        let bars = (!json && !quiet && io::stderr().is_terminal()).then(|| {
            let bars = MultiProgress::with_draw_target(ProgressDrawTarget::stderr());
            let all = bars.add(ProgressBar::new(decks as u64));
            if let Ok(style) = ProgressStyle::with_template("{wide_bar} {pos} of {len} decks") {
                all.set_style(style);
            }
            (bars, all)
        });
        Self {
            json,
            quiet,
            bars,
            hints: RefCell::default(),
        }
    }

    pub(crate) fn begin(&self, name: String) -> Row<'_> {
        let bar = self.bars.as_ref().map(|(bars, all)| {
            let bar = bars.insert_before(all, ProgressBar::no_length());
            let style = format!("{{msg:{NAME_COLUMNS}!}} {{spinner}}");
            if let Ok(style) = ProgressStyle::with_template(&style) {
                bar.set_style(style);
            }
            bar.set_message(shortened(&name));
            bar.enable_steady_tick(TICK);
            bar
        });
        Row {
            board: self,
            name,
            bar,
            last: None,
        }
    }

    fn event(&self, name: &str, mut event: Value) {
        if let (true, Value::Object(fields)) = (self.json, &mut event) {
            fields.insert("file".to_owned(), name.into());
            // A closed pipe is the reader's choice.
            let _ = writeln!(io::stdout(), "{event}");
        }
    }

    fn say(&self, line: &str) {
        let write = || {
            let _ = writeln!(io::stderr(), "{line}");
        };
        match &self.bars {
            Some((bars, _)) => bars.suspend(write),
            None => write(),
        }
    }

    /// A deck, or what was to be searched for decks, is not converted.
    pub(crate) fn failed(&self, name: &str, failure: &Failure) {
        self.count();
        if self.json {
            self.event(name, failure.event());
            return;
        }
        // Most errors name the deck themselves.
        let shown = format!("`{name}`");
        if failure.message.contains(&shown) {
            self.say(&format!("error: {}", failure.message));
        } else {
            self.say(&format!("error: {shown}: {}", failure.message));
        }
        for cause in &failure.causes {
            self.say(&format!("caused by: {cause}"));
        }
        if let Some(hint) = &failure.hint
            && self.hints.borrow_mut().insert(hint.clone())
        {
            self.say(&format!("hint: {hint}"));
        }
    }

    pub(crate) fn skipped(&self, name: &str) {
        self.count();
        self.event(name, json!({ "event": "skipped" }));
    }

    fn count(&self) {
        if let Some((_, all)) = &self.bars {
            all.inc(1);
        }
    }

    /// The bars go, the last words come.
    pub(crate) fn end(&self, summary: &str, event: &Value) {
        if let Some((bars, all)) = &self.bars {
            all.finish_and_clear();
            let _ = bars.clear();
        }
        if self.json {
            let _ = writeln!(io::stdout(), "{event}");
        } else if !self.quiet {
            self.say(summary);
        }
    }
}

impl Row<'_> {
    pub(crate) fn operation(&mut self, operation: &Operation) {
        let progress = operation.progress.as_ref();
        let now = (
            operation.status.clone(),
            progress.map(|progress| progress.step_index),
        );
        if self.last.as_ref() == Some(&now) {
            return;
        }
        self.last = Some(now);
        self.board.event(
            &self.name,
            json!({ "event": "status", "operation": operation }),
        );
        let (Some(bar), Some(progress)) = (
            &self.bar,
            progress.filter(|progress| progress.step_count > 0),
        ) else {
            return;
        };
        if bar.length().is_none() {
            let style = format!("{{msg:{NAME_COLUMNS}!}} {{wide_bar}} slide {{pos}} of {{len}}");
            if let Ok(style) = ProgressStyle::with_template(&style) {
                bar.set_style(style);
            }
        }
        bar.set_length(u64::try_from(progress.step_count).unwrap_or(0));
        bar.set_position(u64::try_from(progress.step_index).unwrap_or(0));
    }

    pub(crate) fn converted(self, files: &[PathBuf], warnings: &[String]) {
        self.board.count();
        for group in warnings::grouped(warnings) {
            if self.board.json {
                self.board.event(&self.name, group.event());
            } else {
                self.board.say(&format!("warning: {}: {group}", self.name));
            }
        }
        let files: Vec<_> = files
            .iter()
            .map(|path| path.display().to_string())
            .collect();
        self.board.event(
            &self.name,
            json!({ "event": "done", "files": files, "warnings": warnings.len() }),
        );
    }

    pub(crate) fn failed(self, failure: &Failure) {
        self.board.failed(&self.name, failure);
    }
}

impl Drop for Row<'_> {
    fn drop(&mut self) {
        if let (Some(bar), Some((bars, _))) = (&self.bar, &self.board.bars) {
            bar.finish_and_clear();
            bars.remove(bar);
        }
    }
}

/// The end of a long path says more than its start.
fn shortened(name: &str) -> String {
    let count = name.chars().count();
    if count <= NAME_COLUMNS {
        return name.to_owned();
    }
    let end: String = name.chars().skip(count + 1 - NAME_COLUMNS).collect();
    format!("…{end}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_keep_their_end() {
        assert_eq!(shortened("deck.pptx"), "deck.pptx");
        let name = shortened(&format!("{}/deck.pptx", "folder/".repeat(10)));
        assert_eq!(name.chars().count(), NAME_COLUMNS);
        assert!(name.starts_with('…') && name.ends_with("/deck.pptx"));
    }
}
