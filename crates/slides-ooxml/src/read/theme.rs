use std::collections::BTreeMap;

use crate::model::{
    Color, EffectStyle, FontCollection, FontScheme, FormatScheme, SchemeColor, Theme,
};
use crate::read::Context;
use crate::read::color::{color, scheme};
use crate::read::effects::{effects_in, three_d};
use crate::read::fill::fill_element;
use crate::read::line::line;
use crate::xml::{Node, attr, child, elements, is_named};

/// `a:theme` and `a:themeOverride`; what an override does not hold stays as in `base`.
pub(crate) fn theme(cx: &Context<'_>, root: Node<'_>, base: Option<&Theme>) -> Theme {
    let mut theme = base.cloned().unwrap_or_default();
    if let Some(name) = attr(root, "name") {
        name.clone_into(&mut theme.name);
    }
    // An override holds the schemes themselves, a theme wraps them.
    let schemes = child(root, "themeElements").unwrap_or(root);
    for element in elements(schemes) {
        match element.tag_name().name() {
            "clrScheme" => {
                theme.colors = elements(element)
                    .filter_map(|entry| Some((scheme(entry.tag_name().name())?, color(entry)?)))
                    .collect();
            }
            "fontScheme" => {
                let collection = |name| {
                    child(element, name)
                        .map(font_collection)
                        .unwrap_or_default()
                };
                theme.fonts = FontScheme {
                    major: collection("majorFont"),
                    minor: collection("minorFont"),
                };
            }
            "fmtScheme" => theme.formats = format_scheme(cx, element),
            _ => {}
        }
    }
    // A theme without colours would leave text and background alike.
    for (name, color) in office_colors() {
        theme.colors.entry(name).or_insert(color);
    }
    theme
}

fn font_collection(node: Node<'_>) -> FontCollection {
    let face = |name| {
        child(node, name)
            .and_then(|font| attr(font, "typeface"))
            .unwrap_or_default()
            .to_owned()
    };
    FontCollection {
        latin: face("latin"),
        east_asian: face("ea"),
        complex_script: face("cs"),
        scripts: elements(node)
            .filter(|font| is_named(*font, "font"))
            .filter_map(|font| {
                Some((
                    attr(font, "script")?.to_owned(),
                    attr(font, "typeface")?.to_owned(),
                ))
            })
            .collect(),
    }
}

fn format_scheme(cx: &Context<'_>, node: Node<'_>) -> FormatScheme {
    let list = |name| child(node, name).into_iter().flat_map(elements);
    FormatScheme {
        fills: list("fillStyleLst")
            .filter_map(|fill| fill_element(cx, fill))
            .collect(),
        lines: list("lnStyleLst")
            .filter(|node| is_named(*node, "ln"))
            .map(|node| line(cx, node))
            .collect(),
        effects: list("effectStyleLst")
            .filter(|node| is_named(*node, "effectStyle"))
            .map(|node| EffectStyle {
                effects: effects_in(cx, node).unwrap_or_default(),
                three_d: three_d(node),
            })
            .collect(),
        background_fills: list("bgFillStyleLst")
            .filter_map(|fill| fill_element(cx, fill))
            .collect(),
    }
}

/// The theme for decks that lost theirs: Office's colours of 2013 and Calibri.
pub(crate) fn fallback_theme() -> Theme {
    let fonts = |latin: &str| FontCollection {
        latin: latin.to_owned(),
        ..FontCollection::default()
    };
    Theme {
        name: "Office".to_owned(),
        colors: office_colors().collect(),
        fonts: FontScheme {
            major: fonts("Calibri Light"),
            minor: fonts("Calibri"),
        },
        formats: FormatScheme::default(),
    }
}

fn office_colors() -> impl Iterator<Item = (SchemeColor, Color)> {
    const COLORS: [(SchemeColor, [u8; 3]); 12] = [
        (SchemeColor::Dark1, [0, 0, 0]),
        (SchemeColor::Light1, [255, 255, 255]),
        (SchemeColor::Dark2, [0x44, 0x54, 0x6A]),
        (SchemeColor::Light2, [0xE7, 0xE6, 0xE6]),
        (SchemeColor::Accent(1), [0x44, 0x72, 0xC4]),
        (SchemeColor::Accent(2), [0xED, 0x7D, 0x31]),
        (SchemeColor::Accent(3), [0xA5, 0xA5, 0xA5]),
        (SchemeColor::Accent(4), [0xFF, 0xC0, 0x00]),
        (SchemeColor::Accent(5), [0x5B, 0x9B, 0xD5]),
        (SchemeColor::Accent(6), [0x70, 0xAD, 0x47]),
        (SchemeColor::Hyperlink, [0x05, 0x63, 0xC1]),
        (SchemeColor::FollowedHyperlink, [0x95, 0x4F, 0x72]),
    ];
    BTreeMap::from(COLORS)
        .into_iter()
        .map(|(name, [r, g, b])| (name, Color::rgb(r, g, b)))
}
