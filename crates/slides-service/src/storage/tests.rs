use std::fs;

use super::path::OWN_FOLDER;
use super::*;

struct Fixture {
    dir: tempfile::TempDir,
    storage: Storages,
    on_disk: bool,
}

/// Two storages of each kind, one after the other, with and without versions.
fn kinds() -> impl Iterator<Item = Fixture> {
    [
        (StorageKind::Folder(None), false),
        (StorageKind::Folder(None), true),
        (StorageKind::Memory, false),
        (StorageKind::Memory, true),
    ]
    .into_iter()
    .map(|(kind, versions)| fixture(&kind, versions))
}

fn fixture(kind: &StorageKind, versions: bool) -> Fixture {
    let dir = tempfile::tempdir().unwrap();
    let storage = |name| NamedStorage::new(name, kind.clone()).versions(versions);
    let options = StorageOptions {
        storages: vec![storage("Default"), storage("Second")],
        max_file_bytes: Some(100),
        ..StorageOptions::default()
    };
    let storage = Storages::open(dir.path(), options).unwrap();
    Fixture {
        dir,
        storage,
        on_disk: matches!(kind, StorageKind::Folder(_)),
    }
}

impl Fixture {
    async fn put(&self, path: &str, content: &'static str) {
        self.storage
            .upload_file(&path.into(), Payload::bytes(content.as_bytes()))
            .await
            .unwrap();
    }

    async fn get(&self, path: &str) -> Option<String> {
        match self.storage.download_file(&path.into()).await {
            Ok(download) => {
                Some(String::from_utf8(download.bytes().await.unwrap().to_vec()).unwrap())
            }
            Err(Error::NotFound { .. }) => None,
            Err(error) => panic!("{error}"),
        }
    }

    async fn exists(&self, path: &str) -> (bool, bool) {
        let exist = self.storage.object_exists(&path.into()).await.unwrap();
        (exist.exists, exist.is_folder)
    }
}

fn status(error: &Error) -> Option<u16> {
    match error {
        Error::Rejected(rejection) => Some(rejection.status),
        Error::NotFound { .. } => Some(404),
        _ => None,
    }
}

#[tokio::test]
async fn a_file_goes_up_and_comes_down() {
    for f in kinds() {
        let uploaded = f
            .storage
            .upload_file(&"/Temp/Sub/a b.pptx".into(), Payload::bytes(&b"one"[..]))
            .await
            .unwrap();
        assert_eq!(uploaded.uploaded, ["a b.pptx"]);
        f.put("Temp/Sub/a b.pptx", "two").await;
        let download = f
            .storage
            .download_file(&"Temp/Sub/a b.pptx".into())
            .await
            .unwrap();
        assert_eq!(download.len, Some(3));
        assert_eq!(download.file_name.as_deref(), Some("a b.pptx"));
        assert!(
            download
                .content_type
                .as_deref()
                .unwrap()
                .contains("presentationml")
        );
        assert_eq!(download.bytes().await.unwrap(), "two");
        assert_eq!(f.exists("Temp").await, (true, true));
        assert_eq!(f.exists("Temp/Sub/a b.pptx").await, (true, false));
        assert_eq!(f.exists("Temp/Sub/none").await, (false, false));
        if f.on_disk {
            let unfinished = f.dir.path().join("Default").join(OWN_FOLDER).join("tmp");
            assert_eq!(fs::read_dir(unfinished).unwrap().count(), 0);
        }
    }
}

#[tokio::test]
async fn an_upload_to_a_folder_takes_the_name_of_the_part() {
    for f in kinds() {
        f.storage
            .upload_file(
                &"Fonts/".into(),
                Payload::bytes(&b"x"[..]).named("custom.ttf"),
            )
            .await
            .unwrap();
        assert_eq!(f.get("Fonts/custom.ttf").await.as_deref(), Some("x"));
        let nameless = f
            .storage
            .upload_file(&"".into(), Payload::bytes(&b"x"[..]))
            .await
            .unwrap_err();
        assert_eq!(status(&nameless), Some(400));
        let climbing = Payload::bytes(&b"x"[..]).named("../../x");
        assert_eq!(
            status(
                &f.storage
                    .upload_file(&"".into(), climbing)
                    .await
                    .unwrap_err()
            ),
            Some(400)
        );
    }
}

#[tokio::test]
async fn copy_and_move_files_between_storages() {
    for f in kinds() {
        f.put("a/x", "x").await;
        let second = |path: &str| FileLocation::new(path).in_storage(Some("Second".to_owned()));
        f.storage
            .copy_file(&"a/x".into(), &second("deep/er/x"))
            .await
            .unwrap();
        f.storage
            .move_file(&"a/x".into(), &"b/y".into())
            .await
            .unwrap();
        assert_eq!(f.get("a/x").await, None);
        assert_eq!(f.get("b/y").await.as_deref(), Some("x"));
        assert!(
            f.storage
                .object_exists(&second("deep/er/x"))
                .await
                .unwrap()
                .exists
        );
        for missing in ["none", "a"] {
            let copied = f
                .storage
                .copy_file(&missing.into(), &"z".into())
                .await
                .unwrap_err();
            let moved = f
                .storage
                .move_file(&missing.into(), &"z".into())
                .await
                .unwrap_err();
            assert_eq!((status(&copied), status(&moved)), (Some(404), Some(404)));
        }
    }
}

#[tokio::test]
async fn what_is_not_there_can_be_deleted() {
    for f in kinds() {
        f.storage.delete_file(&"no/such".into()).await.unwrap();
        f.storage
            .delete_folder(&"no/such".into(), false)
            .await
            .unwrap();
        f.put("dir/file", "x").await;
        f.storage.delete_file(&"dir".into()).await.unwrap();
        let full = f
            .storage
            .delete_folder(&"dir".into(), false)
            .await
            .unwrap_err();
        assert_eq!(status(&full), Some(409));
        assert!(full.to_string().contains(" is not empty"), "{full}");
        // A file path through the folder call, as the C# tests send it.
        f.storage
            .delete_folder(&"dir/file".into(), false)
            .await
            .unwrap();
        assert_eq!(f.get("dir/file").await, None);
        f.storage.delete_folder(&"dir".into(), false).await.unwrap();
        f.put("dir/sub/file", "x").await;
        f.storage.delete_folder(&"dir".into(), true).await.unwrap();
        assert_eq!(f.exists("dir").await, (false, false));
    }
}

#[tokio::test]
async fn folders_are_copied_and_moved_whole() {
    for f in kinds() {
        f.put("from/a", "a").await;
        f.put("from/sub/b", "b").await;
        f.storage
            .copy_folder(&"from".into(), &"copy".into())
            .await
            .unwrap();
        assert_eq!(f.get("copy/sub/b").await.as_deref(), Some("b"));
        f.put("moved/kept", "k").await;
        f.storage
            .move_folder(&"from".into(), &"moved".into())
            .await
            .unwrap();
        assert_eq!(f.exists("from").await, (false, false));
        assert_eq!(f.get("moved/sub/b").await.as_deref(), Some("b"));
        assert_eq!(f.get("moved/kept").await.as_deref(), Some("k"));
        f.storage
            .move_folder(&"copy".into(), &"new/name".into())
            .await
            .unwrap();
        assert_eq!(f.get("new/name/a").await.as_deref(), Some("a"));
        // Missing folders are no error, a folder in itself is.
        f.storage
            .copy_folder(&"none".into(), &"x".into())
            .await
            .unwrap();
        f.storage
            .move_folder(&"none".into(), &"x".into())
            .await
            .unwrap();
        let inside = f
            .storage
            .copy_folder(&"moved".into(), &"moved/in".into())
            .await
            .unwrap_err();
        assert_eq!(status(&inside), Some(400));
    }
}

#[tokio::test]
async fn a_list_shows_direct_children() {
    for f in kinds() {
        f.put("dir/b.txt", "four").await;
        f.put("dir/a/deep", "x").await;
        let list = f.storage.list_folder(&"dir".into()).await.unwrap();
        let shown: Vec<_> = list
            .value
            .iter()
            .map(|e| (e.name.as_str(), e.is_folder, e.size, e.path.as_str()))
            .collect();
        assert_eq!(
            shown,
            [("a", true, 0, "/dir/a/"), ("b.txt", false, 4, "/dir/b.txt")]
        );
        assert_eq!(
            list.value[0].modified_date,
            Some(Timestamp::from(FOLDER_DATE))
        );
        let root = f.storage.list_folder(&"".into()).await.unwrap();
        assert_eq!(
            root.value
                .iter()
                .map(|e| e.path.as_str())
                .collect::<Vec<_>>(),
            ["/dir/"]
        );
        assert_eq!(
            f.storage
                .list_folder(&"none".into())
                .await
                .unwrap()
                .value
                .len(),
            0
        );
    }
}

#[tokio::test]
async fn usage_versions_and_storages() {
    let f = fixture(&StorageKind::Folder(None), false);
    f.put("dir/b.txt", "four").await;
    let usage = f.storage.disc_usage(None).await.unwrap();
    assert_eq!(usage.used_size, 4);
    assert!(usage.total_size > 4);
    let versions = f.storage.file_versions(&"dir/b.txt".into()).await.unwrap();
    assert_eq!(versions.value.len(), 1);
    assert_eq!(
        (
            versions.value[0].version_id.as_str(),
            versions.value[0].is_latest
        ),
        ("null", true)
    );
    let known = FileLocation::new("dir/b.txt").version(Some("null".to_owned()));
    f.storage.download_file(&known).await.unwrap();
    let unknown = FileLocation::new("dir/b.txt").version(Some("7".to_owned()));
    let error = f.storage.download_file(&unknown).await.unwrap_err();
    assert!(
        error.to_string().contains("Invalid version id specified"),
        "{error}"
    );
    assert!(f.storage.storage_exists("Second").await.unwrap().exists);
    assert!(!f.storage.storage_exists("Third").await.unwrap().exists);
    let error = f.storage.disc_usage(Some("Third")).await.unwrap_err();
    assert_eq!(status(&error), Some(404));
    assert!(
        error
            .to_string()
            .contains("The storage Third was not found or is not associated with the application.")
    );
}

#[tokio::test]
async fn bad_paths_and_large_files_are_refused() {
    for f in kinds() {
        for path in ["../x", "a/../../x", "a\0", ""] {
            let error = f.storage.download_file(&path.into()).await.unwrap_err();
            assert_eq!(status(&error), Some(400), "{path:?}");
        }
        let error = f
            .storage
            .upload_file(&"big".into(), Payload::bytes(vec![0; 101]))
            .await
            .unwrap_err();
        assert_eq!(status(&error), Some(413));
        f.put("file", "x").await;
        let under_a_file = f
            .storage
            .upload_file(&"file/x".into(), Payload::bytes(&b"x"[..]))
            .await
            .unwrap_err();
        assert_eq!(status(&under_a_file), Some(409));
        f.storage.create_folder(&"folder".into()).await.unwrap();
        let onto_a_folder = f
            .storage
            .upload_file(&"folder".into(), Payload::bytes(&b"x"[..]))
            .await
            .unwrap_err();
        assert_eq!(status(&onto_a_folder), Some(409));
        let folder_on_file = f.storage.create_folder(&"file".into()).await.unwrap_err();
        assert_eq!(status(&folder_on_file), Some(409));
    }
}

#[test]
fn storage_names_are_plain() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["", ".tmp", "a/b", ".."] {
        let options = StorageOptions {
            default: name.to_owned(),
            ..StorageOptions::default()
        };
        assert!(Storages::open(dir.path(), options).is_err(), "{name}");
    }
}

#[tokio::test]
async fn old_versions_are_kept_read_copied_and_deleted() {
    for kind in [StorageKind::Folder(None), StorageKind::Memory] {
        let f = fixture(&kind, true);
        for content in ["one", "two", "three"] {
            f.put("dir/x", content).await;
        }
        let versions = f
            .storage
            .file_versions(&"dir/x".into())
            .await
            .unwrap()
            .value;
        let latest: Vec<_> = versions.iter().map(|v| v.is_latest).collect();
        assert_eq!(latest, [true, false, false]);
        let sizes: Vec<_> = versions.iter().map(|v| v.size).collect();
        assert_eq!(sizes, [5, 3, 3]);
        let version = |path: &str, index: usize| {
            FileLocation::new(path).version(Some(versions[index].version_id.clone()))
        };
        for (index, content) in ["three", "two", "one"].into_iter().enumerate() {
            let read = f
                .storage
                .download_file(&version("dir/x", index))
                .await
                .unwrap();
            assert_eq!(read.bytes().await.unwrap(), content);
        }
        f.storage
            .copy_file(&version("dir/x", 2), &"first".into())
            .await
            .unwrap();
        assert_eq!(f.get("first").await.as_deref(), Some("one"));
        // Without its newest version the file is what it was before.
        f.storage.delete_file(&version("dir/x", 0)).await.unwrap();
        assert_eq!(f.get("dir/x").await.as_deref(), Some("two"));
        assert_eq!(
            f.storage
                .file_versions(&"dir/x".into())
                .await
                .unwrap()
                .value
                .len(),
            2
        );
        // Deleted as a whole, its versions can still be had.
        f.storage.delete_file(&"dir/x".into()).await.unwrap();
        assert_eq!(f.get("dir/x").await, None);
        let left = f
            .storage
            .file_versions(&"dir/x".into())
            .await
            .unwrap()
            .value;
        assert!(left.len() == 2 && left.iter().all(|v| !v.is_latest));
        f.storage
            .copy_file(&version("dir/x", 1), &"dir/x".into())
            .await
            .unwrap();
        assert_eq!(f.get("dir/x").await.as_deref(), Some("two"));
        for unknown in ["7", "0000000000000001", &versions[0].version_id] {
            let at = FileLocation::new("dir/x").version(Some(unknown.to_owned()));
            let errors = [
                f.storage.download_file(&at).await.unwrap_err(),
                f.storage.delete_file(&at).await.unwrap_err(),
                f.storage.copy_file(&at, &"y".into()).await.unwrap_err(),
            ];
            for error in errors {
                assert_eq!(status(&error), Some(400));
                assert!(
                    error.to_string().contains("Invalid version id specified"),
                    "{error}"
                );
            }
        }
        // A folder takes the versions of its files with it only as versions.
        f.storage.delete_folder(&"dir".into(), true).await.unwrap();
        assert_eq!(f.exists("dir").await, (false, false));
        assert_eq!(
            f.storage
                .file_versions(&"dir/x".into())
                .await
                .unwrap()
                .value
                .len(),
            3
        );
    }
}

#[tokio::test]
async fn files_go_from_a_folder_into_memory_and_back() {
    let dir = tempfile::tempdir().unwrap();
    let options = StorageOptions {
        storages: vec![NamedStorage::new("Second", StorageKind::Memory)],
        ..StorageOptions::default()
    };
    let f = Fixture {
        storage: Storages::open(dir.path(), options).unwrap(),
        dir,
        on_disk: true,
    };
    f.put("a/x", "x").await;
    f.put("a/b/y", "y").await;
    f.storage.create_folder(&"a/empty".into()).await.unwrap();
    let second = |path: &str| FileLocation::new(path).in_storage(Some("Second".to_owned()));
    f.storage
        .move_folder(&"a".into(), &second("a"))
        .await
        .unwrap();
    assert_eq!(f.exists("a").await, (false, false));
    let list = f.storage.list_folder(&second("a")).await.unwrap();
    let names: Vec<_> = list.value.iter().map(|e| e.path.as_str()).collect();
    assert_eq!(names, ["/a/b/", "/a/empty/", "/a/x"]);
    f.storage
        .move_file(&second("a/b/y"), &"back".into())
        .await
        .unwrap();
    assert_eq!(f.get("back").await.as_deref(), Some("y"));
    // The folder stays when its last file goes, as on a disk.
    assert!(
        f.storage
            .object_exists(&second("a/b"))
            .await
            .unwrap()
            .is_folder
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn uploads_at_once_each_leave_a_version() {
    for kind in [StorageKind::Folder(None), StorageKind::Memory] {
        let f = fixture(&kind, true);
        let uploads = (0..20).map(|n| {
            let storage = f.storage.clone();
            tokio::spawn(async move {
                storage
                    .upload_file(&"x".into(), Payload::bytes(n.to_string().into_bytes()))
                    .await
            })
        });
        for upload in uploads.collect::<Vec<_>>() {
            upload.await.unwrap().unwrap();
        }
        assert_eq!(
            f.storage
                .file_versions(&"x".into())
                .await
                .unwrap()
                .value
                .len(),
            20
        );
    }
}
