//! The table styles that PowerPoint knows by their id alone ([MS-OE376] 2.1.1238): eleven families, plain
//! and in the six accents.

use slides_ooxml::model::{
    CellBorders, Color, ColorBase, ColorMod, Fill, Line, SchemeColor, StyleRef, TableCellStyle,
    TablePart, TableStyle, TextStyle,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    Themed1,
    Themed2,
    Light1,
    Light2,
    Light3,
    Medium1,
    Medium2,
    Medium3,
    Medium4,
    Dark1,
}

/// Ids of the families: the plain style (empty where there is none), then accents 1 to 6.
const FAMILIES: [(Family, [&str; 7]); 10] = [
    (
        Family::Themed1,
        [
            "",
            "3C2FFA5D-87B4-456A-9821-1D502468CF0F",
            "284E427A-3D55-4303-BF80-6455036E1DE7",
            "69C7853C-536D-4A76-A0AE-DD22124D55A5",
            "775DCB02-9BB8-47FD-8907-85C794F793BA",
            "35758FB7-9AC5-4552-8A53-C91805E547FA",
            "08FB837D-C827-4EFA-A057-4D05807E0F7C",
        ],
    ),
    (
        Family::Themed2,
        [
            "",
            "D113A9D2-9D6B-4929-AA2D-F23B5EE8CBE7",
            "18603FDC-E32A-4AB5-989C-0864C3EAD2B8",
            "306799F8-075E-4A3A-A7F6-7FBC6576F1A4",
            "E269D01E-BC32-4049-B463-5C60D7B0CCD2",
            "327F97BB-C833-4FB7-BDE5-3F7075034690",
            "638B1855-1B75-4FBE-930C-398BA8C253C6",
        ],
    ),
    (
        Family::Light1,
        [
            "9D7B26C5-4107-4FEC-AEDC-1716B250A1EF",
            "3B4B98B0-60AC-42C2-AFA5-B58CD77FA1E5",
            "0E3FDE45-AF77-4B5C-9715-49D594BDF05E",
            "C083E6E3-FA7D-4D7B-A595-EF9225AFEA82",
            "D27102A9-8310-4765-A935-A1911B00CA55",
            "5FD0F851-EC5A-4D38-B0AD-8093EC10F338",
            "68D230F3-CF80-4859-8CE7-A43EE81993B5",
        ],
    ),
    (
        Family::Light2,
        [
            "7E9639D4-E3E2-4D34-9284-5A2195B3D0D7",
            "69012ECD-51FC-41F1-AA8D-1B2483CD663E",
            "72833802-FEF1-4C79-8D5D-14CF1EAF98D9",
            "F2DE63D5-997A-4646-A377-4702673A728D",
            "17292A2E-F333-43FB-9621-5CBBE7FDCDCB",
            "5A111915-BE36-4E01-A7E5-04B1672EAD32",
            "912C8C85-51F0-491E-9774-3900AFEF0FD7",
        ],
    ),
    (
        Family::Light3,
        [
            "616DA210-FB5B-4158-B5E0-FEB733F419BA",
            "BC89EF96-8CEA-46FF-86C4-4CE0E7609802",
            "5DA37D80-6434-44D0-A028-1B22A696006F",
            "8799B23B-EC83-4686-B30A-512413B5E67A",
            "ED083AE6-46FA-4A59-8FB0-9F97EB10719F",
            "BDBED569-4797-4DF1-A0F4-6AAB3CD982D8",
            "E8B1032C-EA38-4F05-BA0D-38AFFFC7BED3",
        ],
    ),
    (
        Family::Medium1,
        [
            "793D81CF-94F2-401A-BA57-92F5A7B2D0C5",
            "B301B821-A1FF-4177-AEE7-76D212191A09",
            "9DCAF9ED-07DC-4A11-8D7F-57B35C25682E",
            "1FECB4D8-DB02-4DC6-A0A2-4F2EBAE1DC90",
            "1E171933-4619-4E11-9A3F-F7608DF75F80",
            "FABFCF23-3B69-468F-B69F-88F6DE6A72F2",
            "10A1B5D5-9B99-4C35-A422-299274C87663",
        ],
    ),
    (
        Family::Medium2,
        [
            "073A0DAA-6AF3-43AB-8588-CEC1D06C72B9",
            "5C22544A-7EE6-4342-B048-85BDC9FD1C3A",
            "21E4AEA4-8DFA-4A89-87EB-49C32662AFE0",
            "F5AB1C69-6EDB-4FF4-983F-18BD219EF322",
            "00A15C55-8517-42AA-B614-E9B94910E393",
            "7DF18680-E054-41AD-8BC1-D1AEF772440D",
            "93296810-A885-4BE3-A3E7-6D5BEEA58F35",
        ],
    ),
    (
        Family::Medium3,
        [
            "8EC20E35-A176-4012-BC5E-935CFFF8708E",
            "6E25E649-3F16-4E02-A733-19D2CDBF48F0",
            "85BE263C-DBD7-4A20-BB59-AAB30ACAA65A",
            "EB344D84-9AFB-497E-A393-DC336BA19D2E",
            "EB9631B5-78F2-41C9-869B-9F39066F8104",
            "74C1A8A3-306A-4EB7-A6B1-4F7E0EB9C5D6",
            "2A488322-F2BA-4B5B-9748-0D474271808F",
        ],
    ),
    (
        Family::Medium4,
        [
            "D7AC3CCA-C797-4891-BE02-D94E43425B78",
            "69CF1AB2-1976-4502-BF36-3FF5EA218861",
            "8A107856-5554-42FB-B03E-39F5DBC370BA",
            "0505E3EF-67EA-436B-97B2-0124C06EBD24",
            "C4B1156A-380E-4F78-BDF5-A606A8083BF9",
            "22838BEF-8BB2-4498-84A7-C5851F593DF1",
            "16D9F66E-5EB9-4882-86FB-DCBF35E3C3E4",
        ],
    ),
    (
        Family::Dark1,
        [
            "E8034E78-7F5D-4C2E-B375-FC64B27BC917",
            "125E5076-3810-47DD-B79F-674D7AD40C01",
            "37CE84F3-28C3-443E-9E96-99CF82512B78",
            "D03447BB-5D67-496B-8E87-E561075AD55C",
            "E929F9F4-4A8F-4326-A1B4-22849713DDAB",
            "8FD4443E-F989-4FC4-A0C8-D5A2AF1F390B",
            "AF606853-7671-496A-8E4F-DF71F8EC918B",
        ],
    ),
];

/// Dark Style 2 comes in pairs: id, colour of the body, colour of the header.
const DARK_2: [(&str, SchemeColor, SchemeColor); 4] = [
    (
        "5202B0CA-FC54-4496-8BCA-5EF66A818D29",
        SchemeColor::Dark1,
        SchemeColor::Dark1,
    ),
    (
        "0660B408-B3CF-4A94-85FC-2B1E0A45F4A2",
        SchemeColor::Accent(1),
        SchemeColor::Accent(2),
    ),
    (
        "91EBBBCC-DAD2-459C-BE2E-F6DE35CF9A28",
        SchemeColor::Accent(3),
        SchemeColor::Accent(4),
    ),
    (
        "46F890A9-2807-4EBB-B81D-B2AA78EC7F39",
        SchemeColor::Accent(5),
        SchemeColor::Accent(6),
    ),
];

/// "No Style, Table Grid".
const TABLE_GRID: &str = "5940675A-B579-460E-94D1-54222C63F5DA";

const PT: i64 = 12_700;
const LIGHT: SchemeColor = SchemeColor::Light1;
const DARK: SchemeColor = SchemeColor::Dark1;

/// The style of an id with braces; none for one that is not built in (or draws nothing).
pub(crate) fn style(id: &str) -> Option<TableStyle> {
    let bare = id
        .trim_start_matches('{')
        .trim_end_matches('}')
        .to_ascii_uppercase();
    let parts = if bare == TABLE_GRID {
        let line = solid_line(PT, Color::scheme(SchemeColor::Text1));
        vec![(
            TablePart::WholeTable,
            Look::text(SchemeColor::Text1).all(&line).0,
        )]
    } else if let Some((_, body, header)) = DARK_2.iter().find(|(dark, ..)| *dark == bare) {
        dark_2(*body, *header)
    } else {
        let (family, accent) = FAMILIES.iter().find_map(|(family, ids)| {
            ids.iter()
                .position(|known| *known == bare && !known.is_empty())
                .map(|accent| (*family, accent))
        })?;
        let color = if accent == 0 {
            DARK
        } else {
            SchemeColor::Accent(accent as u8)
        };
        let background = match family {
            Family::Themed1 => Some(reference(2, Color::scheme(color))),
            Family::Themed2 => Some(reference(3, Color::scheme(color))),
            _ => None,
        };
        return Some(TableStyle {
            id: id.to_owned(),
            background: background.map(|fill_ref| TableCellStyle {
                fill_ref: Some(fill_ref),
                ..TableCellStyle::default()
            }),
            parts: family_parts(family, color, accent == 0),
            ..TableStyle::default()
        });
    };
    Some(TableStyle {
        id: id.to_owned(),
        parts,
        ..TableStyle::default()
    })
}

fn with(color: SchemeColor, modifier: ColorMod) -> Color {
    Color {
        base: ColorBase::Scheme(color),
        mods: vec![modifier],
    }
}

fn reference(index: u32, color: Color) -> StyleRef {
    StyleRef {
        index,
        color: Some(color),
    }
}

fn solid_line(width: i64, color: Color) -> Line {
    Line {
        width: Some(width),
        fill: Some(Fill::Solid(color)),
        ..Line::default()
    }
}

fn double_line(width: i64, color: Color) -> Line {
    Line {
        compound: Some("dbl".to_owned()),
        ..solid_line(width, color)
    }
}

/// A part's look under construction.
#[derive(Default)]
struct Look(TableCellStyle);

impl Look {
    fn new() -> Self {
        Self::default()
    }

    fn text(color: SchemeColor) -> Self {
        Self(TableCellStyle {
            text: TextStyle {
                color: Some(Color::scheme(color)),
                ..TextStyle::default()
            },
            ..TableCellStyle::default()
        })
    }

    fn bold(mut self) -> Self {
        self.0.text.bold = Some(true);
        self
    }

    fn fill(mut self, color: Color) -> Self {
        self.0.fill = Some(Fill::Solid(color));
        self
    }

    fn no_fill(mut self) -> Self {
        self.0.fill = Some(Fill::None);
        self
    }

    fn top(mut self, line: Line) -> Self {
        self.0.borders.top = Some(line);
        self
    }

    fn bottom(mut self, line: Line) -> Self {
        self.0.borders.bottom = Some(line);
        self
    }

    fn left(mut self, line: Line) -> Self {
        self.0.borders.left = Some(line);
        self
    }

    fn right(mut self, line: Line) -> Self {
        self.0.borders.right = Some(line);
        self
    }

    fn frame(self, line: &Line) -> Self {
        self.left(line.clone())
            .right(line.clone())
            .top(line.clone())
            .bottom(line.clone())
    }

    fn inside_h(mut self, line: Line) -> Self {
        self.0.borders.inside_h = Some(line);
        self
    }

    fn all(self, line: &Line) -> Self {
        let mut look = self.frame(line).inside_h(line.clone());
        look.0.borders.inside_v = Some(line.clone());
        look
    }

    /// Theme lines on the sides: left, right, top, bottom, inside horizontal, inside vertical.
    fn themed(mut self, refs: [Option<StyleRef>; 6]) -> Self {
        self.0.borders = CellBorders {
            refs,
            ..self.0.borders
        };
        self
    }
}

fn family_parts(
    family: Family,
    color: SchemeColor,
    plain: bool,
) -> Vec<(TablePart, TableCellStyle)> {
    use TablePart::{
        Band1Horizontal, Band1Vertical, FirstColumn, FirstRow, LastColumn, LastRow, SouthEastCell,
        SouthWestCell, WholeTable,
    };
    let base = Color::scheme(color);
    let tint = |v: f64| with(color, ColorMod::Tint(v));
    let shade = |v: f64| with(color, ColorMod::Shade(v));
    let alpha = |v: f64| with(color, ColorMod::Alpha(v));
    let light = Color::scheme(LIGHT);
    let thin = solid_line(PT, base.clone());
    let looks = match family {
        Family::Medium2 => {
            let header = || Look::text(LIGHT).bold().fill(base.clone());
            let white = solid_line(3 * PT, light.clone());
            vec![
                (
                    WholeTable,
                    Look::text(DARK)
                        .all(&solid_line(PT, light.clone()))
                        .fill(tint(0.2)),
                ),
                (Band1Horizontal, Look::new().fill(tint(0.4))),
                (Band1Vertical, Look::new().fill(tint(0.4))),
                (LastColumn, header()),
                (FirstColumn, header()),
                (LastRow, header().top(white.clone())),
                (FirstRow, header().bottom(white)),
            ]
        }
        Family::Medium1 => vec![
            (
                WholeTable,
                Look::text(DARK)
                    .frame(&thin)
                    .inside_h(thin.clone())
                    .fill(light.clone()),
            ),
            (Band1Horizontal, Look::new().fill(tint(0.2))),
            (Band1Vertical, Look::new().fill(tint(0.2))),
            (LastColumn, Look::new().bold()),
            (FirstColumn, Look::new().bold()),
            (
                LastRow,
                Look::new()
                    .bold()
                    .top(double_line(4 * PT, base.clone()))
                    .fill(light),
            ),
            (FirstRow, Look::text(LIGHT).bold().fill(base)),
        ],
        Family::Medium3 => {
            let dark = Color::scheme(DARK);
            let rule = solid_line(2 * PT, dark.clone());
            let header = || Look::text(LIGHT).bold().fill(base.clone());
            let band = || Look::new().fill(with(DARK, ColorMod::Tint(0.2)));
            vec![
                (
                    WholeTable,
                    Look::text(DARK)
                        .top(rule.clone())
                        .bottom(rule.clone())
                        .fill(light.clone()),
                ),
                (Band1Horizontal, band()),
                (Band1Vertical, band()),
                (LastColumn, header()),
                (FirstColumn, header()),
                (
                    LastRow,
                    Look::new()
                        .bold()
                        .top(double_line(4 * PT, dark))
                        .fill(light),
                ),
                (SouthEastCell, Look::text(DARK).bold()),
                (SouthWestCell, Look::text(DARK).bold()),
                (FirstRow, header().bottom(rule)),
            ]
        }
        Family::Medium4 => vec![
            (WholeTable, Look::text(DARK).all(&thin).fill(tint(0.2))),
            (Band1Horizontal, Look::new().fill(tint(0.4))),
            (Band1Vertical, Look::new().fill(tint(0.4))),
            (LastColumn, Look::new().bold()),
            (FirstColumn, Look::new().bold()),
            (
                LastRow,
                Look::new()
                    .bold()
                    .top(solid_line(2 * PT, base))
                    .fill(tint(0.2)),
            ),
            (FirstRow, Look::new().bold().fill(tint(0.2))),
        ],
        Family::Light1 => vec![
            (
                WholeTable,
                Look::text(SchemeColor::Text1)
                    .top(thin.clone())
                    .bottom(thin.clone())
                    .no_fill(),
            ),
            (Band1Horizontal, Look::new().fill(alpha(0.2))),
            (Band1Vertical, Look::new().fill(alpha(0.2))),
            (LastColumn, Look::new().bold()),
            (FirstColumn, Look::new().bold()),
            (LastRow, Look::new().bold().top(thin.clone()).no_fill()),
            (FirstRow, Look::new().bold().bottom(thin)),
        ],
        Family::Light2 => vec![
            (
                WholeTable,
                Look::text(SchemeColor::Text1).frame(&thin).no_fill(),
            ),
            (
                Band1Horizontal,
                Look::new().top(thin.clone()).bottom(thin.clone()),
            ),
            (Band1Vertical, Look::new().left(thin.clone()).right(thin)),
            (LastColumn, Look::new().bold()),
            (FirstColumn, Look::new().bold()),
            (
                LastRow,
                Look::new().bold().top(double_line(4 * PT, base.clone())),
            ),
            (
                FirstRow,
                Look::text(SchemeColor::Background1).bold().fill(base),
            ),
        ],
        Family::Light3 => {
            let own = if plain { SchemeColor::Text1 } else { color };
            vec![
                (
                    WholeTable,
                    Look::text(SchemeColor::Text1).all(&thin).no_fill(),
                ),
                (Band1Horizontal, Look::new().fill(alpha(0.2))),
                (Band1Vertical, Look::new().fill(alpha(0.2))),
                (LastColumn, Look::new().bold()),
                (FirstColumn, Look::new().bold()),
                (
                    LastRow,
                    Look::new()
                        .bold()
                        .top(double_line(4 * PT, base.clone()))
                        .no_fill(),
                ),
                (
                    FirstRow,
                    Look::text(own)
                        .bold()
                        .bottom(solid_line(2 * PT, base))
                        .no_fill(),
                ),
            ]
        }
        Family::Dark1 => {
            let rule = solid_line(2 * PT, light.clone());
            // The plain style is made of tints of the dark colour, the others of shades of their accent.
            let (body, band, side, last) = if plain {
                (tint(0.2), tint(0.4), tint(0.6), tint(0.6))
            } else {
                (base.clone(), shade(0.6), shade(0.6), shade(0.4))
            };
            vec![
                (
                    WholeTable,
                    Look::text(if plain { DARK } else { LIGHT }).fill(body),
                ),
                (Band1Horizontal, Look::new().fill(band.clone())),
                (Band1Vertical, Look::new().fill(band)),
                (
                    LastColumn,
                    Look::text(LIGHT)
                        .bold()
                        .left(rule.clone())
                        .fill(side.clone()),
                ),
                (
                    FirstColumn,
                    Look::text(LIGHT).bold().right(rule.clone()).fill(side),
                ),
                (
                    LastRow,
                    Look::text(LIGHT).bold().top(rule.clone()).fill(last),
                ),
                (
                    FirstRow,
                    Look::text(LIGHT)
                        .bold()
                        .bottom(rule)
                        .fill(Color::scheme(DARK)),
                ),
            ]
        }
        Family::Themed1 => {
            let own = |index: u32| Some(reference(index, base.clone()));
            let white = || Some(reference(2, light.clone()));
            let frame = || Look::new().themed([own(1), own(1), own(1), own(1), None, None]);
            vec![
                (
                    WholeTable,
                    Look::text(DARK)
                        .themed(std::array::from_fn(|_| own(1)))
                        .no_fill(),
                ),
                (Band1Horizontal, Look::new().fill(alpha(0.4))),
                (
                    Band1Vertical,
                    Look::new()
                        .themed([own(1), own(1), own(1), own(1), None, None])
                        .fill(alpha(0.4)),
                ),
                (LastColumn, frame().bold()),
                (FirstColumn, frame().bold()),
                (
                    LastRow,
                    Look::new()
                        .themed([own(1), own(1), own(2), own(2), None, None])
                        .bold()
                        .no_fill(),
                ),
                (
                    FirstRow,
                    Look::text(LIGHT)
                        .themed([own(1), own(1), own(1), white(), None, None])
                        .bold()
                        .fill(base.clone()),
                ),
            ]
        }
        Family::Themed2 => {
            let outer = Some(reference(1, tint(0.5)));
            let white = || Some(reference(2, light.clone()));
            let band = || Look::new().fill(with(LIGHT, ColorMod::Alpha(0.2)));
            vec![
                (
                    WholeTable,
                    Look::text(LIGHT)
                        .themed([
                            outer.clone(),
                            outer.clone(),
                            outer.clone(),
                            outer,
                            None,
                            None,
                        ])
                        .no_fill(),
                ),
                (Band1Horizontal, band()),
                (Band1Vertical, band()),
                (
                    LastColumn,
                    Look::new()
                        .bold()
                        .themed([white(), None, None, None, None, None]),
                ),
                (
                    FirstColumn,
                    Look::new()
                        .bold()
                        .themed([None, white(), None, None, None, None]),
                ),
                (
                    LastRow,
                    Look::new()
                        .bold()
                        .themed([None, None, white(), None, None, None]),
                ),
                (
                    FirstRow,
                    Look::new()
                        .bold()
                        .themed([None, None, None, white(), None, None]),
                ),
            ]
        }
    };
    looks
        .into_iter()
        .map(|(part, look)| (part, look.0))
        .collect()
}

fn dark_2(body: SchemeColor, header: SchemeColor) -> Vec<(TablePart, TableCellStyle)> {
    use TablePart::{
        Band1Horizontal, Band1Vertical, FirstColumn, FirstRow, LastColumn, LastRow, WholeTable,
    };
    let tint = |v: f64| with(body, ColorMod::Tint(v));
    vec![
        (WholeTable, Look::text(DARK).fill(tint(0.2)).0),
        (Band1Horizontal, Look::new().fill(tint(0.4)).0),
        (Band1Vertical, Look::new().fill(tint(0.4)).0),
        (LastColumn, Look::new().bold().0),
        (FirstColumn, Look::new().bold().0),
        (
            LastRow,
            Look::new()
                .bold()
                .top(double_line(4 * PT, Color::scheme(DARK)))
                .fill(tint(0.2))
                .0,
        ),
        (
            FirstRow,
            Look::text(LIGHT).bold().fill(Color::scheme(header)).0,
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_style_is_medium_2_in_the_first_accent() {
        let style = style("{5C22544A-7EE6-4342-B048-85BDC9FD1C3A}").unwrap();
        let (_, first_row) = style
            .parts
            .iter()
            .find(|(part, _)| *part == TablePart::FirstRow)
            .unwrap();
        assert_eq!(
            first_row.fill,
            Some(Fill::Solid(Color::scheme(SchemeColor::Accent(1))))
        );
        assert_eq!(first_row.text.bold, Some(true));
        assert_eq!(
            first_row.borders.bottom.as_ref().unwrap().width,
            Some(38_100)
        );
    }

    #[test]
    fn ids_are_unique_and_all_resolve() {
        let mut ids: Vec<&str> = FAMILIES
            .iter()
            .flat_map(|(_, ids)| ids)
            .copied()
            .filter(|id| !id.is_empty())
            .collect();
        ids.extend(DARK_2.iter().map(|(id, ..)| *id));
        ids.push(TABLE_GRID);
        let count = ids.len();
        assert!(ids.iter().all(|id| style(&format!("{{{id}}}")).is_some()));
        ids.sort_unstable();
        ids.dedup();
        // With "No Style, No Grid" these are the 74 of the list.
        assert_eq!((ids.len(), count), (73, 73));
        assert!(style("{2D5ABB26-0587-4C30-8999-92F81FD0307C}").is_none());
    }
}
