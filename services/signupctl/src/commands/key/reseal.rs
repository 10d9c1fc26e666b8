//! `signupctl key reseal`

use serde_json::json;
use signup_app::credentials;
use signup_notify::webhook;
use signup_store::Resealed;

use crate::output::Output;
use crate::workplace::Workplace;

/// What there is to do.
#[derive(Default)]
struct Plan {
    texts: Vec<Resealed>,
    /// What cannot be opened, and why.
    lost: Vec<(String, String)>,
}

impl Plan {
    fn add(&mut self, what: String, resealed: Result<impl IntoIterator<Item = Resealed>, String>) {
        match resealed {
            Ok(texts) => self.texts.extend(texts),
            Err(reason) => self.lost.push((what, reason)),
        }
    }
}

/// Seals what credentials and webhooks hold with the current key of the ring.
pub async fn run(place: &Workplace, dry_run: bool, output: Output) -> anyhow::Result<()> {
    let keys = place.keys()?;
    let mut plan = Plan::default();
    for record in &place.declarations().await?.credentials {
        let what = format!("{} {}/{}", record.provider, record.kind, record.id);
        let resealed = credentials::reseal(&keys, record);
        plan.add(what, resealed.map_err(|error| error.to_string()));
    }
    for one in &place.store.webhooks().await? {
        let resealed = webhook::reseal(&keys, one);
        plan.add(
            format!("webhook {}", one.id),
            resealed.map_err(|error| error.to_string()),
        );
    }
    let count = match (dry_run, plan.texts.len()) {
        (true, count) | (false, count @ 0) => count,
        (false, _) => place.store.replace_sealed(plan.texts).await?,
    };
    let lost: Vec<_> = plan
        .lost
        .iter()
        .map(|(what, problem)| json!({"what": what, "problem": problem}))
        .collect();
    let current = keys.current_id();
    let value = json!({"key": current, "dry_run": dry_run, "resealed": count, "lost": lost});
    output.show(&value, || {
        let would = if dry_run { "would be" } else { "were" };
        let mut text = format!("{count} secrets {would} sealed anew with key `{current}`\n");
        for (what, problem) in &plan.lost {
            text.push_str(&format!("{what}: {problem}\n"));
        }
        text
    })?;
    if plan.lost.is_empty() {
        return Ok(());
    }
    anyhow::bail!(
        "{} secrets cannot be opened: bring their key back into secrets.keys, or make new ones with \
         `signupctl key rotate` and `signupctl webhook rotate`",
        plan.lost.len()
    )
}
