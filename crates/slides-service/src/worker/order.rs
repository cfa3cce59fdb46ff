//! What a server tells a worker process to do: one line on its standard input.

use std::ffi::OsString;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::job::Job;
use super::sandbox::{Guard, ProbeOrder, Reach};
use crate::options::ProcessLimits;

/// One process carries out one order.
#[derive(Serialize, Deserialize)]
pub(super) enum Order {
    /// Run the engine.
    Convert {
        job: Box<Job>,
        guard: Guard,
        /// Files and folders it may read beside those of the job.
        readable: Vec<PathBuf>,
    },
    /// Run another program in a sandbox.
    Run(ProgramOrder),
    /// Try what no worker may do.
    Probe(ProbeOrder),
}

/// A program to run in a sandbox.
#[derive(Serialize, Deserialize)]
pub(crate) struct ProgramOrder {
    pub(crate) program: PathBuf,
    pub(crate) arguments: Vec<OsString>,
    /// All of its environment.
    pub(crate) environment: Vec<(OsString, OsString)>,
    pub(crate) folder: PathBuf,
    pub(crate) guard: Guard,
    pub(crate) limits: ProcessLimits,
    pub(crate) reach: Reach,
}

impl Job {
    /// The files a worker needs for a job.
    pub(super) fn reach(&self, readable: Vec<PathBuf>) -> Reach {
        let mut read = readable;
        if self.merge.is_empty() {
            read.push(self.source.clone());
        }
        read.extend(self.merge.iter().map(|input| input.path.clone()));
        read.extend(self.fonts.iter().cloned());
        Reach {
            read,
            write: vec![self.out_dir.clone()],
            execute: Vec::new(),
        }
    }
}
