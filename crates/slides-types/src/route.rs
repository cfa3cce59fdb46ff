//! What a call looks like on the wire.

/// A call of the API.
///
/// The same table drives the client and the server, so neither can drift from the API description.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Route {
    /// The vendor's name of the call, such as `StartConvert`.
    pub operation_id: &'static str,
    /// HTTP method in capitals.
    pub method: &'static str,
    /// Path from the root of the host, with parameters in braces: `/v3.0/slides/async/{id}`.
    pub path: &'static str,
    /// Names of all query parameters.
    pub query: &'static [&'static str],
    /// Names of the query parameters that must be there.
    pub required_query: &'static [&'static str],
    /// Names of the headers that mean something to the call, beside authorization and content type.
    pub headers: &'static [&'static str],
    /// The path parameter that takes the rest of the path, slashes included, if there is one.
    pub rest: Option<&'static str>,
    /// HTTP status of success.
    pub success: u16,
    /// Whether the call wants a bearer token from a service that has credentials.
    pub token: bool,
}

impl Route {
    /// The call of that name.
    pub fn find(operation_id: &str) -> Option<&'static Self> {
        Self::ALL
            .iter()
            .find(|route| route.operation_id == operation_id)
    }
}

#[cfg(test)]
mod tests {
    use super::Route;

    #[test]
    fn every_parameter_of_a_path_is_a_whole_segment() {
        for route in Route::ALL {
            for segment in route.path.split('/') {
                let braces = segment.matches(['{', '}']).count();
                assert!(
                    braces == 0
                        || (braces == 2 && segment.starts_with('{') && segment.ends_with('}')),
                    "{}",
                    route.path
                );
            }
            if let Some(rest) = route.rest {
                assert!(
                    route.path.ends_with(&format!("/{{{rest}}}")),
                    "{}",
                    route.path
                );
            }
        }
    }
}
