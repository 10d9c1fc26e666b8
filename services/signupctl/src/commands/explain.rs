//! `signupctl explain`: what happened to somebody, put together from what the database still knows.

use serde_json::json;
use signup_app::explain::{self, Step, length};

use crate::cli::ExplainArgs;
use crate::failure::AlreadyReported;
use crate::output::{Output, note, table};
use crate::workplace::{Workplace, now};

/// Shows everything that an id or address leads to, the oldest step first.
pub async fn run(place: &Workplace, arguments: &ExplainArgs, output: Output) -> anyhow::Result<()> {
    place.must_be_migrated().await?;
    let (store, settings) = (&place.store, &place.settings);
    let told = explain::explain(store, settings, &arguments.needle, arguments.reveal, now());
    let explain::Story { steps, notes } = told.await?;
    let value = json!({
        "steps": steps.iter().map(Step::as_json).collect::<Vec<_>>(),
        "notes": notes,
    });
    if steps.is_empty() {
        if output.is_json() {
            output.show(&value, String::new)?;
        }
        note("signupctl: nothing is known under this id or address");
        for one in notes {
            note(format_args!("  {one}"));
        }
        return Err(AlreadyReported.into());
    }
    output.show(&value, || as_text(&steps, &notes, arguments.reveal))
}

fn as_text(steps: &[Step], notes: &[String], reveal: bool) -> String {
    let mut before = None;
    let rows: Vec<_> = steps
        .iter()
        .map(|step| {
            let apart = before
                .replace(step.time)
                .map(|before| step.time.since(before));
            [
                step.time.to_string(),
                apart.map_or_else(String::new, |apart| format!("+{}", length(apart))),
                step.what.to_owned(),
                step.text.clone(),
            ]
        })
        .collect();
    let mut text = table(["TIME", "AFTER", "STEP", "WHAT"], &rows, "");
    text.push('\n');
    for note in notes {
        text.push_str(&format!("\nNote: {note}."));
    }
    if !reveal {
        text.push_str("\nPersonal data is masked; show it with --reveal.");
    }
    text
}
