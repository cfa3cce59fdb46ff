//! Just enough HTTP to talk to a server of ours on this machine.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    time::Duration,
};

use anyhow::{Context as _, Result, bail};

/// How long a server may be silent.
const SILENCE: Duration = Duration::from_mins(1);

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// Sends one request to `address` (`127.0.0.1:8080`). HTTP/1.0, so the answer ends with the connection.
pub(crate) fn call(address: &str, method: &str, path: &str, body: &[u8]) -> Result<Answer> {
    let mut stream =
        TcpStream::connect(address).with_context(|| format!("`{address}` does not answer"))?;
    stream.set_read_timeout(Some(SILENCE))?;
    stream.set_write_timeout(Some(SILENCE))?;
    let head = format!(
        "{method} {path} HTTP/1.0\r\nHost: {address}\r\nContent-Type: application/octet-stream\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes())?;
    // A server may refuse a body before it has read all of it.
    let sent = stream.write_all(body);
    let mut answer = Vec::new();
    let read = stream.read_to_end(&mut answer);
    if let Some(answer) = parse(&answer) {
        return Ok(answer);
    }
    sent.and(read.map(|_| ()))
        .with_context(|| format!("{method} {path} was cut off"))?;
    bail!("the answer to {method} {path} is no HTTP")
}

fn parse(answer: &[u8]) -> Option<Answer> {
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = std::str::from_utf8(answer.get(..end)?).ok()?;
    let status = head
        .strip_prefix("HTTP/1.")?
        .split(' ')
        .nth(1)?
        .parse()
        .ok()?;
    Some(Answer {
        status,
        body: answer.get(end + 4..)?.to_vec(),
    })
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn reads_status_and_body() {
        let answer = parse(b"HTTP/1.0 201 Created\r\nA: b\r\n\r\nid\r\n\r\n").unwrap();
        assert_eq!((answer.status, answer.text().as_str()), (201, "id\r\n\r\n"));
        assert!(parse(b"HTTP/1.0 201 Created\r\n").is_none());
        assert!(parse(b"").is_none());
    }
}
