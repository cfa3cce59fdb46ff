//! Errors of the stages below as the engine's own.

use slides_render::RenderError;

use crate::api::{EngineError, ErrorKind};

pub(super) fn from_package(error: slides_ooxml::Error) -> EngineError {
    let kind = match error.kind {
        slides_ooxml::ErrorKind::PasswordRequired => ErrorKind::PasswordRequired,
        slides_ooxml::ErrorKind::WrongPassword => ErrorKind::WrongPassword,
        slides_ooxml::ErrorKind::Limit => ErrorKind::LimitExceeded,
        slides_ooxml::ErrorKind::BadRequest => ErrorKind::InvalidOption,
        slides_ooxml::ErrorKind::Output => ErrorKind::Output,
        _ => ErrorKind::BadInput,
    };
    let wrapped = EngineError::new(kind, error.message.clone());
    match error.into_source() {
        Some(source) => wrapped.caused_by(source),
        None => wrapped,
    }
}

/// A slide whose part cannot be read.
pub(super) fn from_slide(number: u32, error: slides_ooxml::Error) -> EngineError {
    let mut wrapped = from_package(error);
    wrapped.message = format!("slide {number} cannot be read: {}", wrapped.message);
    wrapped
}

pub(super) fn from_render(error: RenderError) -> EngineError {
    let kind = match error {
        RenderError::TooManyPixels { .. } => ErrorKind::LimitExceeded,
        // A page may have what a job may write.
        RenderError::TooManyBytes { limit, .. } => {
            return super::export::too_many_bytes(limit).caused_by(error);
        }
        _ => ErrorKind::Internal,
    };
    EngineError::new(kind, error.to_string()).caused_by(error)
}

pub(super) fn stopped() -> EngineError {
    EngineError::new(ErrorKind::Stopped, "the conversion was stopped")
}

/// A panic below, with what it said.
pub(super) fn panicked(at: &str, panic: &(dyn std::any::Any + Send)) -> EngineError {
    let text = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message");
    EngineError::new(
        ErrorKind::Internal,
        format!("{at} hit a bug of the engine: {text}"),
    )
}

/// Runs `work`; a panic inside becomes an internal error that names `at`.
pub(super) fn guard<T>(
    at: impl Fn() -> String,
    work: impl FnOnce() -> Result<T, EngineError>,
) -> Result<T, EngineError> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(work))
        .unwrap_or_else(|panic| Err(panicked(&at(), &*panic)))
}
