//! When a message that could not be dealt with comes again.

use std::time::Duration;

/// A queue in which messages wait for their next attempt.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Stage {
    /// Name of the queue, and of the exchange in front of it.
    pub name: &'static str,
    /// Longest time that a message stays.
    pub delay: Duration,
}

/// The stages, by growing delay.
pub(super) const STAGES: [Stage; 5] = [
    stage("signup.notify.retry.1s", 1),
    stage("signup.notify.retry.5s", 5),
    stage("signup.notify.retry.30s", 30),
    stage("signup.notify.retry.2m", 120),
    stage("signup.notify.retry.10m", 600),
];

const fn stage(name: &'static str, seconds: u64) -> Stage {
    Stage {
        name,
        delay: Duration::from_secs(seconds),
    }
}

/// Where a message waits after so many failed attempts: one stage further each time, and then always in the last.
pub(super) fn stage_after(failures: u32) -> &'static Stage {
    let next = usize::try_from(failures.saturating_sub(1)).unwrap_or(usize::MAX);
    &STAGES[next.min(STAGES.len() - 1)]
}

/// How long it waits there: 80 to 100 % of the stage's delay, by chance between 0 and 1, so that what failed together
/// does not come back together.
pub(super) fn delay(stage: &Stage, chance: f64) -> Duration {
    stage.delay.mul_f64(0.8 + 0.2 * chance.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_failure_waits_longer_until_the_last_stage() {
        let waits =
            [0, 1, 2, 3, 4, 5, 6, u32::MAX].map(|failures| stage_after(failures).delay.as_secs());
        assert_eq!(waits, [1, 1, 5, 30, 120, 600, 600, 600]);
    }

    #[test]
    fn chance_shortens_the_wait_by_a_fifth_at_the_most() {
        let stage = stage_after(2);
        let waits = [-1.0, 0.0, 0.5, 1.0, 7.0].map(|chance| delay(stage, chance).as_millis());
        assert_eq!(waits, [4_000, 4_000, 4_500, 5_000, 5_000]);
    }

    #[test]
    fn names_tell_the_delay() {
        for stage in &STAGES {
            let seconds = stage.delay.as_secs();
            let (seconds_name, minutes_name) =
                (format!("{seconds}s"), format!("{}m", seconds / 60));
            let told = stage.name.rsplit('.').next();
            assert!(
                told == Some(&seconds_name) || told == Some(&minutes_name),
                "{stage:?}"
            );
        }
    }
}
