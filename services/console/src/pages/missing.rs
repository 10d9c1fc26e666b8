//! Where there is no page.

use signup_core::reply::Reply;

use crate::refusal::Refusal;
use crate::visit::Visit;

/// Any other path.
pub async fn show(_: Visit) -> Result<Reply, Refusal> {
    Err(Refusal::NotFound)
}
