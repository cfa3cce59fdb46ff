//! What each of the vendor's ten SDKs and curl send for one document, with
//! and without options, written out from contract section 2.2.

use super::*;

const DECK: &[u8] = b"PK\x03\x04 a deck \r\n--not-a-boundary\r\n with \xff bytes";
const JSON: &[u8] = b"{\"format\":\"pdf\"}";

struct Fixture {
    sdk: &'static str,
    content_type: Option<&'static str>,
    body: Vec<u8>,
    /// The deck as it must arrive.
    deck: Vec<u8>,
    file_name: Option<&'static str>,
    options: bool,
}

/// Joins lines with CRLF; `DECK` and `JSON` stand for the two contents.
fn body(lines: &[&str]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        if index > 0 {
            bytes.extend_from_slice(b"\r\n");
        }
        match *line {
            "DECK" => bytes.extend_from_slice(DECK),
            "JSON" => bytes.extend_from_slice(JSON),
            text => bytes.extend_from_slice(text.as_bytes()),
        }
    }
    bytes
}

fn fixtures() -> Vec<Fixture> {
    let of = |sdk, content_type, lines: &[&str], file_name, options| Fixture {
        sdk,
        content_type,
        body: body(lines),
        deck: DECK.to_vec(),
        file_name,
        options,
    };
    vec![
        of(
            "curl raw",
            Some("application/octet-stream"),
            &["DECK"],
            None,
            false,
        ),
        of(
            "curl -F",
            Some("multipart/form-data; boundary=------------------------d74496d66958873e"),
            &[
                "--------------------------d74496d66958873e",
                "Content-Disposition: form-data; name=\"file\"; filename=\"test.pptx\"",
                "Content-Type: application/vnd.openxmlformats-officedocument.presentationml.presentation",
                "",
                "DECK",
                "--------------------------d74496d66958873e--",
                "",
            ],
            Some("test.pptx"),
            false,
        ),
        of(
            "Python",
            Some("multipart/form-data; boundary=0123abc"),
            &[
                "--0123abc",
                "Content-Disposition: form-data; name=\"document\"; filename=\"document\"",
                "Content-Type: application/octet-stream",
                "",
                "DECK",
                "--0123abc--",
                "",
            ],
            Some("document"),
            false,
        ),
        of(
            "Python with options",
            Some("multipart/form-data; boundary=0123abc"),
            &[
                "--0123abc",
                "Content-Disposition: form-data; name=\"pipeline\"",
                "Content-Type: text/json",
                "",
                "JSON",
                "--0123abc",
                "Content-Disposition: form-data; name=\"document\"; filename=\"document\"",
                "Content-Type: application/octet-stream",
                "",
                "DECK",
                "--0123abc--",
                "",
            ],
            Some("document"),
            true,
        ),
        of(
            "Node.js with options",
            Some("multipart/form-data; boundary=--------------------------12"),
            &[
                "----------------------------12",
                "Content-Disposition: form-data; name=\"pipeline\"",
                "",
                "JSON",
                "----------------------------12",
                "Content-Disposition: form-data; name=\"attachments[]\"; filename=\"test.pptx\"",
                "Content-Type: application/vnd.openxmlformats-officedocument.presentationml.presentation",
                "",
                "DECK",
                "----------------------------12--",
                "",
            ],
            Some("test.pptx"),
            true,
        ),
        of(
            "Go without options",
            Some("multipart/form-data; boundary=5fcb1e"),
            &[
                "--5fcb1e",
                "Content-Disposition: form-data; name=\"pipeline\"",
                "",
                "",
                "--5fcb1e",
                "Content-Disposition: form-data; name=\"file1\"; filename=\"file1\"",
                "Content-Type: application/octet-stream",
                "",
                "DECK",
                "--5fcb1e--",
                "",
            ],
            Some("file1"),
            false,
        ),
        of(
            "Go with options",
            Some("multipart/form-data; boundary=5fcb1e"),
            &[
                "--5fcb1e",
                "Content-Disposition: form-data; name=\"pipeline\"",
                "",
                "{\"format\":\"pdf\"}\n",
                "--5fcb1e",
                "Content-Disposition: form-data; name=\"file1\"; filename=\"file1\"",
                "Content-Type: application/octet-stream",
                "",
                "DECK",
                "--5fcb1e--",
                "",
            ],
            Some("file1"),
            true,
        ),
        of(
            "PHP with options",
            Some("multipart/form-data; boundary=b9b9"),
            &[
                "--b9b9",
                "Content-Disposition: form-data; name=\"data1\"",
                "Content-Length: 16",
                "",
                "JSON",
                "--b9b9",
                "Content-Disposition: form-data; name=\"file1\"; filename=\"test.pptx\"",
                "Content-Length: 42",
                "Content-Type: application/octet-stream",
                "",
                "DECK",
                "--b9b9--",
                "",
            ],
            Some("test.pptx"),
            true,
        ),
        of(
            "Ruby",
            Some("application/octet-stream"),
            &["DECK"],
            None,
            false,
        ),
        of(
            "Ruby with options",
            Some("multipart/form-data; boundary=7d70fb31-0eb9-4846-9ea8-933dfb69d8f1"),
            &[
                "",
                "--7d70fb31-0eb9-4846-9ea8-933dfb69d8f1",
                "Content-Disposition: form-data; name=\"data\"",
                "Content-Type: text/json",
                "Content-Length: 16",
                "",
                "JSON",
                "--7d70fb31-0eb9-4846-9ea8-933dfb69d8f1",
                "Content-Disposition: form-data; name=\"file1\"; filename=\"file1\"",
                "Content-Type: application/octet-stream",
                "Content-Length: 42",
                "",
                "DECK",
                "--7d70fb31-0eb9-4846-9ea8-933dfb69d8f1--",
                "",
            ],
            Some("file1"),
            true,
        ),
        of(
            "Perl without a boundary in the header",
            Some("multipart/form-data"),
            &[
                "",
                "--7d70fb31-0eb9-4846-9ea8-933dfb69d8f1",
                "Content-Disposition: form-data; name=\"file1\"",
                "Content-Type: application/octet-stream",
                "",
                "DECK",
                "--7d70fb31-0eb9-4846-9ea8-933dfb69d8f1--",
                "",
            ],
            None,
            false,
        ),
        Fixture {
            deck: DECK.to_vec(),
            ..of(
                "C# with options",
                Some("multipart/form-data; boundary=\"d3c1e8a2\""),
                &[
                    "--d3c1e8a2",
                    "Content-type: multipart/form-data; boundary=d3c1e8a2; charset=utf-8",
                    "Content-Disposition: form-data",
                    "",
                    "JSON",
                    "",
                    "--d3c1e8a2",
                    "Content-type: application/octet-stream; charset=utf-8",
                    "Content-Disposition: form-data; name=document; filename=document",
                    "",
                    "DECK",
                    "--d3c1e8a2--",
                    "",
                ],
                Some("document"),
                true,
            )
        },
        Fixture {
            deck: [DECK, b"\r\n"].concat(),
            ..of(
                "C# first of two merge sources",
                Some("multipart/form-data; boundary=d3c1e8a2"),
                &[
                    "--d3c1e8a2",
                    "Content-type: application/octet-stream; charset=utf-8",
                    "Content-Disposition: form-data; name=a b; filename=a b.pptx",
                    "",
                    "DECK",
                    "",
                    "--d3c1e8a2--",
                    "",
                ],
                Some("a b.pptx"),
                false,
            )
        },
        of(
            "Java, document only",
            Some("multipart/form-data; boundary=j"),
            &[
                "--j",
                "Content-Disposition: form-data; name=\"data\"; filename=\"data\"",
                "Content-Type: application/octet-stream",
                "",
                "DECK",
                "--j--",
                "",
            ],
            Some("data"),
            false,
        ),
        of(
            "Java with options",
            Some("multipart/form-data; boundary=j"),
            &[
                "--j",
                "Content-Disposition: form-data; name=\"body\"",
                "",
                "JSON",
                "--j",
                "Content-Disposition: form-data; name=\"file1\"; filename=\"file1\"",
                "Content-Type: application/octet-stream",
                "",
                "DECK",
                "--j--",
                "",
            ],
            Some("file1"),
            true,
        ),
        of(
            "C++ with options",
            Some("multipart/form-data;boundary=d7ddb511-1"),
            &[
                "",
                "--d7ddb511-1",
                "Content-Disposition: form-data; name=\"data\"",
                "Content-Type: text/json",
                "",
                "JSON",
                "--d7ddb511-1",
                "Content-Disposition: form-data; name=\"file1\"; filename=\"own.pptx\"",
                "Content-Type: application/octet-stream",
                "",
                "DECK",
                "--d7ddb511-1--",
                "",
            ],
            Some("own.pptx"),
            true,
        ),
        of(
            "Swift, document only",
            Some("application/octet-stream"),
            &["DECK"],
            None,
            false,
        ),
        of(
            "Swift with options",
            Some("multipart/form-data; boundary=s"),
            &[
                "--s",
                "Content-Disposition: form-data; name=\"file1\"; filename=\"file1\"",
                "Content-Type: application/octet-stream",
                "",
                "DECK",
                "--s",
                "Content-Disposition: form-data; name=\"data\"; filename=\"\"",
                "Content-Type: text/json",
                "",
                "JSON",
                "--s--",
                "",
            ],
            Some("file1"),
            true,
        ),
        of(
            "no content type at all",
            None,
            &[
                "--x",
                "Content-Disposition: form-data; name=\"file1\"",
                "",
                "DECK",
                "--x--",
                "",
            ],
            None,
            false,
        ),
    ]
}

async fn read_fixture(
    content_type: Option<&str>,
    body: &[u8],
    expect: Expect,
    limits: &BodyLimits,
) -> Result<Upload, ApiError> {
    read(
        content_type,
        Some(body.len() as u64),
        &mut Body::from(body.to_vec()),
        expect,
        limits,
        None,
    )
    .await
}

async fn content(file: &FilePart) -> Vec<u8> {
    use futures_util::TryStreamExt;
    let (stream, _) = file.content.open().await.unwrap();
    stream
        .try_fold(Vec::new(), |mut all, chunk| async move {
            all.extend_from_slice(&chunk);
            Ok(all)
        })
        .await
        .unwrap()
}

#[tokio::test]
async fn every_sdk_is_understood() {
    let in_memory = BodyLimits::default();
    let on_disk = BodyLimits {
        max_in_memory: 4,
        ..BodyLimits::default()
    };
    for limits in [&in_memory, &on_disk] {
        for fixture in fixtures() {
            let upload = read_fixture(
                fixture.content_type,
                &fixture.body,
                Expect::Document,
                limits,
            )
            .await
            .unwrap();
            assert_eq!(upload.files.len(), 1, "{}", fixture.sdk);
            let file = &upload.files[0];
            assert_eq!(content(file).await, fixture.deck, "{}", fixture.sdk);
            assert_eq!(file.len, fixture.deck.len() as u64, "{}", fixture.sdk);
            assert_eq!(
                file.file_name.as_deref(),
                fixture.file_name,
                "{}",
                fixture.sdk
            );
            assert_eq!(
                upload.metadata.as_deref(),
                fixture.options.then_some(JSON),
                "{}",
                fixture.sdk
            );
            assert_eq!(
                file.content.as_path().is_some(),
                limits.max_in_memory == 4,
                "{}",
                fixture.sdk
            );
        }
    }
}

#[tokio::test]
async fn an_upload_takes_the_file_part_beside_an_empty_options_part() {
    for fixture in fixtures().into_iter().filter(|fixture| !fixture.options) {
        let upload = read_fixture(
            fixture.content_type,
            &fixture.body,
            Expect::File,
            &BodyLimits::default(),
        )
        .await
        .unwrap();
        assert_eq!(upload.files.len(), 1, "{}", fixture.sdk);
        assert_eq!(
            content(&upload.files[0]).await,
            fixture.deck,
            "{}",
            fixture.sdk
        );
    }
}

#[tokio::test]
async fn options_only_bodies_are_json_whatever_their_type_says() {
    let limits = BodyLimits::default();
    for content_type in [
        Some("application/json"),
        Some("text/json"),
        Some("application/octet-stream"),
        // A type that wants a boundary and has none says nothing.
        Some("multipart/form-data"),
        Some("multipart/form-data; boundary="),
        None,
    ] {
        for (text, expected) in [
            (&b"{\"format\":\"pdf\"}"[..], Some(JSON)),
            (b"\xEF\xBB\xBF {\"format\":\"pdf\"}\n", Some(JSON)),
            (b"", None),
            (b" \r\n", None),
            (b"null", None),
        ] {
            let upload = read_fixture(content_type, text, Expect::Options, &limits)
                .await
                .unwrap();
            assert_eq!(
                upload.metadata.as_deref(),
                expected,
                "{content_type:?} {text:?}"
            );
            assert!(upload.files.is_empty());
        }
    }
}

#[tokio::test]
async fn a_raw_merge_body_is_a_request_when_it_starts_with_a_brace() {
    let limits = BodyLimits::default();
    let request = read_fixture(
        Some("application/octet-stream"),
        b"\xEF\xBB\xBF\n {\"presentations\":[]}",
        Expect::Merge,
        &limits,
    )
    .await
    .unwrap();
    assert_eq!(
        request.metadata.as_deref(),
        Some(&b"{\"presentations\":[]}"[..])
    );
    let source = read_fixture(Some("application/json"), DECK, Expect::Merge, &limits)
        .await
        .unwrap();
    assert_eq!((source.metadata, source.files.len()), (None, 1));
}

#[tokio::test]
async fn two_parts_may_share_one_name() {
    let body = body(&[
        "--n",
        "Content-Disposition: form-data; name=\"attachments[]\"; filename=\"a.pptx\"",
        "",
        "first",
        "--n",
        "Content-Disposition: form-data; name=\"attachments[]\"; filename=\"b.pptx\"",
        "",
        "second",
        "--n--",
        "",
    ]);
    let upload = read_fixture(
        Some("multipart/form-data; boundary=n"),
        &body,
        Expect::Merge,
        &BodyLimits::default(),
    )
    .await
    .unwrap();
    let names: Vec<_> = upload
        .files
        .iter()
        .map(|file| file.file_name.clone().unwrap())
        .collect();
    assert_eq!(names, ["a.pptx", "b.pptx"]);
    assert_eq!(content(&upload.files[1]).await, b"second");
}

#[tokio::test]
async fn each_limit_is_enforced_and_named() {
    let part = "--n\r\nContent-Disposition: form-data; name=\"pipeline\"\r\n\r\n{}\r\n";
    let many = format!("{part}{part}{part}--n--");
    let small = BodyLimits {
        max_body: 400,
        max_parts: 2,
        max_metadata: 8,
        ..BodyLimits::default()
    };
    for (content_type, body, expect, status, words) in [
        (
            None,
            vec![b'x'; 401],
            Expect::Document,
            413,
            "larger than 400 bytes",
        ),
        (
            Some("multipart/form-data; boundary=n"),
            many.into_bytes(),
            Expect::Document,
            400,
            "more than 2 parts",
        ),
        (
            None,
            vec![b'{'; 9],
            Expect::Options,
            413,
            "larger than 8 bytes",
        ),
        (
            Some("multipart/form-data; boundary=n"),
            b"something else".to_vec(),
            Expect::Document,
            400,
            "does not occur",
        ),
    ] {
        for announced in [Some(body.len() as u64), None] {
            let error = read(
                content_type,
                announced,
                &mut Body::from(body.clone()),
                expect,
                &small,
                None,
            )
            .await
            .unwrap_err();
            assert_eq!(error.status().as_u16(), status);
            assert!(error.message().contains(words), "{}", error.message());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_silent_body_times_out() {
    let mut body =
        Body::from_stream(futures_util::stream::pending::<Result<Bytes, std::io::Error>>());
    let error = read(
        None,
        None,
        &mut body,
        Expect::Document,
        &BodyLimits::default(),
        None,
    )
    .await
    .unwrap_err();
    assert_eq!(error.status(), StatusCode::REQUEST_TIMEOUT);
}
