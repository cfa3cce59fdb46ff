//! A server that does what a script says, over real sockets on loopback.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Where the token call goes.
const TOKEN_PATH: &str = "/connect/token";
/// What a whole result holds.
pub(crate) const FILE: &str = "%PDF-1.7 whole";

/// A request whose head reached the server.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    /// Method and path with query.
    pub(crate) line: String,
    head: String,
    /// Whether it was not refused: its work may have begun.
    pub(crate) perhaps_taken: bool,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

#[derive(Debug, Default)]
struct State {
    api: VecDeque<String>,
    token: VecDeque<String>,
    seen: Vec<Seen>,
    connections: usize,
}

/// Plays one word of its script for each request, the last word again and again. The token
/// endpoint has a script of its own.
#[derive(Debug)]
pub(crate) struct ScriptedServer {
    pub(crate) address: SocketAddr,
    state: Arc<Mutex<State>>,
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap()
}

fn next(script: &mut VecDeque<String>) -> String {
    if script.len() > 1 {
        script.pop_front().unwrap()
    } else {
        script.front().cloned().unwrap()
    }
}

impl ScriptedServer {
    pub(crate) async fn start(api: Vec<String>, token: Vec<String>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(Mutex::new(State {
            api: api.into(),
            token: token.into(),
            ..State::default()
        }));
        let shared = state.clone();
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                lock(&shared).connections += 1;
                tokio::spawn(connection(socket, shared.clone()));
            }
        });
        Self { address, state }
    }

    /// An address where nobody listens.
    pub(crate) async fn absent() -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        listener.local_addr().unwrap()
    }

    /// The requests of the API, the token calls left out.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        let state = lock(&self.state);
        let api = state
            .seen
            .iter()
            .filter(|seen| !seen.line.contains(TOKEN_PATH));
        api.cloned().collect()
    }

    pub(crate) fn token_calls(&self) -> usize {
        let state = lock(&self.state);
        let all = state.seen.iter();
        all.filter(|seen| seen.line.contains(TOKEN_PATH)).count()
    }

    pub(crate) fn connections(&self) -> usize {
        lock(&self.state).connections
    }
}

/// Closes with a reset.
fn reset(socket: TcpStream) {
    socket.set_zero_linger().unwrap();
    drop(socket);
}

async fn connection(mut socket: TcpStream, state: Arc<Mutex<State>>) {
    // the one word that comes before any request
    let refuses = lock(&state)
        .api
        .front()
        .is_some_and(|word| word == "reset at once");
    if refuses {
        next(&mut lock(&state).api);
        return reset(socket);
    }
    let mut buffer = Vec::new();
    while let Some(head) = read_head(&mut socket, &mut buffer).await {
        let line = head.lines().next().unwrap_or_default();
        let line = line.trim_end_matches(" HTTP/1.1").to_owned();
        let word = {
            let mut state = lock(&state);
            let is_token = line.contains(TOKEN_PATH);
            let word = next(if is_token {
                &mut state.token
            } else {
                &mut state.api
            });
            let refused = ["429", "503", "401"].iter().any(|no| word.starts_with(no));
            state.seen.push(Seen {
                line,
                head: head.clone(),
                perhaps_taken: !refused,
            });
            word
        };
        if word != "leave unread" && !read_body(&mut socket, &mut buffer, &head).await {
            return;
        }
        match answer(&word, &head) {
            Answer::Whole(text) => {
                if socket.write_all(text.as_bytes()).await.is_err() {
                    return;
                }
            }
            Answer::ThenClose(text) => {
                let _ = socket.write_all(text.as_bytes()).await;
                let _ = socket.shutdown().await;
                return;
            }
            Answer::ThenSilence(text) => {
                let _ = socket.write_all(text.as_bytes()).await;
                if word == "leave unread" {
                    std::future::pending::<()>().await;
                }
                // held open until the client gives up
                while socket.read_buf(&mut buffer).await.is_ok_and(|n| n > 0) {}
                return;
            }
            Answer::Reset => return reset(socket),
        }
    }
}

enum Answer {
    Whole(String),
    ThenClose(String),
    ThenSilence(String),
    Reset,
}

fn answer(word: &str, head: &str) -> Answer {
    let model = |status: &str| {
        full(
            "200 OK",
            "",
            &format!(r#"{{"id":"op-1","method":"Convert","status":"{status}"}}"#),
        )
    };
    let cut = format!(
        "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{}",
        FILE.len(),
        &FILE[..5]
    );
    let (status, argument) = word.split_once(' ').unwrap_or((word, ""));
    match word {
        "reset" => Answer::Reset,
        "close" => Answer::ThenClose(String::new()),
        "silence" | "leave unread" => Answer::ThenSilence(String::new()),
        "half a head" => Answer::ThenSilence("HTTP/1.1 200 OK\r\nContent-Le".to_owned()),
        "half a body" => Answer::ThenSilence(cut),
        "body cut" => Answer::ThenClose(cut),
        "chunk cut" => Answer::ThenClose(format!(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n20\r\n{FILE}"
        )),
        "no http" => Answer::ThenClose("SSH-2.0-OpenSSH_9.9\r\n".to_owned()),
        "page" => Answer::Whole(full("200 OK", "", "<html>welcome</html>")),
        "half a model" => Answer::Whole(full("200 OK", "", r#"{"id":"op-1","method":"#)),
        "file" => Answer::Whole(full("200 OK", "", FILE)),
        "uploaded" => Answer::Whole(full("200 OK", "", r#"{"uploaded":["a.pptx"],"errors":[]}"#)),
        "Started for t2 alone" if !head.contains("Bearer t2") => {
            Answer::Whole(full("401 No", "", "no"))
        }
        "Started for t2 alone" => Answer::Whole(model("Started")),
        "id" => Answer::Whole(full("201 Created", "", "op-1")),
        "redirect" => Answer::Whole(full(
            "307 Temporary Redirect",
            "Location: http://127.0.0.1:9/elsewhere\r\n",
            "",
        )),
        _ if status == "token" => Answer::Whole(full(
            "200 OK",
            "",
            &format!(r#"{{"access_token":"{argument}","expires_in":3600}}"#),
        )),
        _ if status.parse::<u16>().is_ok() => {
            let retry_after = if argument.is_empty() {
                String::new()
            } else {
                format!("Retry-After: {argument}\r\n")
            };
            Answer::Whole(full(&format!("{status} No"), &retry_after, "no"))
        }
        status => Answer::Whole(model(status)),
    }
}

fn full(status: &str, headers: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// The next request's head; what follows it stays in the buffer.
async fn read_head(socket: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<String> {
    loop {
        if let Some(at) = find(buffer, b"\r\n\r\n") {
            let rest = buffer.split_off(at + 4);
            let head = std::mem::replace(buffer, rest);
            return String::from_utf8(head).ok();
        }
        if socket.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    }
}

/// Reads a body to its end; false when the client gave up.
async fn read_body(socket: &mut TcpStream, buffer: &mut Vec<u8>, head: &str) -> bool {
    let head = head.to_ascii_lowercase();
    let len = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok())
        .unwrap_or(0_usize);
    let chunked = head.contains("transfer-encoding: chunked");
    loop {
        let end = if chunked {
            find(buffer, b"\r\n0\r\n\r\n").map(|at| at + 7)
        } else {
            (buffer.len() >= len).then_some(len)
        };
        if let Some(end) = end {
            buffer.drain(..end);
            return true;
        }
        if !socket.read_buf(buffer).await.is_ok_and(|n| n > 0) {
            return false;
        }
    }
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    text.windows(what.len()).position(|at| at == what)
}
