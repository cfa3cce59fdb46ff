//! The engine that the command carries.

use std::num::NonZeroUsize;
use std::sync::Arc;

use slides_service::engine::{Engine, NativeEngine, NativeOptions};

/// The native engine with the bundled faces: the same deck gives the same bytes on every machine.
pub(crate) fn native() -> Arc<dyn Engine> {
    Arc::new(NativeEngine::new(NativeOptions::default()))
}

/// The same for several decks at a time, each with so many threads.
pub(crate) fn with_threads(threads: usize) -> Arc<dyn Engine> {
    let mut options = NativeOptions::default();
    options.threads = NonZeroUsize::new(threads);
    Arc::new(NativeEngine::new(options))
}
