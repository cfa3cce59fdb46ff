//! Load on the server and on the least that a server can do, in turn: `cargo xtask bench server`.
//!
//! `server_load bare FOLDER` serves two bare handlers: one streams a body to a file and syncs it,
//! one answers a constant. `server_load measure SLIDES BARE SLIDES_PID` measures both alike.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::expect_used,
    missing_docs
)]

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::Path;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{delete, get, put};
use futures_util::StreamExt;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

const UPLOAD: usize = 1 << 20;
const UPLOADERS: usize = 8;
const READERS: usize = 32;
const ROUNDS: usize = 7;
const ROUND: Duration = Duration::from_secs(3);
const POLLERS: usize = 1000;
const POLLS: usize = 20;
const UPLOADS_AT_ONCE: usize = 64;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    match arguments.as_slice() {
        ["bare", folder] => runtime.block_on(bare(folder.into())),
        ["measure", slides, bare, pid] => runtime.block_on(measure(slides, bare, pid)),
        _ => panic!("usage: server_load bare FOLDER | measure SLIDES BARE SLIDES_PID"),
    }
}

/// What the bare server knows.
struct Bare {
    folder: PathBuf,
    next: AtomicU64,
    constant: std::sync::Mutex<bytes::Bytes>,
}

async fn bare(folder: PathBuf) {
    let state = Arc::new(Bare {
        folder,
        next: AtomicU64::new(0),
        constant: std::sync::Mutex::default(),
    });
    let app = Router::new()
        .route("/upload", axum::routing::post(keep))
        .route("/status", get(constant))
        .route("/constant", put(set))
        .route("/v3.0/slides/async/{id}", delete(forget))
        .with_state(state);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("{}", listener.local_addr().unwrap());
    axum::serve(listener, app).await.unwrap();
}

/// Streams a body to a file of its own and syncs it.
async fn keep(State(bare): State<Arc<Bare>>, body: Body) -> (StatusCode, String) {
    let id = bare.next.fetch_add(1, Ordering::Relaxed).to_string();
    let mut file = tokio::fs::File::create(bare.folder.join(&id))
        .await
        .unwrap();
    let mut stream = body.into_data_stream();
    while let Some(chunk) = stream.next().await {
        file.write_all(&chunk.unwrap()).await.unwrap();
    }
    file.flush().await.unwrap();
    file.sync_all().await.unwrap();
    (StatusCode::CREATED, id)
}

async fn forget(State(bare): State<Arc<Bare>>, Path(id): Path<u64>) {
    std::fs::remove_file(bare.folder.join(id.to_string())).unwrap();
}

async fn constant(
    State(bare): State<Arc<Bare>>,
) -> ([(&'static str, &'static str); 1], bytes::Bytes) {
    let constant = bare.constant.lock().unwrap().clone();
    ([("content-type", "application/json")], constant)
}

async fn set(State(bare): State<Arc<Bare>>, body: bytes::Bytes) {
    *bare.constant.lock().unwrap() = body;
}

/// A connection that is kept open. Knows just what these two servers send.
struct Connection {
    stream: BufReader<TcpStream>,
    host: String,
    head: Vec<u8>,
}

impl Connection {
    async fn open(address: &str) -> std::io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream: BufReader::new(stream),
            host: address.to_owned(),
            head: Vec::new(),
        })
    }

    async fn call(
        &mut self,
        method: &str,
        path: &str,
        body: &[u8],
    ) -> std::io::Result<(u16, Vec<u8>)> {
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/octet-stream\r\nContent-Length: {}\r\n\r\n",
            self.host,
            body.len()
        );
        self.stream.get_mut().write_all(head.as_bytes()).await?;
        self.stream.get_mut().write_all(body).await?;
        let bad = |why: &str| std::io::Error::other(why.to_owned());
        self.head.clear();
        // By the line: the client shares the cores, and what it costs would be measured as well.
        while !self.head.ends_with(b"\r\n\r\n") {
            if self.stream.read_until(b'\n', &mut self.head).await? == 0 {
                return Err(bad("the connection was closed"));
            }
        }
        let text = std::str::from_utf8(&self.head).map_err(std::io::Error::other)?;
        let mut lines = text.split("\r\n");
        let status = lines.next().and_then(|line| line.get(9..12)?.parse().ok());
        let len = lines
            .filter_map(|line| line.split_once(':'))
            .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
            .and_then(|(_, value)| value.trim().parse::<usize>().ok());
        let mut answer = vec![0; len.ok_or_else(|| bad("no length"))?];
        self.stream.read_exact(&mut answer).await?;
        Ok((status.ok_or_else(|| bad("no status"))?, answer))
    }
}

/// Calls in a second, on as many connections, for one round; and the answers.
async fn rate(address: &str, connections: usize, call: &Call) -> (f64, Vec<String>) {
    let begun = Instant::now();
    let mut clients = Vec::new();
    for _ in 0..connections {
        let mut connection = Connection::open(address).await.unwrap();
        let call = call.clone();
        clients.push(tokio::spawn(async move {
            let mut answers = Vec::new();
            let mut calls = 0_u32;
            while begun.elapsed() < ROUND {
                let (status, answer) = connection
                    .call(call.method, &call.path, &call.body)
                    .await
                    .unwrap();
                assert_eq!(
                    status,
                    call.expected,
                    "{}",
                    String::from_utf8_lossy(&answer)
                );
                if call.expected == 201 {
                    answers.push(String::from_utf8(answer).unwrap());
                }
                calls += 1;
            }
            (calls, answers)
        }));
    }
    let (mut calls, mut answers) = (0, Vec::new());
    for client in clients {
        let (more, ids) = client.await.unwrap();
        calls += more;
        answers.extend(ids);
    }
    (f64::from(calls) / begun.elapsed().as_secs_f64(), answers)
}

/// What is asked again and again.
#[derive(Clone)]
struct Call {
    method: &'static str,
    path: String,
    body: Arc<Vec<u8>>,
    expected: u16,
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// One call on both servers in turn, and the medians.
async fn compare(
    what: &str,
    goal: u32,
    connections: usize,
    slides: (&str, Call),
    bare: (&str, Call),
) {
    let (mut ours, mut theirs, mut shares) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        // In turn who begins, as the disk may remember.
        let mut pair = [0.0; 2];
        for step in 0..2 {
            let which = (round + step) % 2;
            let (address, call) = if which == 0 { &slides } else { &bare };
            let (rate, ids) = rate(address, connections, call).await;
            pair[which] = rate;
            // What was kept goes, so that the disk does not fill.
            let mut connection = Connection::open(address).await.unwrap();
            for id in ids {
                let path = format!("/v3.0/slides/async/{id}");
                connection.call("DELETE", &path, &[]).await.unwrap();
            }
        }
        println!(
            "  round {}: slides {:.0}/s, bare {:.0}/s",
            round + 1,
            pair[0],
            pair[1]
        );
        ours.push(pair[0]);
        theirs.push(pair[1]);
        shares.push(pair[0] / pair[1]);
    }
    println!(
        "{what}: slides {:.0}/s, bare {:.0}/s, median share {:.0} % (goal {goal} %)",
        median(&mut ours),
        median(&mut theirs),
        100.0 * median(&mut shares)
    );
}

async fn measure(slides: &str, bare: &str, pid: &str) {
    let start = "/v3.0/slides/async/convert/pdf";
    // No deck, so that whatever runs it is done at once.
    let upload: Vec<u8> = (0..UPLOAD).map(|n| (n * 31 % 251) as u8).collect();
    let mut connection = Connection::open(slides).await.unwrap();
    let (status, id) = connection.call("POST", start, &upload).await.unwrap();
    assert_eq!(status, 201);
    let status_path = format!("/v3.0/slides/async/{}", String::from_utf8(id).unwrap());
    let (status, constant) = connection.call("GET", &status_path, &[]).await.unwrap();
    assert_eq!(status, 200);
    println!("status answer: {} bytes", constant.len());
    let mut other = Connection::open(bare).await.unwrap();
    other.call("PUT", "/constant", &constant).await.unwrap();
    drop((connection, other));

    let empty = Arc::new(Vec::new());
    let upload = Arc::new(upload);
    let get = |path: &str| Call {
        method: "GET",
        path: path.to_owned(),
        body: Arc::clone(&empty),
        expected: 200,
    };
    let post = |path: &str| Call {
        method: "POST",
        path: path.to_owned(),
        body: Arc::clone(&upload),
        expected: 201,
    };
    compare(
        "status reads",
        80,
        READERS,
        (slides, get(&status_path)),
        (bare, get("/status")),
    )
    .await;
    compare(
        "accepts of 1 MiB",
        70,
        UPLOADERS,
        (slides, post(start)),
        (bare, post("/upload")),
    )
    .await;

    let begun = Instant::now();
    let errors = Arc::new(AtomicU64::new(0));
    let all = Arc::new(tokio::sync::Barrier::new(POLLERS + UPLOADS_AT_ONCE));
    let mut clients = Vec::new();
    for n in 0..POLLERS + UPLOADS_AT_ONCE {
        let (slides, path, all) = (slides.to_owned(), status_path.clone(), Arc::clone(&all));
        let (errors, upload) = (Arc::clone(&errors), Arc::clone(&upload));
        clients.push(tokio::spawn(async move {
            let connection = Connection::open(&slides).await;
            all.wait().await;
            let Ok(mut connection) = connection else {
                errors.fetch_add(1, Ordering::Relaxed);
                return;
            };
            let (calls, method, path, body, expected): (_, _, _, &[u8], _) = if n < POLLERS {
                (POLLS, "GET", path.as_str(), &[], 200)
            } else {
                (1, "POST", start, &upload, 201)
            };
            for _ in 0..calls {
                match connection.call(method, path, body).await {
                    Ok((status, _)) if status == expected => {}
                    _ => {
                        errors.fetch_add(1, Ordering::Relaxed);
                    }
                }
            }
        }));
    }
    for client in clients {
        client.await.unwrap();
    }
    let errors = errors.load(Ordering::Relaxed);
    println!(
        "{POLLERS} pollers with {POLLS} reads each and {UPLOADS_AT_ONCE} uploads at once: {errors} errors, {:.1} s",
        begun.elapsed().as_secs_f64()
    );
    let memory = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let peak = memory.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    println!(
        "peak memory of the server: {} (goal below 256 MiB)",
        peak.unwrap_or(" unknown").trim()
    );
    assert_eq!(errors, 0);
}
