//! Connections: HTTP/1.1 and HTTP/2 without TLS on one port, bounded in number
//! and time, drained at shutdown.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use http::Request;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::Sleep;
use tower::Layer;

use crate::guard::Peer;
use crate::{ServeError, Server, cors};

/// First bytes of an HTTP/2 connection (RFC 9113, section 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

impl Server {
    /// Serves until `shutdown` resolves, then lets requests in flight end.
    ///
    /// # Errors
    /// [`ServeError::Open`] when others can reach the address, no credentials are set and
    /// [`allow_open`](crate::ServerBuilder::allow_open) is off.
    pub async fn serve(
        self,
        listener: TcpListener,
        shutdown: impl Future<Output = ()> + Send,
    ) -> Result<(), ServeError> {
        let address = listener.local_addr().map_err(ServeError::Listener)?;
        if self.app.authority.is_open()
            && !address.ip().to_canonical().is_loopback()
            && !self.allow_open
        {
            return Err(ServeError::Open { address });
        }
        let cors = self.cors.clone().map(cors::layer);
        let mut http = auto::Builder::new(TokioExecutor::new());
        http.http1()
            .timer(TokioTimer::new())
            .header_read_timeout(self.connections.header_timeout);
        http.http2()
            .timer(TokioTimer::new())
            .keep_alive_interval(Duration::from_secs(30))
            .keep_alive_timeout(Duration::from_secs(20))
            .max_concurrent_streams(100)
            .max_header_list_size(64 << 10);
        let graceful = GracefulShutdown::new();
        let slots = Arc::new(Semaphore::new(self.connections.max_connections));
        let mut shutdown = std::pin::pin!(shutdown);
        loop {
            let accepted = tokio::select! {
                biased;
                () = &mut shutdown => break,
                accepted = accept(&listener, &slots) => accepted,
            };
            let (stream, peer, slot) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Most often out of file descriptors: give connections time to end.
                    tracing::warn!(error = %error, "cannot accept a connection");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            };
            let stream = FirstBytes::new(stream, self.connections.header_timeout);
            // Not through the router: it would only lead every request to the same place.
            let app = Arc::clone(&self.app);
            let service = tower::service_fn(move |request: Request<Incoming>| {
                let app = Arc::clone(&app);
                async move {
                    let mut request = request.map(Body::new);
                    request.extensions_mut().insert(Peer(peer));
                    Ok::<_, Infallible>(app.answer(request).await)
                }
            });
            let service = tower::util::option_layer(cors.clone()).layer(service);
            let connection = http
                .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service))
                .into_owned();
            let connection = graceful.watch(connection);
            tokio::spawn(async move {
                if let Err(error) = connection.await {
                    tracing::debug!(error = %error, "connection ended");
                }
                drop(slot);
            });
        }
        drop(listener);
        self.app.drain.cancel();
        if tokio::time::timeout(self.connections.drain_timeout, graceful.shutdown())
            .await
            .is_err()
        {
            tracing::warn!("requests were still in flight when the drain time ended");
        }
        Ok(())
    }
}

async fn accept(
    listener: &TcpListener,
    slots: &Arc<Semaphore>,
) -> io::Result<(TcpStream, SocketAddr, tokio::sync::OwnedSemaphorePermit)> {
    let slot = Arc::clone(slots)
        .acquire_owned()
        .await
        .map_err(io::Error::other)?;
    let (stream, peer) = listener.accept().await?;
    // Small answers must not wait for an acknowledgement.
    stream.set_nodelay(true)?;
    Ok((stream, peer, slot))
}

/// Cuts a connection that does not say which HTTP version it speaks: the time limit of headers
/// begins only behind that.
struct FirstBytes {
    stream: TcpStream,
    /// Bytes of the HTTP/2 preface seen so far; none once the version is known.
    waiting: Option<(usize, Pin<Box<Sleep>>)>,
}

impl FirstBytes {
    fn new(stream: TcpStream, limit: Duration) -> Self {
        Self {
            stream,
            waiting: Some((0, Box::pin(tokio::time::sleep(limit)))),
        }
    }
}

impl AsyncRead for FirstBytes {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buffer);
        let Some((seen, timer)) = &mut self.waiting else {
            return read;
        };
        match read {
            Poll::Pending => match timer.as_mut().poll(cx) {
                Poll::Ready(()) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
                Poll::Pending => Poll::Pending,
            },
            Poll::Ready(result) => {
                let new = buffer.filled().get(before..).unwrap_or_default();
                let expected = PREFACE.get(*seen..).unwrap_or_default();
                *seen += new.len();
                // Shorter than the preface and equal so far: still undecided.
                if new.len() >= expected.len() || !expected.starts_with(new) {
                    self.waiting = None;
                }
                Poll::Ready(result)
            }
        }
    }
}

impl AsyncWrite for FirstBytes {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
