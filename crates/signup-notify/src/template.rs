//! The texts of messages: small files, compiled in.
//!
//! An e-mail's file begins with a `Subject:` line and an empty line. `{application}`, `{code}` and `{validity}` are
//! filled in.

use std::time::Duration;

use signup_core::code::Channel;

use crate::message::MessageKind;

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

    /// The first of these tags (BCP 47) whose language we have texts in; Simplified Chinese if it is none of them.
    pub(crate) fn choose(tags: &[&str]) -> Self {
        tags.iter()
            .find_map(|tag| {
                let language = tag.split(['-', '_']).next()?;
                [("zh", Self::ZhCn), ("en", Self::En)]
                    .into_iter()
                    .find_map(|(name, locale)| {
                        language.eq_ignore_ascii_case(name).then_some(locale)
                    })
            })
            .unwrap_or(Self::ZhCn)
    }

    /// A duration as people say it: minutes, or seconds below one minute.
    fn duration(self, duration: Duration) -> String {
        let seconds = duration.as_millis().div_ceil(1_000);
        // A message is on its way for a moment: 4:58 is still five minutes.
        let minutes = (seconds + 10) / 60;
        match (self, seconds < 60) {
            (Self::ZhCn, true) => format!("{seconds}秒"),
            (Self::ZhCn, false) => format!("{minutes}分钟"),
            (Self::En, true) if seconds == 1 => "1 second".to_owned(),
            (Self::En, true) => format!("{seconds} seconds"),
            (Self::En, false) if minutes == 1 => "1 minute".to_owned(),
            (Self::En, false) => format!("{minutes} minutes"),
        }
    }
}

/// What a text is filled with.
pub(crate) struct Fields<'a> {
    pub(crate) application: &'a str,
    /// The code, and how long it is good for from now on; messages without a code have none.
    pub(crate) code: Option<(&'a str, Duration)>,
}

/// A text that is ready to be sent.
pub(crate) struct Rendered {
    pub(crate) subject: Option<String>,
    pub(crate) text: String,
}

/// The kind of message behind a template's name in an event.
pub(crate) fn kind_of_template(name: &str) -> Option<MessageKind> {
    match name {
        "sign-up-code" => Some(MessageKind::Code),
        "account-exists" => Some(MessageKind::AccountExists),
        _ => None,
    }
}

pub(crate) fn render(
    kind: MessageKind,
    channel: Channel,
    locale: Locale,
    fields: &Fields<'_>,
) -> Rendered {
    let template = source(kind, channel, locale);
    let (subject, text) = match template.strip_prefix("Subject: ") {
        Some(rest) => {
            let (subject, text) = rest.split_once("\n\n").unwrap_or((rest, ""));
            (Some(subject), text)
        }
        None => (None, template),
    };
    Rendered {
        subject: subject.map(|subject| fill(subject, locale, fields)),
        text: fill(text.trim_end(), locale, fields),
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
    }
}

/// Fills a text in one pass, so that braces in an application's name stay what they are.
fn fill(text: &str, locale: Locale, fields: &Fields<'_>) -> String {
    let mut filled = String::with_capacity(text.len() + 32);
    let mut rest = text;
    while let Some((before, field, after)) = next_field(rest) {
        filled.push_str(before);
        match (field, fields.code) {
            ("application", _) => filled.push_str(fields.application),
            ("code", Some((code, _))) => filled.push_str(code),
            ("validity", Some((_, valid_for))) => filled.push_str(&locale.duration(valid_for)),
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

    const KINDS: [MessageKind; 3] = [
        MessageKind::Code,
        MessageKind::AccountExists,
        MessageKind::Welcome,
    ];

    fn fields(code: bool) -> Fields<'static> {
        Fields {
            application: "Shop {code}",
            code: code.then_some(("482913", Duration::from_secs(300))),
        }
    }

    #[test]
    fn every_kind_has_a_text_in_every_language_and_channel() {
        for kind in KINDS {
            for channel in [Channel::Sms, Channel::Email] {
                for (locale, ignore, minutes) in [
                    (Locale::ZhCn, "请忽略", "5分钟"),
                    (Locale::En, "ignore", "5 minutes"),
                ] {
                    let with_code = kind == MessageKind::Code;
                    let Rendered { subject, text } =
                        render(kind, channel, locale, &fields(with_code));
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
        let code = Some(("482913", Duration::from_secs(300)));
        let fields = Fields {
            application: "Shop",
            code,
        };
        let message = render(MessageKind::Code, Channel::Sms, Locale::En, &fields);
        // GSM 03.38: 160 characters of seven bits.
        assert!(message.text.is_ascii() && message.text.len() <= 160);
    }

    #[test]
    fn an_unknown_locale_falls_back_to_its_language_and_then_to_the_application() {
        for (tags, expected) in [
            (["en-GB", "zh-CN"], Locale::En),
            (["EN_us", "zh-CN"], Locale::En),
            (["zh-TW", "en"], Locale::ZhCn),
            (["fr", "en-US"], Locale::En),
            (["", "en"], Locale::En),
            (["english", "fr"], Locale::ZhCn),
        ] {
            assert_eq!(Locale::choose(&tags), expected, "{tags:?}");
        }
    }

    #[test]
    fn a_validity_is_told_in_minutes_or_below_one_minute_in_seconds() {
        for (millis, chinese, english) in [
            (600_000, "10分钟", "10 minutes"),
            (299_950, "5分钟", "5 minutes"),
            (260_000, "4分钟", "4 minutes"),
            (59_950, "1分钟", "1 minute"),
            (45_000, "45秒", "45 seconds"),
            (900, "1秒", "1 second"),
        ] {
            let duration = Duration::from_millis(millis);
            assert_eq!(Locale::ZhCn.duration(duration), chinese);
            assert_eq!(Locale::En.duration(duration), english);
        }
    }
}
