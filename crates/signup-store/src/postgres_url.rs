//! What PostgreSQL's client library reads in a URL, and what nobody else may read in it.

use std::borrow::Cow;
use std::collections::BTreeSet;

/// Options for connections that do not say otherwise: a server that vanished is given up within about 20 seconds, also
/// in the middle of a statement, when its own `statement_timeout` is of no use. Without them the operating system's
/// limits hold, a quarter of an hour and more. Our choice; seconds, but `tcp_user_timeout` in milliseconds.
const TIME_LIMITS: [(&str, &str); 5] = [
    ("connect_timeout", "5"),
    ("keepalives_idle", "5"),
    ("keepalives_interval", "3"),
    ("keepalives_count", "3"),
    ("tcp_user_timeout", "15000"),
];

/// The URL with the time limits that it does not set.
pub(crate) fn with_time_limits(url: &str) -> String {
    let options = query(url);
    let mut url = url.to_owned();
    let mut separator = match options {
        None => '?',
        Some(_) => '&',
    };
    for (name, value) in TIME_LIMITS {
        if !pairs(options).any(|(set, _)| set == name) {
            url.push_str(&format!("{separator}{name}={value}"));
            separator = '&';
        }
    }
    url
}

/// The text with every password of the URL replaced by `***`, however the URL was understood: an `@` or `/` in a
/// password should be percent-encoded, and if it is not, parts of the password are taken for a host or a port.
pub(crate) fn mask_passwords(url: &str, text: &str) -> String {
    let (_, rest) = url.split_once("://").unwrap_or_default();
    let user_info = rest.rsplit_once('@').map_or("", |(before, _)| before);
    let (_, password) = user_info.split_once(':').unwrap_or_default();
    let mut secrets: BTreeSet<Cow<'_, str>> = BTreeSet::new();
    let options = pairs(query(url)).filter(|(name, _)| name.ends_with("password"));
    for secret in options.map(|(_, value)| value).chain([password]) {
        secrets.insert(Cow::Owned(decoded(secret)));
        secrets.insert(Cow::Borrowed(secret));
        secrets.extend(secret.split(['@', '/', ':', '?']).map(Cow::Borrowed));
    }
    // Longer ones first: a part must not break up the whole.
    let mut secrets: Vec<_> = secrets.into_iter().filter(|one| !one.is_empty()).collect();
    secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    secrets.iter().fold(text.to_owned(), |text, secret| {
        text.replace(secret.as_ref(), "***")
    })
}

/// The options after the `?`. User and password, up to the `@`, may hold one of their own.
fn query(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    let after_user = match rest.find(['@', '/']) {
        Some(at) if rest[at..].starts_with('@') => &rest[at..],
        _ => rest,
    };
    after_user.split_once('?').map(|(_, query)| query)
}

fn pairs(query: Option<&str>) -> impl Iterator<Item = (&str, &str)> {
    query
        .unwrap_or_default()
        .split('&')
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
}

/// Percent-decoded (RFC 3986, 2.1); what is broken stays as it is.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let code = after
            .get(..2)
            .filter(|_| *first == b'%')
            .and_then(|digits| str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(code.unwrap_or(*first));
        rest = &after[if code.is_some() { 2 } else { 0 }..];
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: &str = "connect_timeout=5&keepalives_idle=5&keepalives_interval=3&keepalives_count=3&tcp_user_timeout=15000";

    #[test]
    fn connections_get_time_limits() {
        for (url, separator) in [
            ("postgres://h/d", '?'),
            ("postgres://u:p@h:1,i:2/d", '?'),
            ("postgres://u:p?x=1@h/d", '?'),
            ("postgres://u:p@h/d?sslmode=require", '&'),
        ] {
            assert_eq!(with_time_limits(url), format!("{url}{separator}{ALL}"));
        }
    }

    #[test]
    fn a_limit_that_the_url_sets_is_kept() {
        let url = "postgres://h/d?tcp_user_timeout=1&connect_timeout=60";
        let expected = "&keepalives_idle=5&keepalives_interval=3&keepalives_count=3";
        assert_eq!(with_time_limits(url), format!("{url}{expected}"));
        let complete = format!("postgres://h/d?{ALL}");
        assert_eq!(with_time_limits(&complete), complete);
    }

    #[test]
    fn a_password_is_masked_as_written_and_as_meant() {
        for (url, text, masked) in [
            (
                "postgres://u:pa%ss@h/d",
                "token: \"pa%ss\"",
                "token: \"***\"",
            ),
            ("postgres://u:a%40b@h/d", "a%40b is a@b", "*** is ***"),
            ("postgres://u:pa@ss@h/d", "host \"ss@h\"", "host \"***@h\""),
            ("postgres://u:pa/ss@h/d", "port \"pa\"", "port \"***\""),
            (
                "postgres://h/d?user=u&password=s%20x",
                "s x, s%20x",
                "***, ***",
            ),
            ("postgres://u@h/d", "u at h", "u at h"),
            ("postgres://u:@h/d", "u at h", "u at h"),
        ] {
            assert_eq!(mask_passwords(url, text), masked, "{url}");
        }
    }
}
