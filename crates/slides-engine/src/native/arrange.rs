//! `slidesLayoutOptions`: notes pages, comments, handouts (contract section 4).

use slides_layout::{
    Arranger, CommentsPlace, HandoutLayout, LaidOut, LayoutOptions, NotesLayout, NotesPlace,
    Sheets, layout_slide,
};
use slides_ooxml::Deck;
use slides_ooxml::model::Slide;
use slides_scene::Rgba;
use slides_types::{
    CommentsPosition, ExportFormat, HandoutLayoutOptions, HandoutType, NotesCommentsLayoutOptions,
    NotesPosition, SlidesLayoutOptions,
};

use crate::api::EngineError;

use super::errors::from_slide;
use super::settings::{refused, unsupported};

/// Points of a pixel at 96 to the inch.
const PIXEL: f64 = 0.75;

/// What pages are made of.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) enum Arrangement {
    /// One slide each.
    #[default]
    Slides,
    /// One slide with its notes and comments.
    Notes(NotesLayout),
    /// Several slides.
    Handout(HandoutLayout),
}

impl Arrangement {
    /// What the options ask for. Only PDF has pages for notes to go on to; in pictures the page grows.
    pub(super) fn read(
        options: Option<&SlidesLayoutOptions>,
        format: ExportFormat,
    ) -> Result<Self, EngineError> {
        match options {
            None => Ok(Self::Slides),
            Some(SlidesLayoutOptions::NotesComments(options)) => {
                let notes = notes(options, format == ExportFormat::Pdf)?;
                let is_plain =
                    notes.notes == NotesPlace::None && notes.comments == CommentsPlace::None;
                Ok(if is_plain {
                    Self::Slides
                } else {
                    Self::Notes(notes)
                })
            }
            Some(SlidesLayoutOptions::Handout(options)) => Ok(Self::Handout(handout(options))),
            Some(_) => Err(unsupported("slidesLayoutOptions", "leave it out")),
        }
    }

    /// Slides of one page.
    pub(super) fn slides(&self) -> usize {
        match self {
            Self::Slides | Self::Notes(_) => 1,
            Self::Handout(layout) => layout.slides(),
        }
    }
}

fn notes(options: &NotesCommentsLayoutOptions, paged: bool) -> Result<NotesLayout, EngineError> {
    let mut layout = NotesLayout::default();
    layout.notes = match options.notes_position {
        None | Some(NotesPosition::None) => NotesPlace::None,
        Some(NotesPosition::BottomFull) if paged => NotesPlace::Full,
        Some(NotesPosition::BottomFull) => NotesPlace::Grown,
        Some(_) => NotesPlace::Truncated,
    };
    layout.comments = match options.comments_position {
        None | Some(CommentsPosition::None) => CommentsPlace::None,
        Some(CommentsPosition::Bottom) => CommentsPlace::Bottom,
        Some(_) => CommentsPlace::Right,
    };
    // The vendor's kits send 0 for "not set".
    if let Some(width) = options.comments_area_width.filter(|width| *width != 0) {
        if !(1..=10_000).contains(&width) {
            return Err(refused(
                "commentsAreaWidth",
                width,
                "allowed are 1 to 10000 pixels",
            ));
        }
        layout.comments_width = f64::from(width) * PIXEL;
    }
    if let Some(text) = options
        .comments_area_color
        .as_deref()
        .filter(|text| !text.is_empty())
    {
        layout.comments_color = color(text).ok_or_else(|| {
            refused(
                "commentsAreaColor",
                text,
                "allowed are `#RRGGBB` and `#AARRGGBB`",
            )
        })?;
    }
    layout.anonymous = options.show_comments_by_no_author.unwrap_or(false);
    Ok(layout)
}

/// `#RRGGBB` or `#AARRGGBB`.
fn color(text: &str) -> Option<Rgba> {
    let digits = text.strip_prefix('#').unwrap_or(text);
    if !matches!(digits.len(), 6 | 8) || !digits.chars().all(|ch| ch.is_ascii_hexdigit()) {
        return None;
    }
    let value = u32::from_str_radix(digits, 16).ok()?;
    let [alpha, r, g, b] = value.to_be_bytes();
    let a = if digits.len() == 8 { alpha } else { 255 };
    Some(Rgba { r, g, b, a })
}

/// Without a word on them, slides of a handout have their numbers and frames.
fn handout(options: &HandoutLayoutOptions) -> HandoutLayout {
    let (columns, rows) = match options.handout {
        Some(HandoutType::Handouts1) => (1, 1),
        Some(HandoutType::Handouts2) => (1, 2),
        Some(HandoutType::Handouts3) => (1, 3),
        Some(HandoutType::Handouts6Horizontal | HandoutType::Handouts6Vertical) => (2, 3),
        Some(HandoutType::Handouts9Horizontal | HandoutType::Handouts9Vertical) => (3, 3),
        _ => (2, 2),
    };
    let mut layout = HandoutLayout::new(columns, rows);
    layout.lines = options.handout == Some(HandoutType::Handouts3);
    layout.by_column = matches!(
        options.handout,
        Some(
            HandoutType::Handouts4Vertical
                | HandoutType::Handouts6Vertical
                | HandoutType::Handouts9Vertical
        )
    );
    layout.numbers = options.print_slide_numbers.unwrap_or(true);
    layout.frames = options.print_frame_slide.unwrap_or(true);
    layout.comments = options.print_comments.unwrap_or(false);
    layout
}

/// Lays out what one page or a few hold.
pub(super) fn sheets(
    deck: &Deck,
    arranger: Option<&Arranger<'_>>,
    arrangement: &Arrangement,
    numbers: &[u32],
    options: &LayoutOptions,
) -> Result<Sheets, EngineError> {
    let mut slides = Vec::with_capacity(numbers.len());
    let mut read = Vec::new();
    for &number in numbers {
        let mut slide: Slide = deck
            .slide(number as usize - 1)
            .map_err(|error| from_slide(number, error))?;
        read.append(&mut slide.warnings);
        slides.push(slide);
    }
    let mut sheets = Sheets::default();
    match (arrangement, arranger, slides.first()) {
        (Arrangement::Notes(notes), Some(arranger), Some(slide)) => {
            sheets = arranger.notes(slide, options, notes);
        }
        (Arrangement::Handout(handout), Some(arranger), _) => {
            sheets = arranger.handout(&slides, options, handout);
        }
        (_, _, Some(slide)) => {
            let LaidOut { page, warnings, .. } = layout_slide(deck, slide, options);
            sheets.pages.push(page);
            sheets.warnings = warnings;
        }
        (_, _, None) => {}
    }
    // What was found while reading comes first, whether or not layout passes it on.
    sheets.warnings.retain(|warning| !read.contains(warning));
    sheets.warnings.splice(0..0, read);
    Ok(sheets)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colors_of_the_wire_are_read() {
        assert_eq!(color("#102030"), Some(Rgba::rgb(16, 32, 48)));
        assert_eq!(
            color("#80FF0000"),
            Some(Rgba::rgb(255, 0, 0).with_alpha(128))
        );
        for bad in ["red", "#12345", "#é1234", ""] {
            assert_eq!(color(bad), None, "{bad}");
        }
    }

    #[test]
    fn plain_options_leave_slides_as_they_are() {
        let options = SlidesLayoutOptions::NotesComments(Box::default());
        let read = |options, format| Arrangement::read(Some(options), format).unwrap();
        assert_eq!(read(&options, ExportFormat::Pdf), Arrangement::Slides);
        let mut notes = NotesCommentsLayoutOptions::default();
        notes.notes_position = Some(NotesPosition::BottomFull);
        let options = SlidesLayoutOptions::NotesComments(Box::new(notes.clone()));
        let place = |format| match read(&options, format) {
            Arrangement::Notes(layout) => layout.notes,
            other => panic!("{other:?}"),
        };
        assert_eq!(place(ExportFormat::Pdf), NotesPlace::Full);
        assert_eq!(place(ExportFormat::Png), NotesPlace::Grown);
        notes.comments_area_color = Some("nothing".into());
        let options = SlidesLayoutOptions::NotesComments(Box::new(notes));
        let error = Arrangement::read(Some(&options), ExportFormat::Pdf).unwrap_err();
        assert!(error.to_string().contains("`commentsAreaColor`"), "{error}");
    }
}
