//! Development tasks of the workspace: `cargo xtask <task>`.

#![allow(clippy::print_stdout, clippy::print_stderr)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod api;
mod archival;
mod bench;
mod book;
mod browser;
mod ci;
mod codegen;
mod faults;
mod features;
mod fidelity;
mod fuzz;
mod hostile;
mod http;
mod licenses;
mod lines;
mod packages;
mod process;
mod references;
mod release;
mod roundtrip;
mod schema;
mod sdk;
mod server;
mod test;
mod tidy;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Development tasks of the Slides workspace.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Write the wire models, the route table and docs/reference/api.md from docs/openapi/slides-async.yaml.
    Codegen {
        /// Fail when the committed files differ instead of writing them.
        #[arg(long)]
        check: bool,
    },
    /// Write down what the SDK's crates offer (docs/api).
    Api {
        /// Fail when the committed files differ instead of writing them.
        #[arg(long)]
        check: bool,
    },
    /// Write the list of crates that `slides licenses` prints, with a text for each; fail where one has none.
    Licenses {
        /// Fail too when the committed list and texts differ, instead of writing them.
        #[arg(long)]
        check: bool,
    },
    /// Check the crate map, the manifests, the texts and the links.
    Tidy,
    /// Build and run every test.
    Test {
        /// More arguments for `cargo test`.
        #[arg(last = true)]
        arguments: Vec<String>,
    },
    /// Run the vendor's SDKs for Python and Node.js against a server of ours.
    SdkTests,
    /// Have a checker that is not ours look at PDF/A and PDF/UA.
    PdfTests,
    /// Try the server's page, and what the exporters write, in a real browser.
    BrowserTests(browser::Arguments),
    /// Test a server of ours against the API's description.
    SchemaTests(schema::Arguments),
    /// Check what each choice of the SDK's features pulls in, and that it builds.
    Features {
        /// Look at the dependency trees alone.
        #[arg(long)]
        no_build: bool,
    },
    /// Build the documents as a book, into target/book.
    Book,
    /// Go through the list of a release (CONTRIBUTING.md), without changing anything.
    Release(release::Arguments),
    /// Run what must pass before a change lands, beside the tests.
    Ci,
    /// Measure speed and memory beside a peer, in one run.
    #[command(subcommand)]
    Bench(bench::Bench),
    /// Kill, stop, starve and cut off servers until it counts, and judge what their clients were told.
    Faults(faults::Arguments),
    /// Run the fuzz targets.
    Fuzz(fuzz::Arguments),
    /// Compare the output with PowerPoint's, page by page.
    Fidelity(fidelity::Arguments),
    /// Compare where lines of text stand and break with PowerPoint's.
    Lines(lines::Arguments),
    /// Compare the feature decks' slides with the committed pictures.
    References(references::Arguments),
    /// Save decks again, split and merge them, and compare.
    Roundtrip(roundtrip::Arguments),
    /// Convert hostile decks by the command line and by a server.
    Hostile(hostile::Arguments),
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().task {
        Task::Codegen { check } => codegen::run(check),
        Task::Api { check } => api::run(check),
        Task::Licenses { check } => licenses::run(check),
        Task::Tidy => tidy::run(),
        Task::Test { arguments } => test::run(&arguments),
        Task::SdkTests => sdk::run(),
        Task::PdfTests => archival::run(),
        Task::BrowserTests(arguments) => browser::run(&arguments),
        Task::SchemaTests(arguments) => schema::run(&arguments),
        Task::Features { no_build } => features::run(!no_build),
        Task::Book => book::run(),
        Task::Release(arguments) => release::run(&arguments),
        Task::Ci => ci::run(),
        Task::Bench(bench) => bench::run(&bench),
        Task::Faults(arguments) => faults::run(&arguments),
        Task::Fuzz(arguments) => fuzz::run(&arguments),
        Task::Fidelity(arguments) => fidelity::run(&arguments),
        Task::Lines(arguments) => lines::run(&arguments),
        Task::References(arguments) => references::run(&arguments),
        Task::Roundtrip(arguments) => roundtrip::run(&arguments),
        Task::Hostile(arguments) => hostile::run(&arguments),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            for cause in error.chain().skip(1) {
                eprintln!("caused by: {cause}");
            }
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use clap::error::ErrorKind;

    use super::*;

    /// Tasks that a document names, with their arguments.
    fn named(document: &str) -> Vec<String> {
        let mut named = Vec::new();
        for part in document.split("cargo xtask ").skip(1) {
            let end = part.find(['`', '\n', '#', '|']).unwrap_or(part.len());
            named.push(part[..end].trim().to_owned());
        }
        named
    }

    fn look(path: &Path, open: &mut Vec<String>) {
        let document = std::fs::read_to_string(workspace::root().join(path)).unwrap();
        for task in named(&document) {
            let words = std::iter::once("xtask").chain(task.split_whitespace());
            // A sentence may name a task without all that it needs.
            match Arguments::try_parse_from(words).map_err(|error| error.kind()) {
                Ok(_)
                | Err(
                    ErrorKind::MissingRequiredArgument
                    | ErrorKind::MissingSubcommand
                    | ErrorKind::DisplayHelp
                    | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand,
                ) => {}
                Err(kind) => open.push(format!("{}: {task}: {kind}", path.display())),
            }
        }
    }

    /// Most of them measure for long, and are run by hand.
    #[test]
    fn tasks_that_documents_name_are_there() {
        let mut open = Vec::new();
        let parts = ["README.md", "CONTRIBUTING.md", "docs", "tests", "fuzz"];
        let is_document = |path: &&PathBuf| {
            path.extension().is_some_and(|text| text == "md")
                && parts.iter().any(|part| path.starts_with(part))
        };
        let files = workspace::files().unwrap();
        for path in files.iter().filter(is_document) {
            look(path, &mut open);
        }
        assert!(open.is_empty(), "{}", open.join("\n"));
    }

    #[test]
    fn tasks_are_found_in_sentences_and_blocks() {
        let found =
            named("Run `cargo xtask book`, or\n```sh\nA=1 cargo xtask faults kill # one\n```\n");
        assert_eq!(found, ["book", "faults kill"]);
    }
}
