//! Raw requests to the storage: paths that want to lead out of it, tags and parts of files.
#![allow(clippy::unwrap_used, missing_docs)]

use std::sync::Arc;

use slides_server::Server;
use slides_service::{NamedStorage, Runner, Service, ServiceOptions, StorageKind};
use slides_tests::FakeEngine;

/// Paths as they come in a request line: none leads out, none hangs the server.
#[tokio::test]
async fn hostile_paths_are_refused_or_kept_inside() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("root");
    for kind in [StorageKind::Folder(Some(root.clone())), StorageKind::Memory] {
        std::fs::write(dir.path().join("secret"), "secret").unwrap();
        let mut options = ServiceOptions::new(Runner::InProcess(Arc::new(FakeEngine)));
        options.soffice = slides_service::Soffice::Off;
        options.storages = vec![NamedStorage::new("Default", kind.clone())];
        let service = Arc::new(Service::in_process(options).unwrap());
        let wire =
            slides_tests::Wire::new(Server::builder(service.clone(), service).build().router());
        let long = "a".repeat(255);
        let too_long = "a".repeat(256);
        let deep = "a/".repeat(511) + "b";
        let too_deep = "a/".repeat(512) + "b";
        for (path, status) in [
            ("../secret", 400),
            ("a/../../secret", 400),
            ("%2e%2e/secret", 400),
            ("..%2fsecret", 400),
            ("%2e%2e%2fsecret", 400),
            ("..%5csecret", 400),
            ("%2fetc%2fpasswd", 400),
            ("a/%2e%2e", 400),
            ("a%00b", 400),
            ("a%0ab", 400),
            ("%ff", 400),
            (".slides/x", 400),
            (".SLIDES/x", 400),
            ("a/.slides-folder", 400),
            (too_long.as_str(), 400),
            (too_deep.as_str(), 400),
            (long.as_str(), 200),
            (
                deep.as_str(),
                if kind == StorageKind::Memory {
                    400
                } else {
                    200
                },
            ),
            ("%252e%252e", 200),
            ("x%2fy", 200),
            ("...", 200),
            ("..%20", 200),
            ("CON", 200),
            ("e%CC%81", 200),
            ("%E2%80%AEx", 200),
        ] {
            let url = format!("/v3.0/slides/storage/file/{path}");
            let put = wire.call("PUT", &url, &[], b"x".to_vec()).await;
            assert_eq!(put.status, status, "{path}: {}", put.text());
            let got = wire.get(&url).await;
            assert_eq!(got.status, status, "{path}");
            assert_ne!(got.text(), "secret", "{path}");
        }
        assert_eq!(std::fs::read(dir.path().join("secret")).unwrap(), b"secret");
        let outside: Vec<_> = std::fs::read_dir(dir.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .filter(|name| name != "root" && name != "secret")
            .collect();
        assert!(outside.is_empty(), "{outside:?}");
    }
}

/// What a client needs to go on with a download that broke off: a tag that changes with the file.
#[tokio::test]
async fn a_tag_tells_whether_a_file_was_replaced() {
    for kind in [StorageKind::Folder(None), StorageKind::Memory] {
        let mut options = ServiceOptions::new(Runner::InProcess(Arc::new(FakeEngine)));
        options.soffice = slides_service::Soffice::Off;
        options.storages = vec![NamedStorage::new("Default", kind)];
        let service = Arc::new(Service::in_process(options).unwrap());
        let wire =
            slides_tests::Wire::new(Server::builder(service.clone(), service).build().router());
        for url in [
            "/v3.0/slides/storage/file/a/x.bin",
            "/v3.0/slides/async/storage/file/a/x.bin",
        ] {
            wire.call("PUT", url, &[], "0123456789").await;
            let whole = wire.get(url).await;
            let tag = whole.header("etag").to_owned();
            assert!(tag.len() > 2 && tag.starts_with('"'), "{url}: `{tag}`");
            assert_eq!(wire.get(url).await.header("etag"), tag);
            let known = wire.call("GET", url, &[("if-none-match", &tag)], "").await;
            assert_eq!((known.status, known.body.len()), (304, 0));
            let rest = [("range", "bytes=4-"), ("if-range", &*tag)];
            let part = wire.call("GET", url, &rest, "").await;
            assert_eq!((part.status, part.text()), (206, "456789"));

            // As long as before, and written at once.
            wire.call("PUT", url, &[], "9876543210").await;
            let part = wire.call("GET", url, &rest, "").await;
            assert_eq!((part.status, part.text()), (200, "9876543210"));
            let known = wire.call("GET", url, &[("if-none-match", &tag)], "").await;
            assert_eq!(known.status, 200);
        }
    }
}

/// Wherever a call takes a path, in its URL or its query, none leads out of the storage.
#[tokio::test]
async fn hostile_paths_lead_out_of_no_call() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("secret.pptx"), "PK secret").unwrap();
    let mut options = ServiceOptions::new(Runner::InProcess(Arc::new(FakeEngine)));
    options.soffice = slides_service::Soffice::Off;
    options.storages = vec![NamedStorage::new(
        "Default",
        StorageKind::Folder(Some(dir.path().join("root"))),
    )];
    let service = Arc::new(Service::in_process(options).unwrap());
    let wire = slides_tests::Wire::new(Server::builder(service.clone(), service).build().router());
    wire.call(
        "PUT",
        "/v3.0/slides/storage/file/a/b.pptx",
        &[],
        "PK\x03\x04",
    )
    .await;
    let calls = [
        ("GET", "storage/file/PATH"),
        ("PUT", "storage/file/PATH"),
        ("DELETE", "storage/file/PATH"),
        ("GET", "async/storage/file/PATH"),
        ("PUT", "async/storage/file/PATH"),
        ("PUT", "storage/file/copy/PATH?destPath=x"),
        ("PUT", "storage/file/copy/a/b.pptx?destPath=PATH"),
        ("PUT", "storage/file/move/PATH?destPath=x"),
        ("PUT", "storage/file/move/a/b.pptx?destPath=PATH"),
        ("GET", "storage/folder/PATH"),
        ("PUT", "storage/folder/PATH"),
        ("DELETE", "storage/folder/PATH?recursive=true"),
        ("PUT", "storage/folder/copy/PATH?destPath=x"),
        ("PUT", "storage/folder/copy/a?destPath=PATH"),
        ("PUT", "storage/folder/move/PATH?destPath=x"),
        ("PUT", "storage/folder/move/a?destPath=PATH"),
        ("GET", "storage/exist/PATH"),
        ("GET", "storage/version/PATH"),
        ("POST", "async/b.pptx/pdf?folder=PATH"),
        ("PUT", "async/b.pptx/pdf?folder=a&outPath=PATH"),
        ("POST", "async/b.pptx/split/png?folder=a&destFolder=PATH"),
        ("POST", "async/b.pptx/pdf?folder=a&fontsFolder=PATH"),
        ("PUT", "b.pptx/pdf?folder=a&outPath=PATH"),
        ("POST", "b.pptx/split?folder=a&destFolder=PATH"),
    ];
    for path in [
        "..%2fsecret.pptx",
        "%2e%2e%2fsecret.pptx",
        "a%2f..%2f..%2fsecret.pptx",
        "..%5csecret.pptx",
        "a%00b",
        "a%0d%0ab",
        ".slides%2fx",
        &"a".repeat(300),
        &"a%2f".repeat(600),
    ] {
        for (method, call) in calls {
            let url = format!("/v3.0/slides/{}", call.replace("PATH", path));
            let answer = wire.call(method, &url, &[], "").await;
            if answer.status == 201 && call.contains("fontsFolder") {
                // A folder that is inside but cannot be read has no fonts, which is no error (section 2.6).
                continue;
            }
            assert_eq!(answer.status, 400, "{method} {url}: {}", answer.text());
            assert!(!answer.message().is_empty(), "{method} {url}");
        }
    }
    // A path that begins with a slash is the storage's root or refused, never the disk's.
    for (method, call) in calls {
        let path = dir.path().join("secret.pptx");
        let path = path.to_str().unwrap().replace('/', "%2f");
        let url = format!("/v3.0/slides/{}", call.replace("PATH", &path));
        let answer = wire.call(method, &url, &[], "PK\x03\x04").await;
        assert!(
            !answer.text().contains("secret\n") && answer.status < 500,
            "{method} {url}"
        );
    }
    let left: Vec<_> = std::fs::read_dir(dir.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .filter(|name| name != "root" && name != "secret.pptx")
        .collect();
    assert!(left.is_empty(), "{left:?}");
    assert_eq!(
        std::fs::read(dir.path().join("secret.pptx")).unwrap(),
        b"PK secret"
    );
}

#[tokio::test]
async fn parts_of_files_are_served() {
    for kind in [StorageKind::Folder(None), StorageKind::Memory] {
        let mut options = ServiceOptions::new(Runner::InProcess(Arc::new(FakeEngine)));
        options.soffice = slides_service::Soffice::Off;
        options.storages = vec![NamedStorage::new("Default", kind)];
        let service = Arc::new(Service::in_process(options).unwrap());
        let wire =
            slides_tests::Wire::new(Server::builder(service.clone(), service).build().router());
        let url = "/v3.0/slides/storage/file/x.bin";
        wire.call("PUT", url, &[], "0123456789").await;
        for (range, status, content_range, body) in [
            ("bytes=2-4", 206, "bytes 2-4/10", "234"),
            ("bytes=-2", 206, "bytes 8-9/10", "89"),
            ("bytes=9-", 206, "bytes 9-9/10", "9"),
            ("bytes=0-1,2-3", 200, "", "0123456789"),
        ] {
            let answer = wire.call("GET", url, &[("range", range)], "").await;
            assert_eq!((answer.status, answer.text()), (status, body), "{range}");
            assert_eq!(answer.header("content-range"), content_range);
            assert_eq!(answer.header("accept-ranges"), "bytes");
        }
    }
}
