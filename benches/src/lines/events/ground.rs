//! A portal and a broker, together or apart.

use anyhow::bail;

use crate::portal::Portal;
use crate::rabbit::Broker;
use crate::service::Settings;
use crate::stand::Stand;

/// The benchmark's own queue: what the relay says is published must really be in it.
pub const QUEUE: &str = "bench.users";

/// The queue of the worker, which every service declares. Nobody works here, so it is emptied between measurements.
const WORKER_QUEUE: &str = "signup.notify.users";

/// The events of new users: `schemas/asyncapi.yaml`.
const ROUTING_KEY: &str = "user.created.*";

/// The ground.
pub struct Ground<'a> {
    /// The options.
    pub stand: &'a Stand,
    /// The portal. Its service knows of no broker, unless it is attached.
    pub portal: Portal<'a>,
    /// The broker.
    pub broker: Broker,
    was_attached: bool,
}

impl<'a> Ground<'a> {
    /// Starts both, and lets people sign up for a moment.
    ///
    /// # Errors
    /// One of them does not start, or see [`Portal::rush`].
    pub fn prepare(stand: &'a Stand) -> anyhow::Result<Self> {
        let broker = stand.new_broker()?;
        broker.bind(QUEUE, ROUTING_KEY)?;
        let mut portal = Portal::open(stand, &Settings::new())?;
        portal.warm_up(32)?;
        Ok(Self {
            stand,
            portal,
            broker,
            was_attached: false,
        })
    }

    /// Starts the service again, with the broker: its relay begins at once.
    ///
    /// # Errors
    /// The service does not start.
    pub fn attach(&mut self) -> anyhow::Result<()> {
        let url = self.broker.url()?;
        self.was_attached = true;
        self.portal.restart(&[("bus.url".to_owned(), url)].into())
    }

    /// Stops the service in good order, and starts it without the broker.
    ///
    /// # Errors
    /// The service does not end, or not start.
    pub fn detach(&mut self) -> anyhow::Result<()> {
        self.portal.restart(&Settings::new())
    }

    /// Checks, once detached, that every event which counts as published is in the queue.
    ///
    /// # Errors
    /// Events are missing.
    pub fn check(&self) -> anyhow::Result<()> {
        let marked = self
            .portal
            .database
            .count("outbox WHERE published_at IS NOT NULL")?;
        let received = self.broker.count(QUEUE)?;
        if received < marked {
            bail!("{marked} events count as published and the queue has received {received}");
        }
        Ok(())
    }

    /// Empties the outbox and the queues, once detached.
    ///
    /// # Errors
    /// One of the servers is gone.
    pub fn clear(&self) -> anyhow::Result<()> {
        self.portal.database.execute("TRUNCATE outbox")?;
        self.broker.empty(QUEUE)?;
        if self.was_attached {
            self.broker.empty(WORKER_QUEUE)?;
        }
        Ok(())
    }
}
