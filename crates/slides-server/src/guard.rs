//! Who may ask how often: failed logins by client and address, requests by client.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use http::{Extensions, HeaderMap};
use sha2::{Digest, Sha256};
use tokio::time::Instant;

use crate::rate::Rate;

const MINUTE: Duration = Duration::from_mins(1);
/// Clients and addresses that are remembered.
const REMEMBERED: usize = 10_000;
/// Failed logins of one address for all clients, in those of one client: behind a gateway there are many clients.
const FAILURES_OF_ADDRESS: u32 = 10;

/// The other end of a connection, put beside each request of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer(pub(crate) SocketAddr);

/// Limits on how often a client may ask.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RateLimits {
    /// Logins with a wrong secret a minute, of one client id from one address; ten times as many from one address.
    /// More are refused with 429, right ones too, for as long. Default 10; 0 for no limit.
    pub failed_logins: u32,
    /// Requests a minute of a client; more are answered with 429. On an open server, of an address. Default 0: no
    /// limit. The vendor's SDKs poll without pause for each operation and take a 429 for a failed operation, so a
    /// limit has to be far above what honest clients need.
    pub requests: u32,
    /// Whether the address of a client is the last one in `X-Forwarded-For`: only behind a proxy that writes it,
    /// since anyone can send one. Default off.
    pub behind_proxy: bool,
}

impl Default for RateLimits {
    fn default() -> Self {
        Self {
            failed_logins: 10,
            requests: 0,
            behind_proxy: false,
        }
    }
}

/// A caller's network, as far as one customer of a provider reaches.
type Network = Option<IpAddr>;

/// The limits at work.
#[derive(Debug)]
pub(crate) struct Guard {
    of_login: Option<Rate<([u8; 32], Network)>>,
    of_address: Option<Rate<Network>>,
    requests: Option<Rate<(String, Network)>>,
    behind_proxy: bool,
}

impl Guard {
    pub(crate) fn new(limits: &RateLimits) -> Self {
        let failures = limits.failed_logins;
        let of_address = failures.saturating_mul(FAILURES_OF_ADDRESS);
        Self {
            of_login: (failures > 0).then(|| Rate::new(failures, MINUTE, REMEMBERED)),
            of_address: (failures > 0).then(|| Rate::new(of_address, MINUTE, REMEMBERED)),
            requests: (limits.requests > 0).then(|| Rate::new(limits.requests, MINUTE, REMEMBERED)),
            behind_proxy: limits.behind_proxy,
        }
    }

    /// Where a request comes from, if that is known.
    pub(crate) fn address(&self, headers: &HeaderMap, extensions: &Extensions) -> Option<IpAddr> {
        let peer = || extensions.get::<Peer>().map(|peer| peer.0.ip());
        let address = if self.behind_proxy {
            forwarded(headers).or_else(peer)
        } else {
            peer()
        };
        address.map(|address| address.to_canonical())
    }

    /// How long a login is refused, whatever its secret.
    pub(crate) fn check_login(
        &self,
        client: &[u8],
        address: Option<IpAddr>,
    ) -> Result<(), Duration> {
        let (network, now) = (network(address), Instant::now());
        if let Some(rate) = &self.of_login {
            rate.check(&(name(client), network), now)?;
        }
        match &self.of_address {
            Some(rate) => rate.check(&network, now),
            None => Ok(()),
        }
    }

    /// Counts a login with a wrong secret.
    pub(crate) fn failed_login(&self, client: &[u8], address: Option<IpAddr>) {
        let (network, now) = (network(address), Instant::now());
        if let Some(rate) = &self.of_login {
            rate.count((name(client), network), now);
        }
        if let Some(rate) = &self.of_address {
            rate.count(network, now);
        }
    }

    /// Counts a request of a client, or tells how long there is no room for it.
    pub(crate) fn request(&self, client: &str, address: Option<IpAddr>) -> Result<(), Duration> {
        let Some(rate) = &self.requests else {
            return Ok(());
        };
        let network = if client.is_empty() {
            network(address)
        } else {
            None
        };
        rate.take((client.to_owned(), network), Instant::now())
    }
}

/// Names are of any length, what is kept of them is not.
fn name(client: &[u8]) -> [u8; 32] {
    Sha256::digest(client).into()
}

fn network(address: Option<IpAddr>) -> Network {
    address.map(|address| match address {
        IpAddr::V4(_) => address,
        // A customer has at least a /64.
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX)).into(),
    })
}

fn forwarded(headers: &HeaderMap) -> Option<IpAddr> {
    let last = headers.get_all("x-forwarded-for").iter().next_back()?;
    let text = last.to_str().ok()?.rsplit(',').next()?.trim();
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    let with_port = || text.parse::<SocketAddr>().ok().map(|address| address.ip());
    bare.parse().ok().or_else(with_port)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Option<IpAddr> {
        text.parse().ok()
    }

    #[tokio::test(start_paused = true)]
    async fn guesses_of_one_address_are_stopped_and_others_are_not() {
        let guard = Guard::new(&RateLimits::default());
        let bad = at("192.0.2.1");
        for _ in 0..10 {
            assert_eq!(guard.check_login(b"me", bad), Ok(()));
            guard.failed_login(b"me", bad);
        }
        let wait = guard.check_login(b"me", bad).unwrap_err();
        assert_eq!(wait, Duration::from_secs(6));
        assert_eq!(guard.check_login(b"you", bad), Ok(()));
        assert_eq!(guard.check_login(b"me", at("192.0.2.2")), Ok(()));
        // Many names from one address are many guesses as well.
        for n in 0..90_u32 {
            guard.failed_login(&n.to_be_bytes(), bad);
        }
        assert!(guard.check_login(b"you", bad).is_err());
        tokio::time::advance(MINUTE).await;
        assert_eq!(guard.check_login(b"me", bad), Ok(()));
    }

    #[tokio::test(start_paused = true)]
    async fn requests_are_counted_by_client_and_on_an_open_server_by_address() {
        let limits = RateLimits {
            requests: 2,
            ..RateLimits::default()
        };
        let guard = Guard::new(&limits);
        let (one, two) = (at("192.0.2.1"), at("192.0.2.2"));
        assert!(guard.request("me", one).is_ok() && guard.request("me", two).is_ok());
        assert_eq!(guard.request("me", one), Err(Duration::from_secs(30)));
        assert!(guard.request("you", one).is_ok());
        assert!(guard.request("", one).is_ok() && guard.request("", one).is_ok());
        assert!(guard.request("", one).is_err() && guard.request("", two).is_ok());
        let free = Guard::new(&RateLimits::default());
        assert!((0..10_000).all(|_| free.request("me", one).is_ok()));
    }

    #[test]
    fn the_address_is_the_peers_unless_a_proxy_tells() {
        let mut extensions = Extensions::new();
        extensions.insert(Peer("[::ffff:192.0.2.9]:1234".parse().unwrap()));
        let mut headers = HeaderMap::new();
        headers.append("x-forwarded-for", "10.0.0.1, 192.0.2.7".parse().unwrap());
        let mut limits = RateLimits::default();
        let direct = Guard::new(&limits);
        assert_eq!(direct.address(&headers, &extensions), at("192.0.2.9"));
        limits.behind_proxy = true;
        let behind = Guard::new(&limits);
        assert_eq!(behind.address(&headers, &extensions), at("192.0.2.7"));
        for (text, expected) in [
            ("[2001:db8::1]", "2001:db8::1"),
            ("192.0.2.8:4711", "192.0.2.8"),
            ("[2001:db8::1]:4711", "2001:db8::1"),
            ("nonsense", "192.0.2.9"),
        ] {
            headers.append("x-forwarded-for", text.parse().unwrap());
            assert_eq!(
                behind.address(&headers, &extensions),
                at(expected),
                "{text}"
            );
        }
        assert_eq!(
            network(at("2001:db8::1:2:3:4")),
            at("2001:db8::"),
            "one network"
        );
    }
}
