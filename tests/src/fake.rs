//! An implementer of both traits in memory that behaves as the contract says,
//! without an engine: its operations move one step with each status call.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::TryStreamExt;
use slides_core::types::{
    DiscUsage, FileVersion, FileVersions, FilesList, FilesUploadResult, ObjectExist, Operation,
    OperationError, OperationProgress, OperationStatus, StorageExist, StorageFile,
};
use slides_core::{
    AsyncApi, DocumentSource, Download, Error, FileLocation, OperationId, Payload, PhaseExt,
    Result, StartCall, StartRequest, StatusReply, StorageApi,
};

/// The only storage there is.
const STORAGE: &str = "Default";
/// What every conversion gives.
pub const FAKE_PDF: &[u8] = b"%PDF-1.7 fake";

/// Operations and files in memory.
#[derive(Debug, Default)]
pub struct FakeBackend(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    jobs: BTreeMap<String, Job>,
    files: BTreeMap<String, Bytes>,
    folders: BTreeSet<String>,
}

#[derive(Debug)]
struct Job {
    call: StartCall,
    documents: Vec<Bytes>,
    operation: Operation,
}

impl FakeBackend {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads a payload to its end.
///
/// # Errors
/// When the payload cannot be read.
pub async fn read(payload: &Payload) -> Result<Bytes> {
    let (stream, _) = payload.open().await?;
    let read = stream.try_fold(Vec::new(), |mut all, chunk| async move {
        all.extend_from_slice(&chunk);
        Ok(all)
    });
    Ok(read
        .await
        .map_err(|e| Error::io("cannot read a document", e))?
        .into())
}

fn check_storage(name: Option<&str>, said: &str) -> Result<()> {
    match name {
        None | Some(STORAGE) => Ok(()),
        Some(_) => Err(Error::rejected(
            404,
            "storageNotFound",
            format!("The storage {said} was not found or is not associated with the application."),
        )),
    }
}

fn storage_of(call: &StartCall) -> Option<&str> {
    match call {
        StartCall::Convert(target)
        | StartCall::ConvertAndSave { target, .. }
        | StartCall::DownloadPresentation { target, .. }
        | StartCall::SavePresentation { target, .. } => target.storage.as_deref(),
        StartCall::Merge(merge) | StartCall::MergeAndSave { merge, .. } => merge.storage.as_deref(),
        StartCall::Split { storage, .. } => storage.as_deref(),
        _ => None,
    }
}

fn key(path: &str) -> String {
    path.trim_matches('/').to_owned()
}

impl State {
    /// Ends a job: where its result goes, or why it failed.
    fn finish(&mut self, id: &str) -> std::result::Result<(), (i32, String)> {
        let Some(job) = self.jobs.get(id) else {
            return Ok(());
        };
        let stored = match &job.call {
            StartCall::DownloadPresentation { document, .. }
            | StartCall::SavePresentation { document, .. }
            | StartCall::Split {
                document: DocumentSource::Storage(document),
                ..
            } => Some(document.path()),
            _ => None,
        };
        let sources = match &stored {
            Some(path) => vec![
                self.files
                    .get(&key(path))
                    .cloned()
                    .ok_or((404, format!("`{path}` does not exist")))?,
            ],
            None => job.documents.clone(),
        };
        if sources.iter().any(|source| !source.starts_with(b"PK")) {
            return Err((400, "Failed to load the presentation".to_owned()));
        }
        if let Some(path) = job.call.out_path().map(key) {
            self.files.insert(path, Bytes::from_static(FAKE_PDF));
        }
        Ok(())
    }

    fn is_folder(&self, path: &str) -> bool {
        let inside = format!("{path}/");
        path.is_empty()
            || self.folders.contains(path)
            || self
                .files
                .keys()
                .chain(&self.folders)
                .any(|file| file.starts_with(&inside))
    }
}

#[async_trait]
impl AsyncApi for FakeBackend {
    async fn start(&self, request: StartRequest) -> Result<OperationId> {
        check_storage(storage_of(&request.call), "")?;
        let mut documents = Vec::new();
        for document in &request.documents {
            documents.push(read(document).await?);
        }
        let mut state = self.state();
        let id = format!("fake-operation-{}", state.jobs.len() + 1);
        let mut operation =
            Operation::new(id.clone(), request.call.method(), OperationStatus::Created);
        operation.created = Some("2025-01-20T10:00:00.1234567Z".into());
        state.jobs.insert(
            id.clone(),
            Job {
                call: request.call,
                documents,
                operation,
            },
        );
        Ok(id.into())
    }

    async fn status(&self, id: &OperationId) -> Result<StatusReply> {
        let mut state = self.state();
        let job = state
            .jobs
            .get(id.as_str())
            .ok_or_else(|| Error::not_found(id.as_str()))?;
        let steps = i32::try_from(job.documents.len())
            .unwrap_or(i32::MAX)
            .max(1);
        let reply = job.operation.clone();
        // What the next call will see.
        let outcome = match reply.status {
            OperationStatus::Started => Some(state.finish(id.as_str())),
            _ => None,
        };
        if let Some(Job { operation, .. }) = state.jobs.get_mut(id.as_str()) {
            match (&operation.status, outcome) {
                (OperationStatus::Created, _) => operation.status = OperationStatus::Enqueued,
                (OperationStatus::Enqueued, _) => {
                    operation.status = OperationStatus::Started;
                    operation.started = Some("2025-01-20T10:00:01Z".into());
                    operation.progress = Some(OperationProgress::new(0, steps));
                }
                (OperationStatus::Started, Some(Ok(()))) => {
                    operation.status = OperationStatus::Finished;
                    operation.finished = Some("2025-01-20T10:00:02Z".into());
                    operation.progress = Some(OperationProgress::new(steps, steps));
                }
                (OperationStatus::Started, Some(Err((code, message)))) => {
                    let mut error = OperationError::new(code);
                    error.message = Some(message);
                    operation.status = OperationStatus::Failed;
                    operation.failed = Some("2025-01-20T10:00:02Z".into());
                    operation.error = Some(error);
                }
                _ => {}
            }
        }
        Ok(StatusReply::new(reply))
    }

    async fn result(&self, id: &OperationId) -> Result<Download> {
        let state = self.state();
        let job = state
            .jobs
            .get(id.as_str())
            .ok_or_else(|| Error::not_found(id.as_str()))?;
        match (&job.operation.status, &job.operation.error) {
            (OperationStatus::Finished, _) if job.call.out_path().is_some() => {
                Err(Error::invalid("The result was saved to the storage"))
            }
            (OperationStatus::Finished, _) => Ok(Download::from_bytes(FAKE_PDF)
                .with_type(Some("application/pdf".into()), Some("deck.pdf".into()))),
            (OperationStatus::Failed, Some(error)) => Err(Error::rejected(
                409,
                "conflict",
                error.message.clone().unwrap_or_default(),
            )),
            (OperationStatus::Canceled, _) => Err(Error::rejected(
                409,
                "conflict",
                "the operation was canceled",
            )),
            _ => Err(Error::rejected(
                409,
                "conflict",
                "Operation is not finished",
            )),
        }
    }

    async fn cancel(&self, id: &OperationId) -> Result<()> {
        let mut state = self.state();
        let job = state
            .jobs
            .get_mut(id.as_str())
            .ok_or_else(|| Error::not_found(id.as_str()))?;
        if !job.operation.phase().is_terminal() {
            job.operation.status = OperationStatus::Canceled;
            job.operation.canceled = Some("2025-01-20T10:00:02Z".into());
        }
        Ok(())
    }
}

fn missing(location: &FileLocation) -> Error {
    Error::not_found(location.path.clone())
}

#[async_trait]
impl StorageApi for FakeBackend {
    async fn download_file(&self, file: &FileLocation) -> Result<Download> {
        check_storage(
            file.storage.as_deref(),
            file.storage.as_deref().unwrap_or_default(),
        )?;
        let bytes = self
            .state()
            .files
            .get(&key(&file.path))
            .cloned()
            .ok_or_else(|| missing(file))?;
        Ok(Download::from_bytes(bytes))
    }

    async fn upload_file(
        &self,
        file: &FileLocation,
        content: Payload,
    ) -> Result<FilesUploadResult> {
        let bytes = read(&content).await?;
        self.state().files.insert(key(&file.path), bytes);
        let name = file.path.rsplit('/').next().unwrap_or_default().to_owned();
        Ok(FilesUploadResult::new(vec![name], vec![]))
    }

    async fn delete_file(&self, file: &FileLocation) -> Result<()> {
        self.state().files.remove(&key(&file.path));
        Ok(())
    }

    async fn copy_file(&self, from: &FileLocation, to: &FileLocation) -> Result<()> {
        let mut state = self.state();
        let bytes = state
            .files
            .get(&key(&from.path))
            .cloned()
            .ok_or_else(|| missing(from))?;
        state.files.insert(key(&to.path), bytes);
        Ok(())
    }

    async fn move_file(&self, from: &FileLocation, to: &FileLocation) -> Result<()> {
        let mut state = self.state();
        let bytes = state
            .files
            .remove(&key(&from.path))
            .ok_or_else(|| missing(from))?;
        state.files.insert(key(&to.path), bytes);
        Ok(())
    }

    async fn list_folder(&self, folder: &FileLocation) -> Result<FilesList> {
        let state = self.state();
        let folder = key(&folder.path);
        let inside = if folder.is_empty() {
            String::new()
        } else {
            format!("{folder}/")
        };
        let mut children = BTreeMap::new();
        for (path, size) in state
            .files
            .iter()
            .map(|(path, bytes)| (path, bytes.len()))
            .chain(state.folders.iter().map(|path| (path, 0)))
        {
            let Some(rest) = path.strip_prefix(&inside) else {
                continue;
            };
            let (name, is_folder) = match rest.split_once('/') {
                Some((name, _)) => (name, true),
                None => (rest, state.folders.contains(path)),
            };
            let size = if is_folder {
                0
            } else {
                i64::try_from(size).unwrap_or(i64::MAX)
            };
            let slash = if is_folder { "/" } else { "" };
            children.insert(
                name.to_owned(),
                StorageFile::new(name, is_folder, size, format!("/{inside}{name}{slash}")),
            );
        }
        Ok(FilesList::new(children.into_values().collect()))
    }

    async fn create_folder(&self, folder: &FileLocation) -> Result<()> {
        self.state().folders.insert(key(&folder.path));
        Ok(())
    }

    async fn delete_folder(&self, folder: &FileLocation, recursive: bool) -> Result<()> {
        let mut state = self.state();
        let folder = key(&folder.path);
        let inside = format!("{folder}/");
        if !recursive && state.files.keys().any(|path| path.starts_with(&inside)) {
            return Err(Error::rejected(
                409,
                "conflict",
                format!("folder `{folder}` is not empty"),
            ));
        }
        state.files.retain(|path, _| !path.starts_with(&inside));
        state
            .folders
            .retain(|path| *path != folder && !path.starts_with(&inside));
        Ok(())
    }

    async fn storage_exists(&self, storage: &str) -> Result<StorageExist> {
        Ok(StorageExist::new(storage == STORAGE))
    }

    async fn object_exists(&self, object: &FileLocation) -> Result<ObjectExist> {
        let state = self.state();
        let path = key(&object.path);
        let is_folder = !state.files.contains_key(&path) && state.is_folder(&path);
        Ok(ObjectExist::new(
            is_folder || state.files.contains_key(&path),
            is_folder,
        ))
    }

    async fn disc_usage<'a>(&self, _storage: Option<&'a str>) -> Result<DiscUsage> {
        let used: usize = self.state().files.values().map(Bytes::len).sum();
        Ok(DiscUsage::new(
            i64::try_from(used).unwrap_or(i64::MAX),
            i64::MAX,
        ))
    }

    async fn file_versions(&self, file: &FileLocation) -> Result<FileVersions> {
        let state = self.state();
        let bytes = state
            .files
            .get(&key(&file.path))
            .ok_or_else(|| missing(file))?;
        let size = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
        let path = format!("/{}", key(&file.path));
        Ok(FileVersions::new(vec![FileVersion::new(
            path.clone(),
            false,
            size,
            path,
            "null",
            true,
        )]))
    }
}
