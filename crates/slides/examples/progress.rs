//! Convert a deck behind a progress bar: slides done of all.
//!
//! ```sh
//! cargo run -p slides --example progress -- http://127.0.0.1:8080 MyPresentation.pptx MyPresentation.pdf
//! ```
#![allow(clippy::print_stdout, missing_docs)]

use std::path::Path;

use indicatif::{ProgressBar, ProgressStyle};
use slides::{Client, ExportFormat, Result};

#[allow(dead_code, reason = "the tests call what is below it")]
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, server, deck, pdf] = arguments.as_slice() else {
        println!("usage: progress SERVER DECK PDF");
        return Ok(());
    };
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("{msg:>10} {wide_bar} {pos}/{len}") {
        bar.set_style(style);
    }
    convert(&Client::connect(server)?, deck.as_ref(), pdf.as_ref(), &bar).await
}

pub(crate) async fn convert(
    client: &Client,
    deck: &Path,
    pdf: &Path,
    bar: &ProgressBar,
) -> Result<()> {
    let mut operation = client.start_convert(deck, ExportFormat::Pdf).send().await?;
    while let Some(now) = operation.next().await {
        let now = now?;
        bar.set_message(now.status.to_string());
        // a server says nothing of steps before it has begun; the vendor's may say nothing at all
        if let Some(progress) = now.progress {
            bar.set_length(u64::try_from(progress.step_count).unwrap_or_default());
            bar.set_position(u64::try_from(progress.step_index).unwrap_or_default());
        }
    }
    operation.await?.save(pdf).await?;
    bar.finish();
    Ok(())
}
