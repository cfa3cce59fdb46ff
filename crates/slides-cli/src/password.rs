//! Passwords of decks: from a file, the environment, the command line, or asked for on the terminal.

use std::fs::File;
use std::io::{self, IsTerminal, Read};
use std::path::Path;

use crate::arguments::PasswordArguments;
use crate::failure::Failure;
use crate::sdk::Password;

/// How a password is given.
pub(crate) const HINT: &str = "give the password with `--password-file FILE` or `--password-env NAME`, or at the prompt of `--ask-password`";
/// Bytes of a password file that are read.
const MAX_PASSWORD_FILE: u64 = 64 << 10;
/// How compound files begin, which protected decks are.
const COMPOUND_FILE: [u8; 8] = [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1];
/// Decks that are compound files although they are not protected.
const COMPOUND_DECKS: [&str; 3] = ["ppt", "pps", "pot"];

/// The password that the command line leads to.
pub(crate) fn given(arguments: &PasswordArguments) -> Result<Option<Password>, Failure> {
    if let Some(path) = &arguments.password_file {
        let mut text = String::new();
        File::open(path)
            .and_then(|file| file.take(MAX_PASSWORD_FILE).read_to_string(&mut text))
            .map_err(|error| {
                Failure::usage(format!(
                    "cannot read the password file `{}`",
                    path.display()
                ))
                .caused_by(&error)
            })?;
        return Ok(Some(Password::from(
            text.lines().next().unwrap_or_default(),
        )));
    }
    if let Some(name) = &arguments.password_env {
        let text = std::env::var(name).map_err(|error| {
            Failure::usage(format!(
                "cannot read the password from the variable `{name}`"
            ))
            .caused_by(&error)
        })?;
        return Ok(Some(Password::from(text)));
    }
    if arguments.ask_password {
        return ask("Password of the deck: ").map(Some);
    }
    Ok(arguments.password.as_deref().map(Password::from))
}

/// Asks when one of the decks is protected and somebody sits at a terminal. Must come before signals are caught: only
/// their default action ends a prompt.
pub(crate) fn asked_for<'a>(
    decks: impl IntoIterator<Item = &'a Path>,
) -> Result<Option<Password>, Failure> {
    if !io::stderr().is_terminal() {
        return Ok(None);
    }
    let protected: Vec<&Path> = decks
        .into_iter()
        .filter(|path| looks_protected(path))
        .collect();
    let text = match protected.as_slice() {
        [] => return Ok(None),
        [one] => format!("Password of `{}`: ", one.display()),
        [first, ..] => format!(
            "Password of `{}` and {} more: ",
            first.display(),
            protected.len() - 1
        ),
    };
    ask(&text).map(Some)
}

/// A line from the terminal, whatever standard input is, that is not shown.
pub(crate) fn ask(text: &str) -> Result<Password, Failure> {
    rpassword::prompt_password(text)
        .map(Password::from)
        .map_err(|error| {
            Failure::usage("there is no terminal to ask for the password on")
                .caused_by(&error)
                .hint("give it with `--password-file FILE` or `--password-env NAME`")
        })
}

/// Judged by the first bytes alone; a deck that turns out not to be protected needs no password.
fn looks_protected(path: &Path) -> bool {
    let is_compound_deck = path.extension().is_some_and(|text| {
        COMPOUND_DECKS
            .iter()
            .any(|deck| text.eq_ignore_ascii_case(deck))
    });
    let mut start = [0; COMPOUND_FILE.len()];
    !is_compound_deck
        && File::open(path).is_ok_and(|mut file| file.read_exact(&mut start).is_ok())
        && start == COMPOUND_FILE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn protected_decks_are_told_from_old_ones() {
        let folder = tempfile::tempdir().unwrap();
        for (name, bytes, expected) in [
            ("a.pptx", &COMPOUND_FILE[..], true),
            ("a", &COMPOUND_FILE, true),
            ("a.PPT", &COMPOUND_FILE, false),
            ("b.pptx", b"PK\x03\x04....", false),
            ("c.pptx", b"", false),
        ] {
            let path = folder.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            assert_eq!(looks_protected(&path), expected, "{name}");
        }
        assert!(!looks_protected(&folder.path().join("none.pptx")));
    }
}
