//! Rust names from wire names.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;

/// `stepIndex` to `step_index`, `disable3DText` to `disable_3d_text`.
pub(crate) fn snake(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let mut out = String::new();
    for (index, letter) in letters.iter().enumerate() {
        let before = index.checked_sub(1).and_then(|at| letters.get(at));
        let after = letters.get(index + 1);
        let starts_word = match before {
            None | Some('_') => false,
            Some(before) if letter.is_ascii_digit() => {
                // `html5` stays together, `disable3DText` does not: the digit starts a word when a capital follows.
                !before.is_ascii_digit() && after.is_some_and(char::is_ascii_uppercase)
            }
            Some(before) => {
                letter.is_ascii_uppercase()
                    && !before.is_ascii_digit()
                    && (before.is_ascii_lowercase() || after.is_some_and(char::is_ascii_lowercase))
                    || letter.is_ascii_uppercase()
                        && before.is_ascii_digit()
                        && after.is_some_and(char::is_ascii_lowercase)
            }
        };
        if starts_word {
            out.push('_');
        }
        out.push(letter.to_ascii_lowercase());
    }
    out
}

/// An enum value or type name as a Rust type name: `LZW` to `Lzw`, `pdf` to `Pdf`, others unchanged.
pub(crate) fn pascal(name: &str) -> String {
    let shouts = name.len() > 1
        && name
            .chars()
            .all(|letter| letter.is_ascii_uppercase() || letter.is_ascii_digit());
    let mut letters = name.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    let rest = letters.as_str();
    let rest = if shouts {
        rest.to_ascii_lowercase()
    } else {
        rest.to_owned()
    };
    first.into_iter().chain(rest.chars()).collect()
}

/// `StartConvert` to `START_CONVERT`.
pub(crate) fn constant(name: &str) -> String {
    snake(name).to_ascii_uppercase()
}

/// An identifier; Rust's own words are escaped.
pub(crate) fn ident(name: &str) -> Ident {
    syn::parse_str::<Ident>(name).unwrap_or_else(|_| Ident::new_raw(name, Span::call_site()))
}

/// A doc comment, one attribute for each line.
pub(crate) fn doc(text: &str) -> TokenStream {
    let lines = text.trim().lines().map(|line| {
        if line.is_empty() {
            String::new()
        } else {
            format!(" {line}")
        }
    });
    quote! { #(#[doc = #lines])* }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn snake_case() {
        for (wire, rust) in [
            ("stepIndex", "step_index"),
            ("id", "id"),
            ("httpStatusCode", "http_status_code"),
            ("disable3DText", "disable_3d_text"),
            ("dpiX", "dpi_x"),
            ("access_token", "access_token"),
            ("zip64Mode", "zip64_mode"),
            ("saveMetafilesAsPng", "save_metafiles_as_png"),
            ("skipJavaScriptLinks", "skip_java_script_links"),
        ] {
            assert_eq!(snake(wire), rust);
        }
    }

    #[test]
    fn type_names() {
        for (wire, rust) in [
            ("LZW", "Lzw"),
            ("CCITT3", "Ccitt3"),
            ("pdf", "Pdf"),
            ("FullHD", "FullHD"),
            ("S9ETextFormatter", "S9ETextFormatter"),
        ] {
            assert_eq!(pascal(wire), rust);
        }
        assert_eq!(constant("StartConvertAndSave"), "START_CONVERT_AND_SAVE");
    }
}
