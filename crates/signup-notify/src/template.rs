//! The shipped texts of messages, which are small files, compiled in, and how texts are filled in.
//!
//! An e-mail's file begins with a `Subject:` line and an empty line. `{application}`, `{code}` and `{validity}` are
//! filled in, in these texts and in an application's own.

use std::time::Duration;

use signup_core::code::Channel;
use signup_core::messages::{MessageKind, language};

/// A locale that we have texts in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Locale {
    /// Simplified Chinese.
    ZhCn,
    /// English.
    En,
}

impl Locale {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::ZhCn => "zh-CN",
            Self::En => "en",
        }
    }

    /// The locale of this tag's language (BCP 47), if we have texts in it.
    pub(crate) fn find(tag: &str) -> Option<Self> {
        [("zh", Self::ZhCn), ("en", Self::En)]
            .into_iter()
            .find_map(|(name, locale)| language(tag).eq_ignore_ascii_case(name).then_some(locale))
    }
}

/// A duration as people say it: minutes, or seconds below one minute. In languages that we have no texts in, with the
/// units' symbols.
fn duration_in(locale: &str, duration: Duration) -> String {
    let seconds = duration.as_millis().div_ceil(1_000);
    // A message is on its way for a moment: 4:58 is still five minutes.
    let minutes = (seconds + 10) / 60;
    match (Locale::find(locale), seconds < 60) {
        (Some(Locale::ZhCn), true) => format!("{seconds}秒"),
        (Some(Locale::ZhCn), false) => format!("{minutes}分钟"),
        (Some(Locale::En), true) if seconds == 1 => "1 second".to_owned(),
        (Some(Locale::En), true) => format!("{seconds} seconds"),
        (Some(Locale::En), false) if minutes == 1 => "1 minute".to_owned(),
        (Some(Locale::En), false) => format!("{minutes} minutes"),
        (None, true) => format!("{seconds} s"),
        (None, false) => format!("{minutes} min"),
    }
}

/// What a text is filled with.
pub(crate) struct Fields<'a> {
    pub(crate) application: &'a str,
    /// The code, and how long it is good for from now on; messages without a code have none.
    pub(crate) code: Option<(&'a str, Duration)>,
}

/// The shipped subject, which e-mails have, and text.
pub(crate) fn shipped(
    kind: MessageKind,
    channel: Channel,
    locale: Locale,
) -> (Option<&'static str>, &'static str) {
    let text = source(kind, channel, locale).trim_end();
    match text.strip_prefix("Subject: ") {
        Some(rest) => {
            let (subject, text) = rest.split_once("\n\n").unwrap_or((rest, ""));
            (Some(subject), text)
        }
        None => (None, text),
    }
}

fn source(kind: MessageKind, channel: Channel, locale: Locale) -> &'static str {
    macro_rules! text {
        ($file:literal) => {
            match locale {
                Locale::ZhCn => include_str!(concat!("../templates/zh-CN/", $file)),
                Locale::En => include_str!(concat!("../templates/en/", $file)),
            }
        };
    }
    match (kind, channel) {
        (MessageKind::Code, Channel::Sms) => text!("sign-up-code.sms.txt"),
        (MessageKind::Code, Channel::Email) => text!("sign-up-code.email.txt"),
        (MessageKind::AccountExists, Channel::Sms) => text!("account-exists.sms.txt"),
        (MessageKind::AccountExists, Channel::Email) => text!("account-exists.email.txt"),
        (MessageKind::Welcome, Channel::Sms) => text!("welcome.sms.txt"),
        (MessageKind::Welcome, Channel::Email) => text!("welcome.email.txt"),
        // Written by itself: it is for operators, in both languages at once.
        (MessageKind::WebhookDisabled, _) => "",
    }
}

/// Fills a text in one pass, so that braces in an application's name stay what they are.
pub(crate) fn fill(text: &str, locale: &str, fields: &Fields<'_>) -> String {
    let mut filled = String::with_capacity(text.len() + 32);
    let mut rest = text;
    while let Some((before, field, after)) = next_field(rest) {
        filled.push_str(before);
        match (field, fields.code) {
            ("application", _) => filled.push_str(fields.application),
            ("code", Some((code, _))) => filled.push_str(code),
            ("validity", Some((_, valid_for))) => filled.push_str(&duration_in(locale, valid_for)),
            _ => {}
        }
        rest = after;
    }
    filled + rest
}

fn next_field(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once('{')?;
    let (field, after) = rest.split_once('}')?;
    Some((before, field, after))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn fields(code: bool) -> Fields<'static> {
        Fields {
            application: "Shop {code}",
            code: code.then_some(("482913", Duration::from_secs(300))),
        }
    }

    #[test]
    fn every_kind_has_a_text_in_every_language_and_channel() {
        for kind in MessageKind::ALL {
            for channel in [Channel::Sms, Channel::Email] {
                for (locale, ignore, minutes) in [
                    (Locale::ZhCn, "请忽略", "5分钟"),
                    (Locale::En, "ignore", "5 minutes"),
                ] {
                    let with_code = kind == MessageKind::Code;
                    let (subject, text) = shipped(kind, channel, locale);
                    let filled = |text| fill(text, locale.as_str(), &fields(with_code));
                    let (subject, text) = (subject.map(filled), filled(text));
                    let place = format!("{kind:?} {channel:?} {locale:?}: {text}");
                    assert!(text.contains("Shop {code}"), "{place}");
                    assert!(text.contains(ignore), "{place}");
                    assert_eq!(text.contains("482913"), with_code, "{place}");
                    assert_eq!(text.contains(minutes), with_code, "{place}");
                    assert_eq!(subject.is_some(), channel == Channel::Email, "{place}");
                    assert!(!text.contains("Subject"), "{place}");
                    if let Some(subject) = subject {
                        assert!(subject.contains("Shop {code}"), "{place}");
                        assert_eq!(subject.lines().count(), 1, "{place}");
                    } else {
                        assert_eq!(text.lines().count(), 1, "{place}");
                    }
                }
            }
        }
    }

    #[test]
    fn an_english_code_message_fits_into_one_sms() {
        let fields = Fields {
            application: "Shop",
            code: Some(("482913", Duration::from_secs(300))),
        };
        let (_, text) = shipped(MessageKind::Code, Channel::Sms, Locale::En);
        let message = fill(text, "en", &fields);
        // GSM 03.38: 160 characters of seven bits.
        assert!(message.is_ascii() && message.len() <= 160);
    }

    #[test]
    fn a_tag_belongs_to_its_language() {
        for (tag, expected) in [
            ("en-GB", Some(Locale::En)),
            ("EN_us", Some(Locale::En)),
            ("zh-TW", Some(Locale::ZhCn)),
            ("fr", None),
            ("", None),
            ("english", None),
        ] {
            assert_eq!(Locale::find(tag), expected, "{tag}");
        }
    }

    #[test]
    fn a_validity_is_told_in_minutes_or_below_one_minute_in_seconds() {
        for (millis, chinese, english, other) in [
            (600_000, "10分钟", "10 minutes", "10 min"),
            (299_950, "5分钟", "5 minutes", "5 min"),
            (260_000, "4分钟", "4 minutes", "4 min"),
            (59_950, "1分钟", "1 minute", "1 min"),
            (45_000, "45秒", "45 seconds", "45 s"),
            (900, "1秒", "1 second", "1 s"),
        ] {
            let duration = Duration::from_millis(millis);
            for (locale, expected) in [("zh-TW", chinese), ("en", english), ("fr", other)] {
                assert_eq!(duration_in(locale, duration), expected);
            }
        }
    }
}
