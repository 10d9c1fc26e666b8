//! Published descriptions: the file in `schemas/` is what the code makes.

use std::path::Path;

use signup_http::Provider;

/// Set to write the files anew instead of comparing them.
const UPDATE: &str = "UPDATE_SCHEMAS";

/// Compares `schemas/openapi/<binary>.json` with the document that the provider's code makes.
///
/// # Panics
/// When they differ, with the command that writes the file anew.
pub fn assert_openapi_is_published(provider: &Provider) {
    let file = format!("schemas/openapi/{}.json", provider.binary);
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(&file);
    // As a value first: its members are sorted, so that a moved line of code changes nothing in the file.
    let document = serde_json::to_value((provider.openapi)()).unwrap();
    let generated = serde_json::to_string_pretty(&document).unwrap() + "\n";
    if std::env::var_os(UPDATE).is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &generated).unwrap();
    }
    let published = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        published == generated,
        "{file} is out of date; run {UPDATE}=1 cargo test -p {}",
        provider.binary
    );
}
