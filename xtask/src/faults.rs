//! Faults in number: what the tests do a few times, done until it counts.

use anyhow::{Result, bail};

use crate::{process, test};

/// Which faults, and how often.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Names of the runs, such as `kill`; all without.
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// A tenth of everything, to see that it works.
    #[arg(long)]
    short: bool,
}

/// A test that takes its numbers from the environment.
struct Run {
    name: &'static str,
    what: &'static str,
    suite: &'static str,
    test: &'static str,
    numbers: &'static [(&'static str, u64)],
}

const RUNS: &[Run] = &[
    Run {
        name: "kill",
        what: "kill -9 of the server, queue in SQLite",
        suite: "durability",
        test: "a_killed_server_loses_nothing_and_ends_nothing_twice",
        numbers: &[("SLIDES_KILL_ROUNDS", 1000)],
    },
    Run {
        name: "kill-postgres",
        what: "kill -9 of the server, queue in PostgreSQL",
        suite: "durability",
        test: "a_killed_server_on_postgres_loses_nothing_and_ends_nothing_twice",
        numbers: &[("SLIDES_KILL_ROUNDS", 1000)],
    },
    Run {
        name: "stop",
        what: "SIGSTOP past the lease",
        suite: "stopped",
        test: "late_ends_are_fenced",
        numbers: &[("SLIDES_STOP_ROUNDS", 200)],
    },
    Run {
        name: "power",
        what: "power cut at every sync",
        suite: "power_cut",
        test: "a_power_cut_at_any_sync_loses_nothing_that_was_answered",
        numbers: &[("SLIDES_CUT_JOBS", 200)],
    },
    Run {
        name: "disk",
        what: "a disk that refuses",
        suite: "power_cut",
        test: "a_disk_that_refuses_loses_nothing_that_was_answered",
        numbers: &[],
    },
    Run {
        name: "servers",
        what: "three servers, one killed every few seconds",
        suite: "fleet",
        test: "servers_that_die_lose_nothing_and_end_nothing_twice",
        numbers: &[("SLIDES_FLEET_ROUNDS", 200)],
    },
    Run {
        name: "database",
        what: "PostgreSQL cut off, held, slow and restarted",
        suite: "fleet",
        test: "a_database_that_goes_away_loses_nothing",
        numbers: &[("SLIDES_FLEET_ROUNDS", 100)],
    },
    Run {
        name: "bucket",
        what: "an S3-compatible store cut off, held, slow and forgotten",
        suite: "fleet",
        test: "a_bucket_that_goes_away_loses_nothing",
        numbers: &[("SLIDES_FLEET_ROUNDS", 50)],
    },
    Run {
        name: "clock",
        what: "the clock of a server set by an hour",
        suite: "clock",
        test: "a_clock_that_is_set_loses_nothing",
        numbers: &[("SLIDES_CLOCK_ROUNDS", 200)],
    },
    Run {
        name: "clocks",
        what: "the clocks of PostgreSQL and of three servers set by an hour",
        suite: "fleet",
        test: "clocks_that_are_set_lose_nothing",
        numbers: &[("SLIDES_FLEET_ROUNDS", 100)],
    },
    Run {
        name: "soak",
        what: "a server at its limit for 30 minutes",
        suite: "soak",
        test: "a_server_at_its_limit_does_not_grow",
        numbers: &[("SLIDES_SOAK_SECONDS", 1800)],
    },
];

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    for name in &arguments.names {
        if !RUNS.iter().any(|run| run.name == name) {
            let known: Vec<_> = RUNS.iter().map(|run| run.name).collect();
            bail!("there is no run `{name}`: there are {}", known.join(", "));
        }
    }
    test::tools()?;
    let program = test::program()?;
    let python = test::s3()?;
    let wanted =
        |run: &&Run| arguments.names.is_empty() || arguments.names.iter().any(|n| n == run.name);
    for run in RUNS.iter().filter(wanted) {
        process::step(run.what, || {
            let mut command = process::cargo(test::WHOLE);
            command
                .args([
                    "--test",
                    run.suite,
                    "--",
                    "--nocapture",
                    "--include-ignored",
                    "--exact",
                    run.test,
                ])
                .env("SLIDES_BIN", &program)
                .env("SLIDES_S3_PYTHON", &python);
            for (name, number) in run.numbers {
                let number = if arguments.short {
                    number / 10
                } else {
                    *number
                };
                command.env(name, number.to_string());
            }
            process::run(&mut command)
        })?;
    }
    Ok(())
}
