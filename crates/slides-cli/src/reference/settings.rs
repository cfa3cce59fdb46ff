//! Every setting of `slides serve` with its names.

use std::fmt::Write as _;

use clap::{ArgAction, CommandFactory as _};

use super::{check, default, what};
use crate::arguments::Arguments;
use crate::settings::{documented, variables_of_the_vendor};

#[test]
fn the_page_of_settings_is_what_the_server_reads() {
    let program = Arguments::command();
    let serve = program.find_subcommand("serve").unwrap();
    let vendor = variables_of_the_vendor();
    let mut page = String::from(
        "\n## All settings\n\n| in the file, and the variable | what it is, and its default |\n| --- | --- |\n",
    );
    let mut flags = 0;
    for (arg, variable) in documented(serve) {
        let key = arg.get_long().unwrap();
        let mut text = what(arg);
        let theirs: Vec<_> = vendor
            .iter()
            .filter(|(_, meaning)| meaning == key)
            .map(|(name, _)| format!("`{name}`"))
            .collect();
        if !theirs.is_empty() {
            let _ = write!(text, " Vendor: {}.", theirs.join(", "));
        }
        let default = match (arg.get_action(), default(arg)) {
            (ArgAction::SetTrue, _) => "`false`".to_owned(),
            (_, value) => value,
        };
        if !default.is_empty() {
            let _ = write!(text, " Default: {default}.");
        }
        // Side by side the names would leave no room for the texts.
        writeln!(page, "| `{key}`<br>`{variable}` | {text} |").unwrap();
        flags += 1;
    }
    assert!(flags > 30, "{flags} settings");
    page.push_str("\n## Variables of the vendor's container\n\n| theirs | here |\n| --- | --- |\n");
    for (name, meaning) in &vendor {
        let meaning = if serve
            .get_arguments()
            .any(|arg| arg.get_long() == Some(meaning))
        {
            format!("the setting `{meaning}`")
        } else {
            meaning.clone()
        };
        writeln!(page, "| `{name}` | {meaning} |").unwrap();
    }
    check("settings.md", &page);
}
