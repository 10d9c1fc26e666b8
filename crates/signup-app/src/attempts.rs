//! How many sign-ups one client may try, counted in this process.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use signup_core::application::Application;
use signup_core::context::RequestContext;

use crate::app::App;
use crate::trace;

type Limiter = DefaultKeyedRateLimiter<String>;

/// One limiter for each quota that an application has.
#[derive(Default)]
pub(crate) struct AttemptLimiter {
    by_quota: Mutex<HashMap<NonZeroU32, Arc<Limiter>>>,
}

impl App {
    /// Counts a sign-up attempt of this client.
    ///
    /// # Errors
    /// The client has used up its attempts; when to try again.
    pub fn count_attempt(
        &self,
        application: &Application,
        context: &RequestContext,
    ) -> Result<(), Duration> {
        trace::application(application);
        let Some(per_minute) = NonZeroU32::new(application.rules.attempts.per_ip_per_minute) else {
            return Ok(());
        };
        let client = format!(
            "{}/{}/{}",
            application.provider,
            application.id,
            context.client_network()
        );
        self.attempts
            .limiter(per_minute)
            .check_key(&client)
            .inspect_err(|_| trace::outcome("limited_attempts"))
            .map_err(|not_until| not_until.wait_time_from(DefaultClock::default().now()))
    }
}

impl AttemptLimiter {
    fn limiter(&self, per_minute: NonZeroU32) -> Arc<Limiter> {
        let mut by_quota = self.by_quota.lock().unwrap_or_else(PoisonError::into_inner);
        let limiter = by_quota
            .entry(per_minute)
            .or_insert_with(|| Arc::new(RateLimiter::keyed(Quota::per_minute(per_minute))));
        Arc::clone(limiter)
    }

    /// Forgets clients that have all their attempts again, so that memory stays bounded.
    pub(crate) fn forget_idle(&self) {
        // Requests take this lock: it is not held while the clients are gone through.
        let limiters: Vec<_> = {
            let by_quota = self.by_quota.lock().unwrap_or_else(PoisonError::into_inner);
            by_quota.values().cloned().collect()
        };
        for limiter in limiters {
            limiter.retain_recent();
            limiter.shrink_to_fit();
        }
    }
}
