//! A `slides serve` for a task.

use std::{
    fs::{self, File},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};

use crate::process;

const START: Duration = Duration::from_secs(30);
const STOP: Duration = Duration::from_secs(10);

/// A running server; stopped when dropped.
pub(crate) struct Server {
    child: Child,
    address: String,
    log: PathBuf,
}

impl Server {
    /// Starts the program on a free port with an empty data folder inside `folder`.
    pub(crate) fn start(
        program: &Path,
        folder: &Path,
        credentials: Option<(&str, &str)>,
    ) -> Result<Self> {
        Self::start_with(program, folder, credentials, &[])
    }

    /// The same with more arguments.
    pub(crate) fn start_with(
        program: &Path,
        folder: &Path,
        credentials: Option<(&str, &str)>,
        arguments: &[&str],
    ) -> Result<Self> {
        let data = folder.join("data");
        if data.exists() {
            fs::remove_dir_all(&data)
                .with_context(|| format!("`{}` cannot be emptied", data.display()))?;
        }
        fs::create_dir_all(&data)
            .with_context(|| format!("`{}` cannot be made", data.display()))?;
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string();
        let log = folder.join("server.log");
        let mut command = process::command(program);
        command
            .args(["serve", "--listen", &address, "--data"])
            .arg(&data)
            // How full the disk of the machine is decides nothing here.
            .args(["--min-free", "0", "--min-free-percent", "0"])
            .args(arguments);
        command
            .env_remove("SLIDES_CLIENT_ID")
            .env_remove("SLIDES_CLIENT_SECRET");
        match credentials {
            Some((id, secret)) => {
                command
                    .env("SLIDES_CLIENT_ID", id)
                    .env("SLIDES_CLIENT_SECRET", secret);
            }
            None => {
                command.arg("--no-auth");
            }
        }
        let child = command
            .stdin(Stdio::null())
            .stdout(File::create(folder.join("server.out"))?)
            .stderr(File::create(&log)?)
            .spawn()
            .with_context(|| format!("`{}` cannot be started", program.display()))?;
        let mut server = Self {
            child,
            address,
            log,
        };
        server.wait_until_it_listens()?;
        Ok(server)
    }

    /// `127.0.0.1` and the port.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// The process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// What the server has logged, for an error.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Fails when the server has ended by itself.
    pub(crate) fn check(&mut self) -> Result<()> {
        if let Some(status) = self.child.try_wait()? {
            bail!("the server ended with {status}:\n{}", self.log());
        }
        Ok(())
    }

    fn wait_until_it_listens(&mut self) -> Result<()> {
        let start = Instant::now();
        while TcpStream::connect(&self.address).is_err() {
            self.check()?;
            if start.elapsed() > START {
                bail!(
                    "the server does not listen on {} after {} s:\n{}",
                    self.address,
                    START.as_secs(),
                    self.log()
                );
            }
            thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Asked first, so that it can end its workers.
        let id = self.child.id().to_string();
        if process::run(process::command("kill").arg(id)).is_ok() {
            let start = Instant::now();
            while start.elapsed() < STOP {
                if let Ok(Some(_)) = self.child.try_wait() {
                    return;
                }
                thread::sleep(Duration::from_millis(50));
            }
        }
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
