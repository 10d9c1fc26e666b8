//! Styles and scripts. Their names hold a digest of what is in them, so that browsers keep them for good and still never
//! show a page with those of an older version.

use std::sync::LazyLock;

use aws_lc_rs::digest::{SHA256, digest};
use signup_core::reply::Reply;

use crate::headers::secured;

/// A file that pages use.
pub struct Asset {
    name: &'static str,
    media_type: &'static str,
    text: &'static str,
}

macro_rules! asset {
    ($name:literal, $media_type:literal) => {
        Asset {
            name: $name,
            media_type: $media_type,
            text: include_str!(concat!("../assets/", $name)),
        }
    };
}

/// Every file. Scripts are loaded by every page, deferred, in this order.
static ALL: [Asset; 5] = [
    asset!("console.css", "text/css; charset=utf-8"),
    asset!("funnel.css", "text/css; charset=utf-8"),
    asset!("console.js", "text/javascript; charset=utf-8"),
    asset!("live.js", "text/javascript; charset=utf-8"),
    asset!("icon.svg", "image/svg+xml"),
];

static PATHS: LazyLock<Vec<(&'static Asset, String)>> = LazyLock::new(|| {
    ALL.iter()
        .map(|asset| {
            let digest = hex::encode(&digest(&SHA256, asset.text.as_bytes()).as_ref()[..8]);
            let (stem, end) = asset.name.split_once('.').unwrap_or((asset.name, ""));
            (asset, format!("/assets/{stem}-{digest}.{end}"))
        })
        .collect()
});

/// The paths of the files whose names end like this.
pub fn paths(end: &'static str) -> impl Iterator<Item = &'static str> {
    PATHS
        .iter()
        .filter(move |(asset, _)| asset.name.ends_with(end))
        .map(|(_, path)| path.as_str())
}

/// The file at this path.
pub fn find(path: &str) -> Option<Reply> {
    let (asset, _) = PATHS.iter().find(|(_, known)| known == path)?;
    let reply = Reply::text(asset.media_type, 200, asset.text.to_owned());
    Some(secured(reply).with_header("cache-control", "public, max-age=31536000, immutable"))
}
