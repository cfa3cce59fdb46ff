//! `fontSubstRules` and `fontFallbackRules`, which all classes of options have.

use slides_fonts::FontRules;
use slides_types::{ExportOptions, FontFallbackRule, FontSubstRule};

use crate::api::EngineError;

use super::settings::refused;

/// Rules that a job may have.
const MAX_RULES: usize = 1000;

/// The rules of a job's options.
pub(super) fn rules(options: Option<&ExportOptions>) -> Result<FontRules, EngineError> {
    // The rules of the class at hand, which are fields of the same names in all of them.
    macro_rules! of {
        ($($class:ident),*) => {
            match options {
                $(Some(ExportOptions::$class(options)) => {
                    (&options.font_subst_rules, &options.font_fallback_rules)
                })*
                // No other class is drawn.
                Some(_) | None => (&None, &None),
            }
        };
    }
    let (substitutes, ranges) = of!(Pdf, Xps, Image, Tiff, Gif, Svg, Xaml, Html, Html5, Markdown);
    read(
        substitutes.as_deref().unwrap_or_default(),
        ranges.as_deref().unwrap_or_default(),
    )
}

fn read(
    substitutes: &[FontSubstRule],
    ranges: &[FontFallbackRule],
) -> Result<FontRules, EngineError> {
    for (name, count) in [
        ("fontSubstRules", substitutes.len()),
        ("fontFallbackRules", ranges.len()),
    ] {
        if count > MAX_RULES {
            return Err(refused(
                name,
                format!("{count} rules"),
                "allowed are up to 1000",
            ));
        }
    }
    let mut rules = FontRules::default();
    for rule in substitutes {
        let name = |text: &Option<String>| text.clone().unwrap_or_default();
        let (source, target) = (name(&rule.source_font), name(&rule.target_font));
        if source.trim().is_empty() || target.trim().is_empty() {
            return Err(refused(
                "fontSubstRules",
                format!("{source} -> {target}"),
                "each rule has a `sourceFont` and a `targetFont`",
            ));
        }
        rules = rules.substitute(&source, &target, rule.not_found_only.unwrap_or(true));
    }
    for rule in ranges {
        let first = rule.range_start_index.and_then(|at| u32::try_from(at).ok());
        let last = rule.range_end_index.and_then(|at| u32::try_from(at).ok());
        let families = rule.fallback_font_list.clone().unwrap_or_default();
        match (first, last) {
            (Some(first), Some(last)) if first <= last && !families.is_empty() => {
                rules = rules.fall_back(first, last, families);
            }
            _ => {
                return Err(refused(
                    "fontFallbackRules",
                    format!(
                        "{}..{}",
                        rule.range_start_index.unwrap_or_default(),
                        rule.range_end_index.unwrap_or_default()
                    ),
                    "each rule has a `rangeStartIndex`, a `rangeEndIndex` that is not below it, and a `fallbackFontList`",
                ));
            }
        }
    }
    Ok(rules)
}
