//! The file of settings: TOML, one key a setting.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use clap::{Arg, ArgAction};
use toml::{Table, Value};

use super::{Found, Origin, find, wrong};
use crate::failure::Failure;

/// Bytes of a file.
const MAX_FILE: u64 = 1 << 20;

pub(super) fn read(path: &Path, known: &[&Arg]) -> Result<Vec<Found>, Failure> {
    let cannot = || Failure::usage(format!("cannot read the settings in `{}`", path.display()));
    let mut text = String::new();
    File::open(path)
        .and_then(|file| file.take(MAX_FILE).read_to_string(&mut text))
        .map_err(|error| cannot().caused_by(&error))?;
    let table: Table = text.parse().map_err(|error: toml::de::Error| {
        let line = error.span().map(|span| {
            text.get(..span.start)
                .unwrap_or_default()
                .matches('\n')
                .count()
                + 1
        });
        let place = line.map_or_else(String::new, |line| format!(", line {line}"));
        Failure::usage(format!(
            "the settings in `{}`{place} are no TOML: {}",
            path.display(),
            error.message()
        ))
    })?;
    let mut list = Vec::new();
    for (name, value) in &table {
        let key = name.replace('_', "-");
        let found = |value: String| Found {
            key: key.clone(),
            value,
            origin: Origin::File(path.to_owned()),
        };
        if value.is_table() {
            let why = format!("`{name}` is a table: settings stand side by side, without sections");
            return Err(wrong(&found(String::new()), &why));
        }
        let Some(arg) = find(known, &key) else {
            let meant = nearest(known, &key)
                .map_or_else(String::new, |key| format!(", did you mean `{key}`?"));
            return Err(wrong(
                &found(String::new()),
                &format!("there is no setting `{name}`{meant}"),
            ));
        };
        let text = |value: &Value| match value {
            Value::String(text) => Ok(text.clone()),
            Value::Integer(number) => Ok(number.to_string()),
            Value::Boolean(on) => Ok(on.to_string()),
            other => {
                let what = match other {
                    Value::Float(_) => "a number with a fraction",
                    Value::Datetime(_) => "a date",
                    _ => "a list in a list",
                };
                let why =
                    format!("`{name}` is {what}: write whole numbers, texts, `true` or `false`");
                Err(wrong(&found(String::new()), &why))
            }
        };
        match value {
            Value::Array(values) if matches!(arg.get_action(), ArgAction::Append) => {
                for value in values {
                    list.push(found(text(value)?));
                }
            }
            Value::Array(_) => {
                return Err(wrong(
                    &found(String::new()),
                    &format!("`{name}` takes one value"),
                ));
            }
            value => list.push(found(text(value)?)),
        }
    }
    Ok(list)
}

/// The setting that a wrong name is most like, if it is like any.
fn nearest<'a>(known: &[&'a Arg], name: &str) -> Option<&'a str> {
    let near = |key: &str| {
        let same = key
            .chars()
            .zip(name.chars())
            .take_while(|(a, b)| a == b)
            .count();
        let end = key
            .chars()
            .rev()
            .zip(name.chars().rev())
            .take_while(|(a, b)| a == b)
            .count();
        (same + end).min(key.len())
    };
    let keys = known.iter().filter_map(|arg| arg.get_long());
    keys.max_by_key(|key| near(key))
        .filter(|key| near(key) * 2 >= key.len())
}
