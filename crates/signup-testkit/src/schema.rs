//! Published descriptions: the file in `schemas/` is what the code makes.

use std::path::{Path, PathBuf};

use signup_http::Provider;

use serde_json::Value;

/// Set to write the files anew instead of comparing them.
const UPDATE: &str = "UPDATE_SCHEMAS";

/// A file or folder below `schemas/`.
pub fn published(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../schemas")
        .join(path)
}

/// Compares `schemas/openapi/<binary>.json` with the document that the provider's code makes.
///
/// # Panics
/// When they differ, with the command that writes the file anew.
pub fn assert_openapi_is_published(provider: &Provider) {
    let document = serde_json::to_value(provider.openapi.map(|document| document())).unwrap();
    assert_is_published(
        &format!("openapi/{}.json", provider.binary),
        &document,
        provider.binary,
    );
}

/// Compares a file below `schemas/` with what the code of this package makes, or writes it anew.
pub(crate) fn assert_is_published(file: &str, generated: &Value, package: &str) {
    let path = published(file);
    // Members of a `Value` are sorted, so that a moved line of code changes nothing in the file.
    let generated = serde_json::to_string_pretty(generated).unwrap() + "\n";
    if std::env::var_os(UPDATE).is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &generated).unwrap();
    }
    let published = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        published == generated,
        "schemas/{file} is out of date; run {UPDATE}=1 cargo test -p {package}"
    );
}
