use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

/// An S3-compatible server of this machine with one empty bucket; it ends with this value.
///
/// It is the Python package `moto`; `SLIDES_S3_PYTHON` names the Python that has it.
#[derive(Debug)]
pub struct S3Server {
    child: Child,
    address: String,
}

impl S3Server {
    /// Starts the server and makes the bucket.
    ///
    /// # Panics
    /// When the server cannot be started.
    #[allow(clippy::expect_used, reason = "for tests")]
    pub fn start(bucket: &str) -> Self {
        let python = std::env::var_os("SLIDES_S3_PYTHON").unwrap_or_else(|| "python3".into());
        let mut child = Command::new(python)
            .args(["-u", "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("Python can be started");
        let log = child.stderr.take().expect("standard error is a pipe");
        let mut log = BufReader::new(log).lines();
        let mut said = Vec::new();
        let address = loop {
            let Some(Ok(line)) = log.next() else {
                panic!(
                    "the S3 server did not start, set SLIDES_S3_PYTHON to a Python with `moto[server]`: {}",
                    said.join("\n")
                );
            };
            if let Some((_, address)) = line.split_once("Running on http://") {
                break address.trim().trim_end_matches('/').to_owned();
            }
            said.push(line);
        };
        // It writes a line for each request.
        std::thread::spawn(move || log.for_each(drop));
        let server = Self { child, address };
        server.make(bucket);
        server
    }

    /// The address for an S3 client.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Where it listens.
    ///
    /// # Panics
    /// When it said something else than an address.
    #[allow(clippy::expect_used, reason = "for tests")]
    pub fn address(&self) -> std::net::SocketAddr {
        self.address.parse().expect("the S3 server has an address")
    }

    #[allow(clippy::expect_used, reason = "for tests")]
    fn make(&self, bucket: &str) {
        let mut stream = TcpStream::connect(&self.address).expect("the S3 server answers");
        let request = format!(
            "PUT /{bucket} HTTP/1.0\r\nHost: {}\r\nAuthorization: AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/s3/aws4_request\r\nContent-Length: 0\r\n\r\n",
            self.address
        );
        stream
            .write_all(request.as_bytes())
            .expect("the S3 server reads");
        let mut answer = String::new();
        stream
            .read_to_string(&mut answer)
            .expect("the S3 server answers");
        assert!(
            answer.starts_with("HTTP/1.") && answer.contains(" 200 "),
            "{answer}"
        );
    }
}

impl Drop for S3Server {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
