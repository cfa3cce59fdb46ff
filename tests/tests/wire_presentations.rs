//! The tutorial's calls with real decks and the real engine: what comes out is opened again.
#![allow(clippy::unwrap_used, missing_docs)]

use std::io::{Cursor, Read};
use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};
use slides_engine::{NativeEngine, NativeOptions};
use slides_server::Server;
use slides_service::{Runner, Service, ServiceOptions, Soffice};
use slides_tests::{Answer, Wire};

const ASYNC: &str = "/v3.0/slides/async";
const SYNC: &str = "/v3.0/slides";
const STORAGE: &str = "/v3.0/slides/storage";
const MULTIPART: [(&str, &str); 1] = [("content-type", "multipart/form-data; boundary=b")];
const PITCH: &str = "startup-pitch.pptx";
const COVERAGE: &str = "code-coverage.pptx";

fn deck(name: &str) -> Vec<u8> {
    let decks = Path::new(env!("CARGO_MANIFEST_DIR")).join("decks");
    std::fs::read(decks.join(name)).unwrap()
}

fn wire() -> Wire {
    let engine = NativeEngine::new(NativeOptions::default());
    let mut options = ServiceOptions::new(Runner::InProcess(Arc::new(engine))).workers(1);
    options.soffice = Soffice::Off;
    let service = Service::in_process(options).unwrap();
    Wire::new(
        Server::builder(Arc::new(service.clone()), Arc::new(service))
            .build()
            .router(),
    )
}

/// A server whose storage holds the decks.
async fn stocked() -> Wire {
    let wire = wire();
    for name in [PITCH, COVERAGE, "protected.pptx"] {
        let at = format!("{STORAGE}/file/decks/{name}");
        let answer = wire.call("PUT", &at, &[], deck(name)).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    wire
}

/// Starts and follows to the end.
async fn ended(
    wire: &Wire,
    (method, path): (&str, &str),
    headers: &[(&str, &str)],
    body: Vec<u8>,
) -> (String, Value) {
    let started = wire.call(method, path, headers, body).await;
    assert_eq!(started.status, 201, "{path}: {}", started.text());
    let id = started.text().to_owned();
    loop {
        let status = wire.get(&format!("{ASYNC}/{id}")).await.json();
        if slides_tests::has_ended(status["status"].as_str().unwrap()) {
            return (id, status);
        }
        tokio::task::yield_now().await;
    }
}

/// The same, and the result of what has to finish.
async fn result(
    wire: &Wire,
    call: (&str, &str),
    headers: &[(&str, &str)],
    body: Vec<u8>,
) -> Answer {
    let (id, status) = ended(wire, call, headers, body).await;
    assert_eq!(status["status"], "Finished", "{status}");
    let result = wire.get(&format!("{ASYNC}/{id}/result")).await;
    assert_eq!(result.status, 200, "{}", result.text());
    result
}

async fn stored(wire: &Wire, path: &str) -> Vec<u8> {
    let answer = wire.get(&format!("{STORAGE}/file/{path}")).await;
    assert_eq!(answer.status, 200, "{path}");
    answer.body.to_vec()
}

fn part(file: &str, content: &[u8]) -> Vec<u8> {
    let mut part = format!(
        "--b\r\nContent-Disposition: form-data; name=\"{file}\"; filename=\"{file}\"\r\n\r\n"
    )
    .into_bytes();
    part.extend_from_slice(content);
    part.extend_from_slice(b"\r\n");
    part
}

fn request(json: &Value) -> Vec<u8> {
    format!("--b\r\nContent-Disposition: form-data; name=\"request\"\r\nContent-Type: application/json\r\n\r\n{json}\r\n")
        .into_bytes()
}

fn multipart(parts: &[Vec<u8>]) -> Vec<u8> {
    let mut body = parts.concat();
    body.extend_from_slice(b"--b--\r\n");
    body
}

/// The text of each slide, in the order of the slide list.
fn texts(pptx: &[u8]) -> Vec<String> {
    let mut archive = zip::ZipArchive::new(Cursor::new(pptx)).unwrap();
    let mut read = |name: &str| {
        let mut text = String::new();
        archive
            .by_name(name)
            .unwrap_or_else(|error| panic!("{name}: {error}"))
            .read_to_string(&mut text)
            .unwrap();
        text
    };
    let relations = read("ppt/_rels/presentation.xml.rels");
    let presentation = read("ppt/presentation.xml");
    let list = between(&presentation, "<p:sldIdLst", "</p:sldIdLst>")
        .next()
        .unwrap()
        .to_owned();
    between(&list, "r:id=\"", "\"")
        .map(|id| {
            let relation = between(&relations, "<Relationship ", ">")
                .find(|relation| relation.contains(&format!("Id=\"{id}\"")))
                .unwrap();
            let target = between(relation, "Target=\"", "\"").next().unwrap();
            let name = target
                .strip_prefix('/')
                .map_or_else(|| format!("ppt/{target}"), str::to_owned);
            let slide = read(&name);
            between(&slide, "<a:t>", "</a:t>").collect()
        })
        .collect()
}

fn between<'a>(text: &'a str, start: &'a str, end: &'a str) -> impl Iterator<Item = &'a str> {
    text.split(start)
        .skip(1)
        .filter_map(move |rest| rest.split_once(end).map(|(inside, _)| inside))
}

#[tokio::test]
async fn a_deck_a_protected_one_and_a_bad_one() {
    let wire = wire();
    let convert = |headers: &'static [(&'static str, &'static str)], body| {
        let wire = wire.clone();
        async move {
            ended(
                &wire,
                ("POST", &format!("{ASYNC}/convert/pdf")),
                headers,
                body,
            )
            .await
        }
    };
    let (id, status) = convert(&[], deck(PITCH)).await;
    assert_eq!(status["status"], "Finished");
    let pdf = wire.get(&format!("{ASYNC}/{id}/result")).await;
    assert!(pdf.body.starts_with(b"%PDF-"));

    let (_, status) = convert(&[("password", "secret")], deck("protected.pptx")).await;
    assert_eq!(status["status"], "Finished", "{status}");
    for headers in [&[][..], &[("password", "wrong")]] {
        let (id, status) = convert(headers, deck("protected.pptx")).await;
        assert_eq!(status["status"], "Failed");
        let error = status["error"]["message"].as_str().unwrap();
        assert!(error.contains("password"), "{error}");
        assert!(wire.get(&format!("{ASYNC}/{id}/result")).await.status >= 400);
    }

    let (_, status) = convert(&[], b"this is no deck".to_vec()).await;
    assert_eq!(status["status"], "Failed");
    assert!(!status["error"]["message"].as_str().unwrap().is_empty());
}

#[tokio::test]
async fn uploaded_decks_are_merged_whole_in_order() {
    let wire = wire();
    let expected = [texts(&deck(COVERAGE)), texts(&deck(PITCH))].concat();
    let body = multipart(&[part("file1", &deck(COVERAGE)), part("file2", &deck(PITCH))]);
    let merged = result(
        &wire,
        ("POST", &format!("{ASYNC}/merge")),
        &MULTIPART,
        body.clone(),
    )
    .await;
    assert_eq!(texts(&merged.body), expected);

    let at = format!("{ASYNC}/merge?outPath=out/merged.pptx");
    let (_, status) = ended(&wire, ("PUT", &at), &MULTIPART, body.clone()).await;
    assert_eq!(status["status"], "Finished", "{status}");
    assert_eq!(
        status["progress"],
        json!({"description": "Processed file2", "stepIndex": 2, "stepCount": 2})
    );
    assert_eq!(texts(&stored(&wire, "out/merged.pptx").await), expected);

    // And without the queue's answers in between.
    let online = wire
        .call("POST", &format!("{SYNC}/merge"), &MULTIPART, body.clone())
        .await;
    assert_eq!(online.status, 200, "{}", online.text());
    assert_eq!(texts(&online.body), expected);
    let at = format!("{SYNC}/merge?outPath=out/online.pptx");
    let saved = wire.call("PUT", &at, &MULTIPART, body).await;
    assert_eq!(saved.status, 200, "{}", saved.text());
    assert_eq!(texts(&stored(&wire, "out/online.pptx").await), expected);
}

#[tokio::test]
async fn chosen_slides_are_merged_from_parts_and_storage() {
    let wire = stocked().await;
    let (pitch, coverage) = (texts(&deck(PITCH)), texts(&deck(COVERAGE)));
    let expected = [
        coverage[4].clone(),
        coverage[1].clone(),
        pitch[2].clone(),
        pitch[0].clone(),
    ];
    let chosen = json!({"presentations": [
        {"path": "mine.pptx", "source": "Request", "slides": [5, 2]},
        {"path": "decks/protected.pptx", "source": "Storage", "password": "secret", "slides": [3]},
        {"path": "decks/startup-pitch.pptx", "slides": [1]},
    ]});
    let body = multipart(&[part("mine.pptx", &deck(COVERAGE)), request(&chosen)]);
    let merged = result(
        &wire,
        ("POST", &format!("{ASYNC}/merge")),
        &MULTIPART,
        body.clone(),
    )
    .await;
    assert_eq!(texts(&merged.body), expected);

    let wrong = json!({"presentations": [
        {"path": "decks/protected.pptx", "source": "Storage", "password": "no"},
        {"path": "decks/startup-pitch.pptx"},
    ]});
    let (_, status) = ended(
        &wire,
        ("POST", &format!("{ASYNC}/merge")),
        &MULTIPART,
        multipart(&[request(&wrong)]),
    )
    .await;
    assert_eq!(status["status"], "Failed");
    let error = status["error"]["message"].as_str().unwrap();
    assert!(error.contains("protected.pptx"), "{error}");
}

#[tokio::test]
async fn stored_decks_are_appended_in_place() {
    let wire = stocked().await;
    let (pitch, coverage) = (texts(&deck(PITCH)), texts(&deck(COVERAGE)));
    let json_body = [("content-type", "application/json")];
    let body = json!({
        "presentationPaths": ["decks/code-coverage.pptx", "decks/protected.pptx"],
        "presentationPasswords": ["", "secret"],
    });
    let at = format!("{SYNC}/{PITCH}/merge?folder=decks");
    let answer = wire.call("POST", &at, &json_body, body.to_string()).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let whole = [pitch.clone(), coverage.clone(), pitch.clone()].concat();
    let at = format!("decks/{PITCH}");
    assert_eq!(texts(&stored(&wire, &at).await), whole);

    let body = json!({"presentations": [{"path": "decks/startup-pitch.pptx", "slides": [1]}]});
    let at = format!("{SYNC}/{COVERAGE}/merge?folder=decks");
    let answer = wire.call("PUT", &at, &json_body, body.to_string()).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let ordered = [coverage, vec![pitch[0].clone()]].concat();
    let at = format!("decks/{COVERAGE}");
    assert_eq!(texts(&stored(&wire, &at).await), ordered);
}

#[tokio::test]
async fn decks_are_split_into_decks() {
    let wire = stocked().await;
    let coverage = texts(&deck(COVERAGE));
    let at = format!("{ASYNC}/{COVERAGE}/split/pptx?folder=decks&destFolder=parts&from=2&to=4");
    let (_, status) = ended(&wire, ("POST", &at), &[], Vec::new()).await;
    assert_eq!(status["status"], "Finished", "{status}");
    assert_eq!(
        status["progress"],
        json!({"description": "Slide converted", "stepIndex": 3, "stepCount": 3})
    );
    for number in 2..=4 {
        let part = stored(&wire, &format!("parts/code-coverage_{number}.pptx")).await;
        assert_eq!(texts(&part), [coverage[number - 1].clone()]);
    }
    let listed = wire.get(&format!("{STORAGE}/folder/parts")).await.json();
    assert_eq!(listed["value"].as_array().unwrap().len(), 3, "{listed}");
}

#[tokio::test]
async fn decks_are_saved_in_formats_of_their_family() {
    let wire = wire();
    let expected = texts(&deck(PITCH));
    for (format, kind) in [
        ("ppsx", "slideshow.main+xml"),
        ("potx", "template.main+xml"),
        ("pptm", "macroEnabled.main+xml"),
    ] {
        let at = format!("{ASYNC}/convert/{format}?slides=3,1");
        let saved = result(&wire, ("POST", &at), &[], deck(PITCH)).await;
        assert_eq!(
            texts(&saved.body),
            [expected[2].clone(), expected[0].clone()],
            "{format}"
        );
        let mut archive = zip::ZipArchive::new(Cursor::new(&saved.body)).unwrap();
        let mut types = String::new();
        archive
            .by_name("[Content_Types].xml")
            .unwrap()
            .read_to_string(&mut types)
            .unwrap();
        assert!(types.contains(kind), "{format}: {types}");
    }
}
