//! Which storages there are, and what holds their files.

use std::path::PathBuf;
use std::str::FromStr;

use slides_core::Error;

/// How storages are kept.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct StorageOptions {
    /// Name of the storage that calls without a name mean. It lies in the data folder unless
    /// `storages` says otherwise.
    pub default: String,
    /// The storages; the default one may be among them.
    pub storages: Vec<NamedStorage>,
    /// Whether a file is synced before its upload is answered.
    pub sync: bool,
    /// Bytes of one uploaded file; no limit when absent.
    pub max_file_bytes: Option<u64>,
    /// Adds the vendor's sentence to the answer about a missing file, for suites that look for it.
    pub vendor_messages: bool,
}

impl Default for StorageOptions {
    fn default() -> Self {
        Self {
            default: "Default".to_owned(),
            storages: Vec::new(),
            sync: true,
            max_file_bytes: None,
            vendor_messages: false,
        }
    }
}

/// A storage and what holds its files.
///
/// ```
/// use slides_service::{NamedStorage, StorageKind};
///
/// let storage: NamedStorage = "Archive=local:/srv/archive?versions=on".parse()?;
/// assert_eq!((storage.name.as_str(), storage.versions), ("Archive", true));
/// assert!(matches!(storage.kind, StorageKind::Folder(Some(_))));
/// # Ok::<(), slides_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct NamedStorage {
    /// Name on the wire: no slash, no dot at its beginning.
    pub name: String,
    /// What holds its files.
    pub kind: StorageKind,
    /// Whether replaced and deleted files are kept as versions.
    pub versions: bool,
}

impl NamedStorage {
    /// A storage that keeps no versions.
    pub fn new(name: impl Into<String>, kind: StorageKind) -> Self {
        Self {
            name: name.into(),
            kind,
            versions: false,
        }
    }

    /// Sets whether replaced and deleted files are kept as versions.
    #[must_use]
    pub fn versions(mut self, keep: bool) -> Self {
        self.versions = keep;
        self
    }
}

/// What holds the files of a storage.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum StorageKind {
    /// A folder of the local disk; without a path the one of the storage's name in the data folder.
    Folder(Option<PathBuf>),
    /// The memory of this process: gone when it ends.
    Memory,
    /// A bucket of an S3-compatible service. Needs the feature `s3`.
    S3(S3Bucket),
}

/// A bucket of an S3-compatible service.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct S3Bucket {
    /// The bucket, which must exist.
    pub bucket: String,
    /// What all keys begin with; empty for the whole bucket.
    pub prefix: String,
    /// Address of the service; AWS when absent. Plain `http` is taken when it says so.
    pub endpoint: Option<String>,
    /// Region; the environment's when absent.
    pub region: Option<String>,
    /// Whether the bucket is part of the host name instead of the path.
    pub virtual_hosted: bool,
    /// Key id and secret; those of the environment (`AWS_ACCESS_KEY_ID`,
    /// `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`, or the machine's role) when absent.
    pub credentials: Option<(String, String)>,
}

impl S3Bucket {
    /// A bucket at AWS with the credentials of the environment.
    pub fn new(bucket: impl Into<String>) -> Self {
        Self {
            bucket: bucket.into(),
            prefix: String::new(),
            endpoint: None,
            region: None,
            virtual_hosted: false,
            credentials: None,
        }
    }

    /// Sets the address of the service.
    #[must_use]
    pub fn endpoint(mut self, url: impl Into<String>) -> Self {
        self.endpoint = Some(url.into());
        self
    }

    /// Sets what all keys begin with.
    #[must_use]
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// Sets key id and secret.
    #[must_use]
    pub fn credentials(mut self, id: impl Into<String>, secret: impl Into<String>) -> Self {
        self.credentials = Some((id.into(), secret.into()));
        self
    }
}

impl std::fmt::Debug for S3Bucket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("S3Bucket")
            .field("bucket", &self.bucket)
            .field("prefix", &self.prefix)
            .field("endpoint", &self.endpoint)
            .field("region", &self.region)
            .finish_non_exhaustive()
    }
}

/// Reads `NAME`, `NAME=local:/folder`, `NAME=memory:` or
/// `NAME=s3://bucket/prefix?endpoint=URL&region=R&virtual_hosted=on`, each with `versions=on` behind
/// a `?` when versions are to be kept. Values are taken as they are, without any decoding.
impl FromStr for NamedStorage {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let bad = |why: String| Error::invalid(format!("the storage `{text}` is not valid: {why}"));
        let (name, place) = text.split_once('=').unwrap_or((text, "local:"));
        check_name(name)?;
        let (place, settings) = match place.split_once('?') {
            Some((place, settings)) => (place, settings),
            None => (place, ""),
        };
        let mut kind = if let Some(path) = place.strip_prefix("local:") {
            StorageKind::Folder(
                Some(path)
                    .filter(|path| !path.is_empty())
                    .map(PathBuf::from),
            )
        } else if place == "memory:" {
            StorageKind::Memory
        } else if let Some(path) = place.strip_prefix("s3://") {
            let (bucket, prefix) = path.split_once('/').unwrap_or((path, ""));
            if bucket.is_empty() {
                return Err(bad("it names no bucket: write `s3://bucket`".to_owned()));
            }
            StorageKind::S3(S3Bucket::new(bucket).prefix(prefix.trim_matches('/')))
        } else {
            return Err(bad(format!(
                "`{place}` is no place: use `local:/folder`, `memory:` or `s3://bucket`"
            )));
        };
        let mut versions = false;
        for setting in settings.split('&').filter(|setting| !setting.is_empty()) {
            let (key, value) = setting.split_once('=').unwrap_or((setting, ""));
            let on = || match value {
                "on" => Ok(true),
                "off" => Ok(false),
                _ => Err(bad(format!(
                    "`{key}` is `{value}`, `on` and `off` are allowed"
                ))),
            };
            match (key, &mut kind) {
                ("versions", _) => versions = on()?,
                ("endpoint", StorageKind::S3(s3)) => s3.endpoint = Some(value.to_owned()),
                ("region", StorageKind::S3(s3)) => s3.region = Some(value.to_owned()),
                ("virtual_hosted", StorageKind::S3(s3)) => s3.virtual_hosted = on()?,
                _ => {
                    return Err(bad(format!("it has no setting `{key}`")));
                }
            }
        }
        Ok(Self::new(name, kind).versions(versions))
    }
}

/// Refuses a name that cannot stand in a path.
pub(super) fn check_name(name: &str) -> Result<(), Error> {
    if name.is_empty()
        || name.starts_with('.')
        || name.contains(['/', '\\'])
        || name.contains(char::is_control)
    {
        return Err(Error::invalid(format!(
            "the storage name `{}` is not allowed: use a name without slashes that does not start with a dot",
            name.escape_debug()
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn storages_are_read_from_text() {
        let read = |text: &str| text.parse::<NamedStorage>().unwrap();
        assert_eq!(read("A"), NamedStorage::new("A", StorageKind::Folder(None)));
        assert_eq!(
            read("A=local:/srv/a b?versions=on"),
            NamedStorage::new("A", StorageKind::Folder(Some("/srv/a b".into()))).versions(true)
        );
        assert_eq!(read("A=memory:").kind, StorageKind::Memory);
        let StorageKind::S3(bucket) =
            read("A=s3://b/p/q/?endpoint=http://127.0.0.1:9000&region=eu&versions=off").kind
        else {
            panic!("no bucket")
        };
        assert_eq!(
            (bucket.bucket.as_str(), bucket.prefix.as_str()),
            ("b", "p/q")
        );
        assert_eq!(bucket.endpoint.as_deref(), Some("http://127.0.0.1:9000"));
        for text in [
            "",
            "=local:/x",
            "a/b",
            ".a",
            "A=ftp://x",
            "A=s3://",
            "A=memory:?region=x",
            "A=local:/x?versions=1",
            "A=memory",
        ] {
            let error = text.parse::<NamedStorage>().unwrap_err();
            assert_eq!(error.status_code(), Some(400), "{text}");
        }
    }

    #[test]
    fn credentials_are_not_shown() {
        let bucket = S3Bucket::new("b").credentials("id", "secret");
        assert!(!format!("{bucket:?}").contains("secret"));
    }
}
