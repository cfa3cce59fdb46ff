//! The pages of the documents that follow from the arguments: `docs/reference/command-line.md` and `settings.md`. What
//! stands above the mark in them is written by hand.
//!
//! `SLIDES_UPDATE_DOCS=1` writes them anew.

mod commands;
mod settings;

use std::path::Path;

const MARK: &str = "<!-- written from the arguments of slides-cli: see its tests -->\n";

/// The page has this text, or gets it.
fn check(page: &str, written: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../docs/reference")
        .join(page);
    let found = std::fs::read_to_string(&path).unwrap();
    let (head, committed) = found
        .split_once(MARK)
        .unwrap_or_else(|| panic!("{page} has lost its line {MARK}"));
    if std::env::var_os("SLIDES_UPDATE_DOCS").is_some() {
        std::fs::write(&path, format!("{head}{MARK}{written}")).unwrap();
        return;
    }
    assert!(
        committed == written,
        "docs/reference/{page} is not what the arguments are: run `SLIDES_UPDATE_DOCS=1 cargo test -p slides-cli reference` \
         and commit it"
    );
}

/// A text that may stand in a table.
fn cell(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    // What looks like a tag would be one in the page.
    line.replace('|', "\\|").replace('<', "&lt;")
}

/// What an argument does, in all its words. Clap takes the last stop away, which is put back.
fn what(arg: &clap::Arg) -> String {
    let help = arg.get_long_help().or_else(|| arg.get_help());
    sentence(&help.map(ToString::to_string).unwrap_or_default())
}

fn sentence(text: &str) -> String {
    let text = cell(text);
    if text.ends_with(['.', ')']) || text.is_empty() {
        text
    } else {
        text + "."
    }
}

/// The value that an argument has without being given.
fn default(arg: &clap::Arg) -> String {
    let values: Vec<_> = arg
        .get_default_values()
        .iter()
        .map(|value| value.to_string_lossy())
        .filter(|value| !value.is_empty())
        .map(|value| format!("`{value}`"))
        .collect();
    // A switch has one that nobody asks for.
    if arg.get_action().takes_values() {
        values.join(", ")
    } else {
        String::new()
    }
}

/// What stands in a sentence of a document is not run by anything else.
#[test]
fn commands_that_documents_name_are_there() {
    use clap::Parser as _;
    use clap::error::ErrorKind;

    fn look(path: &Path, open: &mut Vec<String>) {
        if path.is_dir() {
            for entry in std::fs::read_dir(path).unwrap() {
                look(&entry.unwrap().path(), open);
            }
            return;
        }
        if path.extension().is_none_or(|text| text != "md") {
            return;
        }
        let document = std::fs::read_to_string(path).unwrap();
        for part in document.split("`slides ").skip(1) {
            let command = part.split('`').next().unwrap_or_default();
            let words = std::iter::once("slides").chain(command.split_whitespace());
            // One of several, any of them, or no command at all.
            if command.starts_with(|letter: char| letter.is_uppercase() || letter == '=')
                || command.contains('|')
            {
                continue;
            }
            let told = crate::arguments::Arguments::try_parse_from(words);
            let unknown = [ErrorKind::UnknownArgument, ErrorKind::InvalidSubcommand];
            if let Err(error) = told
                && unknown.contains(&error.kind())
            {
                open.push(format!("{}: slides {command}", path.display()));
            }
        }
    }

    let mut open = Vec::new();
    for part in ["README.md", "docs"] {
        let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        look(&top.join(part), &mut open);
    }
    assert!(open.is_empty(), "{}", open.join("\n"));
}
