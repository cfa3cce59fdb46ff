//! `slides ready`: whether a server on this machine takes requests, for the health check of a container.

use std::io::{self, Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::json;

use crate::arguments::ReadyArguments;
use crate::console::Console;
use crate::failure::{Exit, Failure};

/// Longest wait for each step of the answer.
const TIMEOUT: Duration = Duration::from_secs(3);
/// Bytes of an answer that are read.
const MAX_ANSWER: u64 = 64 << 10;

pub(crate) fn run(arguments: &ReadyArguments, console: &Console) -> Result<(), Failure> {
    let address = reachable(arguments.listen);
    let failed = |why: &str| {
        Failure::new(
            Exit::Service,
            format!("the server on `{address}` is not ready: {why}"),
        )
    };
    let answer = ask(address).map_err(|error| failed("it does not answer").caused_by(&error))?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    if head.split(' ').nth(1) != Some("200") {
        return Err(failed(body.trim().trim_start_matches("not ready: ")));
    }
    let event = json!({ "event": "ready", "address": address.to_string(), "text": body.trim() });
    console.data(body.trim(), &event);
    Ok(())
}

/// Where a server is reached that listens on all addresses.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}

/// One question of a server of ours, which ends the connection behind the answer.
fn ask(address: SocketAddr) -> io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, TIMEOUT)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.set_write_timeout(Some(TIMEOUT))?;
    write!(
        stream,
        "GET /readyz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
    )?;
    let mut answer = Vec::new();
    stream.take(MAX_ANSWER).read_to_end(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_on_all_addresses_is_asked_on_loopback() {
        for (listen, expected) in [
            ("0.0.0.0:80", "127.0.0.1:80"),
            ("[::]:81", "[::1]:81"),
            ("10.1.2.3:82", "10.1.2.3:82"),
        ] {
            assert_eq!(reachable(listen.parse().unwrap()).to_string(), expected);
        }
    }
}
