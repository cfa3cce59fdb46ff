//! What a fuzzer calls; not part of the interface.

use axum::body::Body;
use bytes::Bytes;

use crate::body::{self, BodyLimits, Expect};

/// Reads a request body that comes in chunks of `chunk` bytes, with bounds that a fuzzer reaches: the number of files
/// and whether there were options, or the HTTP status of its refusal. Touches no disk.
///
/// # Errors
/// The HTTP status.
pub fn read_body(
    content_type: Option<&str>,
    data: &[u8],
    chunk: usize,
    expect: u8,
) -> Result<(usize, bool), u16> {
    let limits = BodyLimits {
        max_body: 1 << 20,
        max_parts: 64,
        max_part_headers: 1024,
        max_metadata: 64 << 10,
        max_in_memory: 1 << 20,
        ..BodyLimits::default()
    };
    let expect = match expect % 4 {
        0 => Expect::Document,
        1 => Expect::Options,
        2 => Expect::Merge,
        _ => Expect::File,
    };
    let chunks: Vec<_> = data
        .chunks(chunk.max(1))
        .map(|chunk| Ok::<_, std::io::Error>(Bytes::copy_from_slice(chunk)))
        .collect();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .map_err(|_| 500_u16)?;
    let mut body = Body::from_stream(futures_util::stream::iter(chunks));
    let upload = runtime
        .block_on(body::read(
            content_type,
            None,
            &mut body,
            expect,
            &limits,
            None,
        ))
        .map_err(|error| error.status().as_u16())?;
    Ok((upload.files.len(), upload.metadata.is_some()))
}

/// Finds the call of a method and a path: its name, or the HTTP status of the refusal.
///
/// # Errors
/// The HTTP status.
pub fn find_call(method: &str, path: &str) -> Result<&'static str, u16> {
    let method = http::Method::from_bytes(method.as_bytes()).map_err(|_| 400_u16)?;
    match crate::path::Routes::new().find(&method, path) {
        Ok(crate::path::Found::Call(call)) => Ok(call.name()),
        Ok(crate::path::Found::OtherMethods(_)) => Err(405),
        Ok(crate::path::Found::Nothing) => Err(404),
        Err(error) => Err(error.status().as_u16()),
    }
}
