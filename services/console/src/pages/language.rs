//! The language of the pages.

use signup_core::reply::Reply;

use crate::refusal::Refusal;
use crate::visit::Visitor;
use crate::{headers, layout, session};

/// `POST /language`
pub async fn submit(visitor: Visitor) -> Result<Reply, Refusal> {
    let language = session::parse_tag(visitor.form.get("language")).ok_or(Refusal::NotFound)?;
    let back = visitor.form.get("back");
    let back = if layout::is_ours(back) { back } else { "/" };
    Ok(headers::to(back).with_header("set-cookie", session::speak(language)))
}
