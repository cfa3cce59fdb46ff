//! Random storage calls over HTTP against a plain model: on folders, in memory and in S3.
#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use slides_core::{Error, FileLocation, Payload, StorageApi};
use slides_http::HttpClient;
use slides_server::Server;
use slides_service::{NamedStorage, Runner, S3Bucket, Service, ServiceOptions, StorageKind};
use slides_tests::{FakeEngine, S3Server};

/// Two storages: the second keeps versions.
const STORAGES: [&str; 2] = ["Default", "Versioned"];

/// Names that are each a name of their own, or are none at all.
const NAMES: &[&str] = &[
    "a",
    "b",
    "A",
    "deck 1.pptx",
    "\u{e9}",
    "e\u{301}",
    "\u{202e}xtpp",
    "100%",
    "a%2Fb",
    "%2e%2e",
    "..c",
    "CON",
    "x. ",
    "back\\slash",
    "q?#&+=",
    "~",
    "\u{1f4c8}",
];

type Path = Vec<&'static str>;

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    storage: usize,
    path: Path,
}

impl Place {
    fn location(&self) -> FileLocation {
        let storage = STORAGES.get(self.storage).map(|name| (*name).to_owned());
        FileLocation::new(self.path.join("/")).in_storage(storage)
    }
}

#[derive(Debug, Clone)]
enum Call {
    Upload(Place, Vec<u8>),
    Delete(Place),
    Copy(Place, Place),
    Move(Place, Place),
    MakeFolder(Place),
    RemoveFolder(Place, bool),
    CopyFolder(Place, Place),
    MoveFolder(Place, Place),
    CopyVersion(Place, usize, Place),
    DeleteVersion(Place, usize),
}

fn place() -> impl Strategy<Value = Place> {
    // Few names often, so that calls meet each other.
    let name = prop_oneof![
        3 => proptest::sample::select(&NAMES[..2]),
        1 => proptest::sample::select(NAMES),
    ];
    (0..STORAGES.len(), proptest::collection::vec(name, 1..4))
        .prop_map(|(storage, path)| Place { storage, path })
}

fn call() -> impl Strategy<Value = Call> {
    let content = proptest::collection::vec(any::<u8>(), 0..20);
    prop_oneof![
        5 => (place(), content).prop_map(|(at, content)| Call::Upload(at, content)),
        1 => place().prop_map(Call::Delete),
        1 => (place(), place()).prop_map(|(from, to)| Call::Copy(from, to)),
        1 => (place(), place()).prop_map(|(from, to)| Call::Move(from, to)),
        1 => place().prop_map(Call::MakeFolder),
        1 => (place(), any::<bool>()).prop_map(|(at, all)| Call::RemoveFolder(at, all)),
        1 => (place(), place()).prop_map(|(from, to)| Call::CopyFolder(from, to)),
        1 => (place(), place()).prop_map(|(from, to)| Call::MoveFolder(from, to)),
        1 => (place(), 0..3_usize, place()).prop_map(|(from, n, to)| Call::CopyVersion(from, n, to)),
        1 => (place(), 0..3_usize).prop_map(|(at, n)| Call::DeleteVersion(at, n)),
    ]
}

/// What the storages should hold.
#[derive(Debug, Default, Clone)]
struct Model {
    files: BTreeMap<Place, Vec<u8>>,
    folders: BTreeSet<Place>,
    /// What files were before, the oldest first.
    history: BTreeMap<Place, Vec<Vec<u8>>>,
}

/// The status of a refusal.
type Outcome = Result<(), u16>;

fn keeps_versions(at: &Place) -> bool {
    at.storage == 1
}

fn within(at: &Place, folder: &Place) -> bool {
    at.storage == folder.storage && at.path.starts_with(&folder.path)
}

impl Model {
    fn above(at: &Place) -> impl Iterator<Item = Place> + '_ {
        (1..at.path.len()).map(|n| Place {
            storage: at.storage,
            path: at.path[..n].to_vec(),
        })
    }

    fn under_a_file(&self, at: &Place) -> bool {
        Self::above(at).any(|above| self.files.contains_key(&above))
    }

    fn write(&mut self, at: &Place, content: Vec<u8>) -> Outcome {
        if self.under_a_file(at) || self.folders.contains(at) {
            return Err(409);
        }
        self.folders.extend(Self::above(at));
        if let Some(old) = self.files.insert(at.clone(), content) {
            self.keep(at, old);
        }
        Ok(())
    }

    fn keep(&mut self, at: &Place, old: Vec<u8>) {
        if keeps_versions(at) {
            self.history.entry(at.clone()).or_default().push(old);
        }
    }

    fn delete(&mut self, at: &Place) {
        if let Some(old) = self.files.remove(at) {
            self.keep(at, old);
        }
    }

    fn make_folder(&mut self, at: &Place) -> Outcome {
        if self.under_a_file(at) || self.files.contains_key(at) {
            return Err(409);
        }
        self.folders.extend(Self::above(at));
        self.folders.insert(at.clone());
        Ok(())
    }

    fn below(&self, folder: &Place) -> (Vec<Place>, Vec<Place>) {
        let inside = |at: &&Place| within(at, folder) && **at != *folder;
        let files = self.files.keys().filter(inside).cloned().collect();
        (files, self.folders.iter().filter(inside).cloned().collect())
    }

    fn remove_folder(&mut self, at: &Place, recursive: bool) -> Outcome {
        if self.files.contains_key(at) {
            self.delete(at);
            return Ok(());
        }
        let (files, folders) = self.below(at);
        let is_empty = files.is_empty() && folders.is_empty();
        if !is_empty && !recursive {
            return Err(409);
        }
        for file in &files {
            self.delete(file);
        }
        self.folders.retain(|folder| !within(folder, at));
        Ok(())
    }

    /// Nothing when the call may end halfway, where the model says nothing.
    fn transfer(&mut self, from: &Place, to: &Place, moving: bool) -> Option<Outcome> {
        if within(to, from) && to != from {
            return Some(Err(400));
        }
        if self.files.contains_key(to) {
            return Some(Err(409));
        }
        if !self.folders.contains(from) || from == to {
            return Some(Ok(()));
        }
        if self.under_a_file(to) {
            return Some(Err(409));
        }
        let (mut files, mut folders) = self.below(from);
        folders.insert(0, from.clone());
        let target = |at: &Place| Place {
            storage: to.storage,
            path: [&to.path[..], &at.path[from.path.len()..]].concat(),
        };
        let mut after = self.clone();
        for folder in &folders {
            after.make_folder(&target(folder)).ok()?;
        }
        files.sort_by_key(|file| file.path.len());
        let contents: Vec<_> = files.iter().map(|file| self.files[file].clone()).collect();
        for (file, content) in files.iter().zip(contents) {
            if moving {
                after.delete(file);
            }
            after.write(&target(file), content).ok()?;
        }
        folders.sort_by_key(|folder| std::cmp::Reverse(folder.path.len()));
        for folder in folders.iter().filter(|_| moving) {
            let (files, folders) = after.below(folder);
            if files.is_empty() && folders.is_empty() {
                after.folders.remove(folder);
            }
        }
        *self = after;
        Some(Ok(()))
    }

    /// The file and what it was before, the newest first.
    fn versions(&self, at: &Place) -> Vec<Vec<u8>> {
        let current = self.files.get(at).cloned();
        let kept = self.history.get(at).into_iter().flatten().rev().cloned();
        current.into_iter().chain(kept).collect()
    }

    fn apply(&mut self, call: &Call) -> Option<Outcome> {
        Some(match call {
            Call::Upload(at, content) => self.write(at, content.clone()),
            Call::Delete(at) => {
                self.delete(at);
                Ok(())
            }
            Call::Copy(from, to) => match self.files.get(from).cloned() {
                None => Err(404),
                Some(content) => self.write(to, content),
            },
            Call::Move(from, to) => match self.files.get(from).cloned() {
                None => Err(404),
                Some(_) if from == to => Ok(()),
                Some(content) => self.write(to, content).map(|()| self.delete(from)),
            },
            Call::MakeFolder(at) => self.make_folder(at),
            Call::RemoveFolder(at, recursive) => self.remove_folder(at, *recursive),
            Call::CopyFolder(from, to) => return self.transfer(from, to, false),
            Call::MoveFolder(from, to) => return self.transfer(from, to, true),
            Call::CopyVersion(from, index, to) => {
                let content = self.versions(from).get(*index)?.clone();
                self.write(to, content)
            }
            Call::DeleteVersion(at, index) => {
                self.versions(at).get(*index)?;
                let kept = self.history.entry(at.clone()).or_default();
                match (*index, self.files.contains_key(at)) {
                    (0, true) => {
                        // The one before it takes its place.
                        match kept.pop() {
                            Some(before) => self.files.insert(at.clone(), before),
                            None => self.files.remove(at),
                        };
                    }
                    (index, has_current) => {
                        let from_the_end = index + usize::from(!has_current);
                        kept.remove(kept.len() - from_the_end);
                    }
                }
                Ok(())
            }
        })
    }
}

/// A server and a client of it.
struct Subject {
    client: HttpClient,
    server: tokio::task::JoinHandle<()>,
    _service: Service,
}

async fn serve(kind: impl Fn(&str) -> StorageKind) -> Subject {
    let mut options = ServiceOptions::new(Runner::InProcess(Arc::new(FakeEngine))).workers(1);
    options.soffice = slides_service::Soffice::Off;
    options.storages = STORAGES
        .iter()
        .enumerate()
        .map(|(index, name)| NamedStorage::new(*name, kind(name)).versions(index == 1))
        .collect();
    let service = Service::in_process(options).unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let shared = Arc::new(service.clone());
    let server = Server::builder(shared.clone(), shared).build();
    let server = tokio::spawn(async move {
        server
            .serve(listener, std::future::pending())
            .await
            .unwrap();
    });
    let client = HttpClient::builder()
        .base_url(format!("http://{address}"))
        .build()
        .unwrap();
    Subject {
        client,
        server,
        _service: service,
    }
}

impl Drop for Subject {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Subject {
    /// The id of the nth version, the newest first.
    async fn version(&self, at: &Place, index: usize) -> FileLocation {
        let versions = self.client.file_versions(&at.location()).await.unwrap();
        let id = versions.value[index].version_id.clone();
        at.location().version(Some(id))
    }

    async fn apply(&self, call: &Call) -> Outcome {
        let client = &self.client;
        let done = match call {
            Call::Upload(at, content) => client
                .upload_file(&at.location(), Payload::bytes(content.clone()))
                .await
                .map(|_| ()),
            Call::Delete(at) => client.delete_file(&at.location()).await,
            Call::Copy(from, to) => client.copy_file(&from.location(), &to.location()).await,
            Call::Move(from, to) => client.move_file(&from.location(), &to.location()).await,
            Call::MakeFolder(at) => client.create_folder(&at.location()).await,
            Call::RemoveFolder(at, all) => client.delete_folder(&at.location(), *all).await,
            Call::CopyFolder(from, to) => {
                client.copy_folder(&from.location(), &to.location()).await
            }
            Call::MoveFolder(from, to) => {
                client.move_folder(&from.location(), &to.location()).await
            }
            Call::CopyVersion(from, index, to) => {
                let from = self.version(from, *index).await;
                client.copy_file(&from, &to.location()).await
            }
            Call::DeleteVersion(at, index) => {
                client.delete_file(&self.version(at, *index).await).await
            }
        };
        done.map_err(|error| {
            error
                .status_code()
                .unwrap_or_else(|| panic!("{call:?}: {error}"))
        })
    }

    async fn read(&self, at: &FileLocation) -> Result<Vec<u8>, Error> {
        Ok(self.client.download_file(at).await?.bytes().await?.to_vec())
    }

    /// Compares everything that can be seen.
    async fn compare(&self, model: &Model) {
        for (at, content) in &model.files {
            assert_eq!(&self.read(&at.location()).await.unwrap(), content, "{at:?}");
            let exist = self.client.object_exists(&at.location()).await.unwrap();
            assert!(exist.exists && !exist.is_folder, "{at:?}");
        }
        for at in &model.folders {
            let exist = self.client.object_exists(&at.location()).await.unwrap();
            assert!(exist.exists && exist.is_folder, "{at:?}");
        }
        let roots = (0..STORAGES.len()).map(|storage| Place {
            storage,
            path: Vec::new(),
        });
        for folder in model.folders.iter().cloned().chain(roots) {
            let listed = self.client.list_folder(&folder.location()).await.unwrap();
            let got: BTreeSet<_> = listed
                .value
                .iter()
                .map(|entry| (entry.name.clone(), entry.is_folder, entry.size))
                .collect();
            let child = |at: &&Place| within(at, &folder) && at.path.len() == folder.path.len() + 1;
            let name = |at: &Place| at.path.last().unwrap().to_string();
            let files = model.files.iter().filter(|(at, _)| child(at));
            let folders = model.folders.iter().filter(child);
            let expected: BTreeSet<_> = files
                .map(|(at, content)| (name(at), false, content.len() as i64))
                .chain(folders.map(|at| (name(at), true, 0)))
                .collect();
            assert_eq!(got, expected, "{folder:?}");
        }
        for at in model.history.keys() {
            let expected = model.versions(at);
            let Ok(listed) = self.client.file_versions(&at.location()).await else {
                assert_eq!(expected, Vec::<Vec<u8>>::new(), "{at:?}");
                continue;
            };
            assert_eq!(listed.value.len(), expected.len(), "{at:?}");
            for (index, (shown, content)) in listed.value.iter().zip(&expected).enumerate() {
                let latest = index == 0 && model.files.contains_key(at);
                assert_eq!(
                    (shown.is_latest, shown.size),
                    (latest, content.len() as i64)
                );
                let version = at.location().version(Some(shown.version_id.clone()));
                assert_eq!(
                    &self.read(&version).await.unwrap(),
                    content,
                    "{at:?} {shown:?}"
                );
            }
        }
        let used = self.client.disc_usage(Some(STORAGES[0])).await.unwrap();
        let files = model.files.iter().filter(|(at, _)| at.storage == 0);
        let expected: usize = files.map(|(_, content)| content.len()).sum();
        assert_eq!(used.used_size, expected as i64);
    }
}

fn check(cases: u32, kind: impl Fn(&str, u32) -> StorageKind) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let case = AtomicU32::new(0);
    let config = Config {
        cases,
        failure_persistence: None,
        max_shrink_iters: 500,
        ..Config::default()
    };
    let calls = proptest::collection::vec(call(), 1..25);
    let outcome = TestRunner::new(config).run(&calls, |calls| {
        let case = case.fetch_add(1, Ordering::Relaxed);
        runtime.block_on(async {
            let subject = serve(|name| kind(name, case)).await;
            let mut model = Model::default();
            for call in &calls {
                let Some(expected) = model.apply(call) else {
                    continue;
                };
                assert_eq!(subject.apply(call).await, expected, "{call:?}");
            }
            subject.compare(&model).await;
        });
        Ok(())
    });
    outcome.unwrap();
}

#[test]
fn folders_of_the_disk_hold_what_the_model_says() {
    check(48, |_, _| StorageKind::Folder(None));
}

#[test]
fn the_memory_holds_what_the_model_says() {
    check(48, |_, _| StorageKind::Memory);
}

#[test]
#[ignore = "needs an S3-compatible server: `cargo xtask test` installs it and runs this"]
fn a_bucket_holds_what_the_model_says() {
    let s3 = S3Server::start("model");
    check(16, |name, case| {
        StorageKind::S3(
            S3Bucket::new("model")
                .endpoint(s3.endpoint())
                .credentials("test", "test")
                .prefix(format!("{case}/{name}")),
        )
    });
}

#[tokio::test]
#[ignore = "needs an S3-compatible server: `cargo xtask test` installs it and runs this"]
async fn a_large_file_goes_into_a_bucket_in_parts_and_comes_back() {
    let s3 = S3Server::start("large");
    let subject = serve(|name| {
        StorageKind::S3(
            S3Bucket::new("large")
                .endpoint(s3.endpoint())
                .credentials("test", "test")
                .prefix(name),
        )
    })
    .await;
    let content: Vec<u8> = (0..12_000_000_u32).map(|n| (n % 251) as u8).collect();
    let at = Place {
        storage: 1,
        path: vec!["large.bin"],
    };
    subject
        .client
        .upload_file(&at.location(), Payload::bytes(content.clone()))
        .await
        .unwrap();
    assert!(subject.read(&at.location()).await.unwrap() == content);
    let versions = subject.client.file_versions(&at.location()).await.unwrap();
    assert_ne!(versions.value[0].version_id, "null");
}
