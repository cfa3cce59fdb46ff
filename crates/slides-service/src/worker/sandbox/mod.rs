//! What a worker process can still do once it has its orders: next to nothing.
//!
//! Two layers, as neither is enough alone: landlock bounds which files it reaches, and knows nothing of most
//! sockets; seccomp bounds which calls it makes, and cannot see which file a path means.

mod calls;
mod limits;
mod paths;
mod probe;

use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::options::ProcessLimits;

pub(super) use calls::Calls;
pub(super) use probe::{ProbeOrder, attempt};
pub use probe::{SandboxReport, probe_sandbox, probe_without_sandbox, sandbox_cost};

/// What a process does when a layer of the sandbox is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) enum Guard {
    /// Sets limits only: for the control of the probe, and to measure the cost.
    Off,
    /// Goes on with what there is; the server has told about it.
    #[default]
    Try,
    /// Does not go on.
    Require,
}

/// The files a process may reach beside those it has open.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Reach {
    /// Files and folders it may read.
    pub(crate) read: Vec<PathBuf>,
    /// Folders in which it may also make, write and remove files.
    pub(crate) write: Vec<PathBuf>,
    /// Files and folders it may also execute.
    pub(crate) execute: Vec<PathBuf>,
}

/// The layers that are in force.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Layers {
    /// The version of landlock, if there is one.
    pub(crate) landlock: Option<u8>,
    /// Whether the calls are filtered.
    pub(crate) seccomp: bool,
}

impl fmt::Display for Layers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.landlock {
            Some(version) => write!(f, "landlock {version}")?,
            None => f.write_str("no landlock (Linux 5.13 or newer, and enabled)")?,
        }
        f.write_str(if self.seccomp {
            ", seccomp"
        } else {
            ", no seccomp (Linux on x86-64 or AArch64)"
        })
    }
}

/// Takes from this process and all it will start what it does not need. For a process with one thread: landlock and
/// seccomp hold for the calling thread and its children.
pub(super) fn confine(
    limits: &ProcessLimits,
    reach: &Reach,
    calls: Calls,
    guard: Guard,
) -> Result<Layers, String> {
    limits::set(limits).map_err(|e| format!("the worker cannot set its limits: {e}"))?;
    if guard == Guard::Off {
        return Ok(Layers::default());
    }
    let missing = |layer: &str, why: &str| {
        if guard == Guard::Require {
            Err(format!(
                "the worker is not sandboxed, as {layer} cannot be set up: {why}"
            ))
        } else {
            Ok(())
        }
    };
    let landlock = match paths::restrict(reach) {
        Ok(version) => Some(version),
        Err(why) => {
            missing("landlock", &why)?;
            None
        }
    };
    let seccomp = match calls::filter(calls) {
        Ok(()) => true,
        Err(why) => {
            missing("seccomp", &why)?;
            false
        }
    };
    Ok(Layers { landlock, seccomp })
}
