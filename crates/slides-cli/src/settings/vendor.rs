//! What the vendor's own container is set up with, so that people can move: the same variables, where they mean
//! something here, and a word where they do not.

use secrecy::SecretString;

use super::{Environment, Found, Origin};
use crate::failure::Failure;

/// Settings that are no flags.
#[derive(Debug, Clone, Default)]
pub(crate) struct Vendor {
    /// `ClientSecret`.
    pub(crate) client_secret: Option<SecretString>,
    /// `AuthTokenSigningKey`.
    pub(crate) signing_key: Option<SecretString>,
    /// `AWSS3_ACCESS_KEY` and `AWSS3_SECRET_KEY`, for the storage of `AWSS3_BUCKET`.
    pub(crate) s3_keys: Option<(String, SecretString)>,
    /// What is said at the start about variables that have no effect.
    pub(crate) notes: Vec<String>,
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
        s3_keys: get("AWSS3_ACCESS_KEY").zip(secret("AWSS3_SECRET_KEY")),
        notes,
    };
    Ok((vendor, list))
}
