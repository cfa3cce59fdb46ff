use crate::model::{
    Anchor, Autofit, BodyProperties, Bullet, BulletColor, BulletFont, BulletKind, BulletSize, Caps,
    FontAlign, FontRef, ListStyle, Paragraph, ParagraphProperties, Run, RunKind, RunProperties,
    Spacing, Strike, TabAlign, TabStop, TextAlign, TextBody, TextWarp, Underline, VerticalText,
};
use crate::read::Context;
use crate::read::color::color;
use crate::read::effects::effects_in;
use crate::read::fill::{fill, fill_element};
use crate::read::geometry::adjust_list;
use crate::read::line::line_in;
use crate::read::link::link_in;
use crate::read::math::math;
use crate::xml::{
    Node, angle, attr, boolean, child, coordinate, elements, fraction, hundredths, integer,
    text_of, unsigned,
};

/// Largest font size of the schema, in points (ECMA-376 part 1, 20.1.10.72).
const MAX_FONT_SIZE: f64 = 4000.0;

/// `p:txBody`, `a:txBody`, `dsp:txBody`.
pub(super) fn text_body(cx: &Context<'_>, node: Node<'_>) -> TextBody {
    let mut body = TextBody::default();
    for element in elements(node) {
        match element.tag_name().name() {
            "bodyPr" => {
                body.properties = body_properties(element);
                // Lines of a stored diagram follow the faces' own heights.
                let stored_diagram = node
                    .tag_name()
                    .namespace()
                    .is_some_and(|uri| uri.ends_with("/drawing/2008/diagram"));
                if stored_diagram {
                    body.properties.compatible_line_spacing.get_or_insert(false);
                }
            }
            "lstStyle" => body.list_style = list_style(cx, element),
            "p" => body.paragraphs.push(paragraph(cx, element)),
            _ => {}
        }
    }
    body
}

fn body_properties(node: Node<'_>) -> BodyProperties {
    let mut properties = BodyProperties {
        left_inset: coordinate(node, "lIns"),
        top_inset: coordinate(node, "tIns"),
        right_inset: coordinate(node, "rIns"),
        bottom_inset: coordinate(node, "bIns"),
        anchor: anchor(node),
        anchor_center: boolean(node, "anchorCtr"),
        wrap: attr(node, "wrap").map(|wrap| wrap != "none"),
        vertical: vertical(node),
        rotation: angle(node, "rot"),
        upright: boolean(node, "upright"),
        columns: unsigned(node, "numCol").map(|columns| columns.clamp(1, 16)),
        column_spacing: coordinate(node, "spcCol").map(|space| space.max(0)),
        rtl_columns: boolean(node, "rtlCol"),
        vertical_overflow: attr(node, "vertOverflow").map(str::to_owned),
        first_last_spacing: boolean(node, "spcFirstLastPara"),
        compatible_line_spacing: boolean(node, "compatLnSpc"),
        ..BodyProperties::default()
    };
    for element in elements(node) {
        match element.tag_name().name() {
            "noAutofit" => properties.autofit = Some(Autofit::None),
            "normAutofit" => {
                properties.autofit = Some(Autofit::Normal {
                    font_scale: fraction(element, "fontScale").map(|scale| scale.clamp(0.01, 1.0)),
                    line_space_reduction: fraction(element, "lnSpcReduction")
                        .map(|less| less.clamp(0.0, 0.9)),
                });
            }
            "spAutoFit" => properties.autofit = Some(Autofit::Shape),
            "prstTxWarp" => {
                properties.warp = attr(element, "prst")
                    .filter(|name| *name != "textNoShape")
                    .map(|name| TextWarp {
                        preset: name.to_owned(),
                        adjust: adjust_list(element),
                    });
            }
            _ => {}
        }
    }
    properties
}

/// `@anchor` of a body or a cell.
pub(super) fn anchor(node: Node<'_>) -> Option<Anchor> {
    Some(match attr(node, "anchor")? {
        "t" => Anchor::Top,
        "ctr" => Anchor::Center,
        "b" => Anchor::Bottom,
        "just" => Anchor::Justified,
        "dist" => Anchor::Distributed,
        _ => return None,
    })
}

/// `@vert` of a body or a cell.
pub(super) fn vertical(node: Node<'_>) -> Option<VerticalText> {
    Some(match attr(node, "vert")? {
        "horz" => VerticalText::Horizontal,
        "vert" => VerticalText::Vertical,
        "vert270" => VerticalText::Vertical270,
        "eaVert" => VerticalText::EastAsian,
        "mongolianVert" => VerticalText::MongolianVertical,
        "wordArtVert" => VerticalText::WordArt,
        "wordArtVertRtl" => VerticalText::WordArtRtl,
        _ => return None,
    })
}

/// `a:lstStyle`, `p:titleStyle`, `p:defaultTextStyle` and the like.
pub(crate) fn list_style(cx: &Context<'_>, node: Node<'_>) -> ListStyle {
    let mut style = ListStyle::default();
    for element in elements(node) {
        let name = element.tag_name().name();
        if name == "defPPr" {
            style.default = Some(Box::new(paragraph_properties(cx, element)));
        } else if let Some(level) = name
            .strip_prefix("lvl")
            .and_then(|rest| rest.strip_suffix("pPr"))
            && let Some(slot) = level
                .parse::<usize>()
                .ok()
                .and_then(|n| style.levels.get_mut(n.wrapping_sub(1)))
        {
            *slot = Some(Box::new(paragraph_properties(cx, element)));
        }
    }
    style
}

fn paragraph(cx: &Context<'_>, node: Node<'_>) -> Paragraph {
    let mut paragraph = Paragraph::default();
    for element in elements(node) {
        let properties = || {
            child(element, "rPr")
                .map(|node| run_properties(cx, node))
                .unwrap_or_default()
        };
        let text = || {
            child(element, "t")
                .map(|node| unescape(text_of(node)))
                .unwrap_or_default()
        };
        match element.tag_name().name() {
            "pPr" => paragraph.properties = paragraph_properties(cx, element),
            "r" => paragraph.runs.push(Run {
                kind: RunKind::Text(text()),
                properties: properties(),
            }),
            "br" => paragraph.runs.push(Run {
                kind: RunKind::Break,
                properties: properties(),
            }),
            "fld" => {
                let kind = attr(element, "type").unwrap_or_default().to_owned();
                paragraph.runs.push(Run {
                    kind: RunKind::Field { kind, text: text() },
                    properties: properties(),
                });
            }
            "endParaRPr" => paragraph.end = Some(run_properties(cx, element)),
            "m" | "oMath" | "oMathPara" => paragraph.runs.push(math(cx, element)),
            _ => {}
        }
    }
    paragraph
}

/// Undoes `_xHHHH_`, by which files carry characters that XML cannot (ECMA-376 part 1, 22.9.2.19).
fn unescape(text: String) -> String {
    if !text.contains("_x") {
        return text;
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(at) = rest.find("_x") {
        let (before, tail) = rest.split_at(at);
        out.push_str(before);
        let code = tail.get(2..6).filter(|_| tail.get(6..7) == Some("_"));
        let escaped = code
            .and_then(|hex| u32::from_str_radix(hex, 16).ok())
            .and_then(char::from_u32);
        if let Some(c) = escaped {
            // Tabs and escaped underscores mean something; other control characters draw nothing.
            if c == '\t' || !c.is_control() {
                out.push(c);
            }
            rest = tail.get(7..).unwrap_or_default();
        } else {
            out.push_str("_x");
            rest = tail.get(2..).unwrap_or_default();
        }
    }
    out.push_str(rest);
    out
}

/// `a:pPr`, `a:lvlNpPr`, `a:defPPr`.
pub(super) fn paragraph_properties(cx: &Context<'_>, node: Node<'_>) -> ParagraphProperties {
    let mut properties = ParagraphProperties {
        level: unsigned(node, "lvl").map(|level| level.min(8)),
        align: attr(node, "algn").and_then(|name| {
            Some(match name {
                "l" => TextAlign::Left,
                "ctr" => TextAlign::Center,
                "r" => TextAlign::Right,
                "just" => TextAlign::Justified,
                "justLow" => TextAlign::JustifiedLow,
                "dist" => TextAlign::Distributed,
                "thaiDist" => TextAlign::ThaiDistributed,
                _ => return None,
            })
        }),
        margin_left: coordinate(node, "marL"),
        margin_right: coordinate(node, "marR"),
        indent: coordinate(node, "indent"),
        default_tab: coordinate(node, "defTabSz"),
        rtl: boolean(node, "rtl"),
        east_asian_break: boolean(node, "eaLnBrk"),
        hanging_punctuation: boolean(node, "hangingPunct"),
        font_align: attr(node, "fontAlgn").and_then(|name| {
            Some(match name {
                "auto" => FontAlign::Auto,
                "t" => FontAlign::Top,
                "ctr" => FontAlign::Center,
                "base" => FontAlign::Base,
                "b" => FontAlign::Bottom,
                _ => return None,
            })
        }),
        ..ParagraphProperties::default()
    };
    for element in elements(node) {
        match element.tag_name().name() {
            "lnSpc" => properties.line_spacing = spacing(element),
            "spcBef" => properties.space_before = spacing(element),
            "spcAft" => properties.space_after = spacing(element),
            "tabLst" => {
                properties.tabs = Some(elements(element).filter_map(tab).take(256).collect());
            }
            "defRPr" => properties.default_run = Some(Box::new(run_properties(cx, element))),
            _ => bullet(cx, element, &mut properties.bullet),
        }
    }
    properties
}

fn spacing(node: Node<'_>) -> Option<Spacing> {
    elements(node).find_map(|element| match element.tag_name().name() {
        "spcPct" => Some(Spacing::Percent(
            fraction(element, "val")?.clamp(0.0, 132.0),
        )),
        "spcPts" => Some(Spacing::Points(
            hundredths(element, "val")?.clamp(0.0, 1584.0),
        )),
        _ => None,
    })
}

fn tab(node: Node<'_>) -> Option<TabStop> {
    Some(TabStop {
        position: coordinate(node, "pos")?,
        align: match attr(node, "algn") {
            Some("ctr") => TabAlign::Center,
            Some("r") => TabAlign::Right,
            Some("dec") => TabAlign::Decimal,
            _ => TabAlign::Left,
        },
    })
}

fn bullet(cx: &Context<'_>, node: Node<'_>, bullet: &mut Bullet) {
    match node.tag_name().name() {
        "buNone" => bullet.kind = Some(BulletKind::None),
        "buChar" => {
            if let Some(mark) = attr(node, "char") {
                bullet.kind = Some(BulletKind::Char(mark.to_owned()));
            }
        }
        "buAutoNum" => {
            bullet.kind = Some(BulletKind::AutoNumber {
                scheme: attr(node, "type").unwrap_or("arabicPeriod").to_owned(),
                start: unsigned(node, "startAt").unwrap_or(1).clamp(1, 32_767),
            });
        }
        "buBlip" => {
            bullet.kind = child(node, "blip")
                .and_then(|blip| cx.picture(blip, "embed"))
                .map(BulletKind::Picture)
                .or(bullet.kind.take());
        }
        "buClrTx" => bullet.color = Some(BulletColor::Text),
        "buClr" => bullet.color = color(node).map(BulletColor::Color).or(bullet.color.take()),
        "buSzTx" => bullet.size = Some(BulletSize::Text),
        "buSzPct" => {
            bullet.size =
                fraction(node, "val").map(|size| BulletSize::Percent(size.clamp(0.25, 4.0)));
        }
        "buSzPts" => {
            bullet.size = hundredths(node, "val")
                .map(|size| BulletSize::Points(size.clamp(1.0, MAX_FONT_SIZE)));
        }
        "buFontTx" => bullet.font = Some(BulletFont::Text),
        "buFont" => bullet.font = font(node).map(BulletFont::Font),
        _ => {}
    }
}

/// `a:latin`, `a:ea`, `a:cs`, `a:sym`, `a:buFont`.
pub(super) fn font(node: Node<'_>) -> Option<FontRef> {
    Some(FontRef {
        typeface: attr(node, "typeface")?.to_owned(),
        charset: integer(node, "charset").and_then(|charset| i32::try_from(charset).ok()),
        panose: attr(node, "panose").and_then(panose),
        pitch_family: integer(node, "pitchFamily").and_then(|family| u8::try_from(family).ok()),
    })
}

/// `ST_Panose`: ten bytes in hexadecimal digits.
fn panose(digits: &str) -> Option<[u8; 10]> {
    let digits: Vec<u32> = digits
        .chars()
        .take(21)
        .map(|digit| digit.to_digit(16))
        .collect::<Option<_>>()?;
    let bytes: Vec<u8> = digits
        .chunks_exact(2)
        .filter_map(|pair| u8::try_from(pair.iter().fold(0, |byte, digit| byte << 4 | digit)).ok())
        .collect();
    (digits.len() == 20).then_some(())?;
    bytes.try_into().ok()
}

/// `a:rPr`, `a:defRPr`, `a:endParaRPr`.
pub(super) fn run_properties(cx: &Context<'_>, node: Node<'_>) -> RunProperties {
    let mut properties = RunProperties {
        size: hundredths(node, "sz")
            .filter(|size| *size > 0.0)
            .map(|size| size.clamp(1.0, MAX_FONT_SIZE)),
        bold: boolean(node, "b"),
        italic: boolean(node, "i"),
        underline: attr(node, "u").and_then(underline),
        strike: attr(node, "strike").and_then(|name| {
            Some(match name {
                "noStrike" => Strike::None,
                "sngStrike" => Strike::Single,
                "dblStrike" => Strike::Double,
                _ => return None,
            })
        }),
        caps: attr(node, "cap").and_then(|name| {
            Some(match name {
                "none" => Caps::None,
                "small" => Caps::Small,
                "all" => Caps::All,
                _ => return None,
            })
        }),
        baseline: fraction(node, "baseline").map(|raise| raise.clamp(-4.0, 4.0)),
        spacing: hundredths(node, "spc").map(|space| space.clamp(-MAX_FONT_SIZE, MAX_FONT_SIZE)),
        kerning: hundredths(node, "kern").map(|size| size.max(0.0)),
        language: attr(node, "lang").map(str::to_owned),
        alt_language: attr(node, "altLang").map(str::to_owned),
        line: line_in(cx, node),
        effects: effects_in(cx, node),
        link: link_in(cx, node),
        ..RunProperties::default()
    };
    for element in elements(node) {
        match element.tag_name().name() {
            "latin" => properties.latin = font(element),
            "ea" => properties.east_asian = font(element),
            "cs" => properties.complex_script = font(element),
            "sym" => properties.symbol = font(element),
            "highlight" => properties.highlight = color(element),
            "uFill" => properties.underline_fill = fill(cx, element),
            "uLn" => {
                properties.underline_fill = fill(cx, element).or(properties.underline_fill.take());
            }
            "rtl" => properties.rtl = Some(boolean(element, "val").unwrap_or(true)),
            _ => {
                if let Some(fill) = fill_element(cx, element) {
                    properties.fill = Some(fill);
                }
            }
        }
    }
    properties
}

fn underline(name: &str) -> Option<Underline> {
    Some(match name {
        "none" => Underline::None,
        "words" => Underline::Words,
        "sng" => Underline::Single,
        "dbl" => Underline::Double,
        "heavy" => Underline::Heavy,
        "dotted" => Underline::Dotted,
        "dottedHeavy" => Underline::DottedHeavy,
        "dash" => Underline::Dash,
        "dashHeavy" => Underline::DashHeavy,
        "dashLong" => Underline::DashLong,
        "dashLongHeavy" => Underline::DashLongHeavy,
        "dotDash" => Underline::DotDash,
        "dotDashHeavy" => Underline::DotDashHeavy,
        "dotDotDash" => Underline::DotDotDash,
        "dotDotDashHeavy" => Underline::DotDotDashHeavy,
        "wavy" => Underline::Wavy,
        "wavyHeavy" => Underline::WavyHeavy,
        "wavyDbl" => Underline::WavyDouble,
        _ => return None,
    })
}
