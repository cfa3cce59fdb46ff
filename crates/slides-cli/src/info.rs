//! `slides info`: what a deck holds, and what a conversion of it would draw otherwise.

use std::fmt::Write as _;

use serde_json::json;
use slides_service::engine::{
    DeckInfo, FontUse, Job, NativeEngine, NativeOptions, Unmonitored, writes,
};

use crate::arguments::InfoArguments;
use crate::console::Console;
use crate::deck;
use crate::failure::Failure;
use crate::inspect::OpenDeck;
use crate::sdk::ExportFormat;
use crate::warnings::{self, Group, ranges};

/// Columns before a value.
const COLUMNS: usize = 12;
/// EMU of a centimetre and of an inch.
const CENTIMETRE: f64 = 360_000.0;
const INCH: f64 = 914_400.0;

pub(crate) fn run(arguments: &InfoArguments, console: &mut Console) -> Result<(), Failure> {
    let format = match &arguments.to {
        Some(name) => deck::format_by_name(name)?,
        None => ExportFormat::Pdf,
    };
    if !writes(format) {
        return Err(Failure::usage(format!(
            "what `{format}` would leave out is not known: the native engine does not write it"
        ))
        .hint("`slides formats` lists those that it writes"));
    }
    for path in &arguments.decks {
        let name = path.display().to_string();
        let deck = OpenDeck::read(path, &arguments.password, !console.is_json())?;
        let mut job = Job::new(&deck.bytes, format);
        job.password = deck.password();
        let info = NativeEngine::new(NativeOptions::default())
            .inspect(&job, &Unmonitored)
            .map_err(|error| deck.failure(&error))?;
        let texts: Vec<String> = info.warnings.iter().map(ToString::to_string).collect();
        let groups = warnings::grouped(&texts);
        console.data(
            text(&name, &info, &groups).trim_end(),
            &event(&name, &info, &groups),
        );
    }
    Ok(())
}

fn text(name: &str, info: &DeckInfo, groups: &[Group<'_>]) -> String {
    let mut out = format!("{name}\n");
    let mut line = |what: &str, value: &str| {
        if !value.is_empty() {
            let _ = writeln!(out, "  {what:<COLUMNS$} {value}");
        }
    };
    line("slides", &info.slides.to_string());
    if !info.hidden.is_empty() {
        line("hidden", &ranges(&info.hidden));
    }
    let (width, height) = (info.slide_size.0 as f64, info.slide_size.1 as f64);
    line(
        "size",
        &format!(
            "{:.1} x {:.1} cm ({:.2} x {:.2} in)",
            width / CENTIMETRE,
            height / CENTIMETRE,
            width / INCH,
            height / INCH
        ),
    );
    for (what, value) in [
        ("title", &info.title),
        ("author", &info.author),
        ("subject", &info.subject),
        ("keywords", &info.keywords),
        ("created", &info.created),
        ("changed", &info.modified),
        ("Office", &info.app_version),
    ] {
        // A deck may write what it likes: one line each.
        let value = value.as_deref().unwrap_or_default();
        let plain: String = value
            .chars()
            .map(|ch| if ch.is_control() { ' ' } else { ch })
            .collect();
        line(what, plain.trim());
    }
    line("protected", if info.is_protected { "yes" } else { "" });
    line("macros", if info.has_macros { "yes" } else { "" });
    for (index, (feature, slides)) in info.features.iter().enumerate() {
        let what = if index == 0 { "features" } else { "" };
        let noun = if slides.len() == 1 { "slide" } else { "slides" };
        line(what, &format!("{feature} ({noun} {})", ranges(slides)));
    }
    let longest = info
        .fonts
        .iter()
        .map(|font| font.family.chars().count())
        .max()
        .unwrap_or(0);
    for (index, font) in info.fonts.iter().enumerate() {
        let what = if index == 0 { "fonts" } else { "" };
        line(
            what,
            format!("{:<longest$}  {}", font.family, drawn(font)).trim_end(),
        );
    }
    if groups.is_empty() {
        line("warnings", "none: all of it is drawn");
    }
    for (index, group) in groups.iter().enumerate() {
        let what = if index == 0 { "warnings" } else { "" };
        line(what, &group.to_string());
    }
    out
}

fn drawn(font: &FontUse) -> String {
    let same = font.family.eq_ignore_ascii_case(&font.drawn_with);
    match (font.is_embedded, same, font.same_widths) {
        (true, ..) => "in the deck".to_owned(),
        (_, true, _) => String::new(),
        (_, _, true) => format!("drawn with {}, of the same widths", font.drawn_with),
        (_, _, false) => format!("drawn with {}: lines may break elsewhere", font.drawn_with),
    }
}

fn event(name: &str, info: &DeckInfo, groups: &[Group<'_>]) -> serde_json::Value {
    let fonts: Vec<_> = info
        .fonts
        .iter()
        .map(|font| {
            json!({
                "family": font.family,
                "drawnWith": font.drawn_with,
                "sameWidths": font.same_widths,
                "embedded": font.is_embedded,
            })
        })
        .collect();
    let features: Vec<_> = info
        .features
        .iter()
        .map(|(feature, slides)| json!({ "feature": feature, "slides": slides }))
        .collect();
    let warnings: Vec<_> = groups.iter().map(Group::event).collect();
    json!({
        "event": "info",
        "file": name,
        "slides": info.slides,
        "hidden": info.hidden,
        "size": { "width": info.slide_size.0, "height": info.slide_size.1, "unit": "EMU" },
        "title": info.title,
        "author": info.author,
        "subject": info.subject,
        "keywords": info.keywords,
        "created": info.created,
        "modified": info.modified,
        "office": info.app_version,
        "protected": info.is_protected,
        "macros": info.has_macros,
        "features": features,
        "fonts": fonts,
        "warnings": warnings,
    })
}
