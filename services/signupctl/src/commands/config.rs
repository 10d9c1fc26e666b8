//! `signupctl config show`

use std::path::Path;

use serde_json::{Value, json};

use crate::output::{Output, table};
use crate::workplace;

/// Shows every effective setting and its source.
pub fn show(file: Option<&Path>, output: Output) -> anyhow::Result<()> {
    let settings = workplace::settings(file)?;
    let described = settings.describe();
    let value: Vec<Value> = described
        .iter()
        .map(|one| json!({"key": one.key, "value": one.value, "source": one.source}))
        .collect();
    output.show(&value, || {
        let rows: Vec<_> = described
            .iter()
            .map(|one| [one.key.clone(), one.value.clone(), one.source.clone()])
            .collect();
        table(["KEY", "VALUE", "SOURCE"], &rows, "there are no settings")
    })
}
