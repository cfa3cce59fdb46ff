use super::number;
use crate::model::chart::{Categories, NumberData, StringData};
use crate::read::Context;
use crate::xml::{Node, attr, child, elements, is_named, text_of};

/// Points of one series that are kept.
const MAX_POINTS: usize = 65_536;
/// Levels of categories that are kept.
const MAX_LEVELS: usize = 16;

/// `c:val`, `c:yVal`, `c:bubbleSize`, `c:plus`: numbers by reference or literal; texts count as blanks.
pub(super) fn numbers(cx: &Context<'_>, parent: Node<'_>) -> NumberData {
    if let Some(reference) = child(parent, "numRef") {
        let formula = formula(reference);
        return match child(reference, "numCache") {
            Some(cache) => NumberData {
                formula,
                ..number_points(cx, cache)
            },
            None => NumberData {
                missing: formula.is_some(),
                formula,
                ..NumberData::default()
            },
        };
    }
    if let Some(literal) = child(parent, "numLit") {
        return number_points(cx, literal);
    }
    // Values may be cached as texts; those that are numbers count.
    strings(cx, parent).map_or_else(NumberData::default, |texts| NumberData {
        format: None,
        count: texts.count,
        points: texts
            .points
            .iter()
            .filter_map(|(index, text)| Some((*index, number(text)?)))
            .collect(),
        formats: Vec::new(),
        formula: texts.formula,
        missing: texts.missing,
    })
}

/// `c:cat`, `c:xVal`.
pub(super) fn categories(cx: &Context<'_>, parent: Node<'_>) -> Categories {
    if let Some(reference) = child(parent, "multiLvlStrRef") {
        let Some(cache) = child(reference, "multiLvlStrCache") else {
            return Categories::Strings(StringData {
                formula: formula(reference),
                missing: true,
                ..StringData::default()
            });
        };
        let count = declared(cx, cache);
        let levels: Vec<StringData> = elements(cache)
            .filter(|node| is_named(*node, "lvl"))
            .take(MAX_LEVELS)
            .map(|level| {
                let mut level = string_points(cx, level);
                level.count = level.count.max(count);
                level
            })
            .collect();
        return match <[StringData; 1]>::try_from(levels) {
            Ok([only]) => Categories::Strings(only),
            Err(levels) => Categories::Levels(levels),
        };
    }
    if child(parent, "numRef").is_some() || child(parent, "numLit").is_some() {
        return Categories::Numbers(numbers(cx, parent));
    }
    strings(cx, parent).map_or(Categories::None, Categories::Strings)
}

/// `c:strRef` or `c:strLit` among the children.
pub(super) fn strings(cx: &Context<'_>, parent: Node<'_>) -> Option<StringData> {
    if let Some(reference) = child(parent, "strRef") {
        let formula = formula(reference);
        return Some(match child(reference, "strCache") {
            Some(cache) => StringData {
                formula,
                ..string_points(cx, cache)
            },
            None => StringData {
                missing: formula.is_some(),
                formula,
                ..StringData::default()
            },
        });
    }
    child(parent, "strLit").map(|literal| string_points(cx, literal))
}

/// Texts of cells for labels (`c15:datalabelsRange`).
pub(super) fn label_range(cx: &Context<'_>, node: Node<'_>) -> StringData {
    let cache = child(node, "dlblRangeCache");
    StringData {
        formula: formula(node),
        ..cache.map_or_else(StringData::default, |cache| string_points(cx, cache))
    }
}

fn formula(node: Node<'_>) -> Option<String> {
    child(node, "f")
        .map(text_of)
        .map(|text| text.trim().to_owned())
        .filter(|text| !text.is_empty())
}

/// `c:ptCount`, bounded.
fn declared(cx: &Context<'_>, cache: Node<'_>) -> usize {
    let count = child(cache, "ptCount")
        .and_then(|node| attr(node, "val"))
        .and_then(|text| text.trim().parse::<u64>().ok())
        .unwrap_or(0);
    let bounded = count.min(MAX_POINTS as u64) as usize;
    if count > bounded as u64 {
        cx.warn(
            "chart",
            format!("a series has {count} points: the first {MAX_POINTS} are drawn"),
        );
    }
    bounded
}

/// `c:pt` with their indices, ascending, the first of equal ones; and the count.
fn points<T>(
    cx: &Context<'_>,
    cache: Node<'_>,
    mut read: impl FnMut(u32, Node<'_>, &str) -> Option<T>,
) -> (usize, Vec<(u32, T)>) {
    let mut found: Vec<(u32, T)> = elements(cache)
        .filter(|node| is_named(*node, "pt"))
        .filter_map(|node| {
            let index: u32 = attr(node, "idx")?.trim().parse().ok()?;
            if index as usize >= MAX_POINTS {
                return None;
            }
            let text = child(node, "v").map(text_of).unwrap_or_default();
            Some((index, read(index, node, &text)?))
        })
        .take(MAX_POINTS)
        .collect();
    found.sort_by_key(|point| point.0);
    found.dedup_by_key(|point| point.0);
    let last = found.last().map_or(0, |point| point.0 as usize + 1);
    (declared(cx, cache).max(last), found)
}

fn number_points(cx: &Context<'_>, cache: Node<'_>) -> NumberData {
    let mut formats = Vec::new();
    let (count, points) = points(cx, cache, |index, node, text| {
        let value = number(text)?;
        if let Some(format) = attr(node, "formatCode") {
            formats.push((index, format.to_owned()));
        }
        Some(value)
    });
    formats.sort_by_key(|format| format.0);
    formats.dedup_by_key(|format| format.0);
    NumberData {
        format: child(cache, "formatCode").map(text_of),
        count,
        points,
        formats,
        formula: None,
        missing: false,
    }
}

fn string_points(cx: &Context<'_>, cache: Node<'_>) -> StringData {
    let (count, points) = points(cx, cache, |_, _, text| Some(text.to_owned()));
    StringData {
        count,
        points,
        formula: None,
        missing: false,
    }
}
