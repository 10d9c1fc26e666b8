//! Where there is no page.

use signup_core::reply::Reply;

use crate::refusal::Refusal;
use crate::visit::Visitor;

/// Any other path.
pub async fn show(_: Visitor) -> Result<Reply, Refusal> {
    Err(Refusal::NotFound)
}
