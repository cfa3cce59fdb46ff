//! Paths of the API, matched over decoded segments: the vendor's routes
//! overlap, and a segment may hold an escaped slash (contract sections 2, 2.1
//! and 5).

use http::Method;

use crate::error::ApiError;

/// A call of the API, without its query and body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Call {
    Info,
    Convert {
        format: String,
        save: bool,
    },
    Stored {
        name: String,
        format: String,
        save: bool,
    },
    Merge {
        save: bool,
    },
    Split {
        name: String,
        format: String,
    },
    UploadAndSplit {
        format: String,
    },
    Status {
        id: String,
    },
    Result {
        id: String,
    },
    Cancel {
        id: String,
    },
    DownloadFile {
        path: String,
        asynchronous: bool,
    },
    UploadFile {
        path: String,
        is_folder: bool,
        asynchronous: bool,
    },
    DeleteFile {
        path: String,
    },
    CopyFile {
        path: String,
    },
    MoveFile {
        path: String,
    },
    ListFolder {
        path: String,
    },
    CreateFolder {
        path: String,
    },
    DeleteFolder {
        path: String,
    },
    CopyFolder {
        path: String,
    },
    MoveFolder {
        path: String,
    },
    ObjectExists {
        path: String,
    },
    StorageExists {
        storage: String,
    },
    DiscUsage,
    FileVersions {
        path: String,
    },
}

impl Call {
    /// The vendor's name of the call, for logs and metrics.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Info => "GetApiInfo",
            Self::Convert { save: false, .. } => "StartConvert",
            Self::Convert { save: true, .. } => "StartConvertAndSave",
            Self::Stored { save: false, .. } => "StartDownloadPresentation",
            Self::Stored { save: true, .. } => "StartSavePresentation",
            Self::Merge { save: false } => "StartMerge",
            Self::Merge { save: true } => "StartMergeAndSave",
            Self::Split { .. } => "StartSplit",
            Self::UploadAndSplit { .. } => "StartUploadAndSplit",
            Self::Status { .. } => "GetOperationStatus",
            Self::Result { .. } => "GetOperationResult",
            Self::Cancel { .. } => "CancelOperation",
            Self::DownloadFile {
                asynchronous: false,
                ..
            } => "DownloadFile",
            Self::DownloadFile {
                asynchronous: true, ..
            } => "Download",
            Self::UploadFile {
                asynchronous: false,
                ..
            } => "UploadFile",
            Self::UploadFile {
                asynchronous: true, ..
            } => "Upload",
            Self::DeleteFile { .. } => "DeleteFile",
            Self::CopyFile { .. } => "CopyFile",
            Self::MoveFile { .. } => "MoveFile",
            Self::ListFolder { .. } => "GetFilesList",
            Self::CreateFolder { .. } => "CreateFolder",
            Self::DeleteFolder { .. } => "DeleteFolder",
            Self::CopyFolder { .. } => "CopyFolder",
            Self::MoveFolder { .. } => "MoveFolder",
            Self::ObjectExists { .. } => "ObjectExists",
            Self::StorageExists { .. } => "StorageExists",
            Self::DiscUsage => "GetDiscUsage",
            Self::FileVersions { .. } => "GetFileVersions",
        }
    }

    /// Finds the call of a method and a raw path.
    pub(crate) fn find(method: &Method, raw_path: &str) -> Result<Self, ApiError> {
        let segments = decode(raw_path)?;
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        let ["v3.0", "slides", rest @ ..] = segments.as_slice() else {
            return Err(ApiError::no_such_route());
        };
        // What the server answers to GET it answers to HEAD, without the body.
        let method = if method == Method::HEAD {
            &Method::GET
        } else {
            method
        };
        match rest {
            ["info"] => only(method, &Method::GET, Self::Info),
            ["async", "storage", "file", path @ ..] if !path.is_empty() => match *method {
                Method::GET => Ok(Self::DownloadFile {
                    path: storage_path(path)?,
                    asynchronous: true,
                }),
                Method::PUT => upload(path, raw_path, true),
                _ => Err(ApiError::method_not_allowed("GET, PUT")),
            },
            ["async", rest @ ..] => Self::find_async(method, rest),
            ["storage", rest @ ..] => Self::find_storage(method, rest, raw_path),
            _ => Err(ApiError::no_such_route()),
        }
    }

    fn find_async(method: &Method, segments: &[&str]) -> Result<Self, ApiError> {
        let start = |call: fn(bool, &[&str]) -> Result<Self, ApiError>| match *method {
            Method::POST => call(false, segments),
            Method::PUT => call(true, segments),
            _ => Err(ApiError::method_not_allowed("POST, PUT")),
        };
        match (method, segments) {
            (&Method::GET, [id]) => Ok(Self::Status { id: (*id).into() }),
            (&Method::DELETE, [id]) => Ok(Self::Cancel { id: (*id).into() }),
            (&Method::GET, [id, "result"]) => Ok(Self::Result { id: (*id).into() }),
            (_, ["merge"]) => start(|save, _| Ok(Self::Merge { save })),
            (_, ["convert", _]) => start(|save, segments| {
                Ok(Self::Convert {
                    format: segment(segments, 1),
                    save,
                })
            }),
            (_, ["split", format]) => only(
                method,
                &Method::POST,
                Self::UploadAndSplit {
                    format: (*format).into(),
                },
            ),
            (_, [name, "split", format]) => only(
                method,
                &Method::POST,
                Self::Split {
                    name: file_name(name)?,
                    format: (*format).into(),
                },
            ),
            (_, [_, _]) => start(|save, segments| {
                let name = file_name(segments.first().copied().unwrap_or_default())?;
                Ok(Self::Stored {
                    name,
                    format: segment(segments, 1),
                    save,
                })
            }),
            (_, [_]) => Err(ApiError::method_not_allowed("GET, DELETE")),
            _ => Err(ApiError::no_such_route()),
        }
    }

    fn find_storage(method: &Method, segments: &[&str], raw_path: &str) -> Result<Self, ApiError> {
        match (method, segments) {
            (&Method::PUT, ["file", "copy", path @ ..]) if !path.is_empty() => Ok(Self::CopyFile {
                path: storage_path(path)?,
            }),
            (&Method::PUT, ["file", "move", path @ ..]) if !path.is_empty() => Ok(Self::MoveFile {
                path: storage_path(path)?,
            }),
            (&Method::PUT, ["file", path @ ..]) => upload(path, raw_path, false),
            (&Method::GET, ["file", path @ ..]) if !path.is_empty() => Ok(Self::DownloadFile {
                path: storage_path(path)?,
                asynchronous: false,
            }),
            (&Method::DELETE, ["file", path @ ..]) if !path.is_empty() => Ok(Self::DeleteFile {
                path: storage_path(path)?,
            }),

            (&Method::PUT, ["folder", "copy", path @ ..]) if !path.is_empty() => {
                Ok(Self::CopyFolder {
                    path: storage_path(path)?,
                })
            }
            (&Method::PUT, ["folder", "move", path @ ..]) if !path.is_empty() => {
                Ok(Self::MoveFolder {
                    path: storage_path(path)?,
                })
            }
            (&Method::PUT, ["folder", path @ ..]) => Ok(Self::CreateFolder {
                path: storage_path(path)?,
            }),
            (&Method::GET, ["folder", path @ ..]) => Ok(Self::ListFolder {
                path: storage_path(path)?,
            }),
            (&Method::DELETE, ["folder", path @ ..]) => Ok(Self::DeleteFolder {
                path: storage_path(path)?,
            }),
            (_, ["file", _, ..] | ["folder", ..]) => {
                Err(ApiError::method_not_allowed("GET, PUT, DELETE"))
            }

            (_, ["exist", path @ ..]) if !path.is_empty() => only(
                method,
                &Method::GET,
                Self::ObjectExists {
                    path: storage_path(path)?,
                },
            ),
            (_, ["disc"]) => only(method, &Method::GET, Self::DiscUsage),
            (_, ["version", path @ ..]) if !path.is_empty() => only(
                method,
                &Method::GET,
                Self::FileVersions {
                    path: storage_path(path)?,
                },
            ),
            (_, [storage, "exist"]) => only(
                method,
                &Method::GET,
                Self::StorageExists {
                    storage: (*storage).into(),
                },
            ),
            _ => Err(ApiError::no_such_route()),
        }
    }
}

fn only(method: &Method, expected: &Method, call: Call) -> Result<Call, ApiError> {
    match (method == expected, expected.as_str()) {
        (true, _) => Ok(call),
        (false, "GET") => Err(ApiError::method_not_allowed("GET")),
        (false, _) => Err(ApiError::method_not_allowed("POST")),
    }
}

fn upload(path: &[&str], raw_path: &str, asynchronous: bool) -> Result<Call, ApiError> {
    let is_folder = path.is_empty() || raw_path.ends_with('/');
    Ok(Call::UploadFile {
        path: storage_path(path)?,
        is_folder,
        asynchronous,
    })
}

fn segment(segments: &[&str], index: usize) -> String {
    segments.get(index).copied().unwrap_or_default().to_owned()
}

/// Segments of a raw path, each decoded once; empty ones come from doubled and trailing slashes.
fn decode(raw_path: &str) -> Result<Vec<String>, ApiError> {
    raw_path
        .split('/')
        .filter(|segment| !segment.is_empty())
        .map(|segment| {
            percent_encoding::percent_decode_str(segment)
                .decode_utf8()
                .map(std::borrow::Cow::into_owned)
                .map_err(|_| ApiError::bad_request("the path is not UTF-8"))
        })
        .collect()
}

fn file_name(name: &str) -> Result<String, ApiError> {
    storage_path(&[name])
}

/// Joins decoded segments, of which each may hold slashes, and refuses what climbs out.
fn storage_path(segments: &[&str]) -> Result<String, ApiError> {
    let path = segments.join("/");
    let reason = if path.starts_with(['/', '\\']) {
        Err("it is absolute, paths are relative to the storage's root")
    } else {
        check(&path)
    };
    match reason {
        Ok(()) => Ok(path),
        Err(reason) => Err(ApiError::bad_request(format!(
            "Invalid value for the path: {reason}"
        ))),
    }
}

/// Whether a path inside a storage is safe to hand on.
pub(crate) fn check(path: &str) -> Result<(), &'static str> {
    if path.split(['/', '\\']).any(|segment| segment == "..") {
        return Err("it holds `..`");
    }
    if path.chars().any(char::is_control) {
        return Err("it holds a control character");
    }
    if path.len() > 4096 {
        return Err("it is longer than 4096 bytes");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(method: &str, path: &str) -> Result<Call, u16> {
        Call::find(&Method::from_bytes(method.as_bytes()).unwrap(), path)
            .map_err(|error| error.status().as_u16())
    }

    #[test]
    fn every_path_finds_its_call() {
        for (method, path, name) in [
            ("GET", "info", "GetApiInfo"),
            ("POST", "async/convert/pdf", "StartConvert"),
            ("PUT", "async/convert/pdf", "StartConvertAndSave"),
            ("POST", "async/deck.pptx/pdf", "StartDownloadPresentation"),
            ("PUT", "async/deck.pptx/pdf", "StartSavePresentation"),
            ("POST", "async/merge", "StartMerge"),
            ("PUT", "async/merge", "StartMergeAndSave"),
            ("POST", "async/deck.pptx/split/png", "StartSplit"),
            ("POST", "async/split/png", "StartUploadAndSplit"),
            ("GET", "async/96b0a57c", "GetOperationStatus"),
            ("HEAD", "async/96b0a57c", "GetOperationStatus"),
            ("GET", "async/96b0a57c/result", "GetOperationResult"),
            ("DELETE", "async/96b0a57c", "CancelOperation"),
            ("GET", "async/merge", "GetOperationStatus"),
            ("GET", "async/storage/file/a/b.pptx", "Download"),
            ("PUT", "async/storage/file/a/b.pptx", "Upload"),
            ("GET", "storage/file/a/b.pptx", "DownloadFile"),
            ("PUT", "storage/file/a/b.pptx", "UploadFile"),
            ("PUT", "storage/file/", "UploadFile"),
            ("DELETE", "storage/file/a", "DeleteFile"),
            ("PUT", "storage/file/copy/a/b", "CopyFile"),
            ("PUT", "storage/file/copy", "UploadFile"),
            ("GET", "storage/file/copy/a/b", "DownloadFile"),
            ("PUT", "storage/file/move/a", "MoveFile"),
            ("GET", "storage/folder", "GetFilesList"),
            ("GET", "storage/folder/copy/a", "GetFilesList"),
            ("PUT", "storage/folder/a", "CreateFolder"),
            ("DELETE", "storage/folder/a/", "DeleteFolder"),
            ("PUT", "storage/folder/copy/a", "CopyFolder"),
            ("PUT", "storage/folder/move/a", "MoveFolder"),
            ("GET", "storage/exist/a/b", "ObjectExists"),
            ("GET", "storage/exist/exist", "ObjectExists"),
            ("GET", "storage/mine/exist", "StorageExists"),
            ("GET", "storage/disc", "GetDiscUsage"),
            ("GET", "storage/version/a", "GetFileVersions"),
        ] {
            assert_eq!(
                find(method, &format!("/v3.0/slides/{path}"))
                    .unwrap()
                    .name(),
                name,
                "{method} {path}"
            );
        }
    }

    #[test]
    fn every_asynchronous_and_storage_route_of_the_description_is_served() {
        for route in slides_types::Route::ALL
            .iter()
            .filter(|route| route.path.contains("/slides/"))
        {
            let path = route.path.replace(['{', '}'], "");
            let found = find(route.method, &path).map(|call| call.name());
            assert_eq!(
                found,
                Ok(route.operation_id),
                "{} {}",
                route.method,
                route.path
            );
        }
    }

    #[test]
    fn segments_are_decoded_once() {
        for (path, expected) in [
            ("/v3.0/slides/storage/file/a%2Fb%20c.pptx", "a/b c.pptx"),
            ("/v3.0/slides/storage/file//a/b.pptx", "a/b.pptx"),
            ("/v3.0/slides/storage/file/100%25.pptx", "100%.pptx"),
            ("/v3.0/slides/storage/file/a%252Fb", "a%2Fb"),
            ("//v3.0/slides/storage/file/%ED%95%9C.pptx", "한.pptx"),
        ] {
            assert_eq!(
                find("GET", path),
                Ok(Call::DownloadFile {
                    path: expected.into(),
                    asynchronous: false
                }),
                "{path}"
            );
        }
        assert_eq!(
            find("POST", "/v3.0/slides/async/my%20deck%2Fa.pptx/Pdf"),
            Ok(Call::Stored {
                name: "my deck/a.pptx".into(),
                format: "Pdf".into(),
                save: false
            })
        );
        assert_eq!(
            find(
                "PUT",
                "/v3.0/slides/storage/file/copy/TempTests%2Ftest.pptx"
            ),
            Ok(Call::CopyFile {
                path: "TempTests/test.pptx".into()
            })
        );
    }

    #[test]
    fn paths_that_climb_out_are_refused() {
        for path in [
            "storage/file/../x",
            "storage/file/%2E%2E/x",
            "storage/file/a%2F..%2Fx",
            "storage/file/%2Fetc",
            "storage/file/a%5C..%5Cb",
            "storage/file/a%00b",
            "async/..%2Fdeck/pdf",
            "storage/folder/..",
            "storage/file/%FF",
        ] {
            let method = if path.starts_with("async") {
                "POST"
            } else {
                "GET"
            };
            assert_eq!(
                find(method, &format!("/v3.0/slides/{path}")),
                Err(400),
                "{path}"
            );
        }
    }

    #[test]
    fn unknown_paths_and_methods_are_refused() {
        for (method, path, status) in [
            ("GET", "/", 404),
            ("GET", "/v2.0/slides/info", 404),
            ("GET", "/v3.0/slides", 404),
            ("POST", "/v3.0/slides/info", 405),
            ("PATCH", "/v3.0/slides/async/x/pdf", 405),
            ("GET", "/v3.0/slides/async/convert/pdf", 405),
            ("PUT", "/v3.0/slides/async/split/png", 405),
            ("POST", "/v3.0/slides/async/x", 405),
            ("POST", "/v3.0/slides/storage/file/x", 405),
            ("GET", "/v3.0/slides/async/a/b/c/d", 404),
        ] {
            assert_eq!(find(method, path), Err(status), "{method} {path}");
        }
    }
}
