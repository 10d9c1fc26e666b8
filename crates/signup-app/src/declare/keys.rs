//! The keys that every application has beside its rules and its provider's settings, described.

use signup_core::application::RULES;
use signup_core::described::{Group, Key, Kind, words};

/// What an application is called, and whether it is open.
pub static GENERAL: &[Group] = &[Group {
    title: words("General", "基本"),
    keys: &[
        Key::new(
            "name",
            Kind::Text("Puzzle Game"),
            words("Name", "名称"),
            words(
                "The name that people see in messages.",
                "用户在消息中看到的名称。",
            ),
        )
        .otherwise("the application's id", "应用编号"),
        Key::new(
            "enabled",
            Kind::Flag,
            words("Open", "开放"),
            words(
                "A closed application signs nobody up and sends no codes.",
                "关闭的应用不接受注册，也不发送验证码。",
            ),
        ),
    ],
}];

/// What a key that every application has must be like.
pub(super) fn accepted(place: &str) -> Option<String> {
    let mut keys = GENERAL.iter().chain(RULES).flat_map(|group| group.keys);
    let key = keys.find(|key| key.is_at(place))?;
    Some(key.kind.accepted())
}
