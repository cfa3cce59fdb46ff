//! Resource limits and what a process inherits from its parent.

use std::io;

use rustix::process::{Resource, Rlimit, setrlimit};

use crate::options::ProcessLimits;

/// Address space beyond the memory: the program itself, read-only files, and what the allocator reserves for each
/// thread without using it.
#[cfg(target_os = "linux")]
const ADDRESS_SPACE_BESIDE: u64 = 16 << 30;

/// Bounds what the process may use; its children inherit it.
pub(super) fn set(limits: &ProcessLimits) -> io::Result<()> {
    let set = |resource, value| {
        let limit = Rlimit {
            current: Some(value),
            maximum: Some(value),
        };
        setrlimit(resource, limit).map_err(io::Error::from)
    };
    set(Resource::Core, 0)?;
    memory(limits.memory_bytes, set)?;
    set(Resource::Fsize, limits.file_bytes)?;
    set(Resource::Nofile, limits.open_files)?;
    // The soft limit's signal tells the server which limit it was; the hard one, which cannot be ignored, comes after it.
    let cpu = Rlimit {
        current: Some(limits.cpu_seconds),
        maximum: Some(limits.cpu_seconds.saturating_add(1)),
    };
    setrlimit(Resource::Cpu, cpu)?;
    #[cfg(target_os = "linux")]
    {
        rustix::thread::set_no_new_privs(true)?;
        // The end of standard input does the same, but from a thread of the process, which a deck may have broken.
        rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))?;
    }
    Ok(())
}

/// Since Linux 4.7 the limit on data counts private memory that can be written, and not what is merely reserved: with
/// many cores the allocator's reserves alone are several GiB.
#[cfg(target_os = "linux")]
fn memory(bytes: u64, set: impl Fn(Resource, u64) -> io::Result<()>) -> io::Result<()> {
    set(Resource::Data, bytes)?;
    set(Resource::As, bytes.saturating_add(ADDRESS_SPACE_BESIDE))
}

#[cfg(not(target_os = "linux"))]
fn memory(bytes: u64, set: impl Fn(Resource, u64) -> io::Result<()>) -> io::Result<()> {
    set(Resource::As, bytes)
}
