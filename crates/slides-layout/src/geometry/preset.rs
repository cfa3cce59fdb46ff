//! The preset definitions: a text table that is searched and read one shape at a time.

use slides_ooxml::model::{
    AdjustValue, CustomGeometry, Guide, GuidePath, PathCommand, PathFill, TextRect,
};

/// Definitions derived from the standard's `presetShapeDefinitions.xml`; the notice is in the file.
const DEFINITIONS: &str = include_str!("../../data/preset-shapes.txt");

/// The definition of a preset by its `@prst`.
pub(crate) fn definition(name: &str) -> Option<CustomGeometry> {
    if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return None;
    }
    let head = format!("\n= {name}\n");
    let start = memchr::memmem::find(DEFINITIONS.as_bytes(), head.as_bytes())?;
    let mut geometry = CustomGeometry::default();
    for line in DEFINITIONS.get(start + 1..)?.lines().skip(1) {
        let (key, rest) = line.split_once(' ').unwrap_or((line, ""));
        let mut words = rest.split(' ');
        let mut word = || words.next().unwrap_or("0").to_owned();
        match key {
            "=" => break,
            "a" => geometry.adjust.push(AdjustValue {
                name: word(),
                formula: words.collect::<Vec<_>>().join(" "),
            }),
            "g" => geometry.guides.push(Guide {
                name: word(),
                formula: words.collect::<Vec<_>>().join(" "),
            }),
            "r" => {
                geometry.text_rect = Some(TextRect {
                    left: word(),
                    top: word(),
                    right: word(),
                    bottom: word(),
                });
            }
            "p" => geometry.paths.push(GuidePath {
                width: word().parse().ok(),
                height: word().parse().ok(),
                fill: match word().as_str() {
                    "none" => PathFill::None,
                    "lighten" => PathFill::Lighten,
                    "lightenLess" => PathFill::LightenLess,
                    "darken" => PathFill::Darken,
                    "darkenLess" => PathFill::DarkenLess,
                    _ => PathFill::Norm,
                },
                stroke: !matches!(word().as_str(), "false" | "0"),
                commands: Vec::new(),
            }),
            _ => {
                let command = match key {
                    "M" => PathCommand::MoveTo(word(), word()),
                    "L" => PathCommand::LineTo(word(), word()),
                    "A" => PathCommand::ArcTo(word(), word(), word(), word()),
                    "Q" => PathCommand::QuadTo(std::array::from_fn(|_| word())),
                    "C" => PathCommand::CubicTo(std::array::from_fn(|_| word())),
                    _ => PathCommand::Close,
                };
                if let Some(path) = geometry.paths.last_mut() {
                    path.commands.push(command);
                }
            }
        }
    }
    Some(geometry)
}

/// Names of all presets.
#[cfg(test)]
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    DEFINITIONS
        .lines()
        .filter_map(|line| line.strip_prefix("= "))
}
