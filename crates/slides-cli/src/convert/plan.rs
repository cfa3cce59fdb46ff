//! What the paths of the command line mean: one deck and its result, or many decks.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::arguments::ConvertArguments;
use crate::deck;
use crate::failure::{Exit, Failure};
use crate::sdk::ExportFormat;

use super::{check_input, inputs, is_same, unchanged};

/// What stands for standard input and output.
const STREAM: &str = "-";

#[derive(Debug)]
pub(super) enum Plan {
    One(One),
    Many(Many),
}

/// Where a deck comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Source {
    File(PathBuf),
    Stdin,
}

/// Where a result goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    File(PathBuf),
    Stdout,
}

/// One deck and its result.
#[derive(Debug)]
pub(super) struct One {
    pub(super) source: Source,
    pub(super) target: Target,
    pub(super) format: ExportFormat,
    /// The result is newer than the deck, and that is enough.
    pub(super) is_unchanged: bool,
}

/// Decks, each with its result.
#[derive(Debug)]
pub(super) struct Many {
    pub(super) tasks: Vec<Task>,
    pub(super) format: ExportFormat,
    /// What could not be searched for decks.
    pub(super) unread: Vec<(String, Failure)>,
}

#[derive(Debug)]
pub(super) struct Task {
    pub(super) input: PathBuf,
    pub(super) output: PathBuf,
    pub(super) todo: Todo,
}

#[derive(Debug)]
pub(super) enum Todo {
    Convert,
    Skip,
    Refuse(Failure),
}

impl Plan {
    pub(super) fn writes_to_stdout(&self) -> bool {
        matches!(self, Self::One(one) if one.target == Target::Stdout)
    }

    /// The decks that are files.
    pub(super) fn files(&self) -> Vec<&Path> {
        match self {
            Self::One(One {
                source: Source::File(path),
                is_unchanged: false,
                ..
            }) => vec![path],
            Self::One(_) => Vec::new(),
            Self::Many(many) => many
                .tasks
                .iter()
                .filter(|task| matches!(task.todo, Todo::Convert))
                .map(|task| task.input.as_path())
                .collect(),
        }
    }
}

/// Reads the command line; says what is wrong with it before anything is done.
pub(super) fn of(arguments: &ConvertArguments) -> Result<(Plan, ExportFormat), Failure> {
    let streams = |paths: &[PathBuf]| paths.iter().filter(|path| is_stream(path)).count();
    let named = arguments.to.as_deref().map(deck::format_by_name);
    let format = named
        .as_ref()
        .and_then(|named| named.as_ref().ok())
        .copied();
    let paths = arguments.paths.as_slice();
    if let [input, output] = paths
        && arguments.out_dir.is_none()
        && !format.is_some_and(|format| is_deck_to_convert(input, output, format))
    {
        return pair(input, output, named, arguments.skip_unchanged);
    }
    let Some(format) = named.transpose()? else {
        return Err(no_format(paths, arguments.out_dir.as_deref()));
    };
    match (paths, streams(paths)) {
        (_, 0) => {}
        ([_], _) if arguments.out_dir.is_none() => {
            let one = One {
                source: Source::Stdin,
                target: Target::Stdout,
                format,
                is_unchanged: false,
            };
            return Ok((Plan::One(one), format));
        }
        _ => {
            return Err(
                Failure::usage("standard input has no name that its result could get")
                    .hint("convert it by itself: `slides convert - OUT`"),
            );
        }
    }
    let out_dir = arguments.out_dir.as_deref();
    if let Some(folder) = out_dir.filter(|folder| folder.exists() && !folder.is_dir()) {
        return Err(Failure::usage(format!(
            "`{}` is not a folder",
            folder.display()
        )));
    }
    // One deck by its name is the same as the deck and its output.
    if let [input] = paths
        && input.is_file()
    {
        let output = result_of(input, out_dir.or(input.parent()), format);
        check_input(input)?;
        if is_same(input, &output) {
            return Err(own_result(input));
        }
        let one = One {
            is_unchanged: arguments.skip_unchanged
                && unchanged::is_unchanged(input, &output, format),
            source: Source::File(input.clone()),
            target: Target::File(output),
            format,
        };
        return Ok((Plan::One(one), format));
    }
    let many = many(paths, out_dir, format, arguments.skip_unchanged)?;
    Ok((Plan::Many(many), format))
}

fn is_stream(path: &Path) -> bool {
    path.as_os_str() == STREAM
}

/// `--to pdf a.pptx b.pptx` means two decks: nobody wants a PDF named `b.pptx` in the place of a deck.
fn is_deck_to_convert(input: &Path, second: &Path, format: ExportFormat) -> bool {
    let says_format = deck::format_by_extension(second).ok() == Some(format);
    // Also one that is not there: a wrong name must not become a PDF that is called a deck.
    let is_deck = inputs::has_deck_extension(second) && !second.is_dir();
    (is_deck || inputs::is_pattern(second)) && !says_format && !is_same(input, second)
}

/// `IN OUT`.
fn pair(
    input: &Path,
    output: &Path,
    named: Option<Result<ExportFormat, Failure>>,
    skip_unchanged: bool,
) -> Result<(Plan, ExportFormat), Failure> {
    let source = if is_stream(input) {
        Source::Stdin
    } else {
        check_first(input, output)?;
        Source::File(input.to_owned())
    };
    let target = if is_stream(output) {
        Target::Stdout
    } else {
        if let Source::File(input) = &source {
            check_output(input, output)?;
        }
        check_folder(output)?;
        Target::File(output.to_owned())
    };
    let format = match (named, &target) {
        (Some(named), _) => named?,
        (None, Target::File(output)) => deck::format_by_extension(output)?,
        (None, Target::Stdout) => {
            return Err(
                Failure::usage("standard output has no extension that says the format")
                    .hint("say it with `--to`, such as `--to pdf`"),
            );
        }
    };
    let is_unchanged = match (&source, &target) {
        (Source::File(input), Target::File(output)) => {
            skip_unchanged && unchanged::is_unchanged(input, output, format)
        }
        _ => false,
    };
    let one = One {
        source,
        target,
        format,
        is_unchanged,
    };
    Ok((Plan::One(one), format))
}

fn check_first(input: &Path, output: &Path) -> Result<(), Failure> {
    if inputs::is_pattern(input) {
        return Err(Failure::usage(format!(
            "`{}` is a pattern, and `{}` is one file",
            input.display(),
            output.display()
        ))
        .hint("`slides convert PATTERN --to FORMAT --out-dir DIR` converts all that it means"));
    }
    check_input(input).map_err(|failure| {
        if input.is_dir() {
            failure.hint(format!(
                "`slides convert {} --to FORMAT --out-dir {}` converts the decks in it",
                input.display(),
                output.display()
            ))
        } else {
            failure
        }
    })
}

fn check_output(input: &Path, output: &Path) -> Result<(), Failure> {
    if is_same(input, output) {
        return Err(Failure::usage(format!(
            "`{}` is the deck itself: name another file to write",
            output.display()
        )));
    }
    Ok(())
}

pub(crate) fn check_folder(output: &Path) -> Result<(), Failure> {
    if output.is_dir() {
        return Err(Failure::usage(format!(
            "`{}` is a folder: name the file to write",
            output.display()
        ))
        .hint(format!(
            "`--to FORMAT --out-dir {}` writes into it under the name of the deck",
            output.display()
        )));
    }
    match output.parent() {
        Some(folder) if !folder.as_os_str().is_empty() && !folder.is_dir() => Err(Failure::usage(
            format!("the folder `{}` does not exist", folder.display()),
        )
        .hint(format!("`mkdir -p {}` makes it", folder.display()))),
        _ => Ok(()),
    }
}

/// Nothing says what is to be made of the decks.
fn no_format(paths: &[PathBuf], out_dir: Option<&Path>) -> Failure {
    let failure = match paths {
        [one] if out_dir.is_none() => {
            let one = one.display();
            Failure::usage(format!("it is not said what `{one}` is to become")).hint(format!(
                "`slides convert {one} OUT.pdf` writes that file, `slides convert {one} --to pdf` a PDF beside it"
            ))
        }
        _ => Failure::usage("it is not said what the decks are to become")
            .hint("say it with `--to`, such as `--to pdf`"),
    };
    match paths.last() {
        Some(last) if paths.len() > 2 && out_dir.is_none() && !last.exists() => {
            failure.hint(format!(
                "several decks do not become one file: say the format with `--to`, and the folder with `--out-dir` instead of `{}`",
                last.display()
            ))
        }
        _ => failure,
    }
}

fn own_result(input: &Path) -> Failure {
    Failure::usage(format!(
        "`{}` would be replaced by its own result",
        input.display()
    ))
    .hint("say with `--out-dir DIR` where the results go")
}

/// `deck.pptx` becomes `deck.pdf`, here or in another folder.
fn result_of(input: &Path, folder: Option<&Path>, format: ExportFormat) -> PathBuf {
    let mut name = input.file_stem().map_or_else(OsString::new, OsString::from);
    name.push(".");
    name.push(format.extension());
    folder.map_or_else(|| PathBuf::from(&name), |folder| folder.join(&name))
}

fn many(
    paths: &[PathBuf],
    out_dir: Option<&Path>,
    format: ExportFormat,
    skip_unchanged: bool,
) -> Result<Many, Failure> {
    let found = inputs::find(paths, out_dir)?;
    let mut taken: HashMap<PathBuf, PathBuf> = HashMap::new();
    let tasks = found.decks.into_iter().map(|deck| {
        let inputs::Deck { path, below } = deck;
        let folder = match out_dir {
            Some(out_dir) => out_dir.join(below),
            None => path.parent().map_or_else(PathBuf::new, Path::to_path_buf),
        };
        let output = result_of(&path, Some(&folder), format);
        let todo = match (check_input(&path), taken.entry(output.clone())) {
            (Err(failure), _) => Todo::Refuse(failure),
            _ if is_same(&path, &output) => Todo::Refuse(own_result(&path)),
            (Ok(()), Entry::Occupied(other)) => Todo::Refuse(
                Failure::new(
                    Exit::Failed,
                    format!(
                        "`{}` would become `{}`, as `{}` does",
                        path.display(),
                        output.display(),
                        other.get().display()
                    ),
                )
                .hint("convert it by itself, under another name: `slides convert IN OUT`"),
            ),
            (Ok(()), Entry::Vacant(place)) => {
                place.insert(path.clone());
                if skip_unchanged && unchanged::is_unchanged(&path, &output, format) {
                    Todo::Skip
                } else {
                    Todo::Convert
                }
            }
        };
        Task {
            input: path,
            output,
            todo,
        }
    });
    Ok(Many {
        tasks: tasks.collect(),
        format,
        unread: found.unread,
    })
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::arguments::{Arguments, Command};

    fn plan(line: &[&str]) -> Result<Plan, Failure> {
        let line = ["slides", "convert"].iter().chain(line);
        let Command::Convert(arguments) = Arguments::try_parse_from(line).unwrap().command else {
            panic!("not convert");
        };
        of(&arguments).map(|(plan, _)| plan)
    }

    fn one(plan: Plan) -> One {
        match plan {
            Plan::One(one) => one,
            Plan::Many(many) => panic!("{many:?}"),
        }
    }

    fn many(plan: Plan) -> Vec<Task> {
        match plan {
            Plan::Many(many) => many.tasks,
            Plan::One(one) => panic!("{one:?}"),
        }
    }

    #[test]
    fn paths_mean_what_people_expect() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        for name in ["a.pptx", "b.pptx"] {
            std::fs::write(path(name), "deck").unwrap();
        }
        let (a, b, pdf, dir) = (path("a.pptx"), path("b.pptx"), path("c.pdf"), path(""));

        let found = one(plan(&[&a, &pdf]).unwrap());
        assert_eq!(found.target, Target::File(pdf.clone().into()));
        let found = one(plan(&[&a, "--to", "html5"]).unwrap());
        assert_eq!(found.target, Target::File(path("a.html").into()));
        let found = one(plan(&[&a, "--to", "png", "--out-dir", "out"]).unwrap());
        assert_eq!(found.target, Target::File("out/a.png".into()));
        let found = one(plan(&["-", "--to", "pdf"]).unwrap());
        assert_eq!(
            (found.source, found.target),
            (Source::Stdin, Target::Stdout)
        );
        // A PDF is not written over a deck.
        let found = many(plan(&[&a, &b, "--to", "pdf"]).unwrap());
        assert_eq!(found[1].output, PathBuf::from(path("b.pdf")));
        // A deck in the same format may be.
        let found = one(plan(&[&a, &b, "--to", "pptx"]).unwrap());
        assert_eq!(found.target, Target::File(b.clone().into()));
        let found = many(plan(&[&dir, "--to", "pdf"]).unwrap());
        assert_eq!(found.len(), 2);

        for (line, words) in [
            (vec![a.as_str()], "it is not said what"),
            (vec![&a, &b, &pdf], "it is not said what the decks"),
            (vec![&a, "-"], "standard output has no extension"),
            (
                vec![&a, "-", "--to", "pdf", "--out-dir", "o"],
                "standard input has no name",
            ),
            (vec![&dir, &pdf], "is a folder, not a deck"),
            (vec![&a, &dir, "--to", "pdf"], "is a folder: name the file"),
            (vec![&a, "--to", "pptx"], "by its own result"),
            (vec!["*.nothing", &pdf], "is a pattern"),
            (
                vec!["*.nothing", "--to", "pdf"],
                "no file is meant by `*.nothing`",
            ),
        ] {
            let failure = plan(&line).unwrap_err();
            assert!(
                failure.message.contains(words),
                "{line:?}: {}",
                failure.message
            );
            assert_eq!(failure.exit, Exit::Usage, "{line:?}");
        }
    }

    #[test]
    fn two_decks_of_one_name_do_not_share_a_result() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a.pptx", "a.odp"] {
            std::fs::write(folder.path().join(name), "deck").unwrap();
        }
        let found = many(plan(&[folder.path().to_str().unwrap(), "--to", "pdf"]).unwrap());
        assert!(matches!(found[0].todo, Todo::Convert), "{found:?}");
        let Todo::Refuse(failure) = &found[1].todo else {
            panic!("{found:?}");
        };
        assert!(
            failure.message.contains("a.pptx` would become"),
            "{}",
            failure.message
        );
    }
}
