//! Convert many decks, a few at a time; one that fails does not stop the others.
//!
//! ```sh
//! cargo run -p slides --example batch -- http://127.0.0.1:8080 out a.pptx b.pptx c.pptx
//! ```
#![allow(clippy::print_stdout, missing_docs)]

use std::path::{Path, PathBuf};

use futures_util::{Stream, StreamExt};
use slides::{Client, ExportFormat, Result};

/// More than a server converts at once only wait in its queue.
const AT_ONCE: usize = 4;

#[allow(dead_code, reason = "the tests call what is below it")]
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let (Some(server), Some(folder)) = (arguments.next(), arguments.next()) else {
        println!("usage: batch SERVER FOLDER DECK...");
        return Ok(());
    };
    let client = Client::connect(server)?;
    let decks = arguments.map(PathBuf::from).collect();
    let mut ended = std::pin::pin!(convert_all(&client, decks, folder.as_ref(), AT_ONCE));
    while let Some((deck, outcome)) = ended.next().await {
        match outcome {
            Ok(pdf) => println!("{}: {}", deck.display(), pdf.display()),
            Err(error) => println!("{}: {error}", deck.display()),
        }
    }
    Ok(())
}

/// Each deck with its PDF, in the order in which they end.
pub(crate) fn convert_all<'a>(
    client: &'a Client,
    decks: Vec<PathBuf>,
    folder: &'a Path,
    at_once: usize,
) -> impl Stream<Item = (PathBuf, Result<PathBuf>)> + 'a {
    let conversions = decks.into_iter().map(move |deck| async move {
        let outcome = convert(client, &deck, folder).await;
        (deck, outcome)
    });
    futures_util::stream::iter(conversions).buffer_unordered(at_once)
}

async fn convert(client: &Client, deck: &Path, folder: &Path) -> Result<PathBuf> {
    let name = deck.with_extension("pdf");
    let pdf = folder.join(name.file_name().unwrap_or_default());
    let operation = client.start_convert(deck, ExportFormat::Pdf).send().await?;
    operation.await?.save(&pdf).await?;
    Ok(pdf)
}
