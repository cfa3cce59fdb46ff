//! Lists of the caller's operations, and tries again.

use std::sync::{Arc, Mutex};

use slides_core::types::{
    Operation, OperationEntry, OperationList, OperationMethod, OperationStatus, Timestamp,
};
use slides_core::{MockAsyncApi, MockStorageApi, OperationId};
use slides_server::{Credentials, ListRequest, Server, ServerBuilder};

use crate::support::{Answer, call, get};

async fn post(server: &Server, path: &str) -> Answer {
    call(server, "POST", path, &[], b"").await
}

fn builder() -> ServerBuilder {
    Server::builder(
        Arc::new(MockAsyncApi::new()),
        Arc::new(MockStorageApi::new()),
    )
}

fn entry(id: &str) -> OperationEntry {
    let operation = Operation::new(id, OperationMethod::Convert, OperationStatus::Enqueued);
    OperationEntry::new(operation, Timestamp::new("2026-01-02T03:04:05Z"))
}

#[tokio::test]
async fn a_list_is_asked_for_the_caller_and_bounded() {
    let asked: Arc<Mutex<Vec<(String, ListRequest)>>> = Arc::default();
    let log = Arc::clone(&asked);
    let server = builder()
        .list_operations(move |client, which| {
            log.lock().unwrap().push((client.to_owned(), which));
            async {
                let mut list = OperationList::new(vec![entry("op-1")]);
                list.before = Some(7);
                Ok(list)
            }
        })
        .build();
    let answer = get(&server, "/operations").await;
    assert_eq!(
        answer.json(),
        serde_json::json!({
            "operations": [{
                "operation": { "id": "op-1", "method": "Convert", "status": "Enqueued" },
                "enqueued": "2026-01-02T03:04:05Z",
            }],
            "before": 7,
        })
    );
    let limits = [
        ("", None, 100, &[][..]),
        ("?limit=5&before=9", Some(9), 5, &[]),
        ("?limit=0", None, 1, &[]),
        ("?limit=999999999999", None, 500, &[]),
        (
            "?status=Failed,Canceled&status=Started",
            None,
            100,
            &["Failed", "Canceled", "Started"],
        ),
    ];
    asked.lock().unwrap().clear();
    for (query, before, limit, statuses) in limits {
        get(&server, &format!("/operations{query}")).await;
        let (client, which) = asked.lock().unwrap().remove(0);
        let texts: Vec<_> = which.statuses.iter().map(OperationStatus::as_str).collect();
        assert_eq!(
            (client.as_str(), which.before, which.limit, texts.as_slice()),
            ("", before, limit, statuses),
            "{query}"
        );
    }
    for query in ["limit=x", "before=-1", "status=Lost", "before=1e3"] {
        let answer = get(&server, &format!("/operations?{query}")).await;
        answer.error(400, "invalidArgument");
    }
    assert!(asked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn lists_and_tries_need_a_token_and_somebody_who_knows() {
    let closed = builder()
        .credentials(Credentials::new("me", "s3cret"))
        .build();
    get(&closed, "/operations").await.error(401, "unauthorized");
    let answer = post(&closed, "/operations/op-1/retry").await;
    answer.error(401, "unauthorized");
    let server = builder().build();
    get(&server, "/operations").await.error(501, "notSupported");
    let answer = post(&server, "/operations/op-1/retry").await;
    answer.error(501, "notSupported");
    let answer = get(&server, "/operations/op-1/retry").await;
    answer.error(405, "methodNotAllowed");
}

#[tokio::test]
async fn a_try_gives_the_id_of_the_new_operation() {
    let server = builder()
        .retry_operation(|_, id| async move {
            if id.as_str() == "op-1" {
                Ok(OperationId::new("op-2"))
            } else {
                let words = "its documents are gone";
                Err(slides_core::Error::rejected(409, "conflict", words))
            }
        })
        .build();
    let answer = post(&server, "/operations/op-1/retry").await;
    assert_eq!((answer.status.as_u16(), answer.text()), (201, "op-2"));
    let answer = post(&server, "/operations/op-9/retry").await;
    assert!(answer.error(409, "conflict").contains("documents"));
}
