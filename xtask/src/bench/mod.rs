//! Speed and memory, always as ratios beside a peer in the same run.

mod engine;
mod exports;
mod packages;
mod queue;
mod repeat;
mod sdk;
mod server;

use anyhow::Result;
use clap::Subcommand;

/// What to measure.
#[derive(Debug, Subcommand)]
pub(crate) enum Bench {
    /// The engine: cold process to finished PDF beside LibreOffice, cost by slide, use of the cores.
    Engine(engine::Arguments),
    /// The queue: commits beside raw syncs, many clients, a long queue, and a job's way beside the bare engine.
    Queue,
    /// The SDK: calls, large transfers and many watched operations, beside a bare hyper client.
    Sdk,
    /// The server: accepts, status reads and many clients at once, beside bare handlers.
    Server,
}

pub(crate) fn run(bench: &Bench) -> Result<()> {
    match bench {
        Bench::Engine(arguments) => engine::run(arguments),
        Bench::Queue => queue::run(),
        Bench::Sdk => sdk::run(),
        Bench::Server => server::run(),
    }
}
