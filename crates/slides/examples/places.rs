//! Where conversions run, and one that is waited for. `docs/guide/rust.md` shows it.
#![allow(missing_docs)]

use std::path::Path;

use slides::{Client, ExportFormat};

#[tokio::main]
async fn main() -> slides::Result<()> {
    let own_server = Client::connect("http://127.0.0.1:8080")?; // one without credentials
    let _cloud = Client::cloud("my_client_id", "my_client_secret")?; // the vendor's
    let deck = Path::new("deck.pptx");
    let pdf = own_server.convert(deck, ExportFormat::Pdf).await?;
    pdf.save("deck.pdf").await?;
    Ok(())
}
