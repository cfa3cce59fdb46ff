//! A connection that can be cut, held and slowed, between servers and what they need.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// What the proxy does with bytes and connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Mode {
    /// Passes them on.
    Pass = 0,
    /// Breaks every connection and takes no new one.
    Cut = 1,
    /// Keeps connections and passes nothing on.
    Hold = 2,
    /// Passes each piece on a fifth of a second late.
    Slow = 3,
    /// Keeps the connections that are there and never passes anything on over them again; passes on new ones. That is
    /// what a router does that forgot them.
    Strand = 4,
}

/// How often a held connection looks whether it may go on.
const LOOK: Duration = Duration::from_millis(20);

/// What a proxy stands in front of.
#[derive(Debug, Clone)]
pub enum Upstream {
    /// A Unix socket.
    Unix(PathBuf),
    /// An address.
    Tcp(SocketAddr),
}

/// A connection to it.
#[derive(Debug)]
enum Far {
    Unix(UnixStream),
    Tcp(TcpStream),
}

impl Upstream {
    fn connect(&self) -> io::Result<Far> {
        Ok(match self {
            Self::Unix(path) => Far::Unix(UnixStream::connect(path)?),
            Self::Tcp(address) => Far::Tcp(TcpStream::connect(address)?),
        })
    }
}

impl Far {
    fn try_clone(&self) -> io::Result<Self> {
        Ok(match self {
            Self::Unix(stream) => Self::Unix(stream.try_clone()?),
            Self::Tcp(stream) => Self::Tcp(stream.try_clone()?),
        })
    }

    fn shutdown(&self) -> io::Result<()> {
        match self {
            Self::Unix(stream) => stream.shutdown(Shutdown::Both),
            Self::Tcp(stream) => stream.shutdown(Shutdown::Both),
        }
    }
}

impl Read for &Far {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Far::Unix(stream) => (&*stream).read(into),
            Far::Tcp(stream) => (&*stream).read(into),
        }
    }
}

impl Write for &Far {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Far::Unix(stream) => (&*stream).write(bytes),
            Far::Tcp(stream) => (&*stream).write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A proxy on loopback in front of a socket.
#[derive(Debug)]
pub struct Proxy {
    /// Where it listens.
    pub address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    mode: AtomicU8,
    open: Mutex<Vec<TcpStream>>,
    /// Connections made so far.
    made: AtomicUsize,
    /// Of them, the first ones, that are stranded.
    stranded: AtomicUsize,
}

impl Proxy {
    /// Starts a proxy in front of a server.
    ///
    /// # Errors
    /// When no port can be had.
    pub fn start(to: Upstream) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            mode: AtomicU8::new(Mode::Pass as u8),
            open: Mutex::default(),
            made: AtomicUsize::new(0),
            stranded: AtomicUsize::new(0),
        });
        let seen = Arc::clone(&shared);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if seen.mode.load(Ordering::Acquire) == Mode::Cut as u8 {
                    continue;
                }
                if let Ok(server) = to.connect() {
                    // A connection that cannot be watched is no connection.
                    let _ = seen.join(client, server);
                }
            }
        });
        Ok(Self { address, shared })
    }

    /// Sets what happens from now on.
    pub fn set(&self, mode: Mode) {
        self.shared.mode.store(mode as u8, Ordering::Release);
        if mode == Mode::Strand {
            let made = self.shared.made.load(Ordering::Acquire);
            self.shared.stranded.store(made, Ordering::Release);
        }
        if mode == Mode::Cut {
            let mut open = self
                .shared
                .open
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            for connection in open.drain(..) {
                let _ = connection.shutdown(Shutdown::Both);
            }
        }
    }
}

impl Shared {
    fn join(self: &Arc<Self>, client: TcpStream, server: Far) -> io::Result<()> {
        client.set_nodelay(true)?;
        let number = self.made.fetch_add(1, Ordering::AcqRel);
        self.open
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(client.try_clone()?);
        let (from_client, to_server) = (client.try_clone()?, server.try_clone()?);
        let there = Arc::clone(self);
        std::thread::spawn(move || {
            there.copy(number, &from_client, &to_server);
            let _ = to_server.shutdown();
        });
        let back = Arc::clone(self);
        std::thread::spawn(move || {
            back.copy(number, &server, &client);
            let _ = client.shutdown(Shutdown::Both);
        });
        Ok(())
    }

    fn copy(&self, number: usize, mut from: impl Read, mut to: impl Write) {
        let mut buffer = vec![0; 64 << 10];
        loop {
            let Ok(len @ 1..) = from.read(&mut buffer) else {
                return;
            };
            if self.mode.load(Ordering::Acquire) == Mode::Slow as u8 {
                std::thread::sleep(Duration::from_millis(200));
            }
            while self.mode.load(Ordering::Acquire) == Mode::Hold as u8 {
                std::thread::sleep(LOOK);
            }
            if number < self.stranded.load(Ordering::Acquire) {
                // Read on, so that its end is noticed.
                continue;
            }
            if to.write_all(&buffer[..len]).is_err() {
                return;
            }
        }
    }
}
