//! Settings of `slides serve`: a file, the environment and the flags, of which each goes over the one before.
//!
//! Each flag is a setting. What file and environment say is put behind the command line as flags, where neither that
//! nor a stronger source has the setting already: so there is one reader of values, clap.

mod file;
mod print;
mod vendor;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command, CommandFactory as _, FromArgMatches as _};

use crate::arguments::{self, Arguments};
use crate::failure::Failure;

pub(crate) use print::print;
pub(crate) use vendor::Vendor;
#[cfg(all(test, feature = "otlp", feature = "postgres"))]
pub(crate) use vendor::variables as variables_of_the_vendor;

/// What stands between the values of a setting that may be repeated, in the environment.
const SEPARATOR: char = ';';
/// Flags that are no settings.
const NO_SETTINGS: &[&str] = &[
    "config",
    "print-config",
    "help",
    "version",
    "json",
    "quiet",
    "log-json",
];

/// Variables of the environment, or a stand-in for them.
pub(crate) type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Where a setting comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    Default,
    File(PathBuf),
    /// The name of the variable.
    Environment(String),
    Flag,
}

/// A setting with what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Setting {
    pub(crate) key: String,
    /// None when it is not set; several when it may be repeated.
    pub(crate) values: Vec<String>,
    pub(crate) is_switch: bool,
    pub(crate) origin: Origin,
}

/// All settings of a server, and what is no flag.
#[derive(Debug, Clone, Default)]
pub(crate) struct Settings {
    pub(crate) list: Vec<Setting>,
    pub(crate) vendor: Vendor,
}

/// Why there are no arguments.
pub(crate) enum Stop {
    /// Usage errors, help and version.
    Clap(clap::Error),
    Failure(Failure),
}

impl From<clap::Error> for Stop {
    fn from(error: clap::Error) -> Self {
        Self::Clap(error)
    }
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

/// A value of a setting from outside the command line.
struct Found {
    key: String,
    value: String,
    origin: Origin,
}

/// Reads the command line, and for `serve` the file and the environment.
pub(crate) fn parse(args: &[OsString], environment: Environment<'_>) -> Result<Arguments, Stop> {
    let mut command = Arguments::command();
    let matches = command.try_get_matches_from_mut(args)?;
    let Some(given) = matches.subcommand_matches("serve") else {
        return Ok(Arguments::from_arg_matches(&matches)?);
    };
    let Some(serve) = command.find_subcommand("serve") else {
        return Ok(Arguments::from_arg_matches(&matches)?);
    };
    let known: Vec<&Arg> = settings(serve).collect();
    let mut found = Vec::new();
    if let Some(path) = given.get_one::<PathBuf>("config") {
        found.extend(file::read(path, &known)?);
    }
    let (vendor, aliases) = vendor::read(environment)?;
    let own = from_environment(&known, environment);
    let aliases = aliases
        .into_iter()
        .filter(|alias| !own.iter().any(|setting| setting.key == alias.key));
    let mut from_outside: Vec<Found> = aliases.collect();
    from_outside.extend(own);
    // Of a setting in both, the environment's values take the place of the file's.
    found.retain(|setting| {
        let is_own_variable = source(&known, given, &setting.key) == Some(ValueSource::EnvVariable);
        !is_own_variable && !from_outside.iter().any(|other| other.key == setting.key)
    });
    found.extend(from_outside);
    found.retain(|setting| source(&known, given, &setting.key) != Some(ValueSource::CommandLine));
    let mut all = args.to_vec();
    for setting in &found {
        let flag = flag(&known, setting)?;
        if let Some(flag) = flag {
            check(&flag, setting)?;
            all.push(flag.into());
        }
    }
    let matches = Arguments::command().try_get_matches_from(all)?;
    let mut arguments = Arguments::from_arg_matches(&matches)?;
    if let (arguments::Command::Serve(serve), Some(merged)) =
        (&mut arguments.command, matches.subcommand_matches("serve"))
    {
        serve.settings = Settings {
            list: known
                .iter()
                .map(|arg| setting(arg, merged, &found))
                .collect(),
            vendor,
        };
    }
    Ok(arguments)
}

fn settings(serve: &Command) -> impl Iterator<Item = &Arg> {
    let is_setting = |arg: &&Arg| {
        arg.get_long()
            .is_some_and(|long| !NO_SETTINGS.contains(&long))
    };
    serve.get_arguments().filter(is_setting)
}

/// The settings with their variables, for the documents.
#[cfg(all(test, feature = "otlp", feature = "postgres"))]
pub(crate) fn documented(serve: &Command) -> impl Iterator<Item = (&Arg, String)> {
    settings(serve).map(|arg| {
        let own = || variable(arg.get_long().unwrap_or_default());
        let read_by_clap = arg
            .get_env()
            .map(|name| name.to_string_lossy().into_owned());
        (arg, read_by_clap.unwrap_or_else(own))
    })
}

fn find<'a>(known: &[&'a Arg], key: &str) -> Option<&'a Arg> {
    known
        .iter()
        .find(|arg| arg.get_long() == Some(key))
        .copied()
}

fn source(known: &[&Arg], given: &ArgMatches, key: &str) -> Option<ValueSource> {
    given.value_source(find(known, key)?.get_id().as_str())
}

fn is_switch(arg: &Arg) -> bool {
    !arg.get_action().takes_values()
}

/// The variable of a setting: `SLIDES_MAX_BODY` for `max-body`.
fn variable(key: &str) -> String {
    format!("SLIDES_{}", key.to_ascii_uppercase().replace('-', "_"))
}

fn from_environment(known: &[&Arg], environment: Environment<'_>) -> Vec<Found> {
    let mut list = Vec::new();
    // Those that clap reads itself are in the matches already.
    for arg in known.iter().filter(|arg| arg.get_env().is_none()) {
        let Some(key) = arg.get_long() else { continue };
        let name = variable(key);
        // An empty one is how a compose file says that there is none.
        let Some(text) = environment(&name).filter(|text| !text.is_empty()) else {
            continue;
        };
        let values: Vec<&str> = match arg.get_action() {
            ArgAction::Append => text
                .split(SEPARATOR)
                .map(str::trim)
                .filter(|value| !value.is_empty())
                .collect(),
            _ => vec![text.as_str()],
        };
        for value in values {
            list.push(Found {
                key: key.to_owned(),
                value: value.to_owned(),
                origin: Origin::Environment(name.clone()),
            });
        }
    }
    list
}

/// A setting as a flag; none for a switch that is off.
fn flag(known: &[&Arg], setting: &Found) -> Result<Option<String>, Failure> {
    let is_switch = find(known, &setting.key).is_some_and(is_switch);
    if !is_switch {
        return Ok(Some(format!("--{}={}", setting.key, setting.value)));
    }
    match setting.value.to_ascii_lowercase().as_str() {
        "true" | "1" | "on" | "yes" => Ok(Some(format!("--{}", setting.key))),
        "false" | "0" | "off" | "no" => Ok(None),
        _ => Err(wrong(
            setting,
            &format!("`{}` is neither `true` nor `false`", setting.value),
        )),
    }
}

/// Reads one flag alone, so that a wrong value is told with where it stands.
fn check(flag: &str, setting: &Found) -> Result<(), Failure> {
    let Err(error) = Arguments::command().try_get_matches_from(["slides", "serve", flag]) else {
        return Ok(());
    };
    let text = error.to_string();
    let first = text.lines().next().unwrap_or_default();
    let why = first.trim_start_matches("error: ");
    // The value itself was seen in the file; what is wrong with it stands behind the flag's name.
    let why = why.split_once("': ").map_or(why, |(_, why)| why);
    Err(wrong(
        setting,
        &format!("`{}` is not valid: {why}", setting.value),
    ))
}

fn wrong(setting: &Found, why: &str) -> Failure {
    let place = match &setting.origin {
        Origin::File(path) => format!("setting `{}` in `{}`", setting.key, path.display()),
        Origin::Environment(name) => format!("variable `{name}`"),
        Origin::Default | Origin::Flag => format!("setting `{}`", setting.key),
    };
    Failure::usage(format!("{place}: {why}"))
        .hint("`slides serve --help` lists the settings, `--print-config` shows what they are")
}

/// A setting as it is in the end.
fn setting(arg: &Arg, matches: &ArgMatches, found: &[Found]) -> Setting {
    let key = arg.get_long().unwrap_or_default().to_owned();
    let id = arg.get_id().as_str();
    let raw = matches.get_raw(id).into_iter().flatten();
    let values: Vec<String> = if is_switch(arg) {
        vec![matches.get_flag(id).to_string()]
    } else {
        raw.map(|value| value.to_string_lossy().into_owned())
            .collect()
    };
    let origin = match matches.value_source(id) {
        Some(ValueSource::EnvVariable) => {
            let name = arg
                .get_env()
                .map(|name| name.to_string_lossy().into_owned());
            Origin::Environment(name.unwrap_or_default())
        }
        Some(ValueSource::CommandLine) => {
            let outside = found.iter().find(|setting| setting.key == key);
            outside.map_or(Origin::Flag, |setting| setting.origin.clone())
        }
        _ => Origin::Default,
    };
    Setting {
        key,
        values,
        is_switch: is_switch(arg),
        origin,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    fn read(
        args: &[&str],
        variables: &[(&str, &str)],
    ) -> Result<arguments::ServeArguments, String> {
        let variables: HashMap<_, _> = variables.iter().copied().collect();
        let environment = |name: &str| variables.get(name).map(|&value| value.to_owned());
        let args = ["slides", "serve"]
            .iter()
            .chain(args)
            .map(OsString::from)
            .collect::<Vec<_>>();
        match parse(&args, &environment) {
            Ok(arguments) => match arguments.command {
                arguments::Command::Serve(serve) => Ok(*serve),
                _ => unreachable!(),
            },
            Err(Stop::Clap(error)) => Err(error.to_string()),
            Err(Stop::Failure(failure)) => Err(failure.message),
        }
    }

    fn with_file(text: &str) -> (tempfile::NamedTempFile, String) {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        let flag = format!("--config={}", file.path().display());
        (file, flag)
    }

    fn origin(arguments: &arguments::ServeArguments, key: &str) -> Origin {
        let setting = arguments
            .settings
            .list
            .iter()
            .find(|setting| setting.key == key);
        setting.unwrap().origin.clone()
    }

    #[test]
    fn flags_go_over_the_environment_and_that_over_the_file() {
        let (file, flag) = with_file(
            "listen = '127.0.0.1:1'\nworkers = 1\nmax-queue = 11\nallow_open = true\nstorage = ['A=memory:', 'B=memory:']\n",
        );
        let variables = [
            ("SLIDES_WORKERS", "2"),
            ("SLIDES_MAX_QUEUE", "22"),
            ("SLIDES_STORAGE", "C=memory:; D=memory:"),
            ("SLIDES_VENDOR_MESSAGES", "yes"),
            ("SLIDES_LEASE", ""),
        ];
        let arguments = read(&[&flag, "--max-queue", "33"], &variables).unwrap();
        assert_eq!(arguments.listen.port(), 1);
        assert_eq!(arguments.workers, Some(2));
        assert_eq!(arguments.max_queue, 33);
        assert_eq!(arguments.storage, ["C=memory:", "D=memory:"]);
        assert!(arguments.allow_open && arguments.vendor_messages);
        assert_eq!(
            origin(&arguments, "listen"),
            Origin::File(file.path().to_owned())
        );
        assert_eq!(
            origin(&arguments, "workers"),
            Origin::Environment("SLIDES_WORKERS".into())
        );
        assert_eq!(origin(&arguments, "max-queue"), Origin::Flag);
        assert_eq!(origin(&arguments, "lease"), Origin::Default);
    }

    #[test]
    fn a_wrong_value_is_told_with_its_place() {
        let (file, flag) = with_file("max-body = 'many'\n");
        let place = file.path().display().to_string();
        let error = read(&[&flag], &[]).unwrap_err();
        assert!(
            error.starts_with(&format!(
                "setting `max-body` in `{place}`: `many` is not valid: a size is"
            )),
            "{error}"
        );
        let error = read(&[], &[("SLIDES_WORKERS", "x")]).unwrap_err();
        assert!(
            error.starts_with("variable `SLIDES_WORKERS`: `x` is not valid"),
            "{error}"
        );
        let error = read(&[], &[("SLIDES_ALLOW_OPEN", "maybe")]).unwrap_err();
        assert_eq!(
            error,
            "variable `SLIDES_ALLOW_OPEN`: `maybe` is neither `true` nor `false`"
        );
    }

    #[test]
    fn a_file_may_hold_nothing_but_settings() {
        for (text, expected) in [
            (
                "max-bodi = 1",
                "there is no setting `max-bodi`, did you mean `max-body`?",
            ),
            (
                "[serve]\nworkers = 1",
                "`serve` is a table: settings stand side by side, without sections",
            ),
            (
                "workers = 1.5",
                "`workers` is a number with a fraction: write whole numbers, texts, `true` or `false`",
            ),
            ("listen = ['127.0.0.1:1']", "`listen` takes one value"),
            ("workers = 1\nworkers = 2", "line 2"),
        ] {
            let (_file, flag) = with_file(text);
            let error = read(&[&flag], &[]).unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
        }
        let error = read(&["--config=/nowhere/slides.toml"], &[]).unwrap_err();
        assert_eq!(error, "cannot read the settings in `/nowhere/slides.toml`");
    }

    #[test]
    fn settings_of_the_vendors_container_are_taken() {
        let variables = [
            ("ClientId", "me"),
            ("ClientSecret", "secret"),
            ("StorageRootFolder", "/storage"),
            ("MaxRequestBodySize", "2147483647"),
            ("MultipartBodyLengthLimit", "1000000"),
            ("LicensePublicKey", "x"),
        ];
        let arguments = read(&[], &variables).unwrap();
        assert_eq!(arguments.client_id.as_deref(), Some("me"));
        assert_eq!(arguments.storage, ["Default=local:/storage"]);
        assert_eq!(arguments.max_body, 1_000_000);
        assert_eq!(arguments.settings.vendor.notes.len(), 1);
        // Our own names go first.
        let more = [variables.as_slice(), &[("SLIDES_MAX_BODY", "7")]].concat();
        assert_eq!(read(&[], &more).unwrap().max_body, 7);
        let bucket = [
            ("AWSS3_BUCKET", "b"),
            ("AWSS3_REGION", "r"),
            ("AWSS3_ENDPOINT", "http://127.0.0.1:9"),
        ];
        let arguments = read(&[], &bucket).unwrap();
        assert_eq!(
            arguments.storage,
            ["Default=s3://b?region=r&endpoint=http://127.0.0.1:9"]
        );
        // Its keys are for no other bucket.
        let keys = [("AWSS3_ACCESS_KEY", "id"), ("AWSS3_SECRET_KEY", "s")];
        let flags = ["--storage", "Other=s3://o"];
        for (flags, bucket, has) in [(&[][..], &bucket[..], true), (&flags, &bucket, false)] {
            let arguments = read(flags, &[bucket, &keys].concat()).unwrap();
            let keys = arguments.settings.vendor.s3_keys.unwrap();
            let text = &arguments.storage[0];
            let mut storage: slides_service::NamedStorage = text.parse().unwrap();
            keys.give(text, &mut storage);
            let slides_service::StorageKind::S3(bucket) = storage.kind else {
                panic!("{text}")
            };
            assert_eq!(bucket.credentials.is_some(), has, "{text}");
        }
        assert!(read(&[], &keys).unwrap().settings.vendor.s3_keys.is_none());
        let error = read(&[], &[("GOOGLE_STORAGE_BUCKET", "b")]).unwrap_err();
        assert!(error.contains("GOOGLE_STORAGE_BUCKET"), "{error}");
    }
}
