//! What a call looks like on the wire.

use crate::ApiCall;

/// A call of the API.
///
/// The same table drives the client and the server, so neither can drift from the API description.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Route {
    /// The call.
    pub call: ApiCall,
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

    /// Contract sections 1.2, 2, 5 and 6, our own way to cancel, and what an operator asks.
    const CALLS: &str = "
        POST /connect/token
        POST /v3.0/slides/async/convert/{format}
        PUT /v3.0/slides/async/convert/{format} outPath
        POST /v3.0/slides/async/{name}/{format}
        PUT /v3.0/slides/async/{name}/{format} outPath
        POST /v3.0/slides/async/merge
        PUT /v3.0/slides/async/merge outPath
        POST /v3.0/slides/async/{name}/split/{format}
        POST /v3.0/slides/async/split/{format}
        GET /v3.0/slides/async/{id}
        DELETE /v3.0/slides/async/{id}
        GET /v3.0/slides/async/{id}/events
        GET /v3.0/slides/async/{id}/result
        GET /v3.0/slides/async/storage/file/{path}
        PUT /v3.0/slides/async/storage/file/{path}
        POST /v3.0/slides/convert/{format}
        PUT /v3.0/slides/convert/{format} outPath
        POST /v3.0/slides/{name}/{format}
        PUT /v3.0/slides/{name}/{format} outPath
        POST /v3.0/slides/merge
        PUT /v3.0/slides/merge outPath
        POST /v3.0/slides/{name}/merge
        PUT /v3.0/slides/{name}/merge
        POST /v3.0/slides/{name}/split
        POST /v3.0/slides/split/{format}
        PUT /v3.0/slides/split/{format}
        GET /v3.0/slides/fonts/available
        GET /livez
        GET /readyz
        GET /metrics
        GET /openapi.yaml
        GET /openapi.json
        GET /docs
        GET /v3.0/slides/info
        GET /v3.0/slides/storage/file/{path}
        PUT /v3.0/slides/storage/file/{path}
        DELETE /v3.0/slides/storage/file/{path}
        PUT /v3.0/slides/storage/file/copy/{srcPath} destPath
        PUT /v3.0/slides/storage/file/move/{srcPath} destPath
        GET /v3.0/slides/storage/folder/{path}
        PUT /v3.0/slides/storage/folder/{path}
        DELETE /v3.0/slides/storage/folder/{path}
        PUT /v3.0/slides/storage/folder/copy/{srcPath} destPath
        PUT /v3.0/slides/storage/folder/move/{srcPath} destPath
        GET /v3.0/slides/storage/{storageName}/exist
        GET /v3.0/slides/storage/exist/{path}
        GET /v3.0/slides/storage/disc
        GET /v3.0/slides/storage/version/{path}
        GET /ui
        GET /operations
        POST /operations/{id}/retry";

    #[test]
    fn every_call_of_the_contract_is_there() {
        let mut expected: Vec<_> = CALLS
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .collect();
        let mut found: Vec<_> = Route::ALL
            .iter()
            .map(|route| {
                format!(
                    "{} {} {}",
                    route.method,
                    route.path,
                    route.required_query.join(" ")
                )
            })
            .map(|line| line.trim().to_owned())
            .collect();
        expected.sort_unstable();
        found.sort();
        assert_eq!(found, expected);
    }

    #[test]
    fn starts_answer_201_and_the_rest_200() {
        for route in Route::ALL {
            let id = route.operation_id;
            let start = id.starts_with("Start") || id == "RetryOperation";
            assert_eq!(
                route.success,
                if start { 201 } else { 200 },
                "{}",
                route.operation_id
            );
            let is_of_clients = ["/v3.0/slides/", "/operations"]
                .iter()
                .any(|start| route.path.starts_with(start));
            assert_eq!(route.token, is_of_clients, "{}", route.operation_id);
            assert_eq!(Route::find(route.operation_id), Some(route));
        }
    }

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
