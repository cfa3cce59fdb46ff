//! The caller's operations, listed and started once more: what a page for people needs beside the vendor's calls.

use std::sync::Arc;

use axum::body::Body;
use futures_util::future::BoxFuture;
use http::{Response, StatusCode};
use slides_core::OperationId;
use slides_types::{OperationList, OperationStatus};

use crate::app::App;
use crate::error::{ApiError, Subject};
use crate::path::Call;
use crate::query::Query;
use crate::respond;

/// Operations of an answer when the caller does not say how many.
const USUAL: usize = 100;
/// Most operations of an answer.
const MOST: usize = 500;

pub(crate) type List = Arc<
    dyn Fn(&str, ListRequest) -> BoxFuture<'static, slides_core::Result<OperationList>>
        + Send
        + Sync,
>;
pub(crate) type Retry = Arc<
    dyn Fn(&str, OperationId) -> BoxFuture<'static, slides_core::Result<OperationId>> + Send + Sync,
>;

/// Which operations to list.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ListRequest {
    /// In these states; in any when empty.
    pub statuses: Vec<OperationStatus>,
    /// Those accepted before the cursor of an earlier answer; from the newest on when nothing.
    pub before: Option<i64>,
    /// At most so many, 1 to 500.
    pub limit: usize,
}

impl ListRequest {
    fn parse(query: &Query) -> Result<Self, ApiError> {
        let number = |name: &str| match query.get(name) {
            None => Ok(None),
            Some(text) => match text.trim().parse::<i64>() {
                Ok(number) if number >= 0 => Ok(Some(number)),
                _ => Err(ApiError::bad_request(format!(
                    "Invalid value for `{name}`: it is no number from 0"
                ))),
            },
        };
        let limit = match number("limit")? {
            None => USUAL,
            Some(limit) => usize::try_from(limit).unwrap_or(MOST).clamp(1, MOST),
        };
        let statuses = query.list("status").map(|text| {
            let status = OperationStatus::from(text);
            if matches!(status, OperationStatus::Unknown(_)) {
                let known: Vec<_> = OperationStatus::ALL
                    .iter()
                    .map(OperationStatus::as_str)
                    .collect();
                return Err(ApiError::bad_request(format!(
                    "Invalid value for `status`: use some of {}",
                    known.join(", ")
                )));
            }
            Ok(status)
        });
        Ok(Self {
            // Said twice is said once.
            statuses: statuses.take(MOST).collect::<Result<_, _>>()?,
            before: number("before")?,
            limit,
        })
    }
}

impl App {
    pub(crate) async fn list(
        &self,
        client: &str,
        query: &Query,
    ) -> Result<Response<Body>, ApiError> {
        let list = self
            .list
            .as_ref()
            .ok_or_else(|| missing("list operations"))?;
        let list = list(client, ListRequest::parse(query)?).await;
        let list = list.map_err(|error| ApiError::from_core(&error, Subject::Operation))?;
        Ok(respond::json(StatusCode::OK, &list))
    }

    pub(crate) async fn retry(
        &self,
        client: &str,
        call: &Call,
    ) -> Result<Response<Body>, ApiError> {
        if self.drain.is_cancelled() {
            return Err(ApiError::draining());
        }
        let retry = self
            .retry
            .as_ref()
            .ok_or_else(|| missing("retry an operation"))?;
        let id = retry(client, OperationId::from(call.value("id"))).await;
        let id = id.map_err(|error| ApiError::from_core(&error, Subject::Operation))?;
        Ok(respond::accepted(&id))
    }
}

fn missing(what: &'static str) -> ApiError {
    let error = slides_core::Error::unsupported(what, "this server");
    ApiError::from_core(&error, Subject::Operation)
}
