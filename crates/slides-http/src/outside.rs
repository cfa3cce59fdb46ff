//! Requests to addresses that strangers name: never into private networks, in bounded time and size.
//!
//! Names are resolved here, what is not public is left out, and the connection is made to one of the very addresses
//! that were checked. So a name that changes its address in between leads nowhere new. Redirects are not followed.

use std::error::Error as StdError;
use std::fmt;
use std::future::Future;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::str::FromStr;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Uri};
use hyper_util::client::legacy::connect::dns::{GaiResolver, Name};
use slides_core::{Download, Error, Result, TransportError, TransportErrorKind};
use tower_service::Service;

use crate::hyper_transport::{HyperTransport, Trust};
use crate::{Body, Connections, Transport};

/// Longest address that is looked at.
const MAX_URL: usize = 2048;

/// A host or network that may be reached although it is private, and over plain http.
///
/// ```
/// use slides_http::AllowedHost;
///
/// for text in ["hooks.example", "10.0.0.0/8", "127.0.0.1", "fd00::/8"] {
///     assert!(text.parse::<AllowedHost>().is_ok());
/// }
/// assert!("10.0.0.0/33".parse::<AllowedHost>().is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowedHost(Kind);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    /// In small letters.
    Name(String),
    Network(IpAddr, u8),
}

/// A text that is no [`AllowedHost`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is neither a host name nor a network such as `10.0.0.0/8`")]
pub struct InvalidHost;

impl FromStr for AllowedHost {
    type Err = InvalidHost;

    fn from_str(text: &str) -> std::result::Result<Self, InvalidHost> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text, None),
        };
        let bare = address.trim_start_matches('[').trim_end_matches(']');
        if let Ok(ip) = bare.parse::<IpAddr>() {
            let all = if ip.is_ipv4() { 32 } else { 128 };
            let bits = bits.map_or(Ok(all), |bits| bits.parse().map_err(|_| InvalidHost))?;
            return if bits <= all {
                Ok(Self(Kind::Network(ip, bits)))
            } else {
                Err(InvalidHost)
            };
        }
        let is_name = |b: u8| b.is_ascii_alphanumeric() || b"-._".contains(&b);
        if bits.is_some() || text.is_empty() || !text.bytes().all(is_name) {
            return Err(InvalidHost);
        }
        Ok(Self(Kind::Name(text.to_ascii_lowercase())))
    }
}

impl AllowedHost {
    fn is_name(&self, host: &str) -> bool {
        matches!(&self.0, Kind::Name(name) if name.eq_ignore_ascii_case(host))
    }

    fn is_network(&self) -> bool {
        matches!(self.0, Kind::Network(..))
    }

    fn holds(&self, address: IpAddr) -> bool {
        match (&self.0, address) {
            (Kind::Network(IpAddr::V4(net), bits), IpAddr::V4(ip)) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(*bits)).unwrap_or(0);
                net.to_bits() & mask == ip.to_bits() & mask
            }
            (Kind::Network(IpAddr::V6(net), bits), IpAddr::V6(ip)) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(*bits)).unwrap_or(0);
                net.to_bits() & mask == ip.to_bits() & mask
            }
            _ => false,
        }
    }
}

/// A client for addresses that strangers name.
#[derive(Clone)]
pub struct OutsideClient {
    transport: Arc<dyn Transport>,
    rules: Rules,
}

/// Bounds on one exchange with a stranger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct OutsideLimits {
    /// Name look-up, connection and TLS handshake together. Default 5 s.
    pub connect: Duration,
    /// Until the head of the answer. Default 10 s.
    pub response: Duration,
}

impl Default for OutsideLimits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            response: Duration::from_secs(10),
        }
    }
}

impl OutsideClient {
    /// A client that reaches public addresses over https, and what is allowed besides over http too.
    ///
    /// # Errors
    /// [`Error::Transport`] of kind `Tls` when no root certificates can be loaded, or without TLS in this build,
    /// unless only named hosts are wanted over http.
    pub fn new(allowed: Vec<AllowedHost>, limits: OutsideLimits) -> Result<Self> {
        Self::with(allowed, false, limits)
    }

    /// A client that reaches what is allowed and nothing else.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn only(allowed: Vec<AllowedHost>, limits: OutsideLimits) -> Result<Self> {
        Self::with(allowed, true, limits)
    }

    fn with(allowed: Vec<AllowedHost>, only: bool, limits: OutsideLimits) -> Result<Self> {
        let rules = Rules {
            allowed: allowed.into(),
            only,
            response: limits.response,
        };
        let resolver = Resolver {
            inner: GaiResolver::new(),
            rules: Some(rules.clone()),
        };
        let trust = if rules.allowed.is_empty() {
            Trust::Needed
        } else {
            Trust::Wanted
        };
        let transport = HyperTransport::with_resolver(
            resolver,
            limits.connect,
            trust,
            &[],
            Connections::default(),
        )?;
        Ok(Self {
            transport: Arc::new(transport),
            rules,
        })
    }

    /// Whether an address may be asked at all, as far as that is seen without looking its name up.
    ///
    /// # Errors
    /// [`Error::Rejected`] (400) which says what is wrong, without repeating more of the address than its host.
    pub fn check(&self, address: &str) -> Result<()> {
        self.rules.uri(address).map(drop)
    }

    /// Posts a body and gives the status of the answer, whatever it is.
    ///
    /// # Errors
    /// As [`check`](Self::check); [`Error::Transport`] when there is no answer in time, or no address of the host may
    /// be reached.
    pub async fn post(&self, address: &str, headers: HeaderMap, body: Bytes) -> Result<u16> {
        let mut request = http::Request::new(Body::from_bytes(body));
        *request.method_mut() = http::Method::POST;
        *request.headers_mut() = headers;
        let response = self.send(address, request).await?;
        Ok(response.status().as_u16())
    }

    /// Reads the file at an address. It streams: its reader bounds its size.
    ///
    /// # Errors
    /// As [`post`](Self::post); [`Error::Rejected`] (400) for an answer other than 200.
    pub async fn get(&self, address: &str) -> Result<Download> {
        let response = self
            .send(address, http::Request::new(Body::empty()))
            .await?;
        let status = response.status();
        if status != http::StatusCode::OK {
            return Err(Error::invalid(format!(
                "the address of a source answered with status {status}: it must give the file itself, redirects are not followed"
            )));
        }
        let len = response
            .headers()
            .get(http::header::CONTENT_LENGTH)
            .and_then(|value| value.to_str().ok()?.parse().ok());
        Ok(Download::new(response.into_body().into_stream(), len))
    }

    async fn send(
        &self,
        address: &str,
        mut request: http::Request<Body>,
    ) -> Result<http::Response<Body>> {
        *request.uri_mut() = self.rules.uri(address)?;
        let answer = self.transport.send(request);
        match tokio::time::timeout(self.rules.response, answer).await {
            Ok(answer) => Ok(answer?),
            Err(_) => Err(TransportError::new(
                TransportErrorKind::Timeout,
                true,
                format!(
                    "the host sent no answer for {} s",
                    self.rules.response.as_secs_f64()
                ),
            )
            .into()),
        }
    }
}

impl fmt::Debug for OutsideClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutsideClient")
            .field("allowed", &self.rules.allowed)
            .finish_non_exhaustive()
    }
}

/// Which addresses may be reached.
#[derive(Debug, Clone)]
struct Rules {
    allowed: Arc<[AllowedHost]>,
    /// Whether nothing else may be reached.
    only: bool,
    response: Duration,
}

impl Rules {
    /// Checks all of an address but what its name leads to.
    fn uri(&self, address: &str) -> Result<Uri> {
        let refused = |why: &str| {
            Err(Error::invalid(format!(
                "the address cannot be asked: {why}"
            )))
        };
        if address.len() > MAX_URL {
            return refused("it is longer than 2048 bytes");
        }
        let Ok(uri) = address.parse::<Uri>() else {
            return refused("it is no URL, or holds characters that must be percent-encoded");
        };
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return refused("it must begin with `https://` and name a host");
        };
        if authority.as_str().contains('@') {
            return refused("it must not hold a user or password");
        }
        let host = bare(authority.host());
        let literal = host.parse::<IpAddr>().ok();
        let is_allowed = self.is_allowed(host, literal);
        match scheme {
            "https" => {}
            "http" if is_allowed => {}
            "http" => return refused("plain http goes to allowed hosts alone, use `https://`"),
            _ => return refused("it must begin with `https://`"),
        }
        // A name may lead into an allowed network, which is seen when it is looked up.
        let has_networks = || self.allowed.iter().any(AllowedHost::is_network);
        if self.only && !is_allowed && (literal.is_some() || !has_networks()) {
            return refused("its host is none of those that are allowed");
        }
        if literal.is_some_and(|ip| !is_allowed && !is_public(ip)) {
            return refused("it is in a private or reserved network");
        }
        Ok(uri)
    }

    fn is_allowed(&self, host: &str, address: Option<IpAddr>) -> bool {
        let mut allowed = self.allowed.iter();
        allowed.any(|allowed| {
            allowed.is_name(host) || address.is_some_and(|ip| allowed.holds(ip.to_canonical()))
        })
    }

    fn may_connect(&self, host: &str, address: IpAddr) -> bool {
        self.is_allowed(host, Some(address)) || (!self.only && is_public(address))
    }
}

/// The host of an authority, brackets of IPv6 taken off.
fn bare(host: &str) -> &str {
    host.strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
        .unwrap_or(host)
}

/// Whether an address is one of the open internet: not private, of this machine or link, shared by a provider's
/// customers, for documentation, multicast or reserved (IANA's registries of special-purpose addresses).
fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(ip) => {
            const RESERVED: [(Ipv4Addr, u32); 15] = [
                (Ipv4Addr::UNSPECIFIED, 8),
                (Ipv4Addr::new(10, 0, 0, 0), 8),
                (Ipv4Addr::new(100, 64, 0, 0), 10),
                (Ipv4Addr::new(127, 0, 0, 0), 8),
                (Ipv4Addr::new(169, 254, 0, 0), 16),
                (Ipv4Addr::new(172, 16, 0, 0), 12),
                (Ipv4Addr::new(192, 0, 0, 0), 24),
                (Ipv4Addr::new(192, 0, 2, 0), 24),
                (Ipv4Addr::new(192, 88, 99, 0), 24),
                (Ipv4Addr::new(192, 168, 0, 0), 16),
                (Ipv4Addr::new(198, 18, 0, 0), 15),
                (Ipv4Addr::new(198, 51, 100, 0), 24),
                (Ipv4Addr::new(203, 0, 113, 0), 24),
                (Ipv4Addr::new(224, 0, 0, 0), 4),
                (Ipv4Addr::new(240, 0, 0, 0), 4),
            ];
            !RESERVED.iter().any(|(net, bits)| {
                let shift = 32 - bits;
                net.to_bits() >> shift == ip.to_bits() >> shift
            })
        }
        IpAddr::V6(ip) => {
            // Only these are given out as global unicast, and a few in them mean something else: protocol
            // assignments with Teredo, documentation, 6to4, documentation.
            const RESERVED: [(Ipv6Addr, u32); 4] = [
                (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
                (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
                (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
                (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
            ];
            ip.to_bits() >> 125 == 1
                && !RESERVED.iter().any(|(net, bits)| {
                    let shift = 128 - bits;
                    net.to_bits() >> shift == ip.to_bits() >> shift
                })
        }
    }
}

/// A resolver that leaves out what may not be reached, where there are rules.
#[derive(Clone)]
pub(crate) struct Resolver<R> {
    inner: R,
    rules: Option<Rules>,
}

impl<R> Resolver<R> {
    /// Without rules.
    pub(crate) fn everywhere(inner: R) -> Self {
        Self { inner, rules: None }
    }
}

type BoxError = Box<dyn StdError + Send + Sync>;

impl<R> Service<Name> for Resolver<R>
where
    R: Service<Name>,
    R::Response: Iterator<Item = SocketAddr>,
    R::Error: Into<BoxError>,
    R::Future: Send + 'static,
{
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = BoxError;
    type Future =
        Pin<Box<dyn Future<Output = std::result::Result<Self::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<std::result::Result<(), BoxError>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let host = name.as_str().to_owned();
        let rules = self.rules.clone();
        let found = self.inner.call(name);
        Box::pin(async move {
            let found = found.await.map_err(Into::into)?;
            let may: Vec<_> = found
                .filter(|address| {
                    let mut rules = rules.iter();
                    rules.all(|rules| rules.may_connect(&host, address.ip()))
                })
                .collect();
            if may.is_empty() {
                return Err("the host has no address outside private and reserved networks".into());
            }
            Ok(may.into_iter())
        })
    }
}

#[cfg(test)]
mod tests {
    use std::future::{Ready, ready};

    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    fn rules(allowed: &[&str]) -> Rules {
        Rules {
            allowed: allowed.iter().map(|text| text.parse().unwrap()).collect(),
            only: false,
            response: Duration::from_secs(5),
        }
    }

    #[test]
    fn private_and_reserved_addresses_are_told_from_public_ones() {
        for public in [
            "1.1.1.1",
            "9.255.255.255",
            "100.63.255.255",
            "100.128.0.0",
            "172.15.0.1",
            "172.32.0.1",
            "192.0.1.0",
            "198.20.0.0",
            "223.255.255.255",
            "2606:4700:4700::1111",
            "2001:200::1",
            "::ffff:1.1.1.1",
        ] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
        for private in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.255",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.168.0.1",
            "198.19.255.255",
            "203.0.113.9",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:10.0.0.1",
            "::ffff:169.254.169.254",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
            "fc00::1",
            "fd12:3456::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!is_public(private.parse().unwrap()), "{private}");
        }
    }

    #[test]
    fn addresses_are_refused_before_anything_is_sent() {
        let none = rules(&[]);
        for good in [
            "https://hooks.example/x?y=z",
            "https://1.1.1.1:8443/",
            "HTTPS://Hooks.Example",
        ] {
            none.uri(good).unwrap();
        }
        for bad in [
            "",
            "/path",
            "hooks.example",
            "http://hooks.example/",
            "ftp://hooks.example/",
            "file:///etc/passwd",
            "https://user:pass@hooks.example/",
            "https://127.0.0.1/",
            "https://[::1]/",
            "https://[::ffff:10.0.0.1]:8443/",
            "https://169.254.169.254/latest/meta-data",
            "https://hooks.example/a b",
            &format!("https://hooks.example/{}", "x".repeat(MAX_URL)),
        ] {
            let error = none.uri(bad).unwrap_err();
            assert_eq!(error.status_code(), Some(400), "{bad}");
            assert!(!error.to_string().contains("pass@"), "{error}");
        }
        let some = rules(&["127.0.0.0/8", "intranet", "fd00::/8"]);
        for good in [
            "http://127.1.2.3/",
            "http://INTRANET:80/x",
            "https://[fd00::7]/",
        ] {
            some.uri(good).unwrap();
        }
        for bad in [
            "http://hooks.example/",
            "https://10.0.0.1/",
            "http://intranet.example/",
        ] {
            assert!(some.uri(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_client_may_be_kept_to_what_is_allowed() {
        let only = |allowed: &[&str]| Rules {
            only: true,
            ..rules(allowed)
        };
        let names = only(&["decks.example"]);
        names.uri("https://Decks.example/a.pptx").unwrap();
        for bad in [
            "https://other.example/",
            "https://1.1.1.1/",
            "https://10.0.0.1/",
        ] {
            assert!(names.uri(bad).is_err(), "{bad}");
        }
        assert!(names.may_connect("decks.example", "10.0.0.1".parse().unwrap()));
        assert!(!names.may_connect("other.example", "1.1.1.1".parse().unwrap()));
        let network = only(&["10.0.0.0/8"]);
        network.uri("https://decks.intranet/a.pptx").unwrap();
        assert!(network.may_connect("decks.intranet", "10.1.2.3".parse().unwrap()));
        assert!(!network.may_connect("decks.intranet", "1.1.1.1".parse().unwrap()));
    }

    /// Every name leads to these.
    #[derive(Clone)]
    struct Fixed(Vec<SocketAddr>);

    impl Service<Name> for Fixed {
        type Response = std::vec::IntoIter<SocketAddr>;
        type Error = std::io::Error;
        type Future = Ready<std::io::Result<Self::Response>>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn call(&mut self, _: Name) -> Self::Future {
            ready(Ok(self.0.clone().into_iter()))
        }
    }

    #[tokio::test]
    async fn only_checked_addresses_of_a_name_are_connected_to() {
        let at = |text: &str| text.parse::<SocketAddr>().unwrap();
        let mixed = vec![at("10.0.0.1:0"), at("1.1.1.1:0"), at("[::1]:0")];
        let look = async |allowed: &[&str], found: Vec<SocketAddr>| {
            let mut resolver = Resolver {
                inner: Fixed(found),
                rules: Some(rules(allowed)),
            };
            let found = resolver.call("hooks.example".parse().unwrap()).await;
            found.map(|found| found.map(|address| address.to_string()).collect::<Vec<_>>())
        };
        assert_eq!(look(&[], mixed.clone()).await.unwrap(), ["1.1.1.1:0"]);
        assert_eq!(
            look(&["10.0.0.0/8"], mixed.clone()).await.unwrap(),
            ["10.0.0.1:0", "1.1.1.1:0"]
        );
        assert_eq!(look(&["Hooks.example"], mixed).await.unwrap().len(), 3);
        let error = look(&[], vec![at("127.0.0.1:0"), at("169.254.169.254:0")]).await;
        assert!(error.unwrap_err().to_string().contains("no address"));
    }

    /// Serves one connection and gives what it was sent.
    async fn server(answer: &'static str) -> (String, tokio::task::JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let task = tokio::spawn(async move {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut sent = Vec::new();
            while !sent.ends_with(b"!") && !sent.ends_with(b"\r\n\r\n") {
                let mut buffer = [0; 4096];
                let read = socket.read(&mut buffer).await.unwrap();
                sent.extend_from_slice(&buffer[..read]);
            }
            socket.write_all(answer.as_bytes()).await.unwrap();
            String::from_utf8(sent).unwrap()
        });
        (address, task)
    }

    fn client(allowed: &[&str]) -> OutsideClient {
        let allowed = allowed.iter().map(|text| text.parse().unwrap()).collect();
        OutsideClient::new(allowed, OutsideLimits::default()).unwrap()
    }

    #[tokio::test]
    async fn bodies_are_posted_and_redirects_are_answers() {
        let moved =
            "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n";
        let (address, sent) = server(moved).await;
        let mut headers = HeaderMap::new();
        headers.insert("x-slides-signature", "t=1".parse().unwrap());
        let status = client(&["127.0.0.1"])
            .post(
                &format!("http://{address}/hook?k=v"),
                headers,
                Bytes::from("news!"),
            )
            .await
            .unwrap();
        assert_eq!(status, 302);
        let sent = sent.await.unwrap();
        assert!(sent.starts_with("POST /hook?k=v HTTP/1.1\r\n"), "{sent}");
        assert!(sent.contains("x-slides-signature: t=1\r\n") && sent.ends_with("news!"));
    }

    #[tokio::test]
    async fn a_name_that_leads_to_this_machine_is_not_connected_to() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        // Names go over http to allowed hosts alone, so this one is asked over https.
        let outside = client(&["unused.example"]);
        let error = outside
            .post(
                &format!("https://localhost:{port}/"),
                HeaderMap::new(),
                Bytes::new(),
            )
            .await
            .unwrap_err();
        let Error::Transport(error) = error else {
            panic!("{error}")
        };
        assert_eq!(error.kind, TransportErrorKind::Connect);
        let nobody = tokio::time::timeout(Duration::from_millis(1), listener.accept()).await;
        assert!(nobody.is_err());
    }

    #[tokio::test]
    async fn files_are_read_and_what_is_no_file_is_refused() {
        let (address, _sent) = server("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\ndeck").await;
        let outside = client(&["127.0.0.0/8"]);
        let file = outside
            .get(&format!("http://{address}/a.pptx"))
            .await
            .unwrap();
        assert_eq!(file.len, Some(4));
        assert_eq!(file.bytes().await.unwrap(), "deck");
        let (address, _sent) = server("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n").await;
        let error = outside
            .get(&format!("http://{address}/"))
            .await
            .unwrap_err();
        assert_eq!(error.status_code(), Some(400));
    }
}
