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
