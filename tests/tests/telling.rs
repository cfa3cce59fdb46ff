//! What a server tells its operator and its callers, by the real program: logs and audit without secrets, clients
//! that come and go while it runs, events and webhooks.
#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use serde_json::Value;
use slides_tests::slides_program;

/// Long enough for a loaded machine; nothing waits for it when all is well.
const PATIENCE: Duration = Duration::from_mins(1);

/// A server and what it logs.
struct Served {
    child: Child,
    address: String,
    log: Receiver<String>,
}

struct Answer {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Answer {
    fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }
}

impl Served {
    fn start(folder: &Path, arguments: &[&str]) -> Self {
        let mut child = Command::new(slides_program())
            .current_dir(folder)
            .args(["serve", "--listen", "127.0.0.1:0", "--data", "data"])
            .args(["--min-free", "0", "--min-free-percent", "0"])
            .args(["--log-format", "json", "--workers", "1"])
            .args(["--soffice", "off"])
            .args(arguments)
            .env(
                "SLIDES_LOG",
                "info,slides=trace,slides_server=trace,slides_service=trace,slides_core=trace",
            )
            .env_remove("SLIDES_CLIENT_ID")
            .env_remove("SLIDES_CLIENT_SECRET")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (sender, log) = std::sync::mpsc::channel();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        std::thread::spawn(move || {
            for line in stderr.lines() {
                let _ = sender.send(line.unwrap());
            }
        });
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let address = line.trim().strip_prefix("listening on http://").unwrap();
        Self {
            address: address.to_owned(),
            child,
            log,
        }
    }

    fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut head = format!(
            "{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {}\r\n",
            body.len()
        );
        for (name, value) in headers {
            head.extend([name, ": ", value, "\r\n"]);
        }
        stream.write_all(format!("{head}\r\n").as_bytes()).unwrap();
        stream.write_all(body).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let end = answer
            .windows(4)
            .position(|four| four == b"\r\n\r\n")
            .unwrap();
        let head = String::from_utf8(answer[..end].to_vec()).unwrap();
        Answer {
            status: head.split(' ').nth(1).unwrap().parse().unwrap(),
            body: answer[end + 4..].to_vec(),
            head,
        }
    }

    fn login(&self, id: &str, secret: &str) -> Answer {
        let form = format!("grant_type=client_credentials&client_id={id}&client_secret={secret}");
        self.send("POST", "/connect/token", &[], form.as_bytes())
    }

    fn token(&self, id: &str, secret: &str) -> String {
        let answer = self.login(id, secret);
        assert_eq!(answer.status, 200, "{}", answer.text());
        let json: Value = serde_json::from_slice(&answer.body).unwrap();
        json["access_token"].as_str().unwrap().to_owned()
    }

    /// Asks until the operation has ended; gives its status.
    fn ended(&self, id: &str, bearer: &str) -> String {
        let begun = Instant::now();
        loop {
            let path = format!("/v3.0/slides/async/{id}");
            let answer = self.send("GET", &path, &[("Authorization", bearer)], b"");
            let json: Value = serde_json::from_slice(&answer.body).unwrap();
            let status = json["status"].as_str().unwrap();
            if slides_tests::has_ended(status) {
                return status.to_owned();
            }
            assert!(begun.elapsed() < PATIENCE, "{json}");
            std::thread::yield_now();
        }
    }

    fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args([name, &id]).status().unwrap();
        assert!(sent.success());
    }

    /// Waits for a line of the log that holds these words.
    fn logged(&self, words: &str) -> String {
        loop {
            let line = self.log.recv_timeout(PATIENCE).unwrap();
            if line.contains(words) {
                return line;
            }
        }
    }

    /// Ends the server and gives the rest of its log.
    fn end(mut self) -> Vec<String> {
        self.signal("-TERM");
        let status = self.child.wait().unwrap();
        assert!(status.success(), "{status}");
        self.log.iter().collect()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs the program and gives what it prints.
fn slides(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new(slides_program())
        .current_dir(folder)
        .args(arguments)
        .output()
        .unwrap();
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{arguments:?}: {complaint}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[test]
fn logs_name_operations_and_clients_but_no_documents_and_no_secrets() {
    const NAME: &str = "Quartalszahlen";
    const PASSWORD: &str = "correct-horse-battery";
    let folder = tempfile::tempdir().unwrap();
    let secret = slides(
        folder.path(),
        &["clients", "add", "anna", "--file", "clients"],
    );
    let server = Served::start(folder.path(), &["--credentials-file", "clients"]);
    let token = server.token("anna", &secret);
    let bearer = format!("Bearer {token}");
    let with = |more: &[(&'static str, &str)]| {
        let own = [("Authorization", bearer.as_str())];
        own.iter()
            .chain(more)
            .copied()
            .map(|(a, b)| (a, b.to_owned()))
            .collect::<Vec<_>>()
    };
    let send = |method: &str, path: &str, headers: &[(&'static str, &str)], body: &[u8]| {
        let headers = with(headers);
        let headers: Vec<_> = headers.iter().map(|(a, b)| (*a, b.as_str())).collect();
        server.send(method, path, &headers, body)
    };
    let read = |name: &str| {
        std::fs::read(
            Path::new(env!("CARGO_MANIFEST_DIR"))
                .join("decks")
                .join(name),
        )
        .unwrap()
    };

    // A stored deck under a name that is nobody's business, opened with a password.
    let stored = format!("/v3.0/slides/storage/file/Vorstand/{NAME}.pptx");
    assert_eq!(
        send("PUT", &stored, &[], &read("protected.pptx")).status,
        200
    );
    let path = format!("/v3.0/slides/async/{NAME}.pptx/pdf?folder=Vorstand");
    let wrong = send("POST", &path, &[("password", PASSWORD)], b"");
    assert_eq!(wrong.status, 201, "{}", wrong.text());
    assert_eq!(server.ended(&wrong.text(), &bearer), "Failed");
    // An uploaded deck whose part has such a name.
    let mut form = format!(
        "--b\r\nContent-Disposition: form-data; name=\"document\"; filename=\"{NAME}.pptx\"\r\n\r\n"
    )
    .into_bytes();
    form.extend(read("startup-pitch.pptx"));
    form.extend(b"\r\n--b--\r\n");
    let multipart = [("Content-Type", "multipart/form-data; boundary=b")];
    let good = send("POST", "/v3.0/slides/async/convert/pdf", &multipart, &form);
    assert_eq!(good.status, 201, "{}", good.text());
    assert_eq!(server.ended(&good.text(), &bearer), "Finished");
    let result = format!("/v3.0/slides/async/{}/result", good.text());
    assert_eq!(send("GET", &result, &[], b"").status, 200);
    // What fails inside, what is refused, and what is denied.
    let outside = format!("/v3.0/slides/storage/file/{NAME}/..%2F..%2F{NAME}");
    assert_eq!(send("GET", &outside, &[], b"").status, 400);
    let missing = format!("/v3.0/slides/async/{NAME}-2.pptx/pdf");
    let missing = send("POST", &missing, &[], b"").text();
    assert_eq!(server.ended(&missing, &bearer), "Failed");
    let cancel = format!("/v3.0/slides/async/{}", good.text());
    assert_eq!(send("DELETE", &cancel, &[], b"").status, 409);
    assert_eq!(server.login("anna", "a-wrong-secret").status, 400);
    let foreign = [("Authorization", "Bearer 00.00")];
    assert_eq!(server.send("GET", &result, &foreign, b"").status, 401);

    let lines = server.end();
    let all = lines.join("\n");
    for needle in [
        NAME,
        "Vorstand",
        PASSWORD,
        "a-wrong-secret",
        &secret,
        &token,
    ] {
        assert!(!all.contains(needle), "`{needle}` is in\n{all}");
    }
    let audit: Vec<BTreeMap<String, Value>> = lines
        .iter()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .filter(|line| line["target"] == "audit")
        .map(|line| serde_json::from_value(line["fields"].clone()).unwrap())
        .collect();
    let is_told = |call: &str, client: &str, operation: Option<&str>, outcome: &str| {
        let found = audit.iter().any(|line| {
            line["call"] == call
                && line["client"] == client
                && line.get("operation").and_then(Value::as_str) == operation
                && line["address"] == "127.0.0.1"
                && line["outcome"] == outcome
        });
        assert!(
            found,
            "{call} {client} {operation:?} {outcome} is not in\n{all}"
        );
    };
    let good = good.text();
    is_told("Token", "anna", None, "done");
    is_told("StartConvert", "anna", Some(&good), "done");
    is_told("GetOperationResult", "anna", Some(&good), "done");
    is_told("CancelOperation", "anna", Some(&good), "refused");
    is_told("GetOperationResult", "", Some(&good), "denied");
    is_told("Token", "", None, "refused");
    assert!(
        audit
            .iter()
            .all(|line| line["call"] != "GetOperationStatus")
    );
}

#[test]
fn clients_and_keys_are_read_again_on_a_signal() {
    let folder = tempfile::tempdir().unwrap();
    let clients = |arguments: &[&str]| {
        let arguments = [&["clients"], arguments, &["--file", "clients"]].concat();
        slides(folder.path(), &arguments)
    };
    let first = clients(&["add", "anna"]);
    let server = Served::start(folder.path(), &["--credentials-file", "clients"]);
    let ask = |token: &str| {
        let bearer = format!("Bearer {token}");
        server
            .send(
                "GET",
                "/v3.0/slides/info",
                &[("Authorization", &bearer)],
                b"",
            )
            .status
    };
    let reload = |words: &str| {
        server.signal("-HUP");
        server.logged(words);
    };
    let early = server.token("anna", &first);
    assert_eq!(ask(&early), 200);

    let second = clients(&["rotate", "anna"]);
    slides(
        folder.path(),
        &["token-keys", "rotate", "--file", "data/token.key"],
    );
    assert_eq!(server.login("anna", &second).status, 400);
    reload("were read again");
    let late = server.token("anna", &second);
    assert_eq!(server.login("anna", &first).status, 200);
    assert_eq!((ask(&early), ask(&late)), (200, 200));

    clients(&["retire", "anna"]);
    reload("were read again");
    assert_eq!((ask(&early), ask(&late)), (401, 200));
    let refused = server.login("anna", &first);
    assert_eq!(refused.status, 400, "{}", refused.head);

    // What would open the server, or cannot be read, changes nothing.
    clients(&["remove", "anna"]);
    reload("stay as they were");
    std::fs::write(folder.path().join("clients"), "nonsense").unwrap();
    reload("stay as they were");
    assert_eq!(ask(&late), 200);
    server.end();
}

/// Takes one request and answers it; gives its head and body.
fn receive(listener: &TcpListener, answer: &str) -> (String, Vec<u8>) {
    let (mut stream, _) = listener.accept().unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert!(reader.read_line(&mut head).unwrap() > 0, "{head}");
    }
    let mut body = vec![0; field(&head, "content-length").parse().unwrap()];
    reader.read_exact(&mut body).unwrap();
    stream.write_all(answer.as_bytes()).unwrap();
    (head, body)
}

fn field<'a>(head: &'a str, name: &str) -> &'a str {
    let mut lines = head.lines().filter_map(|line| line.split_once(": "));
    let (_, value) = lines
        .find(|(key, _)| key.eq_ignore_ascii_case(name))
        .unwrap();
    value
}

#[test]
fn the_end_of_an_operation_is_told_where_its_caller_says() {
    use hmac::{Hmac, Mac};
    const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let folder = tempfile::tempdir().unwrap();
    let secret = slides(
        folder.path(),
        &["clients", "add", "anna", "--file", "clients"],
    );
    let server = Served::start(
        folder.path(),
        &[
            "--credentials-file",
            "clients",
            "--webhook-keys",
            "hooks.key",
            "--webhook-allow",
            "127.0.0.1",
        ],
    );
    let bearer = format!("Bearer {}", server.token("anna", &secret));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let here = format!(
        "http://{}/hook?k=private-part",
        listener.local_addr().unwrap()
    );
    let deck =
        std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("decks/startup-pitch.pptx"));
    let deck = deck.unwrap();
    let start = |address: &str| {
        let headers = [
            ("Authorization", bearer.as_str()),
            ("X-Slides-Webhook", address),
            ("traceparent", TRACE),
        ];
        server.send(
            "POST",
            "/v3.0/slides/async/convert/pdf?slides=1",
            &headers,
            &deck,
        )
    };
    for refused in [
        "https://10.0.0.1/",
        "http://example.com/",
        "https://[::1]/",
        "nonsense",
    ] {
        let answer = start(refused);
        assert_eq!(answer.status, 400, "{refused}: {}", answer.text());
    }
    let started = start(&here);
    assert_eq!(started.status, 201, "{}", started.text());
    assert!(
        started.head.contains(&format!("traceparent: {TRACE}")),
        "{}",
        started.head
    );
    let line = server.logged(&started.text());
    let trace = "\"trace_id\":\"4bf92f3577b34da6a3ce929d0e0e4736\"";
    assert!(line.contains(trace), "{line}");
    let (head, body) = receive(&listener, "HTTP/1.1 204 No Content\r\n\r\n");
    assert!(
        head.starts_with("POST /hook?k=private-part HTTP/1.1\r\n"),
        "{head}"
    );
    let event: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(event["type"], "operation.ended");
    assert_eq!(event["operation"]["id"], started.text());
    assert_eq!(event["operation"]["status"], "Finished");
    assert_eq!(
        field(&head, "x-slides-event"),
        event["id"].as_str().unwrap()
    );

    // The client checks it with its own secret, as documented.
    let key = slides(
        folder.path(),
        &["webhook-secret", "anna", "--file", "hooks.key"],
    );
    let signature = field(&head, "x-slides-signature");
    let (stamp, given) = signature
        .strip_prefix("t=")
        .unwrap()
        .split_once(",v1=")
        .unwrap();
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(key.as_bytes()).unwrap();
    mac.update(format!("{stamp}.").as_bytes());
    mac.update(&body);
    let expected = mac.finalize().into_bytes();
    assert_eq!(given, format!("{expected:x}"));
    server.logged("webhook delivered");

    // And the events of an operation that has ended.
    let events = format!("/v3.0/slides/async/{}/events", started.text());
    let told = server.send("GET", &events, &[("Authorization", &bearer)], b"");
    assert!(told.text().contains("event: end\n"), "{}", told.text());
    let all = server.end().join("\n");
    assert!(
        !all.contains("private-part") && !all.contains(&key),
        "{all}"
    );
}

/// A small deck.
fn deck() -> Vec<u8> {
    let deck = concat!(env!("CARGO_MANIFEST_DIR"), "/decks/code-coverage.pptx");
    std::fs::read(deck).unwrap()
}

#[test]
fn an_end_is_told_although_the_server_was_killed_in_between() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = [
        "--no-auth",
        "--webhook-keys",
        "hooks.key",
        "--webhook-allow",
        "127.0.0.1",
    ];
    let mut server = Served::start(folder.path(), &arguments);
    // Nobody listens there yet.
    let place = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = place.local_addr().unwrap();
    drop(place);
    let hook = format!("http://{address}/hook");
    let path = "/v3.0/slides/async/convert/pdf?slides=1";
    let started = server.send("POST", path, &[("X-Slides-Webhook", &hook)], &deck());
    assert_eq!(started.status, 201, "{}", started.text());
    server.logged("webhook not delivered");
    server.child.kill().unwrap();
    server.child.wait().unwrap();

    let listener = TcpListener::bind(address).unwrap();
    let again = Served::start(folder.path(), &arguments);
    let (_, body) = receive(&listener, "HTTP/1.1 204 No Content\r\n\r\n");
    let event: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(event["operation"]["id"], started.text());
    assert_eq!(event["operation"]["status"], "Finished");
    again.logged("webhook delivered");
    again.end();
}

#[test]
fn a_collector_is_told_of_each_run() {
    let folder = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let collector = format!("http://{}", listener.local_addr().unwrap());
    let server = Served::start(folder.path(), &["--no-auth", "--otlp-endpoint", &collector]);
    let path = "/v3.0/slides/async/convert/pdf?slides=1";
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let started = server.send("POST", path, &[("traceparent", trace)], &deck());
    assert_eq!(server.ended(&started.text(), ""), "Finished");
    let told = std::thread::spawn(move || {
        receive(&listener, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    });
    // What waits to be sent is sent at the end at the latest.
    server.end();
    let (head, body) = told.join().unwrap();
    assert!(head.starts_with("POST /v1/traces HTTP/1.1\r\n"), "{head}");
    assert_eq!(field(&head, "content-type"), "application/x-protobuf");
    let has = |bytes: &[u8]| body.windows(bytes.len()).any(|window| window == bytes);
    assert!(has(started.text().as_bytes()), "the operation's id");
    assert!(has(b"Convert") && has(b"Finished"), "method and end");
    let trace = 0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c_u128.to_be_bytes();
    assert!(has(&trace), "the caller's trace");
}

#[test]
fn a_server_without_webhooks_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let server = Served::start(folder.path(), &[]);
    let headers = [("X-Slides-Webhook", "https://hooks.example/")];
    let answer = server.send("POST", "/v3.0/slides/async/convert/pdf", &headers, b"PK");
    assert_eq!(answer.status, 400, "{}", answer.text());
    assert!(
        answer.text().contains("X-Slides-Webhook"),
        "{}",
        answer.text()
    );
}
