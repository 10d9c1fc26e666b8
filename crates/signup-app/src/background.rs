//! What a process does beside answering requests: follow changes of the declarations, clean up, measure.

use std::sync::Arc;
use std::time::{Duration, Instant};

use signup_store::{Retention, StoreError};
use tokio::task::JoinHandle;

use crate::app::App;
use crate::shutdown::Shutdown;

const REFRESH: Duration = Duration::from_secs(1);
/// Counting what waits takes a second when a million events do, so it gets one part in so many of the time at the most.
const COUNTING: u32 = 20;
/// At most so long after its answer a request can be explained.
const KEEP: Duration = Duration::from_secs(1);
const SWEEP: Duration = Duration::from_secs(60);
/// Between two steps of a clean-up that has more to do, so that requests get their turn.
const SWEEP_STEP: Duration = Duration::from_millis(100);

/// Starts the process's own work; it ends with `shutdown`.
pub fn start(app: &Arc<App>, shutdown: &Shutdown) -> Vec<JoinHandle<()>> {
    vec![
        tokio::spawn(follow_declarations(Arc::clone(app), shutdown.clone())),
        tokio::spawn(clean_up(Arc::clone(app), shutdown.clone())),
        tokio::spawn(keep_records(Arc::clone(app), shutdown.clone())),
        tokio::spawn(watch_backlog(Arc::clone(app), shutdown.clone())),
    ]
}

async fn follow_declarations(app: Arc<App>, shutdown: Shutdown) {
    while pause(REFRESH, &shutdown).await {
        match app.catalog.refresh(&app.store, &app.keys).await {
            Ok(true) => {
                log::info!(event = "declarations.changed"; "the declarations were loaded again");
                app.catalog.log_weak_settings();
            }
            Ok(false) => {}
            Err(error) => {
                log::warn!(event = "declarations.fault"; "changes cannot be seen at present: {error}");
            }
        }
        let (used, allowed) = app.store.pool_use();
        app.metrics.connections.set(used.into());
        app.metrics.connections_allowed.set(allowed.into());
    }
}

async fn watch_backlog(app: Arc<App>, shutdown: Shutdown) {
    let mut took = Duration::ZERO;
    while pause(REFRESH.max(took.saturating_mul(COUNTING)), &shutdown).await {
        let begun = Instant::now();
        count_backlog(&app).await;
        took = begun.elapsed();
    }
}

async fn count_backlog(app: &App) {
    let metrics = &app.metrics;
    if let Ok(backlog) = app.store.backlog().await {
        let age = backlog
            .oldest
            .map_or(Duration::ZERO, |oldest| app.clock.now().since(oldest));
        metrics.outbox_backlog.set(backlog.waiting);
        metrics
            .outbox_oldest
            .set(i64::try_from(age.as_secs()).unwrap_or(i64::MAX));
    }
}

/// Writes what requests have left to be kept. What the last ones leave is written by their server (see
/// [`App::write_records`]): it goes on answering after the signal to stop.
async fn keep_records(app: Arc<App>, shutdown: Shutdown) {
    while pause(KEEP, &shutdown).await {
        app.write_records().await;
    }
}

async fn clean_up(app: Arc<App>, shutdown: Shutdown) {
    while pause(SWEEP, &shutdown).await {
        app.attempts.forget_idle();
        if let Err(error) = sweep(&app, &shutdown).await {
            log::warn!(event = "clean_up.fault"; "clean-up goes on later: {error}");
        }
    }
}

async fn sweep(app: &App, shutdown: &Shutdown) -> Result<(), StoreError> {
    let retention = Retention {
        events: app.settings.bus.retention,
        decisions: app.settings.trace.retention,
        audit: app.settings.console.audit_retention,
        ..Retention::default()
    };
    while app.store.sweep(app.clock.now(), retention).await?.more {
        if !pause(SWEEP_STEP, shutdown).await {
            break;
        }
    }
    Ok(())
}

/// Waits; false when the process is to stop.
async fn pause(duration: Duration, shutdown: &Shutdown) -> bool {
    tokio::select! {
        () = tokio::time::sleep(duration) => true,
        () = shutdown.wait() => false,
    }
}
