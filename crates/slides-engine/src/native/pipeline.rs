//! Work by slide on several threads, taken up in order.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;

use crate::api::{EngineError, ErrorKind};

use super::errors::guard;

/// Stack of a worker; layout of nested content needs more than a thread's usual two megabytes.
const STACK_BYTES: usize = 8 << 20;

/// Runs `produce` for each page on `threads` workers and hands the results to `consume` on this thread, in order.
/// At most two results a worker wait, so memory follows the number of threads and not the number of pages.
/// `start` makes what a worker keeps from page to page.
///
/// A panic in `produce` becomes an error that names the slide. The first error ends the run.
pub(super) fn in_order<S, T: Send>(
    pages: &[u32],
    threads: usize,
    start: impl Fn() -> S + Sync,
    produce: impl Fn(&mut S, u32) -> Result<T, EngineError> + Sync,
    mut consume: impl FnMut(u32, T) -> Result<(), EngineError>,
) -> Result<(), EngineError> {
    let workers = threads.clamp(1, pages.len().max(1));
    let is_over = AtomicBool::new(false);
    let (start, produce, is_over) = (&start, &produce, &is_over);
    std::thread::scope(|scope| {
        let mut results = Vec::with_capacity(workers);
        for worker in 0..workers {
            let (sender, receiver) = mpsc::sync_channel(1);
            // Each worker takes every n-th page, so its results come in the order they are asked for.
            let work = move || {
                let mut state = start();
                for page in pages.iter().skip(worker).step_by(workers) {
                    if is_over.load(Ordering::Relaxed) {
                        return;
                    }
                    let result = guard(|| format!("slide {page}"), || produce(&mut state, *page));
                    let failed = result.is_err();
                    if sender.send(result).is_err() || failed {
                        return;
                    }
                }
            };
            std::thread::Builder::new()
                .stack_size(STACK_BYTES)
                .spawn_scoped(scope, work)
                .map_err(|cause| {
                    is_over.store(true, Ordering::Relaxed);
                    EngineError::new(ErrorKind::Internal, "a worker thread could not be started")
                        .caused_by(cause)
                })?;
            results.push(receiver);
        }
        let mut take = || {
            for (page, receiver) in pages.iter().zip(results.iter().cycle()) {
                let lost = |_| {
                    EngineError::new(
                        ErrorKind::Internal,
                        format!("slide {page} was lost with its worker"),
                    )
                };
                consume(*page, receiver.recv().map_err(lost)??)?;
            }
            Ok(())
        };
        let outcome = take();
        is_over.store(true, Ordering::Relaxed);
        // Workers that wait for room end when their receiver goes.
        drop(results);
        outcome
    })
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::*;

    #[test]
    fn results_come_in_order_whatever_the_number_of_threads() {
        let pages: Vec<u32> = (1..=23).collect();
        for threads in [1, 2, 3, 40] {
            let mut seen = Vec::new();
            in_order(
                &pages,
                threads,
                || (),
                |(), page| Ok(page * 2),
                |page, value| {
                    assert_eq!(value, page * 2);
                    seen.push(page);
                    Ok(())
                },
            )
            .unwrap();
            assert_eq!(seen, pages);
        }
    }

    #[test]
    fn workers_do_not_run_far_ahead() {
        let pages: Vec<u32> = (1..=100).collect();
        let made = AtomicUsize::new(0);
        let mut taken = 0;
        in_order(
            &pages,
            2,
            || (),
            |(), _| Ok(made.fetch_add(1, Ordering::SeqCst)),
            |_, _| {
                taken += 1;
                let ahead = made.load(Ordering::SeqCst) - taken;
                // Two workers, each with one result waiting, one held by its sender and one just begun.
                assert!(ahead <= 6, "{ahead}");
                Ok(())
            },
        )
        .unwrap();
    }

    #[test]
    fn a_panic_names_its_slide_and_ends_the_run() {
        let pages = [3, 5, 7];
        let hook = std::panic::take_hook();
        std::panic::set_hook(Box::new(|_| {}));
        let outcome = in_order(
            &pages,
            2,
            || (),
            |(), page| if page == 5 { panic!("odd") } else { Ok(()) },
            |_, ()| Ok(()),
        );
        std::panic::set_hook(hook);
        let error = outcome.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Internal);
        assert_eq!(error.to_string(), "slide 5 hit a bug of the engine: odd");
    }

    #[test]
    fn an_error_while_writing_ends_the_run() {
        let pages: Vec<u32> = (1..=1000).collect();
        let made = AtomicUsize::new(0);
        let outcome = in_order(
            &pages,
            4,
            || (),
            |(), _| Ok(made.fetch_add(1, Ordering::SeqCst)),
            |page, _| {
                if page == 3 {
                    Err(EngineError::new(ErrorKind::Output, "full"))
                } else {
                    Ok(())
                }
            },
        );
        assert_eq!(outcome.unwrap_err().kind, ErrorKind::Output);
        assert!(made.load(Ordering::SeqCst) < 100);
    }
}
