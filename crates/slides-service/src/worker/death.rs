//! Why a worker process ended without a result.

use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

use rustix::process::Signal;

use super::job::RunError;
use crate::options::ProcessLimits;
use crate::stats::Death;

/// The error of a run whose process ended with `exit` and no result; `complaint` is the end of its standard error.
pub(crate) fn of(exit: ExitStatus, complaint: &[u8], limits: &ProcessLimits) -> RunError {
    let complaint = String::from_utf8_lossy(complaint);
    let says = |words: &str| complaint.contains(words);
    let (death, message) = match exit.signal().and_then(Signal::from_named_raw) {
        Some(Signal::XCPU) => (
            Death::ProcessorTime,
            format!(
                "the conversion used more than the limit of {} s processor time (`cpu_seconds`)",
                limits.cpu_seconds
            ),
        ),
        Some(Signal::XFSZ) => (
            Death::FileSize,
            format!(
                "the conversion wrote a file larger than the limit of {} bytes (`file_bytes`)",
                limits.file_bytes
            ),
        ),
        Some(Signal::SYS) => (
            Death::ForbiddenCall,
            "the conversion was stopped because it tried what its sandbox forbids".to_owned(),
        ),
        Some(Signal::ABORT) if says("overflowed its stack") => (
            Death::Stack,
            "the worker process aborted: the deck is nested too deeply".to_owned(),
        ),
        Some(Signal::ABORT) if says("memory allocation of") => (
            Death::Memory,
            format!(
                "the worker process aborted: the deck needs more than the limit of {} bytes memory (`memory_bytes`)",
                limits.memory_bytes
            ),
        ),
        Some(Signal::ABORT) => (
            Death::Crash,
            format!(
                "the worker process aborted: most often the deck needs more than the limit of {} bytes memory (`memory_bytes`)",
                limits.memory_bytes
            ),
        ),
        _ => (
            Death::Crash,
            format!("the worker process ended without a result ({exit})"),
        ),
    };
    RunError::Died { death, message }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_process_tells_its_cause() {
        let limits = ProcessLimits::default();
        let raw = |signal: Signal| ExitStatus::from_raw(signal.as_raw());
        let memory = b"memory allocation of 7 bytes failed";
        for (exit, complaint, death) in [
            (raw(Signal::XCPU), &b""[..], Death::ProcessorTime),
            (raw(Signal::XFSZ), b"", Death::FileSize),
            (raw(Signal::SYS), b"", Death::ForbiddenCall),
            (raw(Signal::ABORT), memory, Death::Memory),
            (
                raw(Signal::ABORT),
                b"thread 'main' has overflowed its stack",
                Death::Stack,
            ),
            (raw(Signal::ABORT), b"", Death::Crash),
            (raw(Signal::SEGV), memory, Death::Crash),
            (ExitStatus::from_raw(1 << 8), b"", Death::Crash),
        ] {
            let RunError::Died { death: found, .. } = of(exit, complaint, &limits) else {
                panic!("{exit} is no death")
            };
            assert_eq!(found, death, "{exit}");
        }
    }
}
