//! What the vendor's own container is set up with, so that people can move: the same variables, where they mean
//! something here, and a word where they do not.

use secrecy::{ExposeSecret as _, SecretString};
use slides_service::{NamedStorage, StorageKind};

use super::{Environment, Found, Origin};
use crate::failure::Failure;

/// Settings that are no flags.
#[derive(Debug, Clone, Default)]
pub(crate) struct Vendor {
    /// `ClientSecret`.
    pub(crate) client_secret: Option<SecretString>,
    /// `AuthTokenSigningKey`.
    pub(crate) signing_key: Option<SecretString>,
    /// `AWSS3_ACCESS_KEY` and `AWSS3_SECRET_KEY`, for the storage of `AWSS3_BUCKET` alone.
    pub(crate) s3_keys: Option<S3Keys>,
    /// What is said at the start about variables that have no effect.
    pub(crate) notes: Vec<String>,
}

/// Keys of one storage in a bucket.
#[derive(Debug, Clone)]
pub(crate) struct S3Keys {
    /// The storage, as `--storage` writes it.
    pub(crate) storage: String,
    pub(crate) id: String,
    pub(crate) secret: SecretString,
}

impl S3Keys {
    /// Gives the keys to the storage that was written as `text`, if it is theirs.
    pub(crate) fn give(&self, text: &str, storage: &mut NamedStorage) {
        if let (StorageKind::S3(bucket), true) = (&mut storage.kind, self.storage == text) {
            bucket.credentials = Some((self.id.clone(), self.secret.expose_secret().to_owned()));
        }
    }
}

/// Variables that are set and change nothing here.
const WITHOUT_EFFECT: &[(&str, &str)] = &[
    ("LicensePublicKey", "no licence is needed"),
    ("LicensePrivateKey", "no licence is needed"),
    (
        "ApiBaseUrl",
        "addresses in answers follow the request's Host",
    ),
    ("FFMpegTimeout", "no video is made"),
    (
        "FontsRootFolder",
        "name a folder of a storage with `fontsFolder` in the request",
    ),
];

pub(super) fn read(environment: Environment<'_>) -> Result<(Vendor, Vec<Found>), Failure> {
    let get = |name: &str| environment(name).filter(|text| !text.is_empty());
    let mut list = Vec::new();
    let mut alias = |key: &str, variable: &str, value: String| {
        list.push(Found {
            key: key.to_owned(),
            value,
            origin: Origin::Environment(variable.to_owned()),
        });
    };
    if get("GOOGLE_STORAGE_BUCKET").is_some() {
        return Err(Failure::usage("GOOGLE_STORAGE_BUCKET is set, and storages in Google Cloud are not served").hint(
            "name the bucket by its S3-compatible address: `--storage 'Default=s3://BUCKET?endpoint=https://storage.googleapis.com'`",
        ));
    }
    if let Some(id) = get("ClientId") {
        alias("client-id", "ClientId", id);
    }
    let mut s3_storage = None;
    let limit = |name: &str| get(name).and_then(|text| text.parse::<u64>().ok());
    let limits = ["MaxRequestBodySize", "MultipartBodyLengthLimit"];
    if let Some((name, bytes)) = limits
        .into_iter()
        .filter_map(|name| Some((name, limit(name)?)))
        .min_by_key(|(_, bytes)| *bytes)
    {
        alias("max-body", name, bytes.to_string());
    }
    if let Some(bucket) = get("AWSS3_BUCKET") {
        let mut place = format!("Default=s3://{bucket}");
        let mut mark = '?';
        for (key, variable) in [("region", "AWSS3_REGION"), ("endpoint", "AWSS3_ENDPOINT")] {
            if let Some(value) = get(variable) {
                place.push(mark);
                place.push_str(key);
                place.push('=');
                place.push_str(&value);
                mark = '&';
            }
        }
        s3_storage = Some(place.clone());
        alias("storage", "AWSS3_BUCKET", place);
    } else if let Some(folder) = get("StorageRootFolder") {
        alias(
            "storage",
            "StorageRootFolder",
            format!("Default=local:{folder}"),
        );
    } else if let Some(folder) = get("StorageFolder") {
        // A name below the root, as the vendor's images mount it.
        let folder = folder.trim_start_matches('/').to_owned();
        alias(
            "storage",
            "StorageFolder",
            format!("Default=local:/{folder}"),
        );
    }
    let notes = WITHOUT_EFFECT
        .iter()
        .filter(|(name, _)| get(name).is_some())
        .map(|(name, why)| format!("{name} has no effect: {why}"))
        .collect();
    let secret = |name: &str| get(name).map(SecretString::from);
    let vendor = Vendor {
        client_secret: secret("ClientSecret"),
        signing_key: secret("AuthTokenSigningKey"),
        s3_keys: s3_storage
            .zip(get("AWSS3_ACCESS_KEY"))
            .zip(secret("AWSS3_SECRET_KEY"))
            .map(|((storage, id), secret)| S3Keys {
                storage,
                id,
                secret,
            }),
        notes,
    };
    Ok((vendor, list))
}

/// Each variable that is read, with the setting it stands for or what is done with it: found out by setting them, one
/// after the other, so that the documents cannot say otherwise.
#[cfg(all(test, feature = "otlp", feature = "postgres"))]
pub(crate) fn variables() -> Vec<(String, String)> {
    use std::cell::RefCell;

    // What is asked for, when these are set.
    let asked = |set: &[&str]| {
        let names = RefCell::new(Vec::<String>::new());
        let outcome = read(&|name| {
            let mut names = names.borrow_mut();
            if !names.iter().any(|known| known == name) {
                names.push(name.to_owned());
            }
            set.contains(&name).then(|| "8".to_owned())
        });
        (names.into_inner(), outcome)
    };
    let meaning = |name: &str| match asked(&[name]).1 {
        Err(failure) => format!("refused: {}", failure.hint.unwrap_or(failure.message)),
        Ok((_, found)) if !found.is_empty() => found[0].key.clone(),
        Ok((vendor, _)) if vendor.client_secret.is_some() => "`SLIDES_CLIENT_SECRET`".to_owned(),
        Ok((vendor, _)) if vendor.signing_key.is_some() => {
            "a key of tokens beside those of `token-keys`, the one that signs".to_owned()
        }
        Ok((vendor, _)) => vendor.notes.first().map_or_else(
            || "with `AWSS3_BUCKET`: a key of that storage".to_owned(),
            |note| note.trim_start_matches(&format!("{name} has ")).to_owned(),
        ),
    };
    let (names, _) = asked(&[]);
    let mut list: Vec<_> = names
        .iter()
        .map(|name| (name.clone(), meaning(name)))
        .collect();
    // Some are looked at beside another one alone.
    for name in &names {
        for inner in asked(&[name.as_str()]).0 {
            if list.iter().all(|(known, _)| *known != inner) {
                list.push((inner, format!("with `{name}`: a part of its address")));
            }
        }
    }
    list
}
