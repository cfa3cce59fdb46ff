//! Which fonts there are to draw with.

use slides_core::{Download, Error, FileLocation, Result, StorageApi};
use slides_engine::FontOptions;
use slides_types::{FontData, FontsData};

use crate::options::ServiceLimits;

/// The fonts of the engine, of this machine and of a folder of a storage, each family once. A folder that is not
/// there has none, which is no error (contract section 2.6).
pub(crate) async fn available(
    storage: &dyn StorageApi,
    limits: &ServiceLimits,
    folder: Option<FileLocation>,
) -> Result<FontsData> {
    let fonts = match folder {
        Some(folder) => custom(storage, limits, &folder).await?,
        None => Vec::new(),
    };
    let families = tokio::task::spawn_blocking(move || {
        let mut options = FontOptions::default();
        options.system_fallback = true;
        slides_engine::font_families(&options, fonts)
    });
    let families = families
        .await
        .map_err(|e| Error::io("the fonts cannot be read", std::io::Error::other(e)))?;
    let list = families.into_iter().map(|(name, is_custom)| {
        let mut font = FontData::new(name);
        font.is_embedded = Some(false);
        font.is_custom = Some(is_custom);
        font
    });
    Ok(FontsData::new(list.collect()))
}

/// The font files of a folder.
async fn custom(
    storage: &dyn StorageApi,
    limits: &ServiceLimits,
    folder: &FileLocation,
) -> Result<Vec<Vec<u8>>> {
    let files = match storage.list_folder(folder).await {
        Ok(list) => list.value,
        Err(Error::NotFound { .. }) => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let fonts: Vec<_> = files
        .into_iter()
        .filter(|file| !file.is_folder && is_font(&file.name))
        .collect();
    let mut left = limits.max_font_bytes;
    let mut all = Vec::new();
    for font in fonts {
        let too_many = || {
            Error::rejected(
                413,
                "limitExceeded",
                format!(
                    "the fonts folder holds more than {} files (`max_fonts`) or {} bytes (`max_font_bytes`)",
                    limits.max_fonts, limits.max_font_bytes
                ),
            )
        };
        if all.len() >= limits.max_fonts {
            return Err(too_many());
        }
        let path = format!("{}/{}", folder.path.trim_end_matches('/'), font.name);
        let location = FileLocation::new(path).in_storage(folder.storage.clone());
        let download: Download = storage.download_file(&location).await?;
        left = download
            .len
            .and_then(|len| left.checked_sub(len))
            .ok_or_else(too_many)?;
        all.push(download.bytes().await?.to_vec());
    }
    Ok(all)
}

fn is_font(name: &str) -> bool {
    let extension = name.rsplit_once('.').map(|(_, extension)| extension);
    extension.is_some_and(|extension| {
        ["ttf", "otf", "ttc", "otc"]
            .iter()
            .any(|known| known.eq_ignore_ascii_case(extension))
    })
}
