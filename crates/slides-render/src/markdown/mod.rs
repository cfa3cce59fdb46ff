//! Pages as Markdown: headings, paragraphs, lists, tables, pictures, from the structure that the scene carries.

mod blocks;
mod collect;
#[cfg(test)]
mod tests;

use slides_scene::Page;

use crate::error::{Warning, Warnings};
use crate::limits::Limits;
use crate::plain::plain_title;
use crate::svg::SideFile;
use crate::walk::{Budget, walk};

use blocks::{Block, Printer};
use collect::Collector;

/// How tables are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MarkdownTables {
    /// Rows of cells between `|`.
    #[default]
    Pipes,
    /// HTML, for flavours that have no tables of their own.
    Html,
    /// A line a row, for readers that take neither.
    Lines,
}

/// What becomes of blanks that follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MarkdownSpaces {
    /// They stay; readers show one.
    #[default]
    Kept,
    /// Every other one does not break.
    Alternating,
    /// None of them breaks.
    Unbroken,
}

/// How lines end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MarkdownLines {
    /// `\n`.
    #[default]
    Unix,
    /// `\r\n`.
    Windows,
    /// `\r`.
    Mac,
}

/// Settings of a [`MarkdownWriter`].
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct MarkdownOptions {
    /// How tables are written.
    pub tables: MarkdownTables,
    /// What becomes of blanks that follow each other.
    pub spaces: MarkdownSpaces,
    /// How lines end.
    pub lines: MarkdownLines,
    /// Whether empty lines are left out.
    pub compact: bool,
    /// Line before each slide, with `{0}` for its number; none leaves it out.
    pub number_format: Option<String>,
    /// Folder for pictures beside the document; none leaves pictures out.
    pub picture_folder: Option<String>,
    /// Limits.
    pub limits: Limits,
}

/// What a slide has besides its page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Remarks {
    /// Paragraphs of the speaker's notes.
    pub notes: Vec<String>,
    /// Comments: who wrote them, where that is known, and what they say; answers follow what they answer.
    pub comments: Vec<(Option<String>, String)>,
}

/// Writes pages as Markdown, each for itself.
#[derive(Debug)]
pub struct MarkdownWriter {
    options: MarkdownOptions,
    warnings: Warnings,
}

impl MarkdownWriter {
    /// A writer with these settings.
    pub fn new(options: MarkdownOptions) -> Self {
        Self {
            options,
            warnings: Warnings::default(),
        }
    }

    /// What stands between two slides.
    pub fn separator(&self) -> String {
        self.ended("\n---\n\n")
    }

    /// A page's text and the pictures that it shows.
    pub fn page(&mut self, page: &Page, remarks: &Remarks) -> (String, Vec<SideFile>) {
        self.warnings.set_page(page.number);
        let limits = &self.options.limits;
        let mut collector = Collector::new(&self.options, &mut self.warnings, page);
        walk(&page.ops, &mut collector, limits, &mut Budget::new(limits));
        let (mut blocks, files) = collector.finish();
        if !blocks.iter().any(|block| matches!(block, Block::Title(_)))
            && let Some(title) = &page.title
        {
            // A title that is drawn as something else, such as WordArt.
            let title = plain_title(title);
            if !title.is_empty() {
                blocks.insert(0, Block::Title(vec![blocks::Span::plain(title)]));
            }
        }
        let mut printer = Printer::new(&self.options);
        if let Some(format) = &self.options.number_format {
            printer.raw(&format.replace("{0}", &page.number.to_string()));
        }
        for block in &blocks {
            printer.block(block);
        }
        if !remarks.notes.is_empty() {
            printer.quote("Notes:", &remarks.notes);
        }
        for (author, text) in &remarks.comments {
            let head = author.as_ref().map_or_else(
                || "Comment:".to_owned(),
                |name| format!("Comment by {name}:"),
            );
            let lines: Vec<String> = text.lines().map(str::to_owned).collect();
            printer.quote(&head, &lines);
        }
        (self.ended(&printer.finish()), files)
    }

    /// Text with the lines' ends that were asked for.
    fn ended(&self, text: &str) -> String {
        let text = if self.options.compact {
            let lines = text.lines().filter(|line| !line.trim().is_empty());
            lines.flat_map(|line| [line, "\n"]).collect()
        } else {
            text.to_owned()
        };
        match self.options.lines {
            MarkdownLines::Unix => text,
            MarkdownLines::Windows => text.replace('\n', "\r\n"),
            MarkdownLines::Mac => text.replace('\n', "\r"),
        }
    }

    /// What was left out so far.
    pub fn warnings(&self) -> &[Warning] {
        self.warnings.list()
    }
}
