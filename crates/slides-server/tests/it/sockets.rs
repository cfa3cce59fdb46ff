use std::sync::Arc;
use std::time::Duration;

use slides_core::{
    AsyncApi, Download, Error, MockAsyncApi, MockStorageApi, OperationId, Result, StartRequest,
    StatusReply,
};
use slides_server::{ConnectionLimits, ServeError, Server, ServerBuilder};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

fn builder(api: MockAsyncApi) -> ServerBuilder {
    Server::builder(Arc::new(api), Arc::new(MockStorageApi::new()))
}

async fn serve(
    builder: ServerBuilder,
) -> (
    std::net::SocketAddr,
    oneshot::Sender<()>,
    tokio::task::JoinHandle<std::result::Result<(), ServeError>>,
) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let task = tokio::spawn(builder.build().serve(listener, async move {
        let _ = stopped.await;
    }));
    (address, stop, task)
}

async fn read_until(stream: &mut TcpStream, end: &str) -> String {
    let mut text = Vec::new();
    while !String::from_utf8_lossy(&text).contains(end) {
        let mut chunk = [0; 1024];
        let read = stream.read(&mut chunk).await.unwrap();
        assert!(
            read > 0,
            "the connection ended after {:?}",
            String::from_utf8_lossy(&text)
        );
        text.extend_from_slice(chunk.get(..read).unwrap());
    }
    String::from_utf8(text).unwrap()
}

#[tokio::test]
async fn a_client_that_waits_for_100_continue_gets_it() {
    let mut api = MockAsyncApi::new();
    api.expect_start().returning(|_| Ok("id-1".into()));
    let (address, _stop, _task) = serve(builder(api)).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = "POST /v3.0/slides/async/convert/pdf HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    assert!(
        read_until(&mut stream, "\r\n\r\n")
            .await
            .starts_with("HTTP/1.1 100")
    );
    stream.write_all(b"deck").await.unwrap();
    assert!(
        read_until(&mut stream, "id-1")
            .await
            .starts_with("HTTP/1.1 201")
    );
}

#[tokio::test]
async fn a_refused_upload_is_read_to_its_end_so_that_the_answer_arrives() {
    let (address, _stop, _task) = serve(builder(MockAsyncApi::new()).max_body(64 << 20)).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    let body = vec![b'x'; 4 << 20];
    let head = format!(
        "POST /v3.0/slides/async/convert/docx HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(&body).await.unwrap();
    assert!(
        read_until(&mut stream, "innerError")
            .await
            .starts_with("HTTP/1.1 400")
    );
}

#[tokio::test]
async fn requests_in_flight_end_before_the_server_does() {
    let (release, released) = oneshot::channel();
    let (begun, started) = oneshot::channel();
    let api = Waits(std::sync::Mutex::new(Some((begun, released))));
    let (address, stop, task) = serve(Server::builder(
        Arc::new(api),
        Arc::new(MockStorageApi::new()),
    ))
    .await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream
        .write_all(b"GET /v3.0/slides/async/x HTTP/1.1\r\nHost: x\r\n\r\n")
        .await
        .unwrap();
    started.await.unwrap();
    stop.send(()).unwrap();
    release.send(()).unwrap();
    assert!(
        read_until(&mut stream, "innerError")
            .await
            .starts_with("HTTP/1.1 404")
    );
    task.await.unwrap().unwrap();
}

/// Says that it was asked for a status, and answers when it is told to.
struct Waits(std::sync::Mutex<Option<(oneshot::Sender<()>, oneshot::Receiver<()>)>>);

#[async_trait::async_trait]
impl AsyncApi for Waits {
    async fn start(&self, _: StartRequest) -> Result<OperationId> {
        Err(Error::unsupported("start", "this test"))
    }

    async fn status(&self, id: &OperationId) -> Result<StatusReply> {
        let (begun, released) = self.0.lock().unwrap().take().unwrap();
        begun.send(()).unwrap();
        released.await.unwrap();
        Err(Error::not_found(id.as_str()))
    }

    async fn result(&self, _: &OperationId) -> Result<Download> {
        Err(Error::unsupported("result", "this test"))
    }
}

#[tokio::test]
async fn an_open_server_stays_on_loopback() {
    let bind = || async { TcpListener::bind("0.0.0.0:0").await.unwrap() };
    let refused = builder(MockAsyncApi::new())
        .build()
        .serve(bind().await, async {})
        .await
        .unwrap_err();
    assert!(matches!(refused, ServeError::Open { .. }));
    builder(MockAsyncApi::new())
        .allow_open(true)
        .build()
        .serve(bind().await, async {})
        .await
        .unwrap();
    let closed =
        builder(MockAsyncApi::new()).credentials(slides_server::Credentials::new("a", "b"));
    closed.build().serve(bind().await, async {}).await.unwrap();
}

#[tokio::test]
async fn silent_connections_are_cut() {
    let mut limits = ConnectionLimits::default();
    limits.header_timeout = Duration::from_millis(20);
    let (address, _stop, _task) =
        serve(builder(MockAsyncApi::new()).connection_limits(limits)).await;
    for start in ["", "P", "PRI * HTTP/2", "GET / HTTP/1.1\r\nHost"] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(start.as_bytes()).await.unwrap();
        let mut rest = Vec::new();
        // Ends only when the server closes; a reset is as good.
        let _ = stream.read_to_end(&mut rest).await;
    }
}

fn with_status() -> MockAsyncApi {
    let mut api = MockAsyncApi::new();
    api.expect_status()
        .returning(|id| Err(Error::not_found(id.as_str())));
    api
}

#[tokio::test]
async fn one_connection_carries_many_requests() {
    let (address, _stop, _task) = serve(builder(with_status())).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    for id in ["id-1", "id-2"] {
        let request = format!(
            "GET /v3.0/slides/async/{id} HTTP/1.1\r\nHost: x\r\nX-Request-Id: {id}\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let end = format!("\"requestId\":\"{id}\"");
        assert!(read_until(&mut stream, &end).await.contains(" 404 "));
    }
    // Two at once are answered in their order.
    let both = ["a", "b"].map(|id| {
        format!("GET /v3.0/slides/async/x HTTP/1.1\r\nHost: x\r\nX-Request-Id: {id}\r\n\r\n")
    });
    stream.write_all(both.concat().as_bytes()).await.unwrap();
    let text = read_until(&mut stream, "\"requestId\":\"b\"").await;
    let first = text.find("\"requestId\":\"a\"").unwrap();
    assert!(first < text.find("\"requestId\":\"b\"").unwrap());
}

#[tokio::test]
async fn http_2_is_spoken_without_being_asked() {
    use http_body_util::{BodyExt, Empty};
    use hyper_util::rt::{TokioExecutor, TokioIo};

    let (address, _stop, _task) = serve(builder(with_status())).await;
    let stream = TcpStream::connect(address).await.unwrap();
    let (mut client, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
            .await
            .unwrap();
    let connection = tokio::spawn(connection);
    for path in ["/livez", "/v3.0/slides/async/x"] {
        let request = http::Request::get(format!("http://{address}{path}"))
            .body(Empty::<bytes::Bytes>::new())
            .unwrap();
        let answer = client.send_request(request).await.unwrap();
        assert_eq!(answer.version(), http::Version::HTTP_2);
        let is_alive = path == "/livez";
        assert_eq!(answer.status().as_u16(), if is_alive { 200 } else { 404 });
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(is_alive, body == "ok\n");
    }
    connection.abort();
}

#[tokio::test]
async fn heads_have_limits() {
    let (address, _stop, _task) = serve(builder(with_status())).await;
    let many = "X-A: b\r\n".repeat(200);
    let long = format!("X-A: {}\r\n", "b".repeat(1 << 20));
    for headers in [many, long] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let head = format!("GET /livez HTTP/1.1\r\nHost: x\r\n{headers}\r\n");
        // The server may close before all of it is written.
        let _ = stream.write_all(head.as_bytes()).await;
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        let text = String::from_utf8_lossy(&answer);
        assert!(
            text.is_empty() || text.starts_with("HTTP/1.1 431"),
            "{text}"
        );
    }
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream
        .write_all(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
        .await
        .unwrap();
    read_until(&mut stream, "ok\n").await;
}

#[tokio::test]
async fn whoever_follows_an_operation_is_told_when_the_server_ends() {
    let (begun, mut waiting) = tokio::sync::mpsc::unbounded_channel();
    let server = Server::builder(Arc::new(Still(begun)), Arc::new(MockStorageApi::new()));
    let (address, stop, task) = serve(server).await;
    let ask = async |path: &str| {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let head = format!("GET /v3.0/slides/async/op-1{path} HTTP/1.1\r\nHost: x\r\n\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        stream
    };
    let (mut events, mut poll) = (ask("/events").await, ask("?wait=30").await);
    for _ in 0..2 {
        waiting.recv().await.unwrap();
    }
    stop.send(()).unwrap();
    read_until(&mut events, "retry: 1000").await;
    let answer = read_until(&mut poll, "Enqueued").await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    task.await.unwrap().unwrap();
}

/// Nothing ever changes; tells when someone waits for it.
struct Still(tokio::sync::mpsc::UnboundedSender<()>);

#[async_trait::async_trait]
impl AsyncApi for Still {
    async fn start(&self, _: StartRequest) -> Result<OperationId> {
        Err(Error::unsupported("start", "this test"))
    }

    async fn status(&self, id: &OperationId) -> Result<StatusReply> {
        Ok(slides_core::testing::reply(id, "Enqueued"))
    }

    async fn result(&self, _: &OperationId) -> Result<Download> {
        Err(Error::unsupported("result", "this test"))
    }

    async fn changed(
        &self,
        _: &OperationId,
        _: slides_core::Seen,
        _: Duration,
    ) -> Result<StatusReply> {
        self.0.send(()).unwrap();
        std::future::pending().await
    }
}

#[tokio::test]
async fn work_that_is_not_taken_is_refused_before_its_body_is_read() {
    for (status, told) in [(429, "the queue is full"), (503, "the disk is nearly full")] {
        let refuse = move |_: &str| async move {
            Err(Error::unavailable(
                status,
                told,
                Some(Duration::from_secs(7)),
            ))
        };
        let (address, _stop, _task) = serve(builder(MockAsyncApi::new()).admit(refuse)).await;
        // With and without a wait for leave to send; of the body nothing is sent before the answer.
        for expect in ["", "Expect: 100-continue\r\n"] {
            for path in ["async/convert/pdf", "convert/pdf"] {
                let mut stream = TcpStream::connect(address).await.unwrap();
                let head = format!(
                    "POST /v3.0/slides/{path} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n{expect}\r\n"
                );
                stream.write_all(head.as_bytes()).await.unwrap();
                let answer = read_until(&mut stream, "innerError").await;
                assert!(
                    answer.starts_with(&format!("HTTP/1.1 {status} ")),
                    "{answer}"
                );
                assert!(answer.contains("\r\nretry-after: 7\r\n"), "{answer}");
                assert!(answer.contains(told), "{answer}");
            }
        }
    }
}
