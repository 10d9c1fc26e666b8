//! What became of each message that an event asked for.

use diesel::prelude::*;
use signup_core::time::Timestamp;

use crate::error::StoreError;
use crate::error::is_unique_violation;
use crate::schema::deliveries::dsl;
use crate::store::Store;

const STARTED: &str = DeliveryState::Started.as_str();
const UNKNOWN: &str = DeliveryState::Unknown.as_str();

/// The states of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryState {
    /// Handed to a provider; not known yet whether it was taken.
    Started,
    /// A provider took it.
    Delivered,
    /// No provider took it; it may be tried again.
    Failed,
    /// Not sent on purpose: the code had expired, was used or replaced, or nobody wants the message.
    Dropped,
    /// The process died between handing it over and hearing the answer. It is not sent again by itself.
    Unknown,
}

impl DeliveryState {
    const ALL: [Self; 5] = [
        Self::Started,
        Self::Delivered,
        Self::Failed,
        Self::Dropped,
        Self::Unknown,
    ];

    /// The state's name in the table and in output.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::Dropped => "dropped",
            Self::Unknown => "unknown",
        }
    }
}

/// Whether a message may be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryStart {
    /// It is recorded as started: send it now.
    Send,
    /// Somebody has begun to send it at this time, and has not told yet what became of it.
    UnderWay(Timestamp),
    /// It was dealt with before.
    Done(DeliveryState),
}

impl Store {
    /// Records that a message is about to be sent. For one event only one caller ever gets [`DeliveryStart::Send`],
    /// unless the delivery failed.
    ///
    /// # Errors
    /// The database is unavailable.
    pub async fn start_delivery(
        &self,
        event_id: &str,
        now: Timestamp,
    ) -> Result<DeliveryStart, StoreError> {
        let event_id = event_id.to_owned();
        self.run(move |connection| {
            let inserted = diesel::insert_into(dsl::deliveries)
                .values((
                    dsl::event_id.eq(&event_id),
                    dsl::state.eq(STARTED),
                    dsl::attempts.eq(1),
                    dsl::started_at.eq(now.as_millis()),
                ))
                .execute(connection);
            match inserted {
                Ok(_) => return Ok(DeliveryStart::Send),
                Err(error) if is_unique_violation(&error) => {}
                Err(error) => return Err(error.into()),
            }
            let restarted = diesel::update(dsl::deliveries.find(&event_id))
                .filter(dsl::state.eq(DeliveryState::Failed.as_str()))
                .set((
                    dsl::state.eq(STARTED),
                    dsl::attempts.eq(dsl::attempts + 1),
                    dsl::started_at.eq(now.as_millis()),
                ))
                .execute(connection)?;
            if restarted == 1 {
                return Ok(DeliveryStart::Send);
            }
            let (state, started_at): (String, i64) = dsl::deliveries
                .find(&event_id)
                .select((dsl::state, dsl::started_at))
                .first(connection)?;
            match DeliveryState::ALL
                .into_iter()
                .find(|known| known.as_str() == state)
            {
                Some(DeliveryState::Started) => {
                    Ok(DeliveryStart::UnderWay(Timestamp::from_millis(started_at)))
                }
                Some(state) => Ok(DeliveryStart::Done(state)),
                None => Err(StoreError::unreadable(
                    format!("delivery {event_id}"),
                    state,
                )),
            }
        })
        .await
    }

    /// Records what became of a delivery; `sender` is who took it, `detail` an explanation for operators. What is known
    /// stays: a delivery that came to an end does not become unknown because another process lost sight of it.
    ///
    /// # Errors
    /// The database is unavailable.
    pub async fn finish_delivery(
        &self,
        event_id: &str,
        state: DeliveryState,
        sender: Option<String>,
        detail: Option<String>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let event_id = event_id.to_owned();
        self.run(move |connection| {
            let open: &[&str] = match state {
                DeliveryState::Unknown => &[STARTED],
                DeliveryState::Started
                | DeliveryState::Delivered
                | DeliveryState::Failed
                | DeliveryState::Dropped => &[STARTED, UNKNOWN],
            };
            diesel::update(dsl::deliveries.find(&event_id))
                .filter(dsl::state.eq_any(open))
                .set((
                    dsl::state.eq(state.as_str()),
                    dsl::sender.eq(sender),
                    dsl::detail.eq(detail),
                    dsl::finished_at.eq(now.as_millis()),
                ))
                .execute(connection)?;
            Ok(())
        })
        .await
    }
}
