//! Speed and memory, always as ratios beside a peer in the same run.

mod engine;
mod repeat;

use anyhow::Result;
use clap::Subcommand;

/// What to measure.
#[derive(Debug, Subcommand)]
pub(crate) enum Bench {
    /// The engine: cold process to finished PDF beside LibreOffice, cost by slide, use of the cores.
    Engine(engine::Arguments),
}

pub(crate) fn run(bench: &Bench) -> Result<()> {
    match bench {
        Bench::Engine(arguments) => engine::run(arguments),
    }
}
