//! Styles and scripts.

use signup_core::reply::Reply;

use crate::assets;
use crate::refusal::Refusal;
use crate::visit::Visitor;

/// `GET /assets/NAME`
pub async fn show(visitor: Visitor) -> Result<Reply, Refusal> {
    assets::find(visitor.request().path()).ok_or(Refusal::NotFound)
}
