//! The engine that the command carries.

use std::sync::Arc;

use slides_service::engine::{Engine, NativeEngine, NativeOptions};

/// The native engine with the bundled faces: the same deck gives the same bytes on every machine.
pub(crate) fn native() -> Arc<dyn Engine> {
    Arc::new(NativeEngine::new(NativeOptions::default()))
}
