//! Rate, errors and duration of requests.

use std::time::Duration;

use prometheus::{HistogramOpts, HistogramVec, IntCounterVec, Opts, Registry};

/// Upper bounds in seconds: from a lookup in memory to the longest deadline of a request.
const BUCKETS: [f64; 12] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0,
];

/// The metrics of one provider's server.
#[derive(Clone)]
pub struct HttpMetrics {
    requests: IntCounterVec,
    duration: HistogramVec,
}

impl HttpMetrics {
    /// Registers `signup_http_requests_total{provider,route,method,status}` and
    /// `signup_http_request_duration_seconds{provider,route,method}`.
    ///
    /// The provider is a constant label, so that the servers of several providers can share one registry.
    ///
    /// # Errors
    /// The registry has them already: a server of the same provider is running with it.
    pub fn register(registry: &Registry, provider: &str) -> prometheus::Result<Self> {
        let requests = IntCounterVec::new(
            Opts::new("signup_http_requests_total", "Answered HTTP requests.")
                .const_label("provider", provider),
            &["route", "method", "status"],
        )?;
        let duration = HistogramVec::new(
            HistogramOpts::new(
                "signup_http_request_duration_seconds",
                "Time from a request's headers to its answer.",
            )
            .const_label("provider", provider)
            .buckets(BUCKETS.to_vec()),
            &["route", "method"],
        )?;
        registry.register(Box::new(requests.clone()))?;
        registry.register(Box::new(duration.clone()))?;
        Ok(Self { requests, duration })
    }

    /// Takes the metrics out of the registry, so that a new server can bring its own.
    pub(crate) fn unregister(&self, registry: &Registry) {
        // Both are there: they were registered, and nobody else takes them out.
        let _ = registry.unregister(Box::new(self.requests.clone()));
        let _ = registry.unregister(Box::new(self.duration.clone()));
    }

    pub(crate) fn observe(&self, route: &str, method: &str, status: u16, duration: Duration) {
        self.requests
            .with_label_values(&[route, method, &status.to_string()])
            .inc();
        self.duration
            .with_label_values(&[route, method])
            .observe(duration.as_secs_f64());
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn servers_of_several_providers_share_a_registry() {
        let registry = Registry::new();
        for provider in ["acme", "globex"] {
            let metrics = HttpMetrics::register(&registry, provider).unwrap();
            metrics.observe("/users", "POST", 200, Duration::from_millis(3));
        }
        let families = registry.gather();
        assert_eq!(families.len(), 2);
        assert!(families.iter().all(|family| family.get_metric().len() == 2));
    }

    #[test]
    fn a_provider_can_be_served_again_after_its_server_has_stopped() {
        let registry = Registry::new();
        let first = HttpMetrics::register(&registry, "acme").unwrap();
        assert!(HttpMetrics::register(&registry, "acme").is_err());
        first.unregister(&registry);
        assert!(HttpMetrics::register(&registry, "acme").is_ok());
    }
}
