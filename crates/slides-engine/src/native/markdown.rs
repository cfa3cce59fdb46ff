//! Laid-out pages to Markdown, and its options.

use slides_ooxml::model::{Comment, RunKind, Shape, ShapeKind, TextBody};
use slides_render::{
    MarkdownLines, MarkdownOptions, MarkdownSpaces, MarkdownTables, MarkdownWriter, Remarks,
    SideFile,
};
use slides_types::{
    HandleRepeatedSpaces, MarkdownExportOptions, MarkdownExportType, MarkdownFlavor, NewLineType,
};

use crate::api::{EngineError, Monitor, OutputFile, Sink};

use super::errors::{from_slide, stopped};
use super::export::{Export, note};
use super::pipeline::in_order;
use super::settings::{Settings, refused};
use super::warnings::Warnings;
use super::web_settings::folder_name;

/// Folder of pictures when no other is asked for.
const IMAGES: &str = "Images";
/// Line before a slide when its number is asked for in no other form.
const NUMBER: &str = "# Slide {0}";
/// Characters of the form of a slide's number.
const MAX_NUMBER: usize = 200;

/// Settings of Markdown as the options ask for them.
#[derive(Debug, Default)]
pub(super) struct MarkdownSettings {
    options: MarkdownOptions,
    comments: bool,
}

impl Settings {
    pub(super) fn markdown(&mut self, options: &MarkdownExportOptions) -> Result<(), EngineError> {
        self.show_hidden = options.show_hidden_slides.unwrap_or(false);
        self.default_family
            .clone_from(&options.default_regular_font);
        let folder = match options
            .images_save_folder_name
            .as_deref()
            .filter(|name| !name.is_empty())
        {
            Some(name) => folder_name("imagesSaveFolderName", name)?,
            None => IMAGES.to_owned(),
        };
        let markdown = &mut self.markdown;
        markdown.comments = options.show_comments.unwrap_or(false);
        let to = &mut markdown.options;
        match options.export_type {
            None | Some(MarkdownExportType::TextOnly) => {}
            Some(MarkdownExportType::Sequential) => to.picture_folder = Some(folder),
            Some(other) => {
                return Err(refused(
                    "exportType",
                    other.as_str(),
                    "drawings are not written as pictures: use `Sequential` or `TextOnly`",
                ));
            }
        }
        to.tables = tables(options.flavor);
        to.lines = match options.new_line_type {
            Some(NewLineType::Windows) => MarkdownLines::Windows,
            Some(NewLineType::Mac) => MarkdownLines::Mac,
            _ => MarkdownLines::Unix,
        };
        to.spaces = match options.handle_repeated_spaces {
            Some(HandleRepeatedSpaces::AlternateSpacesToNbsp) => MarkdownSpaces::Alternating,
            Some(HandleRepeatedSpaces::MultipleSpacesToNbsp) => MarkdownSpaces::Unbroken,
            _ => MarkdownSpaces::Kept,
        };
        to.compact = options.remove_empty_lines.unwrap_or(false);
        let format = options
            .slide_number_format
            .as_deref()
            .filter(|format| !format.is_empty());
        if let Some(format) = format
            && (format.chars().count() > MAX_NUMBER || format.chars().any(char::is_control))
        {
            return Err(refused(
                "slideNumberFormat",
                format,
                "allowed is one line of up to 200 characters",
            ));
        }
        if options.show_slide_number == Some(true) {
            to.number_format = Some(format.unwrap_or(NUMBER).to_owned());
        } else if format.is_some() {
            self.note(
                "slideNumberFormat",
                "numbers are not shown: it is used with `showSlideNumber` alone",
            );
        }
        Ok(())
    }
}

/// What a flavour makes of tables.
fn tables(flavor: Option<MarkdownFlavor>) -> MarkdownTables {
    match flavor {
        Some(MarkdownFlavor::Gruber | MarkdownFlavor::CommonMark) => MarkdownTables::Html,
        Some(MarkdownFlavor::Trello) => MarkdownTables::Lines,
        _ => MarkdownTables::Pipes,
    }
}

/// Text of a slide with what else a slide has.
struct Slide {
    text: String,
    files: Vec<SideFile>,
    warnings: Vec<(String, String)>,
}

impl Export<'_> {
    /// All slides in one text, or a text a slide.
    pub(super) fn markdown(
        &self,
        sink: &mut dyn Sink,
        monitor: &dyn Monitor,
        warnings: &mut Warnings,
    ) -> Result<(), EngineError> {
        let mut options = self.settings.markdown.options.clone();
        options.limits = self.render_limits();
        options.limits.max_document_bytes = self.job.limits.max_output_bytes;
        let separator = MarkdownWriter::new(options.clone()).separator();
        let (mut done, mut written, mut all) = (0, 0, String::new());
        in_order(
            self.keys,
            self.threads,
            || MarkdownWriter::new(options.clone()),
            |writer, number| {
                let mut sheets = self.lay_out(number)?;
                let page = sheets.pages.drain(..).next().unwrap_or_default();
                let (text, files) = writer.page(&page, &self.remarks(number)?);
                note(&mut sheets.warnings, writer.warnings(), number);
                Ok(Slide {
                    text,
                    files,
                    warnings: sheets.warnings,
                })
            },
            |number, slide| {
                if monitor.is_stopped() {
                    return Err(stopped());
                }
                warnings.add_all(number, slide.warnings);
                if self.job.per_slide {
                    let place = OutputFile::slide(self.job.format, number);
                    self.write(sink, &place, slide.text.as_bytes(), &mut written)?;
                } else {
                    if !all.is_empty() {
                        all.push_str(&separator);
                    }
                    all.push_str(&slide.text);
                    self.check_size(all.len() as u64 + written)?;
                }
                let own = self.job.per_slide.then_some(number);
                self.side_files(sink, slide.files, own, &mut written)?;
                done += 1;
                monitor.progress(done, self.keys.len() as u32);
                Ok(())
            },
        )?;
        if self.job.per_slide {
            return Ok(());
        }
        let place = OutputFile::whole(self.job.format);
        self.write(sink, &place, all.as_bytes(), &mut written)
    }

    fn remarks(&self, number: u32) -> Result<Remarks, EngineError> {
        let failed = |error| from_slide(number, error);
        let index = number as usize - 1;
        let mut remarks = Remarks::default();
        if let Some(notes) = self.deck.notes(index).map_err(failed)? {
            for text in notes.shapes.iter().filter_map(notes_text) {
                remarks.notes.extend(paragraphs(text));
            }
        }
        if self.settings.markdown.comments {
            let comments = self.deck.comments(index).map_err(failed)?;
            for comment in &comments {
                add_comment(comment, &mut remarks.comments);
            }
        }
        Ok(remarks)
    }
}

fn add_comment(comment: &Comment, out: &mut Vec<(Option<String>, String)>) {
    out.push((comment.author.clone(), comment.text.clone()));
    // Answers have no answers.
    for reply in &comment.replies {
        out.push((reply.author.clone(), reply.text.clone()));
    }
}

/// The body of a notes page; number, date and the like are its layout's.
fn notes_text(shape: &Shape) -> Option<&TextBody> {
    let is_body = shape
        .nv
        .placeholder
        .as_ref()
        .is_some_and(|place| place.kind == "body");
    match &shape.kind {
        ShapeKind::Shape { text, .. } if is_body => text.as_ref(),
        _ => None,
    }
}

fn paragraphs(body: &TextBody) -> impl Iterator<Item = String> {
    body.paragraphs
        .iter()
        .map(|paragraph| {
            let runs = paragraph.runs.iter().map(|run| match &run.kind {
                RunKind::Text(text) | RunKind::Field { text, .. } | RunKind::Math { text, .. } => {
                    text.as_str()
                }
                RunKind::Break => " ",
            });
            runs.collect::<String>()
        })
        .filter(|text| !text.trim().is_empty())
}
