use slides_core::types::{
    DiscUsage, FileVersion, FileVersions, FilesList, FilesUploadResult, ObjectExist, StorageExist,
    StorageFile,
};
use slides_core::{Download, Error, FileLocation, MockStorageApi};

use crate::support::{call, get, storage_server};

fn at(path: &str) -> FileLocation {
    FileLocation::new(path)
}

#[tokio::test]
async fn files_are_read_written_and_deleted() {
    let mut storage = MockStorageApi::new();
    storage
        .expect_download_file()
        .withf(|file| {
            *file
                == at("a/b c.pptx")
                    .in_storage(Some("mine".into()))
                    .version(Some("v1".into()))
        })
        .returning(|_| Ok(Download::from_bytes(&b"deck"[..])));
    storage
        .expect_upload_file()
        .withf(|file, content| *file == at("a/b.pptx") && content.as_bytes().unwrap() == "deck")
        .times(2)
        .returning(|_, _| Ok(FilesUploadResult::new(vec!["b.pptx".into()], vec![])));
    storage
        .expect_upload_file()
        .withf(|file, _| *file == at("folder/own.pptx"))
        .returning(|_, _| Ok(FilesUploadResult::new(vec!["own.pptx".into()], vec![])));
    storage
        .expect_delete_file()
        .withf(|file| *file == at("a/b.pptx"))
        .returning(|_| Ok(()));
    let server = storage_server(storage);

    let file = get(
        &server,
        "/v3.0/slides/storage/file/a/b%20c.pptx?StorageName=mine&versionId=v1",
    )
    .await;
    assert_eq!(
        (
            file.status.as_u16(),
            file.text(),
            file.header("content-type")
        ),
        (200, "deck", "application/octet-stream")
    );
    assert!(
        file.header("content-disposition")
            .starts_with("attachment; filename=\"b_c.pptx\"")
    );

    let done = call(
        &server,
        "PUT",
        "/v3.0/slides/storage/file/a%2Fb.pptx",
        &[],
        b"deck",
    )
    .await;
    assert_eq!(
        (done.status.as_u16(), done.json()),
        (
            200,
            serde_json::json!({"uploaded": ["b.pptx"], "errors": []})
        )
    );
    assert_eq!(
        call(
            &server,
            "PUT",
            "/v3.0/slides/async/storage/file/a/b.pptx",
            &[],
            b"deck"
        )
        .await
        .status
        .as_u16(),
        200
    );

    let multipart = [("content-type", "multipart/form-data; boundary=b")];
    let body = b"--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"own.pptx\"\r\n\r\ndeck\r\n--b--";
    assert_eq!(
        call(
            &server,
            "PUT",
            "/v3.0/slides/storage/file/folder/",
            &multipart,
            body
        )
        .await
        .status
        .as_u16(),
        200
    );
    assert!(
        call(&server, "PUT", "/v3.0/slides/storage/file/", &[], b"deck")
            .await
            .error(400, "invalidArgument")
            .contains("names no file")
    );
    assert_eq!(
        call(
            &server,
            "DELETE",
            "/v3.0/slides/storage/file/a/b.pptx",
            &[],
            b""
        )
        .await
        .status
        .as_u16(),
        200
    );
}

#[tokio::test]
async fn copies_and_moves_take_two_storages() {
    let mut storage = MockStorageApi::new();
    let from = |path: &str| {
        at(path)
            .in_storage(Some("s1".into()))
            .version(Some("v".into()))
    };
    let to = || at("x/y").in_storage(Some("s2".into()));
    storage
        .expect_copy_file()
        .withf(move |a, b| *a == from("t/a.pptx") && *b == to())
        .times(1)
        .returning(|_, _| Ok(()));
    storage
        .expect_move_file()
        .withf(move |a, b| *a == from("t/a.pptx") && *b == to())
        .times(1)
        .returning(|_, _| Ok(()));
    storage
        .expect_copy_folder()
        .withf(move |a, b| *a == from("t") && *b == to())
        .times(1)
        .returning(|_, _| Ok(()));
    storage
        .expect_move_folder()
        .withf(move |a, b| *a == from("t") && *b == to())
        .times(1)
        .returning(|_, _| Ok(()));
    let server = storage_server(storage);
    let query = "DestPath=x%2Fy&srcStorageName=s1&destStorageName=s2&versionId=v";
    for path in [
        "file/copy/t%2Fa.pptx",
        "file/move/t/a.pptx",
        "folder/copy/t",
        "folder/move/t",
    ] {
        let answer = call(
            &server,
            "PUT",
            &format!("/v3.0/slides/storage/{path}?{query}"),
            &[],
            b"",
        )
        .await;
        assert_eq!((answer.status.as_u16(), answer.text()), (200, ""), "{path}");
        let answer = call(
            &server,
            "PUT",
            &format!("/v3.0/slides/storage/{path}"),
            &[],
            b"",
        )
        .await;
        assert!(
            answer
                .error(400, "invalidArgument")
                .contains("`destPath` is missing")
        );
    }
}

#[tokio::test]
async fn folders_and_questions_are_answered() {
    let mut storage = MockStorageApi::new();
    storage
        .expect_list_folder()
        .withf(|folder| *folder == at(""))
        .returning(|_| Ok(FilesList::new(vec![StorageFile::new("a", true, 0, "/a/")])));
    storage
        .expect_create_folder()
        .withf(|folder| *folder == at("a/b"))
        .returning(|_| Ok(()));
    storage
        .expect_delete_folder()
        .withf(|folder, recursive| *folder == at("a") && *recursive)
        .returning(|_, _| Ok(()));
    storage
        .expect_delete_folder()
        .withf(|folder, recursive| *folder == at("b") && !recursive)
        .returning(|_, _| Err(Error::rejected(409, "conflict", "folder `b` is not empty")));
    storage
        .expect_object_exists()
        .withf(|object| *object == at("exist"))
        .returning(|_| Ok(ObjectExist::new(true, false)));
    storage
        .expect_storage_exists()
        .withf(|name| name == "mine")
        .returning(|_| Ok(StorageExist::new(true)));
    storage
        .expect_disc_usage()
        .returning(|_| Ok(DiscUsage::new(1, 2)));
    storage.expect_file_versions().returning(|_| {
        Ok(FileVersions::new(vec![FileVersion::new(
            "a", false, 1, "/a", "null", true,
        )]))
    });
    let server = storage_server(storage);
    let base = "/v3.0/slides/storage";
    for (path, expected) in [
        (
            "folder",
            serde_json::json!({"value": [{"name": "a", "isFolder": true, "size": 0, "path": "/a/"}]}),
        ),
        (
            "exist/exist",
            serde_json::json!({"exists": true, "isFolder": false}),
        ),
        ("mine/exist", serde_json::json!({"exists": true})),
        ("disc", serde_json::json!({"usedSize": 1, "totalSize": 2})),
        (
            "version/a",
            serde_json::json!({"value": [{"name": "a", "isFolder": false, "size": 1, "path": "/a", "versionId": "null", "isLatest": true}]}),
        ),
    ] {
        assert_eq!(
            get(&server, &format!("{base}/{path}")).await.json(),
            expected,
            "{path}"
        );
    }
    assert_eq!(
        call(&server, "PUT", &format!("{base}/folder/a%2Fb"), &[], b"")
            .await
            .status
            .as_u16(),
        200
    );
    assert_eq!(
        call(
            &server,
            "DELETE",
            &format!("{base}/folder/a?Recursive=True"),
            &[],
            b""
        )
        .await
        .status
        .as_u16(),
        200
    );
    let refused = call(&server, "DELETE", &format!("{base}/folder/b"), &[], b"").await;
    assert!(refused.error(409, "conflict").contains(" is not empty"));
}

#[tokio::test]
async fn a_missing_object_has_the_vendors_words_on_demand() {
    for (vendor, expected) in [
        (false, "`a` does not exist"),
        (
            true,
            "AmazonS3 Storage exception: The specified key does not exist. `a` does not exist",
        ),
    ] {
        let mut storage = MockStorageApi::new();
        storage
            .expect_download_file()
            .returning(|_| Err(Error::not_found("a")));
        let server = slides_server::Server::builder(
            std::sync::Arc::new(slides_core::MockAsyncApi::new()),
            std::sync::Arc::new(storage),
        )
        .vendor_messages(vendor)
        .build();
        assert_eq!(
            get(&server, "/v3.0/slides/storage/file/a")
                .await
                .error(404, "notFound"),
            expected
        );
    }
}
