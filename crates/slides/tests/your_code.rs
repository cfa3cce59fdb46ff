//! How to test code of your own: above the wire with a mock, below retries and tokens with a
//! scripted transport. `docs/guide/testing.md` shows the regions between the marks.
#![allow(clippy::unwrap_used, missing_docs)]

// [your code]
use slides::{Client, Error, ExportFormat};

/// The PDF of a deck, or words for the person who sent it.
async fn to_pdf(client: &Client, deck: Vec<u8>) -> Result<Vec<u8>, String> {
    let convert = async {
        let operation = client.start_convert(deck, ExportFormat::Pdf).send().await?;
        operation.await?.bytes().await
    };
    match convert.await {
        Ok(pdf) => Ok(pdf.to_vec()),
        Err(Error::Failed { error, .. }) => Err(format!(
            "not converted: {}",
            error.message.unwrap_or_default()
        )),
        Err(Error::DeadlineExceeded { last, .. }) => Err(format!("still running: {}", last.id)),
        Err(error) => Err(format!("try again later: {error}")),
    }
}
// [end]

mod above_the_wire {
    use super::*;

    // [above]
    use slides::testing::{FakeApi, MockAsyncApi, reply};

    #[tokio::test(start_paused = true)]
    async fn a_bad_deck_is_reported() {
        let mut api = MockAsyncApi::new();
        api.expect_start().returning(|_| Ok("op-1".into()));
        api.expect_status()
            .returning(|id| Ok(reply(id, "Failed").error("bad deck")));
        let outcome = to_pdf(&Client::new(api), b"PK".to_vec()).await;
        assert_eq!(outcome, Err("not converted: bad deck".to_owned()));
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_one_leaves_its_id() {
        // fifteen minutes of waiting pass in no time: the clock is paused
        let client = Client::new(FakeApi::statuses(["Started"]));
        let outcome = to_pdf(&client, b"PK".to_vec()).await;
        assert_eq!(outcome, Err("still running: op-1".to_owned()));
    }
    // [end]
}

mod below_the_retries {
    use super::*;

    // [below]
    use std::collections::VecDeque;
    use std::sync::{Arc, Mutex};

    use slides::TransportError;
    use slides::http::{Body, Transport};

    /// Answers by a script of statuses and bodies, and keeps what was asked.
    struct Script {
        answers: Mutex<VecDeque<(u16, &'static str)>>,
        asked: Mutex<Vec<String>>,
    }

    #[async_trait::async_trait]
    impl Transport for Script {
        async fn send(
            &self,
            request: http::Request<Body>,
        ) -> Result<http::Response<Body>, TransportError> {
            let asked = format!("{} {}", request.method(), request.uri().path());
            self.asked.lock().unwrap().push(asked);
            let (status, body) = self.answers.lock().unwrap().pop_front().unwrap();
            let response = http::Response::builder().status(status);
            Ok(response.body(Body::from_bytes(body)).unwrap())
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_busy_server_is_asked_again() {
        let script = Arc::new(Script {
            answers: Mutex::new(VecDeque::from([
                (503, "busy"),
                (201, "op-1"),
                (
                    200,
                    r#"{"id":"op-1","method":"Convert","status":"Finished"}"#,
                ),
                (200, "%PDF"),
            ])),
            asked: Mutex::default(),
        });
        let client = Client::builder()
            .base_url("https://slides.test")
            .transport(script.clone())
            .build()
            .unwrap();
        let pdf = to_pdf(&client, b"PK".to_vec()).await.unwrap();
        assert_eq!(pdf, b"%PDF");
        assert_eq!(
            *script.asked.lock().unwrap(),
            [
                "POST /v3.0/slides/async/convert/pdf",
                "POST /v3.0/slides/async/convert/pdf",
                "GET /v3.0/slides/async/op-1",
                "GET /v3.0/slides/async/op-1/result",
            ]
        );
    }
    // [end]
}

#[test]
fn the_guide_shows_this_code() {
    let guide = include_str!("../../../docs/guide/testing.md");
    let code = include_str!("your_code.rs");
    for mark in ["your code", "above", "below"] {
        let (_, rest) = code.split_once(&format!("// [{mark}]\n")).unwrap();
        let (region, _) = rest.split_once("// [end]").unwrap();
        let indent = rest.len() - rest.trim_start_matches(' ').len();
        let shown: Vec<&str> = region
            .lines()
            .map(|line| line.get(indent..).unwrap_or_default())
            .collect();
        let shown = shown.join("\n");
        let shown = shown.trim_end();
        assert!(guide.contains(shown), "the guide is to show:\n{shown}");
    }
}
