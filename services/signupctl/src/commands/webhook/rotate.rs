//! `signupctl webhook rotate`

use std::time::Duration;

use anyhow::Context as _;
use serde_json::json;
use signup_notify::webhook::SigningSecret;

use super::find;
use crate::output::Output;
use crate::workplace::{Workplace, now};

/// Makes a new secret and shows it, the only time.
pub async fn run(
    place: &Workplace,
    id: &str,
    overlap: Duration,
    output: Output,
) -> anyhow::Result<()> {
    let webhook = find(place, id).await?;
    let secret = SigningSecret::generate().context("no secret could be made")?;
    let until = now().after(overlap);
    let rotated = place
        .store
        .rotate_webhook_secret(
            &webhook,
            secret.seal(&place.keys()?, id)?,
            until,
            &place.author(),
        )
        .await?;
    anyhow::ensure!(
        rotated,
        "somebody else has rotated this secret at the same moment; nothing was changed here"
    );
    let secret = secret.expose();
    let value = json!({
        "id": id,
        "secret": secret.expose().as_str(),
        "previous_secret_until": until.to_string(),
    });
    let text = || {
        format!(
            "Store the secret now: it is not shown again.\n\n\
             {:<10} {id}\n{:<10} {}\n\n\
             the old secret signs as well until {until}\n",
            "id",
            "secret",
            secret.expose(),
        )
    };
    // It keeps two secrets: rotating again forgets the one that the receiver has.
    let lost = format!(
        "webhook {id} has a new secret, which was not shown; make another with: signupctl webhook rotate {id}; \
         the receiver's present secret ends with that"
    );
    output.show_once(&value, text, &lost)
}
