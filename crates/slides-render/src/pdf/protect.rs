//! Open password and permissions (ISO 32000-2, 7.6: AES-256, revision 6).
use std::collections::BTreeMap;
use std::sync::Arc;

use lopdf::encryption::crypt_filters::{Aes256CryptFilter, CryptFilter};
use lopdf::{Document, EncryptionState, EncryptionVersion, Permissions};

use crate::error::RenderError;

/// Bytes of a password that count (ISO 32000-2, 7.6.4.3.3).
const MAX_PASSWORD: usize = 127;

/// How a PDF is protected. The keys come from the operating system's random numbers, so that protected files differ
/// from one run to the next.
#[derive(Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PdfProtection {
    /// Password that opens the file; empty asks for none.
    pub password: String,
    /// What may be done with the file after it was opened; readers are asked to keep to it.
    pub permissions: PdfPermissions,
}

impl std::fmt::Debug for PdfProtection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PdfProtection")
            .field("permissions", &self.permissions)
            .finish_non_exhaustive()
    }
}

impl PdfProtection {
    /// Protection with this open password and permissions.
    pub fn new(password: impl Into<String>, permissions: PdfPermissions) -> Self {
        Self {
            password: password.into(),
            permissions,
        }
    }
}

/// What may be done with a protected file (ISO 32000-2, table 22). The default allows all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the bits of one field of the format"
)]
pub struct PdfPermissions {
    /// Print, possibly not at full quality.
    pub print: bool,
    /// Change the contents otherwise than named below.
    pub modify: bool,
    /// Copy text and graphics.
    pub copy: bool,
    /// Add comments and form fields.
    pub annotate: bool,
    /// Fill in form fields.
    pub fill_in: bool,
    /// Take out text for accessibility.
    pub extract: bool,
    /// Insert, turn and remove pages.
    pub assemble: bool,
    /// Print at full quality.
    pub print_fine: bool,
}

impl Default for PdfPermissions {
    fn default() -> Self {
        Self {
            print: true,
            modify: true,
            copy: true,
            annotate: true,
            fill_in: true,
            extract: true,
            assemble: true,
            print_fine: true,
        }
    }
}

impl PdfPermissions {
    fn bits(self) -> Permissions {
        [
            (self.print, Permissions::PRINTABLE),
            (self.modify, Permissions::MODIFIABLE),
            (self.copy, Permissions::COPYABLE),
            (self.annotate, Permissions::ANNOTABLE),
            (self.fill_in, Permissions::FILLABLE),
            (self.extract, Permissions::COPYABLE_FOR_ACCESSIBILITY),
            (self.assemble, Permissions::ASSEMBLABLE),
            (self.print_fine, Permissions::PRINTABLE_IN_HIGH_QUALITY),
        ]
        .into_iter()
        .filter(|(allowed, _)| *allowed)
        .fold(Permissions::empty(), |all, (_, bit)| all | bit)
    }
}

/// The file with its streams and strings encrypted.
pub(super) fn encrypt(bytes: &[u8], protection: &PdfProtection) -> Result<Vec<u8>, RenderError> {
    let failed = |what: &str, error: &dyn std::fmt::Display| RenderError::Pdf {
        message: format!("it could not be protected: {what}: {error}"),
    };
    if protection.password.len() > MAX_PASSWORD {
        return Err(RenderError::Pdf {
            message: format!("its password has more than {MAX_PASSWORD} bytes"),
        });
    }
    let mut secret = [0_u8; 64];
    getrandom::fill(&mut secret).map_err(|error| failed("no random numbers", &error))?;
    let (key, owner) = secret.split_at(32);
    // Nobody knows the owner's password: the permissions stand for all.
    let owner: String = owner
        .iter()
        .map(|byte| char::from(b'a' + byte % 26))
        .collect();
    let mut document =
        Document::load_mem(bytes).map_err(|error| failed("reading it back", &error))?;
    let filter: Arc<dyn CryptFilter> = Arc::new(Aes256CryptFilter);
    let version = EncryptionVersion::V5 {
        encrypt_metadata: true,
        crypt_filters: BTreeMap::from([(b"StdCF".to_vec(), filter)]),
        file_encryption_key: key,
        stream_filter: b"StdCF".to_vec(),
        string_filter: b"StdCF".to_vec(),
        owner_password: &owner,
        user_password: &protection.password,
        permissions: protection.permissions.bits(),
    };
    let state = EncryptionState::try_from(version).map_err(|error| failed("keys", &error))?;
    document
        .encrypt(&state)
        .map_err(|error| failed("encryption", &error))?;
    // AES-256 came with PDF 1.7's extension level 8.
    document.version = match document.version.as_str() {
        "2.0" => "2.0".to_owned(),
        _ => "1.7".to_owned(),
    };
    let mut out = Vec::with_capacity(bytes.len() + bytes.len() / 16);
    document
        .save_to(&mut out)
        .map_err(|error| failed("writing", &error))?;
    Ok(out)
}
