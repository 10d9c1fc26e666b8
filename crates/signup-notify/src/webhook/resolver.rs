//! Looking names up for webhooks. A connection goes to exactly the addresses that were judged here, so a name that
//! changes its answer between judging and connecting (DNS rebinding) gains nothing.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use async_trait::async_trait;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::egress::Egress;

/// Asks for the addresses of a host name. The other side is not ours, so this is a trait.
#[async_trait]
pub trait Lookup: Send + Sync {
    /// The addresses of `name`.
    ///
    /// # Errors
    /// It has none, or nobody answers.
    async fn lookup(&self, name: &str) -> io::Result<Vec<IpAddr>>;
}

/// The system's resolver.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemLookup;

#[async_trait]
impl Lookup for SystemLookup {
    async fn lookup(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        let found = tokio::net::lookup_host((name, 0)).await?;
        Ok(found.map(|address| address.ip()).collect())
    }
}

/// A name led to addresses of which none may be called.
#[derive(Debug, thiserror::Error)]
#[error(
    "the host's address {0} is not public; put its network into webhooks.allow_networks if webhooks may call it"
)]
pub(super) struct NotPermitted(IpAddr);

/// Hands out the addresses that the rule permits, and no others.
pub(super) struct GuardedResolver {
    pub(super) egress: Arc<Egress>,
    pub(super) lookup: Arc<dyn Lookup>,
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (egress, lookup) = (Arc::clone(&self.egress), Arc::clone(&self.lookup));
        Box::pin(async move {
            let (permitted, refused): (Vec<IpAddr>, Vec<IpAddr>) = lookup
                .lookup(name.as_str())
                .await?
                .into_iter()
                .partition(|address| egress.permits(*address));
            if permitted.is_empty()
                && let Some(address) = refused.first()
            {
                return Err(NotPermitted(*address).into());
            }
            // Port 0 stands for the URL's.
            let addresses = permitted.into_iter().map(|ip| SocketAddr::new(ip, 0));
            Ok(Box::new(addresses) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::sync::Mutex;

    use signup_app::settings::Settings;

    use super::*;

    /// The first answer, and from then on the second.
    struct Rebinding(Mutex<Vec<IpAddr>>);

    #[async_trait]
    impl Lookup for Rebinding {
        async fn lookup(&self, _: &str) -> io::Result<Vec<IpAddr>> {
            Ok(self.0.lock().unwrap().pop().into_iter().collect())
        }
    }

    #[tokio::test]
    async fn every_answer_is_judged_however_good_the_one_before_was() {
        let settings = Settings::load("", None, std::iter::empty()).unwrap();
        let answers = ["10.0.0.1", "1.1.1.1"].map(|ip| ip.parse().unwrap());
        let resolver = GuardedResolver {
            egress: Arc::new(Egress::new(&settings.webhooks)),
            lookup: Arc::new(Rebinding(Mutex::new(answers.into()))),
        };
        let resolve = || resolver.resolve("example.com".parse().unwrap());

        let first: Vec<SocketAddr> = resolve().await.unwrap().collect();
        assert_eq!(first, ["1.1.1.1:0".parse().unwrap()]);
        let second = resolve().await.err().unwrap();
        assert!(second.to_string().contains("10.0.0.1"), "{second}");
    }
}
