//! Blocks of a page, and their Markdown.
use std::fmt::Write;

use super::{MarkdownOptions, MarkdownSpaces, MarkdownTables};

/// Levels that lists are nested; deeper ones stay there.
const MAX_LEVEL: u8 = 8;
/// Columns of a table.
const MAX_COLUMNS: usize = 500;

/// Text of one look.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Span {
    pub(super) text: String,
    pub(super) bold: bool,
    pub(super) italic: bool,
    pub(super) link: Option<String>,
}

impl Span {
    pub(super) fn plain(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            ..Self::default()
        }
    }

    fn looks_like(&self, other: &Self) -> bool {
        (self.bold, self.italic, &self.link) == (other.bold, other.italic, &other.link)
    }
}

/// A cell and the columns that it spans.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Cell {
    pub(super) lines: Vec<Vec<Span>>,
    pub(super) columns: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Block {
    Title(Vec<Span>),
    Paragraph(Vec<Span>),
    Item {
        level: u8,
        /// The number it has, where it counts.
        number: Option<u32>,
        spans: Vec<Span>,
    },
    Table(Vec<Vec<Cell>>),
    /// Alternative text and the picture's address.
    Picture(String, String),
}

pub(super) struct Printer<'a> {
    options: &'a MarkdownOptions,
    out: String,
    /// Whether the last block was an item of a list.
    in_list: bool,
    titles: usize,
}

/// Neighbours of one look put together, without blanks at both ends.
fn joined(spans: &[Span]) -> Vec<Span> {
    let mut out: Vec<Span> = Vec::new();
    for span in spans.iter().filter(|span| !span.text.is_empty()) {
        match out.last_mut() {
            Some(last) if last.looks_like(span) || span.text.trim().is_empty() => {
                last.text.push_str(&span.text);
            }
            _ => out.push(span.clone()),
        }
    }
    if let Some(first) = out.first_mut() {
        first.text = first.text.trim_start().to_owned();
    }
    if let Some(last) = out.last_mut() {
        last.text.truncate(last.text.trim_end().len());
    }
    out
}

impl<'a> Printer<'a> {
    pub(super) fn new(options: &'a MarkdownOptions) -> Self {
        Self {
            options,
            out: String::new(),
            in_list: false,
            titles: 0,
        }
    }

    pub(super) fn finish(self) -> String {
        self.out
    }

    fn gap(&mut self) {
        if !self.out.is_empty() {
            self.out.push('\n');
        }
        self.in_list = false;
    }

    /// A block that is Markdown already.
    pub(super) fn raw(&mut self, text: &str) {
        self.gap();
        self.out.push_str(text);
        self.out.push('\n');
    }

    pub(super) fn quote(&mut self, head: &str, lines: &[String]) {
        self.gap();
        let _ = writeln!(self.out, "> **{}**", self.plain(head));
        for line in lines.iter().filter(|line| !line.trim().is_empty()) {
            let _ = write!(self.out, ">\n> {}\n", start(&self.plain(line.trim())));
        }
    }

    pub(super) fn block(&mut self, block: &Block) {
        match block {
            Block::Title(spans) => {
                let text = self.title(spans);
                if text.is_empty() {
                    return;
                }
                self.gap();
                // Below the line of the slide's number; a second title stands below the first.
                let level = 1
                    + usize::from(self.options.number_format.is_some())
                    + usize::from(self.titles > 0);
                self.titles += 1;
                let _ = writeln!(self.out, "{} {text}", "#".repeat(level));
            }
            Block::Paragraph(spans) => {
                let text = self.spans(spans);
                if !text.is_empty() {
                    self.gap();
                    let _ = writeln!(self.out, "{}", start(&text));
                }
            }
            Block::Item {
                level,
                number,
                spans,
            } => {
                let text = self.spans(spans);
                if text.is_empty() {
                    return;
                }
                if !self.in_list {
                    self.gap();
                }
                let indent = "    ".repeat(usize::from((*level).min(MAX_LEVEL)));
                let text = start(&text);
                let _ = match number {
                    Some(number) => writeln!(self.out, "{indent}{number}. {text}"),
                    None => writeln!(self.out, "{indent}- {text}"),
                };
                self.in_list = true;
            }
            Block::Table(rows) => self.table(rows),
            Block::Picture(alt, address) => {
                self.gap();
                let _ = writeln!(
                    self.out,
                    "![{}]({})",
                    self.plain(alt),
                    address.replace(' ', "%20")
                );
            }
        }
    }

    fn table(&mut self, rows: &[Vec<Cell>]) {
        let width = |row: &Vec<Cell>| {
            let columns = row.iter().map(|cell| cell.columns.max(1) as usize);
            columns.sum::<usize>().min(MAX_COLUMNS)
        };
        let columns = rows.iter().map(width).max().unwrap_or(0);
        if columns == 0 {
            return;
        }
        self.gap();
        let cells = |row: &Vec<Cell>, end: &str| -> Vec<String> {
            let mut out: Vec<String> = Vec::new();
            for cell in row {
                let lines: Vec<String> = cell
                    .lines
                    .iter()
                    .map(|line| self.spans(line))
                    .filter(|line| !line.is_empty())
                    .collect();
                out.push(lines.join(end));
                // What a cell spans is empty.
                let rest = (cell.columns.max(1) as usize - 1).min(columns);
                out.extend(std::iter::repeat_n(String::new(), rest));
            }
            out.resize(columns, String::new());
            out
        };
        let mut text = String::new();
        match self.options.tables {
            MarkdownTables::Pipes => {
                for (at, row) in rows.iter().enumerate() {
                    let _ = writeln!(text, "| {} |", cells(row, "<br>").join(" | "));
                    if at == 0 {
                        let _ = writeln!(text, "|{}", " --- |".repeat(columns));
                    }
                }
            }
            MarkdownTables::Lines => {
                for row in rows {
                    let _ = writeln!(text, "- {}", cells(row, " ").join(" \\| "));
                }
            }
            MarkdownTables::Html => {
                text.push_str("<table>\n");
                for row in rows {
                    text.push_str("<tr>");
                    for cell in row {
                        let span = match cell.columns {
                            0 | 1 => String::new(),
                            more => format!(" colspan=\"{more}\""),
                        };
                        let lines: Vec<String> = cell
                            .lines
                            .iter()
                            .map(|line| line.iter().map(|span| &*span.text).collect::<String>())
                            .map(|line| html(line.trim()))
                            .collect();
                        let _ = write!(text, "<td{span}>{}</td>", lines.join("<br>"));
                    }
                    text.push_str("</tr>\n");
                }
                text.push_str("</table>\n");
            }
        }
        self.out.push_str(&text);
    }

    /// A heading's text: its look is the heading's.
    fn title(&self, spans: &[Span]) -> String {
        let bare: Vec<Span> = spans
            .iter()
            .map(|span| Span {
                bold: false,
                italic: false,
                ..span.clone()
            })
            .collect();
        self.spans(&bare)
    }

    fn spans(&self, spans: &[Span]) -> String {
        let mut out = String::new();
        for span in joined(spans) {
            let core = span.text.trim();
            if core.is_empty() {
                out.push_str(&span.text);
                continue;
            }
            // Marks stand at letters, or they are none.
            let (before, after) = span.text.split_once(core).unwrap_or_default();
            out.push_str(before);
            let marks = match (span.bold, span.italic) {
                (true, true) => "***",
                (true, false) => "**",
                (false, true) => "*",
                (false, false) => "",
            };
            let text = format!("{marks}{}{marks}", self.plain(core));
            match &span.link {
                Some(address) => {
                    let address = address.replace('(', "%28").replace(')', "%29");
                    let _ = write!(out, "[{text}]({address})");
                }
                None => out.push_str(&text),
            }
            out.push_str(after);
        }
        out
    }

    /// Text in which nothing is taken for Markdown or HTML.
    fn plain(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut blanks = 0;
        for ch in text.chars() {
            let ch = if ch.is_control() { ' ' } else { ch };
            if ch == ' ' {
                let unbroken = match self.options.spaces {
                    MarkdownSpaces::Kept => false,
                    MarkdownSpaces::Alternating => blanks % 2 == 1,
                    MarkdownSpaces::Unbroken => blanks > 0,
                };
                out.push_str(if unbroken { "&nbsp;" } else { " " });
                blanks += 1;
                continue;
            }
            blanks = 0;
            match ch {
                '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' => {
                    out.push('\\');
                    out.push(ch);
                }
                '<' => out.push_str("&lt;"),
                '>' => out.push_str("&gt;"),
                '&' => out.push_str("&amp;"),
                ch => out.push(ch),
            }
        }
        out
    }
}

/// The beginning of a line, which must not look like that of a heading, list or quote.
fn start(text: &str) -> String {
    let digits = text.chars().take_while(char::is_ascii_digit).count();
    let rest = text.get(digits..).unwrap_or_default();
    if digits > 0 && (rest.starts_with(". ") || rest.starts_with(") ")) {
        return format!("{}\\{rest}", text.get(..digits).unwrap_or_default());
    }
    if text.starts_with(['#', '+', '-', '=']) {
        return format!("\\{text}");
    }
    text.to_owned()
}

fn html(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
