//! Real handshakes with a server on loopback, by each provider that this build has. `cargo xtask features` runs this
//! with each alone and with both: rustls panics with both where a program leaves the choice to it.
#![cfg(any(feature = "ring", feature = "aws-lc-rs"))]
#![allow(clippy::unwrap_used, missing_docs)]

use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use slides_core::AsyncApi;
use slides_http::{HttpClient, HttpClientBuilder};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

const AUTHORITY: &str = include_str!("../testdata/tls/ca.pem");
const CERTIFICATE: &[u8] = include_bytes!("../testdata/tls/server.pem");
const KEY: &[u8] = include_bytes!("../testdata/tls/server.key");

fn providers() -> Vec<CryptoProvider> {
    vec![
        #[cfg(feature = "ring")]
        rustls::crypto::ring::default_provider(),
        #[cfg(feature = "aws-lc-rs")]
        rustls::crypto::aws_lc_rs::default_provider(),
    ]
}

/// A server that answers each connection with one status; its base URL.
async fn server(provider: CryptoProvider) -> String {
    let chain = CertificateDer::pem_slice_iter(CERTIFICATE);
    let config = ServerConfig::builder_with_provider(provider.into())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            chain.collect::<Result<_, _>>().unwrap(),
            PrivateKeyDer::from_pem_slice(KEY).unwrap(),
        )
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        loop {
            let (socket, _) = listener.accept().await.unwrap();
            // a client that trusts nobody here ends the handshake
            let Ok(mut socket) = acceptor.accept(socket).await else {
                continue;
            };
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(socket.read_u8().await.unwrap());
            }
            let body = r#"{"id":"op-1","method":"Convert","status":"Started"}"#;
            let answer = format!(
                "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            );
            socket.write_all(answer.as_bytes()).await.unwrap();
            socket.shutdown().await.unwrap();
        }
    });
    format!("https://localhost:{port}")
}

fn builder(url: &str) -> HttpClientBuilder {
    HttpClient::builder().base_url(url)
}

#[tokio::test]
async fn a_server_with_a_certificate_of_a_given_authority_is_trusted() {
    for provider in providers() {
        let url = server(provider).await;
        let client = builder(&url).root_certificates(AUTHORITY).build().unwrap();
        let reply = client.status(&"op-1".into()).await.unwrap();
        assert_eq!(reply.operation.status.to_string(), "Started");
    }
    // nothing was taken from, or left to, the process: another crate may choose for it
    assert!(CryptoProvider::get_default().is_none());
}

#[tokio::test]
#[cfg(any(feature = "native-roots", feature = "webpki-roots"))]
async fn one_of_an_unknown_authority_is_not() {
    use slides_core::{Error, TransportErrorKind};

    for provider in providers() {
        let url = server(provider).await;
        // no certificates on a bare machine: then there is no client at all, for the same reason
        let error = match builder(&url).build() {
            Ok(client) => client.status(&"op-1".into()).await.unwrap_err(),
            Err(error) => error,
        };
        let Error::Transport(error) = error else {
            panic!("{error}")
        };
        assert_eq!(error.kind, TransportErrorKind::Tls, "{error}");
    }
}

#[test]
fn what_is_no_certificate_is_refused_also_where_none_is_needed() {
    let broken = AUTHORITY.replace("MII", "AII");
    let cut = AUTHORITY.split_at(200).0;
    for pem in ["", "company-ca.pem", &broken, cut] {
        for url in ["https://slides.internal", "http://127.0.0.1:8080"] {
            let built = builder(url).root_certificates(pem).build();
            let error = built.unwrap_err();
            assert_eq!(error.status_code(), Some(400), "{pem}: {error}");
            assert!(
                error.to_string().starts_with("the root certificates "),
                "{error}"
            );
        }
    }
}
