//! Start an operation, report how it stands, save its result.
//!
//! ```sh
//! cargo run -p slides --example tutorial -- http://127.0.0.1:8080 MyPresentation.pptx MyPresentation.pdf
//! ```
#![allow(clippy::print_stdout, missing_docs)]

use std::path::Path;

use slides::{Client, ExportFormat, Result};

#[allow(dead_code, reason = "the tests call what is below it")]
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, server, deck, pdf] = arguments.as_slice() else {
        println!("usage: tutorial SERVER DECK PDF");
        return Ok(());
    };
    convert(&Client::connect(server)?, deck.as_ref(), pdf.as_ref()).await
}

pub(crate) async fn convert(client: &Client, deck: &Path, pdf: &Path) -> Result<()> {
    let mut operation = client.start_convert(deck, ExportFormat::Pdf).send().await?;
    while let Some(now) = operation.next().await {
        println!("Current operation status: {}", now?.status);
    }
    operation.await?.save(pdf).await?;
    Ok(())
}
