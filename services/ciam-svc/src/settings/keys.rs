//! The keys of `[application.settings]` and `[directory.settings]`, described.

use signup_core::described::{Choice, Group, Key, Kind, choice, words};

use super::flow::{CODE_VALIDITIES, EMAIL_CODE_LENGTHS, SMS_CODE_LENGTHS};

/// The keys that only this provider's applications and directories have.
pub static KEYS: &[Group] = &[
    Group {
        title: words("Application", "应用"),
        keys: APPLICATION,
    },
    Group {
        title: words("Sign-up flow", "注册流程"),
        keys: FLOW,
    },
    Group {
        title: words("Attributes of new users", "新用户的属性"),
        keys: ATTRIBUTES,
    },
    Group {
        title: words("Tenant (directory)", "租户（目录）"),
        keys: DIRECTORY,
    },
];

const KINDS: &[Choice] = &[
    choice("web", "web: has a server of its own", "web：有自己的服务器"),
    choice(
        "single_page",
        "single_page: runs in a browser alone",
        "single_page：只在浏览器中运行",
    ),
    choice(
        "native",
        "native: runs on its user's device",
        "native：在用户设备上运行",
    ),
    choice(
        "mini_program",
        "mini_program: a mini program",
        "mini_program：小程序",
    ),
    choice(
        "m2m",
        "m2m: a server without users in front of it",
        "m2m：没有用户界面的服务器",
    ),
];

const APPLICATION: &[Key] = &[
    Key::new(
        "settings.kind",
        Kind::Choice(KINDS),
        words("Sort of application", "应用类型"),
        words(
            "Only web may sign people up; only web and m2m may ask for codes.",
            "只有 web 可以注册用户；只有 web 和 m2m 可以请求验证码。",
        ),
    ),
    Key::new(
        "settings.login.password_source",
        Kind::Flag,
        words("People log in with a password", "用户用密码登录"),
        words(
            "Off: people log in by code only, and a sign-up with a password is refused.",
            "关闭：用户只用验证码登录，带密码的注册会被拒绝。",
        ),
    ),
    Key::new(
        "settings.probe_protection",
        Kind::Flag,
        words("Do not tell who is registered", "不透露谁已注册"),
        words(
            "On: asking for a code for a registered address is answered like any other, and its owner gets a note in place of a code.",
            "开启：为已注册的地址请求验证码时，响应与其他地址相同，地址的主人收到提示而不是验证码。",
        ),
    ),
    Key::new(
        "settings.blocked_emails",
        Kind::Lines("disposable.example"),
        words("Blocked e-mail addresses", "禁用的邮箱"),
        words(
            "Addresses that get no codes, and domains, which cover their subdomains.",
            "不向其发送验证码的地址，以及域名（包括其子域名）。",
        ),
    ),
];

const IDENTIFIERS: &[Choice] = &[
    choice("username", "user name", "用户名"),
    choice(
        "phone_number",
        "phone number, proven by a code",
        "手机号，用验证码证明",
    ),
    choice(
        "email",
        "e-mail address, proven by a code",
        "邮箱，用验证码证明",
    ),
];

const SMS_LENGTH: Kind = Kind::Number(
    *SMS_CODE_LENGTHS.start() as i64,
    *SMS_CODE_LENGTHS.end() as i64,
);
const EMAIL_LENGTH: Kind = Kind::Number(
    *EMAIL_CODE_LENGTHS.start() as i64,
    *EMAIL_CODE_LENGTHS.end() as i64,
);
const VALIDITY: Kind = Kind::Number(
    *CODE_VALIDITIES.start() as i64,
    *CODE_VALIDITIES.end() as i64,
);

const FLOW: &[Key] = &[
    Key::new(
        "settings.flow.enabled",
        Kind::Flag,
        words("Sign-up is open", "开放注册"),
        words(
            "Off: sign-ups are answered as misconfigured, and no codes are sent.",
            "关闭：注册请求以 misconfigured 响应，也不发送验证码。",
        ),
    ),
    Key::new(
        "settings.flow.authentication",
        Kind::Several(IDENTIFIERS),
        words("What identifies a user", "用户标识"),
        words(
            "Each one is required in a sign-up and unique within the tenant. A phone number needs codes by SMS, an e-mail address \
             codes by e-mail, below.",
            "每一项都是注册时必填的，并且在租户内唯一。手机号需要下面的短信验证码，邮箱需要邮件验证码。",
        ),
    ),
    Key::new(
        "settings.flow.sms_source",
        Kind::Presence,
        words("Codes by SMS", "短信验证码"),
        words(
            "Needed where a phone number identifies a user.",
            "以手机号为用户标识时需要。",
        ),
    ),
    Key::new(
        "settings.flow.sms_source.code_length",
        SMS_LENGTH,
        words("Length of a code by SMS (digits)", "短信验证码长度（位）"),
        words("Codes are decimal digits.", "验证码由十进制数字组成。"),
    ),
    Key::new(
        "settings.flow.sms_source.valid_seconds",
        VALIDITY,
        words(
            "A code by SMS is good for (seconds)",
            "短信验证码有效期（秒）",
        ),
        words(
            "After that people have to ask for another one.",
            "超过后需要重新请求。",
        ),
    ),
    Key::new(
        "settings.flow.email_source",
        Kind::Presence,
        words("Codes by e-mail", "邮件验证码"),
        words(
            "Needed where an e-mail address identifies a user.",
            "以邮箱为用户标识时需要。",
        ),
    ),
    Key::new(
        "settings.flow.email_source.code_length",
        EMAIL_LENGTH,
        words(
            "Length of a code by e-mail (digits)",
            "邮件验证码长度（位）",
        ),
        words("Codes are decimal digits.", "验证码由十进制数字组成。"),
    ),
    Key::new(
        "settings.flow.email_source.valid_seconds",
        VALIDITY,
        words(
            "A code by e-mail is good for (seconds)",
            "邮件验证码有效期（秒）",
        ),
        words(
            "After that people have to ask for another one.",
            "超过后需要重新请求。",
        ),
    ),
    Key::new(
        "settings.flow.user_group",
        Kind::Text("default"),
        words("User group", "用户组"),
        words(
            "The group that new users join; a request cannot choose one.",
            "新用户加入的用户组；请求不能自行选择。",
        ),
    ),
];

const PRESENCES: &[Choice] = &[
    choice("required", "required", "必填"),
    choice("optional", "optional", "选填"),
];

const fn attribute(place: &'static str, english: &'static str, chinese: &'static str) -> Key {
    Key::new(
        place,
        Kind::Choice(PRESENCES),
        words(english, chinese),
        words(
            "Whether a sign-up must, may or must not hold it.",
            "注册时必须、可以还是不可以提供。",
        ),
    )
    .otherwise("not asked for", "不收集")
}

const ATTRIBUTES: &[Key] = &[
    attribute("settings.flow.ordinary.name", "Full name", "姓名"),
    attribute("settings.flow.ordinary.nickname", "Nickname", "昵称"),
    attribute("settings.flow.ordinary.zoneinfo", "Time zone", "时区"),
    attribute("settings.flow.ordinary.locale", "Language", "语言"),
    Key::new(
        "settings.flow.ordinary.*",
        Kind::ChoicePer("directory.attributes", PRESENCES),
        words("Attribute of the tenant", "租户自定义属性"),
        words(
            "Whether a sign-up must, may or must not hold it. Attributes of the tenant are declared below.",
            "注册时必须、可以还是不可以提供。租户自定义属性在下面声明。",
        ),
    )
    .otherwise("not asked for", "不收集"),
];

const DIRECTORY: &[Key] = &[
    Key::new(
        "directory.hosts",
        Kind::Lines("sample.portal.example.com"),
        words("Host names", "主机名"),
        words(
            "The names that clients call this tenant by, without port. Under any other name the client id alone decides.",
            "客户端访问此租户所用的名称，不含端口。用其他名称访问时只看 client id。",
        ),
    ),
    Key::new(
        "directory.mainland_segments",
        Kind::Lines("138"),
        words("Accepted phone numbers", "接受的号段"),
        words(
            "The first 3 or 4 digits of accepted phone numbers of mainland China.",
            "接受的中国大陆手机号的前 3 或 4 位。",
        ),
    )
    .otherwise(
        "those of the three mainland carriers",
        "三大运营商的全部号段",
    ),
    Key::new(
        "directory.attributes",
        Kind::Table(
            "[staff_number]\ntype = \"string\"\npattern = \"[A-Z]{2}[0-9]{4}\"\nerror_text = \"Two letters and four digits, please.\"\n\n\
             [size]\ntype = \"enum\"\nvalues = [\"S\", \"M\", \"L\"]",
        ),
        words("Attributes of the tenant", "租户自定义属性"),
        words(
            "By id: type (string, number, boolean, date, enum), for a string the pattern of all of it, for an enum its values, and \
             what a client is told about a value that does not fit.",
            "按编号书写：type（string、number、boolean、date、enum），string 可写完整匹配的 pattern，enum 须写 values，error_text 是值不符合时返回的文字。",
        ),
    ),
];
