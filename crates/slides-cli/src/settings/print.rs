//! `slides serve --print-config`: each setting, what it is and where that comes from, as a file of settings.

use serde_json::json;

use super::{Origin, Setting, Settings};
use crate::console::Console;

/// Prints all settings; passwords in addresses are left out.
pub(crate) fn print(settings: &Settings, console: &Console) {
    for setting in &settings.list {
        let values: Vec<String> = setting
            .values
            .iter()
            .map(|value| without_password(value))
            .collect();
        let event = json!({
            "event": "setting",
            "key": setting.key,
            "values": values,
            "from": from(&setting.origin),
        });
        console.data(&line(setting, &values), &event);
    }
}

fn line(setting: &Setting, values: &[String]) -> String {
    let key = &setting.key;
    let text = match values {
        [] => return format!("# {key} is not set"),
        [value] if setting.is_switch || value.parse::<i64>().is_ok() => format!("{key} = {value}"),
        [value] => format!("{key} = {}", toml::Value::from(value.as_str())),
        values => format!("{key} = {}", toml::Value::from(values.to_vec())),
    };
    format!("{text}  # {}", from(&setting.origin))
}

fn from(origin: &Origin) -> String {
    match origin {
        Origin::Default => "default".to_owned(),
        Origin::File(path) => path.display().to_string(),
        Origin::Environment(name) => format!("${name}"),
        Origin::Flag => "flag".to_owned(),
    }
}

/// `scheme://user:password@host` with stars for the password.
fn without_password(value: &str) -> String {
    let parts = value.split_once("://").and_then(|(scheme, rest)| {
        let (login, host) = rest.split_once('@')?;
        let (user, _) = login.split_once(':')?;
        (!login.contains('/')).then(|| format!("{scheme}://{user}:***@{host}"))
    });
    parts.unwrap_or_else(|| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_a_file_of_settings_without_passwords() {
        let setting = |key: &str, values: &[&str], is_switch| Setting {
            key: key.to_owned(),
            values: values.iter().map(|&value| value.to_owned()).collect(),
            is_switch,
            origin: Origin::Environment("X".to_owned()),
        };
        let shown = |setting: Setting| {
            let values: Vec<_> = setting
                .values
                .iter()
                .map(|value| without_password(value))
                .collect();
            line(&setting, &values)
        };
        assert_eq!(
            shown(setting(
                "database",
                &["postgres://me:secret@db/slides"],
                false
            )),
            "database = \"postgres://me:***@db/slides\"  # $X"
        );
        assert_eq!(
            shown(setting("workers", &["2"], false)),
            "workers = 2  # $X"
        );
        assert_eq!(
            shown(setting("no-auth", &["false"], true)),
            "no-auth = false  # $X"
        );
        assert_eq!(
            shown(setting("storage", &["A=memory:", "B=memory:"], false)),
            "storage = [\"A=memory:\", \"B=memory:\"]  # $X"
        );
        assert_eq!(
            shown(setting("soffice", &[], false)),
            "# soffice is not set"
        );
    }
}
