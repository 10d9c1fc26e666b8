//! `signupctl openapi`

use crate::providers;

/// Prints a provider's document, as its service serves it.
pub fn print(provider: &str) -> anyhow::Result<()> {
    let entry = providers::find(provider)?;
    let document = (entry.openapi)();
    let mut text = serde_json::to_string_pretty(&document)?;
    text.push('\n');
    crate::output::print(&text)
}
