//! Bytes on a socket as HTTP libraries, proxies and attackers write them, in front of the service itself.
#![allow(clippy::unwrap_used, missing_docs)]

use std::net::SocketAddr;
use std::sync::Arc;

use slides_server::Server;
use slides_service::{Runner, Service, ServiceOptions, Soffice};
use slides_tests::FakeEngine;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Keeps serving while it is there.
struct Served {
    address: SocketAddr,
    service: Service,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Served {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve() -> Served {
    // Accepted operations stay in the queue, where they can be counted.
    let mut options = ServiceOptions::new(Runner::InProcess(Arc::new(FakeEngine))).workers(0);
    options.soffice = Soffice::Off;
    let service = Service::in_process(options).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = Server::builder(Arc::new(service.clone()), Arc::new(service.clone())).build();
    let task = tokio::spawn(async move {
        server
            .serve(listener, std::future::pending())
            .await
            .unwrap();
    });
    Served {
        address,
        service,
        task,
    }
}

impl Served {
    /// Sends the bytes and breaks off; gives what is answered all the same.
    async fn break_off(&self, bytes: &[u8]) -> String {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        // The server may refuse before it has read everything.
        let _ = stream.write_all(bytes).await;
        let _ = stream.shutdown().await;
        read(&mut stream).await
    }

    /// Sends one request and reads its answer.
    async fn ask(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        one_answer(&mut stream, request.starts_with("HEAD")).await
    }

    async fn accepted(&self) -> u64 {
        self.service.stats().await.unwrap().accepted_total
    }
}

async fn read(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    // A reset after the answer is as good as an end.
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

/// The answer to one request, on a connection that stays open.
async fn one_answer(stream: &mut TcpStream, to_head: bool) -> String {
    let mut answer = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&answer).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let len = head
                .lines()
                .filter_map(|line| line.split_once(": "))
                .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
                .map_or(0, |(_, len)| len.parse::<usize>().unwrap());
            if to_head || body.len() >= len {
                return text;
            }
        }
        let mut chunk = [0; 4096];
        let read = stream.read(&mut chunk).await.unwrap();
        assert!(read > 0, "the connection ended after `{text}`");
        answer.extend_from_slice(&chunk[..read]);
    }
}

const START: &str = "POST /v3.0/slides/async/convert/pdf HTTP/1.1\r\nHost: h\r\n";
const PUT: &str = "PUT /v3.0/slides/async/storage/file/a.bin HTTP/1.1\r\nHost: h\r\n";
const GET: &str =
    "GET /v3.0/slides/storage/file/a.bin HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";

#[tokio::test]
async fn chunked_bodies_are_put_together() {
    let served = serve().await;
    for chunks in [
        "6\r\n012345\r\n4\r\n6789\r\n0\r\n\r\n",
        "A;name=value;x=\"a b\"\r\n0123456789\r\n0\r\nX-Sum: 1\r\nX-More: 2\r\n\r\n",
        "00000a\r\n0123456789\r\n000\r\n\r\n",
        "1\r\n0\r\n1\r\n1\r\n1\r\n2\r\n7\r\n3456789\r\n0\r\n\r\n",
    ] {
        let request =
            format!("{PUT}Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n{chunks}");
        let answer = served.ask(&request).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{chunks}: {answer}");
        assert!(served.ask(GET).await.ends_with("\r\n\r\n0123456789"));
    }
}

#[tokio::test]
async fn bodies_that_break_off_or_lie_start_nothing() {
    let served = serve().await;
    for rest in [
        // Less than was announced.
        "Content-Length: 100\r\n\r\nPK",
        "Transfer-Encoding: chunked\r\n\r\n64\r\nPK",
        "Transfer-Encoding: chunked\r\n\r\n2\r\nPK\r\n",
        // No length that can be read.
        "Content-Length: -1\r\n\r\nPK",
        "Content-Length: 2, 3\r\n\r\nPK",
        "Content-Length: 2\r\nContent-Length: 3\r\n\r\nPK",
        "Content-Length: 99999999999999999999999\r\n\r\nPK",
        "Content-Length: 0x2\r\n\r\nPK",
        "Transfer-Encoding: chunked\r\n\r\nzz\r\nPK\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\n-1\r\nPK\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nPK\r\n0\r\n\r\n",
        "Transfer-Encoding: gzip\r\n\r\nPK",
        "Transfer-Encoding: chunked, identity\r\n\r\n2\r\nPK\r\n0\r\n\r\n",
        "Transfer-Encoding : chunked\r\nContent-Length: 5\r\n\r\n2\r\nPK\r\n0\r\n\r\n",
        "Transfer-Encoding: xchunked\r\nContent-Length: 2\r\n\r\n2\r\nPK\r\n0\r\n\r\n",
        // More than is taken, as announced.
        "Content-Length: 99999999999\r\n\r\nPK",
        // Nothing at all.
        "\r\n",
        "Content-Length: 0\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        // No header.
        "A\0: b\r\nContent-Length: 2\r\n\r\nPK",
        "A b: c\r\nContent-Length: 2\r\n\r\nPK",
    ] {
        let answer = served.break_off(format!("{START}{rest}").as_bytes()).await;
        assert!(
            answer.is_empty() || answer.starts_with("HTTP/1.1 4"),
            "{rest:?}: {answer}"
        );
    }
    assert_eq!(served.accepted().await, 0);
    // The server is there for others.
    let answer = served
        .ask(&format!("{START}Content-Length: 2\r\n\r\nPK"))
        .await;
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    assert_eq!(served.accepted().await, 1);
}

#[tokio::test]
async fn old_and_odd_clients_are_answered() {
    let served = serve().await;
    for (request, status) in [
        ("GET /v3.0/slides/info HTTP/1.0\r\n\r\n", "200"),
        (
            "GET /v3.0/slides/info HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
            "200",
        ),
        (
            "POST /v3.0/slides/async/convert/pdf HTTP/1.0\r\nContent-Length: 2\r\n\r\nPK",
            "201",
        ),
        (
            "GET http://other.example/v3.0/slides/info HTTP/1.1\r\nHost: h\r\n\r\n",
            "200",
        ),
        ("GET /v3.0/slides/info HTTP/1.1\r\n\r\n", "200"),
        ("GET /v3.0/slides/info HTTP/1.1\nHost: h\n\n", "200"),
        (
            "\r\n\r\nGET /v3.0/slides/info HTTP/1.1\r\nHost: h\r\n\r\n",
            "200",
        ),
        (
            "GET /v3.0/slides/info?x#fragment HTTP/1.1\r\nHost: h\r\n\r\n",
            "200",
        ),
        (
            "GET /v3.0/slides/info HTTP/1.1\r\nHost: h\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n",
            "200",
        ),
        (
            "GET /v3.0/slides/info HTTP/1.1\r\nHost: h\r\nTE: trailers\r\nConnection: TE, close\r\n\r\n",
            "200",
        ),
        // A body where none is looked at.
        (
            "GET /v3.0/slides/info HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}",
            "200",
        ),
        ("HEAD /v3.0/slides/info HTTP/1.1\r\nHost: h\r\n\r\n", "200"),
        ("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", "404"),
        ("get /v3.0/slides/info HTTP/1.1\r\nHost: h\r\n\r\n", "405"),
        ("CONNECT h:80 HTTP/1.1\r\nHost: h\r\n\r\n", "4"),
        ("TRACE /v3.0/slides/info HTTP/1.1\r\nHost: h\r\n\r\n", "405"),
        ("GET v3.0/slides/info HTTP/1.1\r\nHost: h\r\n\r\n", "400"),
        ("GET /v3.0/slides/in fo HTTP/1.1\r\nHost: h\r\n\r\n", "400"),
        ("GET /v3.0/slides/info HTTP/3.0\r\nHost: h\r\n\r\n", "400"),
        ("hello\r\n\r\n", "400"),
    ] {
        let answer = served.ask(request).await;
        let first = answer.lines().next().unwrap_or_default();
        let said = first.split(' ').nth(1).unwrap_or_default();
        assert!(said.starts_with(status), "{request:?}: {answer}");
    }
}

/// What can be refused from the head alone is answered before the body comes.
#[tokio::test]
async fn a_refusal_waits_for_no_body() {
    let served = serve().await;
    for (path, status) in [
        ("convert/docx", "400"),
        ("nothing/of/this/kind", "404"),
        ("convert/pdf?folder=..", "400"),
    ] {
        let mut stream = TcpStream::connect(served.address).await.unwrap();
        let head = format!(
            "POST /v3.0/slides/async/{path} HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        let answer = one_answer(&mut stream, false).await;
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status}")),
            "{answer}"
        );
        // The body that comes all the same is no request.
        stream.write_all(b"0123456789").await.unwrap();
        let info = b"GET /v3.0/slides/info HTTP/1.1\r\nHost: h\r\n\r\n";
        stream.write_all(info).await.unwrap();
        let answer = one_answer(&mut stream, false).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
    // Nor does it ask for one that waits for a `100 Continue`.
    let mut stream = TcpStream::connect(served.address).await.unwrap();
    let head = "POST /v3.0/slides/async/convert/docx HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 10\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    let answer = read(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
}

/// Every SDK but one leaves the length of the answer to HTTP: whatever comes, it can be told where it ends.
#[tokio::test]
async fn answers_end_where_they_say() {
    let served = serve().await;
    let mut stream = TcpStream::connect(served.address).await.unwrap();
    for (request, status) in [
        (format!("{PUT}Content-Length: 3\r\n\r\nabc"), 200),
        (format!("{START}Content-Length: 2\r\n\r\nPK"), 201),
        (
            "DELETE /v3.0/slides/storage/file/none HTTP/1.1\r\nHost: h\r\n\r\n".to_owned(),
            200,
        ),
        (
            "GET /v3.0/slides/async/unknown HTTP/1.1\r\nHost: h\r\n\r\n".to_owned(),
            404,
        ),
        (
            "GET /v3.0/slides/storage/file/a.bin HTTP/1.1\r\nHost: h\r\nRange: bytes=1-\r\n\r\n"
                .to_owned(),
            206,
        ),
    ] {
        stream.write_all(request.as_bytes()).await.unwrap();
        let answer = one_answer(&mut stream, false).await;
        let first = format!("HTTP/1.1 {status} ");
        assert!(answer.starts_with(&first), "{request}: {answer}");
        assert!(
            answer.to_ascii_lowercase().contains("content-length: "),
            "{answer}"
        );
    }
}
