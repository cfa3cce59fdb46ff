//! A web service that starts conversions and hands out their ids; a later request resumes one by its id, here or in
//! another process of the same service.
//!
//! ```sh
//! cargo run -p slides --example web -- http://127.0.0.1:8080 127.0.0.1:3000
//! curl -i --data-binary @deck.pptx http://127.0.0.1:3000/decks       # 202, Location: /decks/ID
//! curl -i http://127.0.0.1:3000/decks/ID                             # 202 while it runs, then 200 and the PDF
//! ```
#![allow(clippy::print_stdout, missing_docs)]

use axum::body::Body;
use axum::extract::{DefaultBodyLimit, Path, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{RequestExt, Router};
use futures_util::{StreamExt, TryStreamExt};
use slides::{Client, Download, Error, ExportFormat, Payload, Phase, PhaseExt, Result};

/// Most bytes of a deck.
const MOST: usize = 200 << 20;

#[allow(dead_code, reason = "the tests call what is below it")]
#[tokio::main(flavor = "current_thread")]
async fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, server, listen] = arguments.as_slice() else {
        println!("usage: web SERVER ADDRESS");
        return Ok(());
    };
    let listener = tokio::net::TcpListener::bind(listen).await?;
    axum::serve(listener, service(Client::connect(server)?)).await?;
    Ok(())
}

pub(crate) fn service(client: Client) -> Router {
    Router::new()
        .route("/decks", post(start))
        .route("/decks/{id}", get(resume))
        .layer(DefaultBodyLimit::max(MOST))
        .with_state(client)
}

/// Passes the deck on as it comes and answers with the id. Nothing is kept here: the id is the whole state.
async fn start(State(client): State<Client>, request: Request) -> Response {
    let body = request.with_limited_body().into_body();
    let deck = body.into_data_stream().map_err(std::io::Error::other);
    let deck = Payload::once(None, deck.boxed());
    match client.start_convert(deck, ExportFormat::Pdf).send().await {
        Ok(operation) => {
            let place = format!("/decks/{}", operation.id());
            let id = operation.id().to_string();
            (StatusCode::ACCEPTED, [(header::LOCATION, place)], id).into_response()
        }
        Err(error) => told(&error),
    }
}

/// Looks once how it stands. A service with users checks here whose id it is.
async fn resume(State(client): State<Client>, Path(id): Path<String>) -> Response {
    match pdf(&client, id).await {
        Ok(Ok(pdf)) => {
            let kind = [(header::CONTENT_TYPE, "application/pdf")];
            (kind, Body::from_stream(pdf.into_stream())).into_response()
        }
        Ok(Err(status)) => {
            let later = [(header::RETRY_AFTER, "1")];
            (StatusCode::ACCEPTED, later, status).into_response()
        }
        Err(error) => told(&error),
    }
}

/// The result, or the status of what still runs.
async fn pdf(client: &Client, id: String) -> Result<std::result::Result<Download, String>> {
    let mut operation = client.operation(id);
    let now = operation.poll().await?;
    if now.phase() == Phase::Pending {
        return Ok(Err(now.status.to_string()));
    }
    // it has ended: this asks no more, but fetches the file or gives the reason why there is none
    operation.wait().await.map(Ok)
}

fn told(error: &Error) -> Response {
    let status = match error {
        Error::NotFound { .. } => StatusCode::NOT_FOUND,
        Error::Failed { .. } => StatusCode::UNPROCESSABLE_ENTITY,
        Error::Canceled { .. } => StatusCode::GONE,
        Error::Rejected(_) => StatusCode::BAD_REQUEST,
        Error::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::BAD_GATEWAY,
    };
    (status, error.to_string()).into_response()
}
