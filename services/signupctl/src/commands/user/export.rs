//! `signupctl user export`

use anyhow::Context as _;
use signup_app::people::dossier_json;

use super::{NOBODY, context, noted, the_user};
use crate::cli::UserExportArgs;
use crate::output::Output;
use crate::workplace::{Workplace, now};

/// Prints everything that is kept about a user, and announces that.
pub async fn run(
    place: &Workplace,
    arguments: &UserExportArgs,
    output: Output,
) -> anyhow::Result<()> {
    place.must_be_migrated().await?;
    let user = the_user(place, &arguments.user).await?;
    let exported_at = now();
    let context = context();
    let noted = noted(place, "user_exported", &user, &context);
    let dossier = place
        .store
        .export_user(
            &user.provider,
            &user.public_id,
            exported_at,
            &context,
            &noted,
        )
        .await?
        .context(NOBODY)?;
    let value = dossier_json(&dossier, exported_at);
    let text = serde_json::to_string_pretty(&value)?;
    output.show(&value, || text)
}
