use slides_core::{Error, Result};
use slides_service::{Service, ServiceOptions};

use crate::Client;

/// Settings of an embedded client.
#[derive(Debug, Clone)]
pub struct EmbeddedOptions {
    service: ServiceOptions,
}

impl From<ServiceOptions> for EmbeddedOptions {
    fn from(service: ServiceOptions) -> Self {
        Self { service }
    }
}

impl EmbeddedOptions {
    pub(crate) fn client(self) -> Result<Client> {
        // the service starts its workers on the current runtime, and would panic without one
        tokio::runtime::Handle::try_current().map_err(|error| {
            Error::io(
                "an embedded client needs a tokio runtime around it",
                std::io::Error::other(error),
            )
        })?;
        let service = std::sync::Arc::new(Service::in_process(self.service)?);
        Ok(Client::from_parts(service.clone(), Some(service)))
    }
}
