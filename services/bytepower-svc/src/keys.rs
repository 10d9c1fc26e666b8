//! The keys of `[application.settings]`, described.

use signup_core::described::{Choice, Group, Key, Kind, choice, words};

use crate::settings::MAX_TOLERANCE_SECONDS;

/// The keys that only this provider's applications have.
pub static KEYS: &[Group] = &[Group {
    title: words("Sign-up", "注册"),
    keys: &[
        Key::new(
            "settings.verification",
            Kind::Flag,
            words("Sign-up verification", "注册验证"),
            words(
                "Whoever signs up by e-mail has to send the code from that mailbox.",
                "用邮箱注册的用户必须提交该邮箱收到的验证码。",
            ),
        ),
        Key::new(
            "settings.response_edition",
            Kind::Choice(EDITIONS),
            words("Edition of the reply", "响应版本"),
            words(
                "What a client finds in the reply to a sign-up; it depends on how old the client is.",
                "注册响应的内容；取决于客户端的新旧。",
            ),
        ),
        Key::new(
            "settings.token_tolerance_seconds",
            Kind::Number(1, MAX_TOLERANCE_SECONDS as i64),
            words(
                "Tolerated difference of clocks (seconds)",
                "允许的时钟偏差（秒）",
            ),
            words(
                "How far the time in a token or signature may lie before or after ours.",
                "令牌或签名中的时间与本服务时间可以相差多少。",
            ),
        ),
    ],
}];

const EDITIONS: &[Choice] = &[
    choice(
        "seed",
        "seed: the e-mail address as text",
        "seed：邮箱为文本",
    ),
    choice(
        "2025",
        "2025: also whether the address is verified, and when the user was created",
        "2025：另含邮箱是否已验证和创建时间",
    ),
];
