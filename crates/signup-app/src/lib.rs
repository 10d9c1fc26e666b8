//! signup-app

pub mod hash_pool;
pub mod logging;
pub mod settings;
pub mod shutdown;
