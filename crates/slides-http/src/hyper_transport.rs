use std::error::Error as StdError;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use async_trait::async_trait;
use http::Uri;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::GaiResolver;
use hyper_util::client::legacy::{Client, Error as ClientError};
use hyper_util::rt::{TokioExecutor, TokioTimer};
#[cfg(feature = "tls")]
use slides_core::Error;
use slides_core::{Result, TransportError, TransportErrorKind};
use tower_service::Service;

use crate::outside::Resolver;
use crate::{Body, Connections, Transport};

/// TCP to what the resolver finds.
type Tcp = HttpConnector<Resolver<GaiResolver>>;
#[cfg(feature = "tls")]
type Inner = hyper_rustls::HttpsConnector<Tcp>;
#[cfg(not(feature = "tls"))]
type Inner = Tcp;

/// How often a silent HTTP/2 connection is asked whether it lives.
const PING: Duration = Duration::from_secs(20);

/// What a transport needs certificates for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trust {
    /// Nothing without them.
    Needed,
    /// Https, should it be asked for that.
    Wanted,
    /// It is asked for plain http alone: reading the system's hundred and more takes milliseconds.
    Unused,
}

/// [`Transport`] over hyper: HTTP/1.1 and HTTP/2, pooled connections, rustls with the provider
/// chosen by this crate's features (never the process-wide one).
///
/// Whether a base URL may be plain http is checked where base URLs are set.
pub struct HyperTransport {
    client: Client<Bounded<Inner>, Body>,
}

impl HyperTransport {
    /// A transport whose connections (name, TCP, TLS) are made within `connect`.
    ///
    /// # Errors
    /// [`Error::Transport`](slides_core::Error::Transport) of kind `Tls` when `https` is wanted but no root certificates can be
    /// loaded, or when this crate was built without TLS.
    pub fn new(connect: Duration, https: bool) -> Result<Self> {
        let trust = if https { Trust::Needed } else { Trust::Wanted };
        Self::with(connect, trust, &[], Connections::default())
    }

    /// A transport with settings of its own. `roots` are PEM texts of certificates that are trusted beside the system's
    /// or the bundled ones; of `connections` the bounds on what is unused count here.
    pub(crate) fn with(
        connect: Duration,
        trust: Trust,
        roots: &[Vec<u8>],
        connections: Connections,
    ) -> Result<Self> {
        let resolver = Resolver::everywhere(GaiResolver::new());
        Self::with_resolver(resolver, connect, trust, roots, connections)
    }

    /// A transport that connects to what a resolver finds.
    pub(crate) fn with_resolver(
        resolver: Resolver<GaiResolver>,
        connect: Duration,
        trust: Trust,
        roots: &[Vec<u8>],
        connections: Connections,
    ) -> Result<Self> {
        let mut http = HttpConnector::new_with_resolver(resolver);
        http.enforce_http(false);
        http.set_nodelay(true);
        http.set_keepalive(Some(Duration::from_mins(1)));
        let connector = Bounded {
            inner: secure(http, trust, roots)?,
            limit: connect,
        };
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .timer(TokioTimer::new())
            .pool_idle_timeout(connections.idle)
            .pool_max_idle_per_host(connections.requests.max(1))
            .http2_keep_alive_interval(PING)
            .build(connector);
        Ok(Self { client })
    }
}

impl fmt::Debug for HyperTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HyperTransport").finish_non_exhaustive()
    }
}

#[async_trait]
impl Transport for HyperTransport {
    async fn send(
        &self,
        request: http::Request<Body>,
    ) -> Result<http::Response<Body>, TransportError> {
        let host = request.uri().authority().cloned();
        match self.client.request(request).await {
            Ok(response) => Ok(response.map(Body::incoming)),
            Err(error) => {
                let host = host.as_ref().map_or("unknown", |host| host.as_str());
                Err(classified(error, host))
            }
        }
    }
}

/// Never names more of the URL than its host: a query may hold what is not for logs.
fn classified(error: ClientError, host: &str) -> TransportError {
    let connect = error.is_connect();
    let mut kind = if connect {
        TransportErrorKind::Connect
    } else {
        TransportErrorKind::Other
    };
    let mut cause: Option<&(dyn StdError + 'static)> = error.source();
    while let Some(link) = cause {
        if is_tls(link) {
            kind = TransportErrorKind::Tls;
            break;
        }
        if let Some(hyper) = link.downcast_ref::<hyper::Error>() {
            kind = if hyper.is_timeout() {
                TransportErrorKind::Timeout
            } else if hyper.is_user() {
                TransportErrorKind::Body
            } else if hyper.is_parse() {
                TransportErrorKind::Other
            } else {
                TransportErrorKind::Interrupted
            };
        } else if !connect && link.downcast_ref::<std::io::Error>().is_some() {
            kind = TransportErrorKind::Interrupted;
        }
        cause = link.source();
    }
    TransportError::new(kind, !connect, format!("host `{host}`")).with_source(error)
}

#[cfg(feature = "tls")]
fn is_tls(link: &(dyn StdError + 'static)) -> bool {
    // an I/O error does not give what it wraps as its source
    let wrapped = link
        .downcast_ref::<std::io::Error>()
        .and_then(std::io::Error::get_ref);
    link.is::<rustls::Error>() || wrapped.is_some_and(|inner| is_tls(inner))
}

#[cfg(not(feature = "tls"))]
fn is_tls(_: &(dyn StdError + 'static)) -> bool {
    false
}

#[cfg(not(feature = "tls"))]
fn secure(http: Tcp, trust: Trust, roots: &[Vec<u8>]) -> Result<Inner> {
    if trust == Trust::Needed || !roots.is_empty() {
        return Err(no_tls(
            "this build has no TLS: enable feature `ring` or `aws-lc-rs` with `native-roots` or `webpki-roots`",
        )
        .into());
    }
    Ok(http)
}

#[cfg(feature = "tls")]
fn secure(http: Tcp, trust: Trust, roots: &[Vec<u8>]) -> Result<Inner> {
    use hyper_rustls::HttpsConnectorBuilder;

    let given = given(roots)?;
    let config = match trust {
        Trust::Unused => tls(given)?,
        Trust::Needed => trusted(given)?,
        // a bare machine without certificates can still talk to a server of its own
        Trust::Wanted => trusted(given).or_else(|_| tls(rustls::RootCertStore::empty()))?,
    };
    Ok(HttpsConnectorBuilder::new()
        .with_tls_config(config)
        .https_or_http()
        .enable_all_versions()
        .wrap_connector(http))
}

#[cfg(feature = "tls")]
fn tls(roots: rustls::RootCertStore) -> Result<rustls::ClientConfig> {
    // named here and not read from the process, so two enabled providers cannot clash
    #[cfg(feature = "ring")]
    let provider = Some(rustls::crypto::ring::default_provider());
    #[cfg(all(feature = "aws-lc-rs", not(feature = "ring")))]
    let provider = Some(rustls::crypto::aws_lc_rs::default_provider());
    #[cfg(not(any(feature = "ring", feature = "aws-lc-rs")))]
    let provider: Option<rustls::crypto::CryptoProvider> = None;
    let Some(provider) = provider else {
        return Err(
            no_tls("this build has no TLS provider: enable feature `ring` or `aws-lc-rs`").into(),
        );
    };
    let config = rustls::ClientConfig::builder_with_provider(provider.into())
        .with_safe_default_protocol_versions()
        .map_err(|error| {
            no_tls("the TLS provider offers no protocol version").with_source(error)
        })?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}

/// The certificates of the caller.
#[cfg(feature = "tls")]
fn given(roots: &[Vec<u8>]) -> Result<rustls::RootCertStore> {
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject;

    let wrong = |why: &str| {
        Error::invalid(format!(
            "the root certificates {why}: give the authority's certificate as PEM, `-----BEGIN CERTIFICATE-----` and so on"
        ))
    };
    let mut store = rustls::RootCertStore::empty();
    for text in roots {
        let before = store.len();
        for certificate in CertificateDer::pem_slice_iter(text) {
            let certificate = certificate.map_err(|_| wrong("are no PEM"))?;
            store
                .add(certificate)
                .map_err(|error| wrong(&format!("cannot be used ({error})")))?;
        }
        if store.len() == before {
            return Err(wrong("hold none"));
        }
    }
    Ok(store)
}

/// The caller's certificates beside the system's, else the bundled ones, as far as the features go.
#[cfg(feature = "tls")]
fn trusted(given: rustls::RootCertStore) -> Result<rustls::ClientConfig> {
    let mut store = rustls::RootCertStore::empty();
    #[cfg(feature = "native-roots")]
    store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    #[cfg(feature = "webpki-roots")]
    if store.is_empty() {
        store.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    store.extend(given.roots);
    if store.is_empty() {
        return Err(no_tls(
            "no root certificates were found: install the system's (package `ca-certificates`), enable feature `webpki-roots`, or give the server's own (`root_certificates`)",
        )
        .into());
    }
    tls(store)
}

fn no_tls(message: &str) -> TransportError {
    TransportError::new(TransportErrorKind::Tls, false, message)
}

/// A connector that gives up: the operating system would wait minutes for a silent host, and a
/// TLS handshake for ever.
#[derive(Clone)]
struct Bounded<C> {
    inner: C,
    limit: Duration,
}

type BoxError = Box<dyn StdError + Send + Sync>;

impl<C> Service<Uri> for Bounded<C>
where
    C: Service<Uri>,
    C::Error: Into<BoxError>,
    C::Future: Send + 'static,
    C::Response: 'static,
{
    type Response = C::Response;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<C::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let connect = self.inner.call(uri);
        let limit = self.limit;
        Box::pin(async move {
            match tokio::time::timeout(limit, connect).await {
                Ok(connection) => connection.map_err(Into::into),
                Err(_) => Err(format!("no connection within {} s", limit.as_secs_f64()).into()),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    /// A server for one connection on loopback: reads some bytes, writes these, closes.
    async fn server(answer: &'static str) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut buffer = [0; 4096];
            let _ = socket.read(&mut buffer).await.unwrap();
            socket.write_all(answer.as_bytes()).await.unwrap();
        });
        address.to_string()
    }

    async fn get(url: String) -> Result<http::Response<Body>, TransportError> {
        let transport = HyperTransport::new(Duration::from_secs(5), false).unwrap();
        let mut request = http::Request::new(Body::empty());
        *request.uri_mut() = url.parse().unwrap();
        transport.send(request).await
    }

    #[tokio::test]
    async fn an_answer_comes_through() {
        let host = server("HTTP/1.1 201 Created\r\ncontent-length: 4\r\n\r\nop-1").await;
        let response = get(format!("http://{host}/x?secret=1")).await.unwrap();
        assert_eq!(response.status(), 201);
        let file = slides_core::Download::new(response.into_body().into_stream(), None);
        assert_eq!(file.bytes().await.unwrap(), "op-1");
    }

    #[tokio::test]
    async fn a_body_cut_short_is_an_error() {
        let host = server("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n%PDF").await;
        let response = get(format!("http://{host}/")).await.unwrap();
        let file = slides_core::Download::new(response.into_body().into_stream(), None);
        assert_eq!(
            file.bytes().await.unwrap_err().to_string(),
            "the download broke off"
        );
    }

    #[tokio::test]
    async fn failures_are_told_apart_and_name_the_host_alone() {
        let closed = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let refused = closed.local_addr().unwrap().to_string();
        drop(closed);
        for (host, scheme, kind, sent) in [
            (refused, "http", TransportErrorKind::Connect, false),
            (
                server("").await,
                "http",
                TransportErrorKind::Interrupted,
                true,
            ),
            (
                server("SSH-2.0-OpenSSH_9.9\r\n").await,
                "http",
                TransportErrorKind::Other,
                true,
            ),
            #[cfg(feature = "tls")]
            (
                server("HTTP/1.1 400 Bad Request\r\n\r\n").await,
                "https",
                TransportErrorKind::Tls,
                false,
            ),
        ] {
            let error = get(format!("{scheme}://{host}/path?secret=1"))
                .await
                .unwrap_err();
            assert_eq!((error.kind, error.request_sent), (kind, sent), "{error:?}");
            assert_eq!(error.message, format!("host `{host}`"));
            assert!(!format!("{error:?}").contains("secret"), "{error:?}");
        }
    }
}
