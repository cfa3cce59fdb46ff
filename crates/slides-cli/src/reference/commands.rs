//! Every command with what it takes.

use std::fmt::Write as _;

use clap::{Arg, Command, CommandFactory as _};

use super::{check, default, sentence, what};
use crate::arguments::Arguments;

#[test]
fn the_page_of_commands_is_what_the_program_takes() {
    let mut program = Arguments::command();
    program.build();
    let mut page = String::from("\n| command | |\n| --- | --- |\n");
    for command in subcommands(&program) {
        let name = command.get_name();
        let about = about(command);
        writeln!(
            page,
            "| [`{name}`](#slides-{name}) | {} |",
            about
                .split_once(". ")
                .map_or(about.as_str(), |(first, _)| first)
                .trim_end_matches('.')
        )
        .unwrap();
    }
    page.push_str("\n## Everywhere\n");
    table(
        &mut page,
        program.get_arguments().filter(|arg| arg.is_global_set()),
    );
    for command in subcommands(&program) {
        section(&mut page, command, "##", "slides");
    }
    check("command-line.md", &page);
}

fn subcommands(command: &Command) -> impl Iterator<Item = &Command> {
    command
        .get_subcommands()
        .filter(|inner| inner.get_name() != "help")
}

fn section(page: &mut String, command: &Command, level: &str, outer: &str) {
    let name = format!("{outer} {}", command.get_name());
    let usage = command.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage: ");
    // The lines below the first stand under it on a terminal.
    let usage: Vec<_> = usage.lines().map(str::trim).collect();
    write!(
        page,
        "\n{level} {name}\n\n{}\n\n```text\n{}\n```\n",
        about(command),
        usage.join("\n")
    )
    .unwrap();
    // Those of every command stand at the top, except where a group of commands brings its own.
    let program = Arguments::command();
    let is_own = |arg: &&Arg| {
        program
            .get_arguments()
            .all(|everywhere| everywhere.get_id() != arg.get_id())
    };
    table(page, command.get_arguments().filter(is_own));
    let help = command
        .get_after_long_help()
        .or_else(|| command.get_after_help());
    if let Some(help) = help {
        write!(page, "\n```text\n{}\n```\n", help.to_string().trim()).unwrap();
    }
    for inner in subcommands(command) {
        section(page, inner, &format!("{level}#"), &name);
    }
}

fn about(command: &Command) -> String {
    let about = command.get_long_about().or_else(|| command.get_about());
    sentence(&about.map(ToString::to_string).unwrap_or_default())
}

fn table<'a>(page: &mut String, arguments: impl Iterator<Item = &'a Arg>) {
    let mut rows = String::new();
    for arg in arguments.filter(|arg| !arg.is_hide_set()) {
        if matches!(arg.get_id().as_str(), "help" | "version") {
            continue;
        }
        let mut text = what(arg);
        let default = default(arg);
        if !default.is_empty() {
            let _ = write!(text, " Default: {default}.");
        }
        if let Some(variable) = arg.get_env() {
            let _ = write!(text, " Variable: `{}`.", variable.to_string_lossy());
        }
        let choices: Vec<_> = arg
            .get_possible_values()
            .iter()
            .filter(|_| arg.get_action().takes_values())
            .map(|value| format!("`{}`", value.get_name()))
            .collect();
        if !choices.is_empty() {
            let _ = write!(text, " One of {}.", choices.join(", "));
        }
        writeln!(rows, "| `{}` | {text} |", form(arg)).unwrap();
    }
    if !rows.is_empty() {
        write!(page, "\n| | |\n| --- | --- |\n{rows}").unwrap();
    }
}

/// How an argument is written.
fn form(arg: &Arg) -> String {
    let value = arg
        .get_value_names()
        .filter(|_| arg.get_action().takes_values())
        .map(|names| names.join(" ").replace('|', "\\|"));
    let Some(long) = arg.get_long() else {
        return value.unwrap_or_else(|| arg.get_id().to_string());
    };
    let short = arg
        .get_short()
        .map_or_else(String::new, |short| format!("-{short}, "));
    let value = value.map_or_else(String::new, |value| format!(" {value}"));
    format!("{short}--{long}{value}")
}
