//! An event that only tests a webhook.

use serde_json::json;
use signup_core::time::Timestamp;
use uuid::Uuid;

/// Its CloudEvents type.
pub const TEST_EVENT: &str = "signup.webhook.test.v1";

/// The schema of its `data`.
const SCHEMA: &str = "urn:signup:schema:webhook.test:v1";

/// No provider's application has it, so it has a source of its own.
const SOURCE: &str = "/signup/webhooks/test";

/// A test event for a webhook: its id and its envelope.
pub fn test_event(webhook: &str, now: Timestamp) -> (String, String) {
    let id = Uuid::now_v7().to_string();
    let envelope = json!({
        "specversion": "1.0",
        "id": id,
        "source": SOURCE,
        "type": TEST_EVENT,
        "subject": webhook,
        "time": now.to_string(),
        "datacontenttype": "application/json",
        "dataschema": SCHEMA,
        "requestid": Uuid::now_v7().to_string(),
        "data": {"webhook": webhook},
    });
    (id, envelope.to_string())
}
