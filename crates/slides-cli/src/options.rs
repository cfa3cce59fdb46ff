//! `--option key=value`: export options by name, and what may be said of each.

use serde_json::{Map, Value, json};
use slides_service::engine::{OptionSupport, option_support};

use crate::failure::Failure;
use crate::sdk::{ExportFormat, ExportOptions};

/// How alike a wrong key and a right one are before the right one is offered.
const ALIKE: f64 = 0.8;

/// `jpegQuality=80`, `accessPermissions.printDocument=false`, `fontSubstRules=[...]`.
pub(crate) fn read(
    format: ExportFormat,
    pairs: &[String],
) -> Result<Option<ExportOptions>, Failure> {
    if pairs.is_empty() {
        return Ok(None);
    }
    let mut object = Map::new();
    for pair in pairs {
        let (key, text) = pair.split_once('=').ok_or_else(|| {
            let key = pair.trim();
            let failure = Failure::usage(format!("option `{key}` has no value: write `key=value`"));
            match values(format, key) {
                Some(values) => failure.hint(format!("`{key}` takes {values}")),
                None => failure,
            }
        })?;
        // A text that is no JSON is a text.
        let value = serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()));
        insert(&mut object, key.trim(), value)
            .ok_or_else(|| Failure::usage(format!("option `{key}` is set twice or in two ways")))?;
    }
    let given = Value::Object(object);
    let options = ExportOptions::from_json(format, &given)
        .map_err(|error| Failure::usage(format!("option: {error}")))?;
    match unknown_key(format, &given) {
        Some(key) => Err(unknown(format, &key)),
        None => Ok(Some(options)),
    }
}

fn insert(object: &mut Map<String, Value>, key: &str, value: Value) -> Option<()> {
    match key.split_once('.') {
        Some((outer, inner)) => insert(
            object
                .entry(outer)
                .or_insert_with(|| Value::Object(Map::new()))
                .as_object_mut()?,
            inner,
            value,
        ),
        None => object.insert(key.to_owned(), value).is_none().then_some(()),
    }
}

/// What an option takes, in words: ``one of `None`, `Flate` ``, `a whole number from 0 to 100`, `a text`. None for
/// a key that the format does not have.
pub(crate) fn values(format: ExportFormat, key: &str) -> Option<String> {
    // What is wrong for the option says what is right.
    let probe = json!({ key: "?" });
    if unknown_key(format, &probe).is_some() {
        return None;
    }
    match ExportOptions::from_json(format, &probe) {
        Err(error) => Some(range(format, key).unwrap_or(error.expected)),
        Ok(_) => Some("a text".to_owned()),
    }
}

/// What is said of a number that no option takes: its bounds.
fn range(format: ExportFormat, key: &str) -> Option<String> {
    match ExportOptions::from_json(format, &json!({ key: 1_000_000_000 })) {
        Err(error) => Some(error.expected),
        Ok(options) => {
            let error = options.check(format).err()?;
            (error.field == key).then_some(error.expected)
        }
    }
}

/// The error names the key that may have been meant, and all there are.
fn unknown(format: ExportFormat, key: &str) -> Failure {
    let rows = option_support(format);
    let mut message = format!("option `{key}` is not known for `{format}`");
    let nearest = rows
        .iter()
        .map(|(name, _)| {
            (
                strsim::jaro_winkler(&name.to_lowercase(), &key.to_lowercase()),
                name,
            )
        })
        .filter(|(alike, _)| *alike >= ALIKE)
        .max_by(|one, other| one.0.total_cmp(&other.0));
    if let Some((_, name)) = nearest {
        message = format!("{message}: did you mean `{name}`?");
    }
    let keys: Vec<&str> = rows
        .iter()
        .filter(|(_, support)| *support == OptionSupport::Honoured)
        .map(|(name, _)| *name)
        .collect();
    let hint = if keys.is_empty() {
        "leave `--option` out: no option has an effect on this format".to_owned()
    } else {
        format!(
            "options of `{}`: {}; `slides formats {0}` says what each takes",
            format.as_str().to_ascii_lowercase(),
            keys.join(", ")
        )
    };
    Failure::usage(message).hint(hint)
}

/// A key that the format's options do not have. Known keys come back in their own spelling, which never begins with
/// a capital; unknown ones come back as they were written.
fn unknown_key(format: ExportFormat, given: &Value) -> Option<String> {
    let given = given.as_object()?;
    let capitals: Map<String, Value> = given
        .iter()
        .map(|(key, value)| (key.to_ascii_uppercase(), value.clone()))
        .collect();
    let read = ExportOptions::from_json(format, &Value::Object(capitals))
        .ok()?
        .to_json(format);
    given
        .keys()
        .find(|key| read.get(key.to_ascii_uppercase()).is_some())
        .cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_typed_and_checked() {
        let read = |pairs: &[&str]| {
            super::read(
                ExportFormat::Pdf,
                &pairs
                    .iter()
                    .map(|&pair| pair.to_owned())
                    .collect::<Vec<_>>(),
            )
        };
        let json = read(&[
            "jpegquality=80",
            "Compliance=pdfA1b",
            "accessPermissions.printDocument=false",
            "defaultRegularFont=Arial",
        ])
        .unwrap()
        .unwrap()
        .to_json(ExportFormat::Pdf);
        assert_eq!(
            json,
            serde_json::json!({"format": "pdf", "jpegQuality": 80, "compliance": "PdfA1b", "accessPermissions": {"printDocument": false}, "defaultRegularFont": "Arial"})
        );
        for (pairs, words) in [
            (&["jpegQuality"][..], "has no value"),
            (&["jpegQuality=high"], "`jpegQuality`"),
            (&["compliance=Pdf99"], "`Pdf99`"),
            (&["jpegQualty=80"], "`jpegQualty` is not known"),
            (&["jpegQuality=80", "jpegQuality=90"], "set twice"),
        ] {
            let message = read(pairs).unwrap_err().message;
            assert!(message.contains(words), "{message}");
        }
        assert_eq!(read(&[]).unwrap(), None);
    }

    #[test]
    fn a_wrong_option_leads_to_the_right_one() {
        let failure = read(ExportFormat::Pdf, &["jpegQualty=3".to_owned()]).unwrap_err();
        assert_eq!(
            failure.message,
            "option `jpegQualty` is not known for `Pdf`: did you mean `jpegQuality`?"
        );
        let hint = failure.hint.unwrap();
        assert!(
            hint.starts_with("options of `pdf`: defaultRegularFont, ")
                && hint.ends_with("`slides formats pdf` says what each takes"),
            "{hint}"
        );
        let failure = read(ExportFormat::Pdf, &["compliance=Pdf99".to_owned()]).unwrap_err();
        assert!(
            failure.message.contains("one of `Pdf15`"),
            "{}",
            failure.message
        );
        let failure = read(ExportFormat::Pdf, &["showHiddenSlides".to_owned()]).unwrap_err();
        assert_eq!(
            failure.hint.as_deref(),
            Some("`showHiddenSlides` takes `true` or `false`")
        );
        let failure = read(ExportFormat::Odp, &["x=1".to_owned()]).unwrap_err();
        assert!(failure.hint.unwrap().starts_with("leave `--option` out"));
    }

    #[test]
    fn each_option_of_a_written_format_says_what_it_takes() {
        for format in ExportFormat::ALL.iter().copied() {
            for (name, _) in option_support(format) {
                let values = values(format, name);
                assert!(
                    values.is_some_and(|text| !text.is_empty()),
                    "{format:?} {name}"
                );
            }
        }
        let of = |key| values(ExportFormat::Pdf, key);
        assert_eq!(
            of("jpegQuality").as_deref(),
            Some("a whole number from 0 to 100")
        );
        assert_eq!(of("nothing"), None);
    }
}
