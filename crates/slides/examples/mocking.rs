//! Code that takes a `Client` runs without a server: against an operation from a script, or against expectations.
//! More, also below retries and tokens, is in `docs/guide/testing.md`.
//!
//! ```sh
//! cargo run -p slides --example mocking --features testing
//! ```
#![allow(clippy::print_stdout, missing_docs)]

use slides::testing::{FakeApi, MockAsyncApi, reply};
use slides::{Client, Error, ExportFormat, Result};

#[allow(dead_code, reason = "the tests call what is below it")]
#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() {
    println!("{}", verdict(&scripted(), b"PK".to_vec()).await);
    println!("{}", verdict(&refusing(), b"PK".to_vec()).await);
}

/// The code that is to be tested: words for the person who sent a deck.
pub(crate) async fn verdict(client: &Client, deck: Vec<u8>) -> String {
    match size(client, deck).await {
        Ok(size) => format!("a PDF of {size} bytes"),
        Err(Error::Rejected(reason)) => format!("not taken: {}", reason.message),
        Err(error) => format!("not converted: {error}"),
    }
}

async fn size(client: &Client, deck: Vec<u8>) -> Result<usize> {
    let operation = client.start_convert(deck, ExportFormat::Pdf).send().await?;
    Ok(operation.await?.bytes().await?.len())
}

/// Plays one operation to its end; with a paused clock the waits between take no time.
pub(crate) fn scripted() -> Client {
    let steps = [
        Ok(reply("op-1", "Enqueued")),
        Ok(reply("op-1", "Started").progress(1, 2)),
        Ok(reply("op-1", "Finished")),
    ];
    Client::new(FakeApi::new(steps).with_result("%PDF-1.7"))
}

/// Any error a server can give is one line.
pub(crate) fn refusing() -> Client {
    let mut api = MockAsyncApi::new();
    api.expect_start()
        .times(1)
        .returning(|_| Err(Error::rejected(413, "payloadTooLarge", "too large")));
    Client::new(api)
}
