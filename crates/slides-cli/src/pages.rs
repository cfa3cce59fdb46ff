//! `slides completions` and `slides man`: what shells and `man` want to know of this program, made from its arguments.

use std::io::{self, Write};

use clap::CommandFactory;

use crate::arguments::{Arguments, CompletionsArguments, ManArguments};
use crate::console::Console;
use crate::failure::{Exit, Failure};

pub(crate) fn completions(arguments: &CompletionsArguments) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(
        arguments.shell,
        &mut Arguments::command(),
        "slides",
        &mut script,
    );
    print(&script)
}

pub(crate) fn man(arguments: &ManArguments, console: &mut Console) -> Result<(), Failure> {
    let Some(folder) = &arguments.out_dir else {
        let mut page = Vec::new();
        clap_mangen::Man::new(Arguments::command())
            .render(&mut page)
            .map_err(|error| cannot_print(&error))?;
        return print(&page);
    };
    std::fs::create_dir_all(folder)
        .and_then(|()| clap_mangen::generate_to(Arguments::command(), folder))
        .map_err(|error| {
            Failure::new(
                Exit::Failed,
                format!("cannot write the pages into `{}`", folder.display()),
            )
            .caused_by(&error)
        })?;
    console.note(&format!(
        "`man {}/slides.1` shows the first page",
        folder.display()
    ));
    Ok(())
}

pub(crate) fn print(bytes: &[u8]) -> Result<(), Failure> {
    let mut output = io::stdout().lock();
    match output.write_all(bytes).and_then(|()| output.flush()) {
        // A closed pipe is the reader's choice.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(cannot_print(&error)),
        _ => Ok(()),
    }
}

fn cannot_print(error: &io::Error) -> Failure {
    Failure::new(Exit::Failed, "cannot write to standard output").caused_by(error)
}
