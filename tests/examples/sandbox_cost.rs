//! What the sandbox of a worker costs: `sandbox_cost PROGRAM ROUNDS`, with PROGRAM a `slides`.
#![allow(clippy::print_stdout)]

use std::time::Duration;

use slides_service::{WorkerProgram, sandbox_cost};

fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let usage = || std::io::Error::other("usage: sandbox_cost PROGRAM ROUNDS");
    let program = WorkerProgram::new(arguments.next().ok_or_else(usage)?);
    let rounds = arguments.next().and_then(|rounds| rounds.parse().ok());
    let rounds = rounds.filter(|rounds| *rounds > 0).ok_or_else(usage)?;
    let (bare, inside): (Vec<_>, Vec<_>) = sandbox_cost(&program, rounds)?.into_iter().unzip();
    show("bare", bare);
    show("sandboxed", inside);
    Ok(())
}

fn show(name: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let at = |percent: usize| {
        let index = (times.len() * percent / 100).min(times.len() - 1);
        times[index].as_secs_f64() * 1000.0
    };
    println!("{name:<10} p50 {:.2} ms, p99 {:.2} ms", at(50), at(99));
}
