//! The data: users, identifiers, codes, declarations and the outbox, on PostgreSQL and SQLite in one build.
//!
//! The URL's scheme picks the database (`postgres://…`, `sqlite://PATH`); everything above sees one concrete [`Store`].
//! Uniqueness is decided by constraints and single use by conditional statements whose row count says who won, never by
//! an earlier read. A transaction that writes is a writing one from its beginning, because SQLite cannot safely turn a
//! reading one into that.

mod arrays;
mod audit;
mod challenges;
mod compare_users;
mod connection;
mod data_subject;
mod decisions;
mod declaration_changes;
mod declarations;
mod deliveries;
mod error;
mod events;
mod find_users;
mod funnel_counts;
mod histogram;
mod history;
mod housekeeping;
mod idempotency;
mod limit_hits;
mod limits;
mod migrate;
mod operators;
mod outbox;
mod pool;
mod postgres_url;
mod schema;
mod sealed;
mod server_language;
mod server_time;
mod store;
mod users;
mod webhooks;
mod writer;

pub use audit::{AuditEntry, AuditFilter, ChangeAuthor};
pub use challenges::{ChallengeState, NewChallenge, StoreChallengeOutcome};
pub use compare_users::{Comparison, MadeUp};
pub use connection::Backend;
pub use data_subject::{Dossier, Erased, KeptReply, KeptWindow};
pub use decisions::DecisionKey;
pub use declaration_changes::{DeclarationChange, Difference, differences};
pub use declarations::{ApplicationRecord, Change, CredentialRecord, Declarations};
pub use deliveries::{DeliveryStart, DeliveryState};
pub use error::StoreError;
pub use events::{EventFilter, StoredEvent};
pub use find_users::UserRecord;
pub use funnel_counts::{FunnelFilter, FunnelGroup, FunnelPlace, FunnelRow};
pub use history::{ChallengeRecord, DeliveryRecord};
pub use housekeeping::{Retention, Swept};
pub use idempotency::ClaimOutcome;
pub use limit_hits::LimitHit;
pub use limits::Exhausted;
pub use migrate::MigrationReport;
pub use operators::{Operator, OperatorChange, OperatorSession};
pub use outbox::{Backlog, ClaimedEvent, Lane, Unpublished};
pub use sealed::Resealed;
pub use store::{Store, StoreOptions};
pub use webhooks::{
    AttemptEnd, AttemptRecorded, AttemptReport, ClaimedWebhookDelivery, Webhook, WebhookBacklog,
    WebhookCounts, WebhookDelivery, WebhookDeliveryState, WebhookEvent, WebhookState,
};
