//! `signupctl key list`

use serde_json::Value;

use super::{credential_json, lifetime};
use crate::output::{Output, table};
use crate::providers;
use crate::workplace::Workplace;

/// Lists credentials.
pub async fn run(place: &Workplace, provider: Option<&str>, output: Output) -> anyhow::Result<()> {
    if let Some(provider) = provider {
        providers::find(provider)?;
    }
    let mut credentials = place.declarations().await?.credentials;
    credentials.retain(|one| provider.is_none_or(|provider| one.provider == provider));
    credentials.sort_by(|a, b| (&a.provider, &a.kind, &a.id).cmp(&(&b.provider, &b.kind, &b.id)));
    let value: Vec<Value> = credentials.iter().map(credential_json).collect();
    output.show(&value, || {
        let rows: Vec<_> = credentials
            .iter()
            .map(|one| {
                [
                    one.provider.clone(),
                    format!("{}/{}", one.kind, one.id),
                    one.application_id
                        .clone()
                        .unwrap_or_else(|| "(all)".to_owned()),
                    lifetime(one),
                ]
            })
            .collect();
        table(
            ["PROVIDER", "CREDENTIAL", "APPLICATION", "LIFETIME"],
            &rows,
            "there are no credentials yet; make one with: signupctl key create",
        )
    })
}
