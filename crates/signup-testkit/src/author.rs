//! Somebody who makes changes in tests.

use signup_core::time::Timestamp;
use signup_store::ChangeAuthor;

/// An author whom the audit log tells from operators of the program that is tested: the origin is `test`.
pub fn author(time: Timestamp) -> ChangeAuthor {
    ChangeAuthor {
        origin: "test",
        name: "mei".to_owned(),
        request_id: None,
        client: None,
        time,
    }
}
