//! Calls that are answered at once: reads of operations, and the storage
//! (contract sections 2 and 5).

use axum::body::Body;
use http::{Response, StatusCode};
use slides_core::{AsyncApi, FileLocation, OperationId, StatusReply};
use slides_types::{ApiCall, ApiInfo};

use crate::app::{App, Exchange};
use crate::body::Expect;
use crate::error::{ApiError, Subject};
use crate::partial;
use crate::path::Call;
use crate::query::Query;
use crate::respond;

/// State, times and progress of an operation.
pub(crate) async fn status(call: &Call, api: &dyn AsyncApi) -> Result<Response<Body>, ApiError> {
    let reply = api
        .status(&OperationId::from(call.value("id")))
        .await
        .map_err(|error| ApiError::from_core(&error, Subject::Operation))?;
    Ok(status_of(&reply))
}

/// A status reply as the wire has it.
pub(crate) fn status_of(reply: &StatusReply) -> Response<Body> {
    let response = respond::json(StatusCode::OK, &reply.operation);
    match reply.retry_after {
        Some(wait) => respond::retry_after(response, wait),
        None => response,
    }
}

impl App {
    pub(crate) async fn command(
        &self,
        call: &Call,
        query: &Query,
        api: &dyn AsyncApi,
        exchange: &mut Exchange,
    ) -> Result<Response<Body>, ApiError> {
        let operation = |error| ApiError::from_core(&error, Subject::Operation);
        let storage = |error| {
            let error = ApiError::from_core(&error, Subject::Storage);
            // Of these two the vendor's storage says so itself (contract section 2.6).
            let by_storage = matches!(call.call(), ApiCall::ObjectExists | ApiCall::CopyFile);
            if by_storage && query.get("versionId").is_some() {
                error.of_vendors_storage()
            } else {
                error
            }
        };
        let at = |path: String| {
            let location = FileLocation::new(path).in_storage(query.owned("storageName"));
            location.version(query.owned("versionId"))
        };
        let from = |path: String| {
            let location = FileLocation::new(path).in_storage(query.owned("srcStorageName"));
            location.version(query.owned("versionId"))
        };
        let to = || -> Result<FileLocation, ApiError> {
            Ok(FileLocation::new(query.required_path("destPath")?)
                .in_storage(query.owned("destStorageName")))
        };
        let path = call.rest();
        let a_file = || {
            if path.is_empty() {
                Err(ApiError::bad_request("the path names no file"))
            } else {
                Ok(path.to_owned())
            }
        };
        let id = || OperationId::from(call.value("id"));
        let read = &exchange.parts;
        Ok(match call.call() {
            ApiCall::GetApiInfo => respond::json(
                StatusCode::OK,
                &ApiInfo::new("Slides", env!("CARGO_PKG_VERSION")),
            ),
            ApiCall::GetAvailableFonts => {
                let Some(fonts) = &self.fonts else {
                    return Err(storage(slides_core::Error::unsupported(
                        "list fonts",
                        "this server",
                    )));
                };
                let folder = query
                    .path("fontsFolder")?
                    .map(|path| FileLocation::new(path).in_storage(query.owned("storage")));
                respond::json(StatusCode::OK, &fonts(folder).await.map_err(storage)?)
            }
            ApiCall::GetOperationStatus => status(call, api).await?,
            ApiCall::GetOperationResult => {
                let result = api.result(&id()).await.map_err(operation)?;
                partial::file(result, &read.method, &read.headers).await?
            }
            ApiCall::CancelOperation => {
                api.cancel(&id()).await.map_err(operation)?;
                respond::empty()
            }
            ApiCall::DownloadFile | ApiCall::Download => {
                let name = path.rsplit('/').next().map(str::to_owned);
                let mut download = self
                    .storage
                    .download_file(&at(a_file()?))
                    .await
                    .map_err(storage)?;
                download.file_name = download.file_name.or(name);
                partial::file(download, &read.method, &read.headers).await?
            }
            ApiCall::UploadFile | ApiCall::Upload => {
                let is_folder = path.is_empty() || call.ends_with_slash;
                let mut limits = self.limits.clone();
                if call.call() == ApiCall::Upload {
                    limits.max_body = limits.max_file.max(limits.max_body);
                }
                let upload = self.read_body(exchange, Expect::File, &limits).await?;
                let file = match upload.files.as_slice() {
                    [file] => file,
                    files => {
                        return Err(ApiError::bad_request(format!(
                            "the request has {} files, this call takes one",
                            files.len()
                        )));
                    }
                };
                let path = match (is_folder, &file.file_name) {
                    (false, _) => path.to_owned(),
                    (true, Some(name)) if path.is_empty() => name.clone(),
                    (true, Some(name)) => format!("{path}/{name}"),
                    (true, None) => {
                        return Err(ApiError::bad_request(
                            "the path names no file: `/v3.0/slides/storage/file/{path}`",
                        ));
                    }
                };
                crate::path::check(&path).map_err(|reason| {
                    ApiError::bad_request(format!("Invalid value for the path: {reason}"))
                })?;
                let done = self
                    .storage
                    .upload_file(&at(path), file.content.clone())
                    .await
                    .map_err(storage)?;
                respond::json(StatusCode::OK, &done)
            }
            ApiCall::DeleteFile => {
                self.storage
                    .delete_file(&at(a_file()?))
                    .await
                    .map_err(storage)?;
                respond::empty()
            }
            ApiCall::CopyFile => {
                self.storage
                    .copy_file(&from(a_file()?), &to()?)
                    .await
                    .map_err(storage)?;
                respond::empty()
            }
            ApiCall::MoveFile => {
                self.storage
                    .move_file(&from(a_file()?), &to()?)
                    .await
                    .map_err(storage)?;
                respond::empty()
            }
            ApiCall::GetFilesList => respond::json(
                StatusCode::OK,
                &self
                    .storage
                    .list_folder(&at(path.to_owned()))
                    .await
                    .map_err(storage)?,
            ),
            ApiCall::CreateFolder => {
                self.storage
                    .create_folder(&at(path.to_owned()))
                    .await
                    .map_err(storage)?;
                respond::empty()
            }
            ApiCall::DeleteFolder => {
                self.storage
                    .delete_folder(&at(path.to_owned()), query.flag("recursive")?)
                    .await
                    .map_err(storage)?;
                respond::empty()
            }
            ApiCall::CopyFolder => {
                self.storage
                    .copy_folder(&from(path.to_owned()), &to()?)
                    .await
                    .map_err(storage)?;
                respond::empty()
            }
            ApiCall::MoveFolder => {
                self.storage
                    .move_folder(&from(path.to_owned()), &to()?)
                    .await
                    .map_err(storage)?;
                respond::empty()
            }
            ApiCall::ObjectExists => respond::json(
                StatusCode::OK,
                &self
                    .storage
                    .object_exists(&at(path.to_owned()))
                    .await
                    .map_err(storage)?,
            ),
            ApiCall::StorageExists => respond::json(
                StatusCode::OK,
                &self
                    .storage
                    .storage_exists(call.value("storageName"))
                    .await
                    .map_err(storage)?,
            ),
            ApiCall::GetDiscUsage => respond::json(
                StatusCode::OK,
                &self
                    .storage
                    .disc_usage(query.get("storageName"))
                    .await
                    .map_err(storage)?,
            ),
            ApiCall::GetFileVersions => respond::json(
                StatusCode::OK,
                &self
                    .storage
                    .file_versions(&at(a_file()?))
                    .await
                    .map_err(storage)?,
            ),
            ApiCall::ListOperations => self.list(&exchange.caller.client, query).await?,
            ApiCall::RetryOperation => self.retry(&exchange.caller.client, call).await?,
            // Made by their own functions before.
            ApiCall::Token
            | ApiCall::Livez
            | ApiCall::Readyz
            | ApiCall::Metrics
            | ApiCall::Docs
            | ApiCall::Ui
            | ApiCall::DescriptionYaml
            | ApiCall::DescriptionJson
            | ApiCall::GetOperationEvents
            | ApiCall::StartConvert
            | ApiCall::StartConvertAndSave
            | ApiCall::StartDownloadPresentation
            | ApiCall::StartSavePresentation
            | ApiCall::StartMerge
            | ApiCall::StartMergeAndSave
            | ApiCall::StartSplit
            | ApiCall::StartUploadAndSplit
            | ApiCall::Convert
            | ApiCall::ConvertAndSave
            | ApiCall::DownloadPresentation
            | ApiCall::SavePresentation
            | ApiCall::MergeOnline
            | ApiCall::MergeAndSaveOnline
            | ApiCall::Merge
            | ApiCall::OrderedMerge
            | ApiCall::Split
            | ApiCall::SplitOnline
            | ApiCall::SplitAndSaveOnline => {
                return Err(ApiError::no_such_route());
            }
        })
    }
}
