//! The ground of the vendor's async suites, language by language: nine tests each (Swift: three), in
//! our words, with requests in each SDK's own shape from `tests/wire`.
#![allow(clippy::unwrap_used, missing_docs)]

use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use serde_json::{Value, json};
use slides_server::{Credentials, Server};
use slides_service::{Runner, Service, ServiceOptions, Soffice};
use slides_tests::{Answer, FakeBackend, FakeEngine, Wire};

const ASYNC: &str = "/v3.0/slides/async";
const STORAGE: &str = "/v3.0/slides/storage";

/// How a language's SDK writes what is not in its bodies, and what its tests name.
#[derive(Debug, Clone, Copy)]
struct Sdk {
    name: &'static str,
    /// Letter case of query names, slashes of paths.
    style: Style,
    /// Where its tests save a conversion and a merge.
    converted: &'static str,
    merged: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    Plain,
    /// `Folder=`, `OutPath=` (Go).
    Capitals,
    /// `%2F` inside path values (Ruby).
    EscapedSlashes,
}

const fn sdk(
    name: &'static str,
    style: Style,
    converted: &'static str,
    merged: &'static str,
) -> Sdk {
    Sdk {
        name,
        style,
        converted,
        merged,
    }
}

const SDKS: [Sdk; 10] = [
    sdk(
        "python",
        Style::Plain,
        "TempSlidesSDK/converted.pptx",
        "TempSlidesSDK/merged.pptx",
    ),
    sdk(
        "nodejs",
        Style::Plain,
        "TestData/test.pdf",
        "TestData/test.pdf",
    ),
    sdk(
        "go",
        Style::Capitals,
        "TempSlidesSDK/out.pptx",
        "TempSlidesSDK/out.pptx",
    ),
    sdk(
        "csharp",
        Style::Plain,
        "TempSlidesSDK/converted.pdf",
        "TempSlidesSDK/converted.pdf",
    ),
    sdk(
        "java",
        Style::Plain,
        "TestData/converted.pdf",
        "TestData/converted.pdf",
    ),
    sdk(
        "php",
        Style::Plain,
        "TempSlidesSDK/converted.pdf",
        "TempSlidesSDK/converted.pdf",
    ),
    sdk(
        "ruby",
        Style::EscapedSlashes,
        "TestData/converted.pptx",
        "TestData/converted.pptx",
    ),
    sdk(
        "perl",
        Style::Plain,
        "TempSlidesSDK/converted.pdf",
        "TempSlidesSDK/converted.pdf",
    ),
    sdk(
        "cpp",
        Style::Plain,
        "TempSlidesSDK/converted.pptx",
        "TempSlidesSDK/converted.pptx",
    ),
    sdk("curl", Style::Plain, "Data/out.pdf", "Data/out.pptx"),
];

impl Sdk {
    fn path(self, path: &str) -> String {
        match self.style {
            Style::EscapedSlashes => path.replace('/', "%2F"),
            _ => path.to_owned(),
        }
    }

    fn query(self, pairs: &[(&str, &str)]) -> String {
        let pairs: Vec<String> = pairs
            .iter()
            .map(|(name, value)| {
                let mut name = (*name).to_owned();
                if self.style == Style::Capitals {
                    name[..1].make_ascii_uppercase();
                }
                format!("{name}={}", value.replace('/', "%2F"))
            })
            .collect();
        pairs.join("&")
    }

    /// A request of the SDK: what stands in its file, sent to another path if one is given.
    fn load(self, call: &str) -> Recorded {
        let file = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
            .join("wire")
            .join(self.name)
            .join(format!("{call}.http"));
        Recorded::parse(&std::fs::read(file).unwrap())
    }
}

struct Recorded {
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    body: Bytes,
}

impl Recorded {
    fn parse(bytes: &[u8]) -> Self {
        let end = bytes.windows(4).position(|at| at == b"\r\n\r\n").unwrap();
        let head = std::str::from_utf8(&bytes[..end]).unwrap();
        let mut lines = head.split("\r\n");
        let mut first = lines.next().unwrap().split(' ');
        let headers: Vec<_> = lines
            .map(|line| line.split_once(": ").unwrap())
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let body = Bytes::copy_from_slice(&bytes[end + 4..]);
        let length = headers.iter().find(|(name, _)| name == "Content-Length");
        assert_eq!(length.unwrap().1, body.len().to_string());
        Self {
            method: first.next().unwrap().to_owned(),
            path: first.next().unwrap().to_owned(),
            headers,
            body,
        }
    }

    fn to(mut self, method: &str, path: String) -> Self {
        (self.method, self.path) = (method.to_owned(), path);
        self
    }
}

/// A server and a client of one language that has a token.
struct Client {
    sdk: Sdk,
    wire: Wire,
    token: String,
}

impl Client {
    async fn of(sdk: Sdk, server: Server) -> Self {
        let wire = Wire::new(server.router());
        let form = "client_id=id&client_secret=secret&grant_type=client_credentials";
        let kind = [("content-type", "application/x-www-form-urlencoded")];
        let answer = wire.call("POST", "/connect/token", &kind, form).await;
        assert_eq!(answer.status, 200);
        let token = answer.json()["access_token"].as_str().unwrap().to_owned();
        Self { sdk, wire, token }
    }

    /// Over a backend in memory.
    async fn fake(sdk: Sdk) -> Self {
        let backend = Arc::new(FakeBackend::default());
        let server = Server::builder(backend.clone(), backend)
            .credentials(Credentials::new("id", "secret"))
            .build();
        Self::of(sdk, server).await
    }

    /// Over the service itself, with an engine that draws nothing.
    async fn service(sdk: Sdk) -> Self {
        let mut options = ServiceOptions::new(Runner::InProcess(Arc::new(FakeEngine))).workers(1);
        options.soffice = Soffice::Off;
        let service = Service::in_process(options).unwrap();
        let clients = service.clone();
        let server = Server::builder(Arc::new(service.clone()), Arc::new(service))
            .for_client(move |client| Arc::new(clients.for_client(client)))
            .credentials(Credentials::new("id", "secret"))
            .build();
        Self::of(sdk, server).await
    }

    async fn send(&self, request: Recorded) -> Answer {
        let bearer = format!("Bearer {}", self.token);
        let mut headers: Vec<(&str, &str)> = request
            .headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        headers.push(("Authorization", &bearer));
        self.wire
            .call(&request.method, &request.path, &headers, request.body)
            .await
    }

    async fn plain(&self, method: &str, path: &str) -> Answer {
        let bearer = format!("Bearer {}", self.token);
        // Python, Go, Ruby and Perl name a type of the body they do not send.
        let headers = [
            ("Authorization", &*bearer),
            ("Content-Type", "application/json"),
        ];
        self.wire.call(method, path, &headers, "").await
    }

    /// Starts and follows to the end.
    async fn run(&self, request: Recorded) -> (String, Value) {
        let answer = self.send(request).await;
        assert_eq!(answer.status, 201, "{}: {}", self.sdk.name, answer.text());
        let id = answer.text().to_owned();
        // The id as it came goes into the next path: quotes would show.
        loop {
            let status = self.plain("GET", &format!("{ASYNC}/{id}")).await;
            assert_eq!(status.status, 200, "{}", self.sdk.name);
            let status = status.json();
            if !["Created", "Enqueued", "Started"].contains(&status["status"].as_str().unwrap()) {
                return (id, status);
            }
            tokio::task::yield_now().await;
        }
    }

    async fn finished(&self, request: Recorded) -> (String, Value) {
        let (id, status) = self.run(request).await;
        assert_eq!(status["status"], "Finished", "{}: {status}", self.sdk.name);
        assert!(status.get("error").is_none(), "{}", self.sdk.name);
        (id, status)
    }

    async fn result(&self, id: &str) {
        let result = self.plain("GET", &format!("{ASYNC}/{id}/result")).await;
        assert_eq!(result.status, 200, "{}", self.sdk.name);
        assert!(!result.body.is_empty(), "{}", self.sdk.name);
        assert!(result.header("content-disposition").contains("filename="));
    }

    async fn exists(&self, path: &str) -> bool {
        let path = self.sdk.path(path);
        let answer = self.plain("GET", &format!("{STORAGE}/exist/{path}")).await;
        answer.json()["exists"] == true
    }

    async fn delete(&self, path: &str) {
        // C# deletes files through the folder's path too.
        for kind in ["file", "folder"] {
            let at = format!("{STORAGE}/{kind}/{}", self.sdk.path(path));
            let recursive = self.sdk.query(&[("recursive", "true")]);
            let answer = self.plain("DELETE", &format!("{at}?{recursive}")).await;
            assert_eq!(answer.status, 200, "{} {path}", self.sdk.name);
        }
    }

    /// Uploads the deck where the tests expect it and copies it beside.
    async fn prepare(&self) {
        let version = self
            .plain("GET", &format!("{STORAGE}/file/TempTests/version.txt"))
            .await;
        assert_eq!(version.status, 404);
        let at = format!("{STORAGE}/file/{}", self.sdk.path("TempTests/test.pptx"));
        let answer = self.send(self.sdk.load("upload").to("PUT", at)).await;
        assert_eq!(
            answer.json(),
            json!({"uploaded": ["test.pptx"], "errors": []})
        );
        let from = self.sdk.path("TempTests/test.pptx");
        let to = self.sdk.query(&[("destPath", "TempSlidesSDK/test.pptx")]);
        let copied = self
            .plain("PUT", &format!("{STORAGE}/file/copy/{from}?{to}"))
            .await;
        assert_eq!((copied.status, copied.text()), (200, ""));
    }

    fn stored(&self, method: &str, path: &str, query: &[(&str, &str)]) -> Recorded {
        let mut all = vec![("folder", "TempSlidesSDK")];
        all.extend_from_slice(query);
        let at = format!("{ASYNC}/{path}?{}", self.sdk.query(&all));
        self.sdk.load("stored").to(method, at)
    }
}

#[tokio::test]
async fn the_shape_of_each_language_carries_the_deck_and_its_options() {
    for sdk in SDKS.iter().copied().chain([swift()]) {
        for (call, count) in [("convert", 1), ("options", 1), ("merge", 2)] {
            let api = Arc::new(slides_core::testing::FakeApi::finishing_with("%PDF"));
            let server = Server::builder(api.clone(), Arc::new(FakeBackend::default())).build();
            let wire = Wire::new(server.router());
            let request = sdk.load(call);
            let headers: Vec<_> = request.headers.iter().map(|(n, v)| (&**n, &**v)).collect();
            let answer = wire
                .call(&request.method, &request.path, &headers, request.body)
                .await;
            assert_eq!(answer.status, 201, "{} {call}: {}", sdk.name, answer.text());
            let started = api.started().remove(0);
            assert_eq!(started.documents.len(), count, "{} {call}", sdk.name);
            for (index, document) in started.documents.iter().enumerate() {
                let bytes = document.as_bytes().unwrap();
                let head = format!("PK\x03\x04 deck {} of {} ", index + 1, sdk.name);
                let tail = b"\xff\x00\r\n--no boundary\r\n tail";
                let mut expected = [head.as_bytes(), &tail[..]].concat();
                if sdk.name == "csharp" && index + 1 < count {
                    // Its extra line end belongs to the part (contract section 0, point 13).
                    expected.extend_from_slice(b"\r\n");
                }
                assert_eq!(bytes, &expected, "{} {call}", sdk.name);
            }
            if let slides_core::StartCall::Convert(target) = &started.call {
                assert_eq!(target.password.as_ref().unwrap().expose(), "password");
                let quality = target
                    .export
                    .as_ref()
                    .map(|options| serde_json::to_value(options).unwrap()["jpegQuality"].clone());
                assert_eq!(
                    quality,
                    (call == "options").then(|| json!(80)),
                    "{}",
                    sdk.name
                );
            }
        }
    }
}

const fn swift() -> Sdk {
    sdk(
        "swift",
        Style::Plain,
        "TempSlidesSDK/converted.pptx",
        "TempSlidesSDK/converted.pptx",
    )
}

#[tokio::test]
async fn async_convert() {
    for sdk in SDKS.iter().copied().chain([swift()]) {
        for client in [Client::fake(sdk).await, Client::service(sdk).await] {
            let (id, _) = client.finished(sdk.load("convert")).await;
            client.result(&id).await;
        }
    }
}

#[tokio::test]
async fn async_download_presentation() {
    for sdk in SDKS.iter().copied().chain([swift()]) {
        for client in [Client::fake(sdk).await, Client::service(sdk).await] {
            client.prepare().await;
            let (id, _) = client
                .finished(client.stored("POST", "test.pptx/pdf", &[]))
                .await;
            client.result(&id).await;
        }
    }
}

#[tokio::test]
async fn async_convert_and_save() {
    for sdk in SDKS {
        for client in [Client::fake(sdk).await, Client::service(sdk).await] {
            client.delete(sdk.converted).await;
            let at = format!(
                "{ASYNC}/convert/pdf?{}",
                sdk.query(&[("outPath", sdk.converted)])
            );
            client.finished(sdk.load("convert").to("PUT", at)).await;
            assert!(client.exists(sdk.converted).await, "{}", sdk.name);
        }
    }
}

#[tokio::test]
async fn async_save_presentation() {
    for sdk in SDKS {
        for client in [Client::fake(sdk).await, Client::service(sdk).await] {
            client.delete(sdk.converted).await;
            client.prepare().await;
            let query = [("outPath", sdk.converted)];
            client
                .finished(client.stored("PUT", "test.pptx/pdf", &query))
                .await;
            assert!(client.exists(sdk.converted).await, "{}", sdk.name);
        }
    }
}

#[tokio::test]
async fn async_merge() {
    for sdk in SDKS {
        for client in [Client::fake(sdk).await, Client::service(sdk).await] {
            let (id, status) = client.finished(sdk.load("merge")).await;
            let progress = &status["progress"];
            assert_eq!(
                (&progress["stepIndex"], &progress["stepCount"]),
                (&json!(2), &json!(2)),
                "{}",
                sdk.name
            );
            client.result(&id).await;
        }
    }
}

#[tokio::test]
async fn async_merge_and_save() {
    for sdk in SDKS {
        for client in [Client::fake(sdk).await, Client::service(sdk).await] {
            client.delete(sdk.merged).await;
            let at = format!("{ASYNC}/merge?{}", sdk.query(&[("outPath", sdk.merged)]));
            let (_, status) = client.finished(sdk.load("merge").to("PUT", at)).await;
            let progress = &status["progress"];
            assert_eq!(
                (&progress["stepIndex"], &progress["stepCount"]),
                (&json!(2), &json!(2)),
                "{}",
                sdk.name
            );
            assert!(client.exists(sdk.merged).await, "{}", sdk.name);
        }
    }
}

#[tokio::test]
async fn async_split() {
    for sdk in SDKS {
        let client = Client::service(sdk).await;
        client.delete("splitResult").await;
        client.prepare().await;
        let query = [("destFolder", "splitResult")];
        let request = client.stored("POST", "test.pptx/split/png", &query);
        let (_, status) = client.finished(request).await;
        assert_eq!(status["method"], "Split");
        assert!(client.exists("splitResult").await, "{}", sdk.name);
    }
}

#[tokio::test]
async fn async_upload_and_split() {
    for sdk in SDKS {
        let client = Client::service(sdk).await;
        client.delete("splitResult").await;
        let at = format!(
            "{ASYNC}/split/png?{}",
            sdk.query(&[("destFolder", "splitResult")])
        );
        let (_, status) = client.finished(sdk.load("convert").to("POST", at)).await;
        assert_eq!(status["method"], "UploadAndSplit");
        assert!(client.exists("splitResult").await, "{}", sdk.name);
    }
}

#[tokio::test]
async fn async_bad_operation() {
    for sdk in SDKS.iter().copied().chain([swift()]) {
        for client in [Client::fake(sdk).await, Client::service(sdk).await] {
            let request = client.stored("POST", "IDoNotExist.pptx/pdf", &[]);
            let (_, status) = client.run(request).await;
            assert_eq!(status["status"], "Failed", "{}", sdk.name);
            assert_eq!(status["error"]["httpStatusCode"], 404, "{}", sdk.name);
            assert!(
                status["error"]["message"]
                    .as_str()
                    .unwrap()
                    .contains("IDoNotExist.pptx")
            );
            assert!(status["failed"].is_string() && status.get("finished").is_none());
        }
    }
}

/// Ruby's download test converts a PDF to PDF, with a password that it does not need.
#[tokio::test]
async fn a_pdf_is_its_own_result() {
    for sdk in SDKS {
        let client = Client::service(sdk).await;
        let pdf: &[u8] = b"%PDF-1.5 four pages";
        let at = format!("{STORAGE}/file/{}", sdk.path("TempSlidesSDK/test.pdf"));
        let put = Recorded {
            body: Bytes::from_static(pdf),
            headers: Vec::new(),
            method: "PUT".into(),
            path: at,
        };
        assert_eq!(client.send(put).await.status, 200);
        let (id, _) = client
            .finished(client.stored("POST", "test.pdf/pdf", &[]))
            .await;
        let result = client.plain("GET", &format!("{ASYNC}/{id}/result")).await;
        assert_eq!(result.body, pdf);
    }
}
