//! The program of the README; a test compares the two.
#![allow(clippy::print_stdout, missing_docs)]

use std::path::Path;

use slides::{Client, ExportFormat};

#[tokio::main]
async fn main() -> slides::Result<()> {
    // Or cloud(id, secret); connect(url), where nobody asks for credentials; embedded(..), in this process.
    let client = Client::connect_with("http://127.0.0.1:8080", "my_client_id", "my_client_secret")?;
    let deck = Path::new("startup-pitch.pptx");
    let mut operation = client.start_convert(deck, ExportFormat::Pdf).send().await?;
    while let Some(now) = operation.next().await {
        println!("Current operation status: {}", now?.status);
    }
    operation.await?.save("startup-pitch.pdf").await?;
    Ok(())
}
