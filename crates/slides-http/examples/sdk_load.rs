//! The SDK beside a bare hyper client doing the same requests, on loopback: `cargo xtask bench sdk`.
//!
//! `sdk_load` measures everything; it starts itself again as the server and for each transfer whose memory counts.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::future::join_all;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use slides_core::types::ExportFormat;
use slides_core::{
    AsyncApi, ByteStream, Download, OperationHandle, OperationId, Payload, PollPolicy, StartCall,
    StartRequest, Target,
};
use slides_http::HttpClient;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

const ROUNDS: usize = 7;
const CALLS: usize = 3000;
const TRANSFERS: usize = 5;
const LARGE: usize = 1 << 30;
const CHUNK: usize = 64 << 10;
const WATCHED: usize = 10_000;
/// Within which the first polls are spread, as a program that resumes many operations would.
const FIRST: Duration = Duration::from_secs(5);
/// When all back-offs have grown to their maximum, and how long polls are counted from then on.
const STEADY: Duration = Duration::from_secs(20);
const COUNTED: Duration = Duration::from_secs(15);
const WINDOW: Duration = Duration::from_millis(100);
const WINDOWS_IN_SECOND: usize = 10;

const RUNNING: &str = r#"{"id":"op-1","method":"Convert","status":"Started"}"#;
static ZEROS: LazyLock<Bytes> = LazyLock::new(|| Bytes::from(vec![0; CHUNK]));

type Bare = hyper_util::client::legacy::Client<HttpConnector, BareBody>;
type BareBody = http_body_util::combinators::UnsyncBoxBody<Bytes, std::io::Error>;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        match arguments.as_slice() {
            ["serve"] => serve().await,
            ["transfer", who, way, host] => transfer(who, way, host).await,
            ["watch", host] => watch(host).await,
            // for a profiler
            ["calls", who, at_once] => {
                let server = server();
                let time = calls(who, &server.1, at_once.parse().unwrap()).await;
                println!("{who}: {:.1} us", time * 1e6);
            }
            _ => measure().await,
        }
    });
}

fn itself(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(arguments).stdin(Stdio::null());
    command
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

// --- the server: it reads and answers as fast as one thread can

async fn serve() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("{}", listener.local_addr().unwrap());
    loop {
        let (socket, _) = listener.accept().await.unwrap();
        socket.set_nodelay(true).unwrap();
        tokio::spawn(connection(socket));
    }
}

async fn connection(socket: TcpStream) -> Option<()> {
    let mut socket = BufReader::with_capacity(CHUNK, socket);
    loop {
        let (mut first, mut len, mut line) = (String::new(), 0_usize, String::new());
        socket.read_line(&mut first).await.ok().filter(|n| *n > 0)?;
        loop {
            line.clear();
            socket.read_line(&mut line).await.ok().filter(|n| *n > 0)?;
            let text = line.trim_end().to_ascii_lowercase();
            if text.is_empty() {
                break;
            }
            if let Some(value) = text.strip_prefix("content-length:") {
                len = value.trim().parse().ok()?;
            }
        }
        while len > 0 {
            let read = socket.fill_buf().await.ok()?.len().min(len);
            if read == 0 {
                return None;
            }
            socket.consume(read);
            len -= read;
        }
        let large = first.contains("/large/result");
        let (status, body) = match first.as_bytes().first() {
            Some(b'P') => ("201 Created", "op-1"),
            _ if large => ("200 OK", ""),
            _ if first.contains("/result") => ("200 OK", "%PDF-1.7 small"),
            _ => ("200 OK", RUNNING),
        };
        let len = if large { LARGE } else { body.len() };
        let head = format!("HTTP/1.1 {status}\r\nContent-Length: {len}\r\n\r\n{body}");
        socket.write_all(head.as_bytes()).await.ok()?;
        for _ in 0..if large { LARGE / CHUNK } else { 0 } {
            socket.write_all(&ZEROS).await.ok()?;
        }
    }
}

struct Server(Child, String);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn server() -> Server {
    use std::io::BufRead;
    let mut child = itself(&["serve"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut host = String::new();
    std::io::BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut host)
        .unwrap();
    Server(child, host.trim().to_owned())
}

// --- the two clients

fn sdk(host: &str) -> HttpClient {
    HttpClient::builder()
        .base_url(format!("http://{host}"))
        .build()
        .unwrap()
}

fn bare() -> Bare {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    hyper_util::client::legacy::Client::builder(TokioExecutor::new()).build(connector)
}

fn body(bytes: impl Into<Bytes>) -> BareBody {
    Full::new(bytes.into())
        .map_err(|never| match never {})
        .boxed_unsync()
}

fn zeros() -> ByteStream {
    let chunks = (0..LARGE / CHUNK).map(|_| Ok(ZEROS.clone()));
    futures_util::stream::iter(chunks).boxed()
}

fn start_request(document: Payload) -> StartRequest {
    StartRequest::new(StartCall::Convert(Target::new(ExportFormat::Pdf))).document(document)
}

async fn sdk_calls(client: HttpClient, calls: usize) {
    for _ in 0..calls {
        let request = start_request(Payload::bytes(vec![0; 1024]));
        let id = client.start(request).await.unwrap();
        client.status(&id).await.unwrap();
        client.result(&id).await.unwrap().bytes().await.unwrap();
    }
}

/// The same three requests with the same headers; the status is read as JSON, as any client must.
async fn bare_calls(client: Bare, host: String, calls: usize) {
    let request = |method: &str, path: &str, content: BareBody| {
        http::Request::builder()
            .method(method)
            .uri(format!("http://{host}/v3.0/slides/async/{path}"))
            .header("user-agent", "bare/1")
            .header("accept", "application/json, */*")
            .header("content-type", "application/octet-stream")
            .body(content)
            .unwrap()
    };
    for _ in 0..calls {
        let start = request("POST", "convert/pdf", body(vec![0; 1024]));
        let answer = client.request(start).await.unwrap();
        let id = answer.into_body().collect().await.unwrap().to_bytes();
        let id = std::str::from_utf8(&id).unwrap().to_owned();
        let status = request("GET", &id, body(""));
        let answer = client.request(status).await.unwrap();
        let model = answer.into_body().collect().await.unwrap().to_bytes();
        let _: slides_core::types::Operation = serde_json::from_slice(&model).unwrap();
        let result = request("GET", &format!("{id}/result"), body(""));
        let answer = client.request(result).await.unwrap();
        answer.into_body().collect().await.unwrap();
    }
}

async fn calls(who: &str, host: &str, at_once: usize) -> f64 {
    let each = CALLS / at_once;
    let (client, other) = (sdk(host), bare());
    let started = Instant::now();
    if who == "sdk" {
        join_all((0..at_once).map(|_| tokio::spawn(sdk_calls(client.clone(), each)))).await;
    } else {
        let one = |_| tokio::spawn(bare_calls(other.clone(), host.to_owned(), each));
        join_all((0..at_once).map(one)).await;
    }
    started.elapsed().as_secs_f64() / (each * at_once) as f64
}

/// One transfer of 1 GiB; prints its seconds and the process' most memory in KiB.
async fn transfer(who: &str, way: &str, host: &str) {
    let started = Instant::now();
    let mut bytes = LARGE;
    match (who, way) {
        ("sdk", "up") => {
            let document = Payload::replayable(Some(LARGE as u64), zeros);
            sdk(host).start(start_request(document)).await.unwrap();
        }
        ("sdk", _) => {
            let id = OperationId::new("large");
            let mut stream = sdk(host).result(&id).await.unwrap().into_stream();
            bytes = 0;
            while let Some(chunk) = stream.next().await {
                bytes += chunk.unwrap().len();
            }
        }
        (_, "up") => {
            let frames = zeros().map(|chunk| chunk.map(hyper::body::Frame::data));
            let request =
                http::Request::post(format!("http://{host}/v3.0/slides/async/convert/pdf"))
                    .header("content-length", LARGE)
                    .body(StreamBody::new(frames).boxed_unsync())
                    .unwrap();
            let answer = bare().request(request).await.unwrap();
            answer.into_body().collect().await.unwrap();
        }
        _ => {
            let request =
                http::Request::get(format!("http://{host}/v3.0/slides/async/large/result"))
                    .body(body(""))
                    .unwrap();
            let mut answer = bare().request(request).await.unwrap().into_body();
            bytes = 0;
            while let Some(frame) = answer.frame().await {
                bytes += frame.unwrap().data_ref().map_or(0, Bytes::len);
            }
        }
    }
    assert_eq!(bytes, LARGE);
    println!("{} {}", started.elapsed().as_secs_f64(), memory("VmHWM:"));
}

/// A line of what Linux says of this process.
fn memory(key: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(key));
    line.unwrap()
        .split_whitespace()
        .next()
        .unwrap()
        .parse()
        .unwrap()
}

/// How many sockets this process has open.
fn sockets() -> usize {
    let open = std::fs::read_dir("/proc/self/fd").unwrap().flatten();
    let targets = open.filter_map(|entry| std::fs::read_link(entry.path()).ok());
    targets
        .filter(|to| to.to_string_lossy().starts_with("socket:"))
        .count()
}

// --- many operations

/// Counts polls by the time at which they come.
struct Counted {
    client: HttpClient,
    started: Instant,
    windows: Vec<AtomicU32>,
}

#[async_trait::async_trait]
impl AsyncApi for Counted {
    async fn start(&self, request: StartRequest) -> slides_core::Result<OperationId> {
        self.client.start(request).await
    }
    async fn status(&self, id: &OperationId) -> slides_core::Result<slides_core::StatusReply> {
        let window = self.started.elapsed().as_millis() / WINDOW.as_millis();
        if let Some(count) = self.windows.get(window as usize) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        self.client.status(id).await
    }
    async fn result(&self, id: &OperationId) -> slides_core::Result<Download> {
        self.client.result(id).await
    }
}

async fn watch(host: &str) {
    // connections and code are there before memory is measured
    let client = sdk(host);
    join_all((0..64).map(|_| sdk_calls(client.clone(), 4))).await;
    let windows = (STEADY + COUNTED).as_millis() / WINDOW.as_millis();
    let api = Arc::new(Counted {
        client,
        started: Instant::now(),
        windows: (0..windows).map(|_| AtomicU32::new(0)).collect(),
    });
    let before = memory("VmRSS:");
    let one = |id: usize| {
        let api: Arc<dyn AsyncApi> = api.clone();
        let handle = OperationHandle::<Download>::new(api, format!("op-{id}").into());
        handle
            .with_policy(PollPolicy {
                first_within: FIRST,
                ..PollPolicy::with_deadline(None)
            })
            .until_done()
    };
    let size = std::mem::size_of_val(&one(0));
    let tasks: Vec<_> = (0..WATCHED).map(|id| tokio::spawn(one(id))).collect();
    tokio::time::sleep(STEADY + COUNTED).await;
    let after = memory("VmRSS:");
    let all: Vec<u32> = api
        .windows
        .iter()
        .map(|w| w.load(Ordering::Relaxed))
        .collect();
    let steady = &all[(STEADY.as_millis() / WINDOW.as_millis()) as usize..];
    let mean = f64::from(steady.iter().sum::<u32>()) / steady.len() as f64;
    let most = f64::from(*steady.iter().max().unwrap());
    // from the first second on, each against the mean of its own span: back-offs grow, the rate falls
    let spans = all[WINDOWS_IN_SECOND..].chunks_exact(2 * WINDOWS_IN_SECOND);
    let burst = spans.map(|span| {
        let most = f64::from(*span.iter().max().unwrap());
        most * span.len() as f64 / f64::from(span.iter().sum::<u32>())
    });
    let burst = burst.fold(0.0_f64, f64::max);
    println!(
        "watch {WATCHED} operations: {} bytes each (the future {size}), {} threads, {} connections, {:.0} polls/s, \
         most in {WINDOW:?} {:.2} times the mean, {:.2} times that of two seconds at any time",
        (after - before) * 1024 / WATCHED as u64,
        memory("Threads:"),
        sockets(),
        mean / WINDOW.as_secs_f64(),
        most / mean,
        burst,
    );
    for task in tasks {
        task.abort();
    }
}

// --- the measurements

async fn measure() {
    let server = server();
    let host = server.1.as_str();
    for at_once in [1, 64] {
        calls("sdk", host, at_once).await;
        let (mut ours, mut theirs, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            let one = calls("sdk", host, at_once).await;
            let other = calls("bare", host, at_once).await;
            ours.push(one * 1e6);
            theirs.push(other * 1e6);
            ratios.push(one / other);
        }
        println!(
            "call, {at_once} at once: {:.0} us, bare hyper {:.0} us, {:+.1} %",
            median(ours),
            median(theirs),
            (median(ratios) - 1.0) * 100.0
        );
    }
    for way in ["up", "down"] {
        let (mut ours, mut theirs, mut ratios, mut most) = (vec![], vec![], vec![], 0.0_f64);
        for _ in 0..TRANSFERS {
            let run = |who| {
                let output = itself(&["transfer", who, way, host]).output().unwrap();
                assert!(output.status.success(), "{output:?}");
                let text = String::from_utf8(output.stdout).unwrap();
                let mut numbers = text.split_whitespace().map(|n| n.parse::<f64>().unwrap());
                (numbers.next().unwrap(), numbers.next().unwrap())
            };
            let ((one, memory), (other, _)) = (run("sdk"), run("bare"));
            most = most.max(memory);
            ours.push(1024.0 / one);
            theirs.push(1024.0 / other);
            ratios.push(other / one);
        }
        println!(
            "1 GiB {way}: {:.0} MiB/s, bare hyper {:.0} MiB/s, {:.0} %, most memory {:.1} MiB",
            median(ours),
            median(theirs),
            median(ratios) * 100.0,
            most / 1024.0
        );
    }
    itself(&["watch", host]).status().unwrap();
}
