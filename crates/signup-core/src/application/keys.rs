//! The keys of `[application.rules]`, described.

use crate::described::{ANY_COUNT, Choice, Group, Key, Kind, choice, words};
use crate::password::{BCRYPT_COSTS, MAX_PASSWORD_BYTES};

/// The keys that the rules of every provider's applications have.
pub static RULES: &[Group] = &[
    Group {
        title: words("Passwords", "密码"),
        keys: PASSWORD,
    },
    Group {
        title: words("Sign-up attempts", "注册尝试次数"),
        keys: ATTEMPTS,
    },
    Group {
        title: words("How many codes are sent", "验证码发送限制"),
        keys: SENDING,
    },
    Group {
        title: words("Messages to people", "发给用户的消息"),
        keys: MESSAGES,
    },
];

const PROFILES: &[Choice] = &[
    choice("standard", "standard", "标准"),
    choice(
        "legacy",
        "legacy: accepts weak passwords",
        "兼容旧客户端：允许弱密码",
    ),
];

const CLASSES: &[Choice] = &[
    choice("lower", "a lower-case letter", "小写字母"),
    choice("upper", "an upper-case letter", "大写字母"),
    choice("digit", "a digit", "数字"),
    choice("symbol", "a symbol", "符号"),
];

const LONGEST: i64 = MAX_PASSWORD_BYTES as i64;

const PASSWORD: &[Key] = &[
    Key::new(
        "rules.password.profile",
        Kind::Choice(PROFILES),
        words("Profile", "规则模板"),
        words(
            "Decides what the keys of this group are when they are left out: with standard at least 8 characters and no common \
             passwords, with legacy at least 6 characters and nothing else. Keys that have a value keep it.",
            "决定本组未设置的项取什么值：standard 至少 8 个字符且拒绝常见密码；legacy 至少 6 个字符，别无要求。已有值的项不受影响。",
        ),
    ),
    Key::new(
        "rules.password.min_length",
        Kind::Number(1, LONGEST),
        words("Shortest password (characters)", "密码最短长度（字符）"),
        words(
            "Passwords with fewer characters are refused. Left out with the profile legacy: 6.",
            "字符更少的密码会被拒绝。规则模板为 legacy 且未设置时为 6。",
        ),
    ),
    Key::new(
        "rules.password.max_length",
        Kind::Number(1, LONGEST),
        words("Longest password (characters)", "密码最长长度（字符）"),
        words(
            "Passwords with more characters are refused; besides, no password can have more than 72 bytes.",
            "字符更多的密码会被拒绝；此外任何密码都不能超过 72 字节。",
        ),
    ),
    Key::new(
        "rules.password.require",
        Kind::Several(CLASSES),
        words("A password must contain", "密码必须包含"),
        words(
            "Each of these kinds of characters must occur at least once.",
            "所选的每一类字符都至少出现一次。",
        ),
    ),
    Key::new(
        "rules.password.deny_common",
        Kind::Flag,
        words("Refuse common passwords", "拒绝常见密码"),
        words(
            "Refuses what attackers try first, such as password1. Left out with the profile legacy: off.",
            "拒绝攻击者最先尝试的密码，例如 password1。规则模板为 legacy 且未设置时为关闭。",
        ),
    ),
    Key::new(
        "rules.password.deny_identifiers",
        Kind::Flag,
        words(
            "Refuse passwords made of one's own name or address",
            "拒绝包含本人用户名或地址的密码",
        ),
        words(
            "Refuses a password that contains the person's user name, e-mail address or phone number. Left out with the profile \
             legacy: off.",
            "拒绝包含本人用户名、邮箱地址或手机号的密码。规则模板为 legacy 且未设置时为关闭。",
        ),
    ),
    Key::new(
        "rules.password.bcrypt_cost",
        Kind::Number(*BCRYPT_COSTS.start() as i64, *BCRYPT_COSTS.end() as i64),
        words("Cost of hashing (bcrypt)", "哈希成本（bcrypt）"),
        words(
            "Each step doubles the time that a sign-up, and a guess, takes.",
            "每加 1，注册所需时间和破解所需时间都加倍。",
        ),
    )
    .otherwise("the service's own, hash.cost", "服务自身的设置 hash.cost"),
];

const ATTEMPTS: &[Key] = &[Key::new(
    "rules.attempts.per_ip_per_minute",
    Kind::Number(0, ANY_COUNT),
    words(
        "Sign-ups from one address (per minute)",
        "同一地址的注册请求（每分钟）",
    ),
    words(
        "Counts every request of callers at one address who have proved who they are, the refused ones too; an app's \
         server is one address. 0: no limit.",
        "统计同一调用地址上已通过身份验证的调用方的所有请求，包括被拒绝的；应用的服务器算一个地址。0 表示不限制。",
    ),
)];

const SENDING: &[Key] = &[
    Key::new(
        "rules.sending.interval_seconds",
        Kind::Number(0, i64::MAX),
        words(
            "Pause between two codes to one address (seconds)",
            "同一地址两次发送的间隔（秒）",
        ),
        words(
            "Who asks again earlier is refused. 0: no pause.",
            "间隔内再次请求会被拒绝。0 表示不限制。",
        ),
    ),
    Key::new(
        "rules.sending.per_address_per_day",
        Kind::Number(0, ANY_COUNT),
        words("Codes to one address (per day)", "发给同一地址的验证码（每天）"),
        words(
            "Counted for all applications of the directory together. 0: no limit.",
            "目录中所有应用合并计算。0 表示不限制。",
        ),
    ),
    Key::new(
        "rules.sending.per_ip_per_hour",
        Kind::Number(0, ANY_COUNT),
        words(
            "Codes asked for from one address (per hour)",
            "同一调用地址请求的验证码（每小时）",
        ),
        words(
            "Counted for all applications of the directory together; an app's server is one address. 0: no limit.",
            "目录中所有应用合并计算；应用的服务器算一个地址。0 表示不限制。",
        ),
    ),
    Key::new(
        "rules.sending.sms_per_day",
        Kind::Number(0, ANY_COUNT),
        words("Codes by SMS in all (per day)", "短信验证码总数（每天）"),
        words(
            "What this application may spend on SMS. 0: no limit.",
            "此应用的短信预算。0 表示不限制。",
        ),
    ),
    Key::new(
        "rules.sending.email_per_day",
        Kind::Number(0, ANY_COUNT),
        words("Codes by e-mail in all (per day)", "邮件验证码总数（每天）"),
        words(
            "What this application may send by e-mail. 0: no limit.",
            "此应用的邮件预算。0 表示不限制。",
        ),
    ),
    Key::new(
        "rules.sending.sms_per_country_per_day",
        Kind::Table("86 = 10000\n1 = 200\n\"*\" = 100"),
        words(
            "Codes by SMS to a country (per day)",
            "发往各国家和地区的短信验证码（每天）",
        ),
        words(
            "One calling code without the plus sign and its number per line; \"*\" stands for all others together. Here 0 means \
             that nothing is sent there.",
            "每行一个不带加号的国际区号及其数量；\"*\" 表示其余所有国家和地区。此处 0 表示不向那里发送。",
        ),
    )
    .otherwise("no limit by country", "不按国家和地区限制"),
];

const MESSAGES: &[Key] = &[
    Key::new(
        "rules.messages.locale",
        Kind::Text("en"),
        words("Language of messages", "消息语言"),
        words(
            "For people whose client does not say their language: a tag such as zh-CN or en.",
            "客户端未说明语言时使用：语言标签，如 zh-CN 或 en。",
        ),
    ),
    Key::new(
        "rules.messages.welcome",
        Kind::Flag,
        words("Welcome new users", "欢迎新用户"),
        words(
            "Sends a message to a new user whose address was proven by a code.",
            "向通过验证码证明了地址的新用户发送欢迎消息。",
        ),
    ),
    Key::new(
        "rules.messages.sms",
        Kind::Flag,
        words("Codes may go out by SMS", "允许用短信发送验证码"),
        words(
            "Switched off, asking for a code by SMS is refused.",
            "关闭后，请求短信验证码会被拒绝。",
        ),
    ),
    Key::new(
        "rules.messages.email",
        Kind::Flag,
        words("Codes may go out by e-mail", "允许用邮件发送验证码"),
        words(
            "Switched off, asking for a code by e-mail is refused.",
            "关闭后，请求邮件验证码会被拒绝。",
        ),
    ),
    Key::new(
        "rules.messages.templates",
        Kind::Table(
            "[en.sign-up-code]\nsms = \"{application}: {code} is your code for the next {validity}.\"\n\n\
             [zh-CN.sign-up-code]\nsms = \"{application}：验证码 {code}，{validity}内有效。\"",
        ),
        words("Texts of one's own", "自定义文案"),
        words(
            "By language and purpose (sign-up-code, account-exists, welcome): sms, subject and email, and for vendors of SMS \
             sms_template and sms_sign. {application} is filled in, and in codes {code}, which they must contain, and {validity}.",
            "按语言和用途（sign-up-code、account-exists、welcome）书写：sms、subject、email，以及短信服务商所需的 sms_template、sms_sign。\
             会替换 {application}，验证码消息中还会替换 {code}（必须包含）和 {validity}。",
        ),
    )
    .otherwise("the shipped texts", "内置文案"),
];
