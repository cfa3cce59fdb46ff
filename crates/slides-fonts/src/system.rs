//! The machine's own faces.
use std::cmp::Reverse;

use crate::slot::{Slot, Source};
use crate::{FaceId, ScriptHint, Style};

/// Ids of the machine's faces start here.
const FIRST_ID: u64 = 1 << 32;
/// More faces than this are not looked at.
const MAX_FACES: usize = 20_000;

/// Finds the machine's faces, in an order that does not depend on the order of its folders.
pub(crate) fn scan() -> Vec<Slot> {
    let mut database = fontdb::Database::new();
    database.load_system_fonts();
    let mut found: Vec<_> = database
        .faces()
        .filter_map(|face| {
            let path = match &face.source {
                fontdb::Source::File(path) | fontdb::Source::SharedFile(path, _) => path.clone(),
                fontdb::Source::Binary(_) => return None,
            };
            let family = face.families.first()?.0.clone();
            let names: Vec<String> = face
                .families
                .iter()
                .map(|name| name.0.to_lowercase())
                .collect();
            let style = Style {
                bold: face.weight.0 >= 600,
                italic: face.style != fontdb::Style::Normal,
            };
            Some((
                family,
                names,
                style,
                face.weight.0,
                face.stretch.to_number(),
                path,
                face.index,
            ))
        })
        .collect();
    found.sort_by(|a, b| {
        (&a.0, a.4.abs_diff(5), a.3, a.2.italic, &a.5, a.6).cmp(&(
            &b.0,
            b.4.abs_diff(5),
            b.3,
            b.2.italic,
            &b.5,
            b.6,
        ))
    });
    found.truncate(MAX_FACES);
    found
        .into_iter()
        .enumerate()
        .map(|(at, (family, names, style, weight, _, path, index))| {
            Slot::new(
                FaceId(FIRST_ID + at as u64),
                family,
                names,
                style,
                weight,
                index,
                Source::File(path),
            )
        })
        .collect()
}

/// The face to draw a character with: families made for the hinted language first, then the widest plain ones.
pub(crate) fn find(slots: &[Slot], ch: char, style: Style, hint: ScriptHint) -> Option<&Slot> {
    let preferred: &[&str] = match hint {
        ScriptHint::Japanese => &[
            "noto sans cjk jp",
            "noto sans jp",
            "source han sans",
            "ipaexgothic",
            "ipagothic",
            "takaogothic",
            "hiragino sans",
            "yu gothic",
            "meiryo",
            "ms pgothic",
        ],
        ScriptHint::Korean => &[
            "malgun gothic",
            "apple sd gothic neo",
            "noto sans cjk kr",
            "noto sans kr",
            "nanumgothic",
        ],
        ScriptHint::SimplifiedChinese => &[
            "microsoft yahei",
            "pingfang sc",
            "noto sans cjk sc",
            "noto sans sc",
            "wenquanyi micro hei",
            "simsun",
        ],
        ScriptHint::TraditionalChinese => &[
            "microsoft jhenghei",
            "pingfang tc",
            "noto sans cjk tc",
            "noto sans tc",
            "mingliu",
        ],
        ScriptHint::None => &[
            "noto sans",
            "dejavu sans",
            "noto sans symbols2",
            "noto sans symbols",
            "noto sans math",
            "segoe ui symbol",
            "noto sans cjk jp",
        ],
    };
    let rank = |slot: &Slot| {
        preferred
            .iter()
            .position(|name| slot.names.iter().any(|own| own == name))
            .unwrap_or(preferred.len())
    };
    // Odd designs (mono, serif, colour) come after the plain sans faces.
    let plain = |slot: &Slot| {
        !(slot.family.contains("Mono")
            || slot.family.contains("Serif")
            || slot.family.contains("Emoji")
            || slot.family.contains("UI"))
    };
    let mut order: Vec<&Slot> = slots.iter().collect();
    order.sort_by_key(|slot| {
        (
            rank(slot),
            Reverse(plain(slot)),
            Reverse(slot.family.contains("Sans")),
            slot.distance(style),
        )
    });
    let found = order.into_iter().find(|slot| slot.covers(ch))?;
    // The family is settled by coverage; its best style is the one nearest that has the character too.
    slots
        .iter()
        .filter(|slot| slot.family == found.family)
        .min_by_key(|slot| (!slot.covers(ch), slot.distance(style)))
}
