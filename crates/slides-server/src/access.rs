//! Who may call, changed while the server runs.

use std::sync::Arc;

use secrecy::SecretSlice;

use crate::auth::{Authority, Credentials, ReplaceError};

/// Handle to the clients and token keys of a running server.
#[derive(Debug, Clone)]
pub struct Access(Arc<Authority>);

impl Access {
    pub(crate) fn new(authority: Arc<Authority>) -> Self {
        Self(authority)
    }

    /// Puts other clients and keys in place of those there are. The first key signs tokens, all are taken. Tokens
    /// stay good whose key and whose client's secret are still there.
    ///
    /// # Errors
    /// [`ReplaceError`] when that would open a closed server or leave tokens without a key; nothing is changed then.
    pub fn replace(
        &self,
        clients: Vec<Credentials>,
        keys: Vec<SecretSlice<u8>>,
    ) -> Result<(), ReplaceError> {
        self.0.replace(clients, keys)
    }
}
