//! Standard input as a deck, standard output as the place of a result.

use std::fs::File;
use std::io::{self, IsTerminal, Write};

use tempfile::NamedTempFile;

use crate::failure::{Exit, Failure};
use crate::sdk::Download;

/// Keeps what comes in as a file: a deck is read from its end.
pub(super) fn spool() -> Result<NamedTempFile, Failure> {
    let input = io::stdin();
    if input.is_terminal() {
        return Err(Failure::usage("standard input is the terminal, not a deck")
            .hint("give the deck with `< deck.pptx`, or name it: `slides convert deck.pptx OUT`"));
    }
    let failed = |error: &io::Error| {
        Failure::new(Exit::Failed, "cannot keep what standard input says")
            .caused_by(error)
            .hint_of_writing(error)
    };
    let mut file = tempfile::Builder::new()
        .prefix("slides-")
        .tempfile()
        .map_err(|error| failed(&error))?;
    let len = io::copy(&mut input.lock(), file.as_file_mut()).map_err(|error| failed(&error))?;
    if len == 0 {
        return Err(Failure::new(
            Exit::Failed,
            "standard input is empty, not a deck",
        ));
    }
    Ok(file)
}

/// Bytes are not for eyes.
pub(super) fn check_output() -> Result<(), Failure> {
    if io::stdout().is_terminal() {
        return Err(
            Failure::usage("standard output is the terminal, and the result is no text")
                .hint("send it on with `> deck.pdf`, or name the file: `slides convert IN OUT`"),
        );
    }
    Ok(())
}

/// Writes a result to standard output, after it is there as a whole.
pub(super) async fn write(download: Download) -> Result<(), Failure> {
    let failed = |error: &io::Error| {
        Failure::new(Exit::Failed, "cannot write the result to standard output")
            .caused_by(error)
            .hint_of_writing(error)
    };
    let whole = tempfile::Builder::new()
        .prefix("slides-")
        .tempfile()
        .map_err(|error| failed(&error))?;
    download
        .save(whole.path())
        .await
        .map_err(|error| Failure::from_sdk(&error))?;
    // Saved under the name, in another file.
    let mut whole = File::open(whole.path()).map_err(|error| failed(&error))?;
    let mut output = io::stdout().lock();
    io::copy(&mut whole, &mut output)
        .and_then(|_| output.flush())
        .map_err(|error| failed(&error))
}
