//! The keys of `[application.settings]`, described.

use signup_core::described::{Choice, Group, Key, Kind, choice, words};

/// The keys that only this provider's applications have.
pub static KEYS: &[Group] = &[Group {
    title: words("Shop", "商铺"),
    keys: &[
        Key::new(
            "settings.vfcode",
            Kind::Choice(CODE_POLICIES),
            words("Code at sign-up", "注册验证码"),
            words(
                "Whether people have to prove their phone number or e-mail address. Who is added by an administrator never has to.",
                "用户是否必须证明手机号或邮箱。由管理员添加的用户无需证明。",
            ),
        ),
        Key::new(
            "settings.apps",
            Kind::Toml("[{ id = \"Web0App1\", origins = [\"https://shop.example\"] }]"),
            words("Apps", "应用程序"),
            words(
                "The apps that may act for this shop, each with its id (8 letters or digits) and the origins of the web pages that \
                 may use its tokens; \"*\" for every page. Nobody can sign up while there is none.",
                "可以代表此商铺的应用程序：编号（8 位字母或数字），以及可以使用其令牌的网页来源；\"*\" 表示任何网页。没有应用程序时无人能注册。",
            ),
        ),
        Key::new(
            "settings.roles",
            Kind::Lines("manager"),
            words("Roles", "角色"),
            words(
                "The roles that users of this shop may have; none is always among them.",
                "此商铺的用户可以拥有的角色；none 始终包括在内。",
            ),
        ),
        Key::new(
            "settings.self_service_roles",
            Kind::Lines("none"),
            words("Roles that people may give themselves", "用户可自选的角色"),
            words(
                "Each has to be one of the roles above.",
                "必须是上面的角色之一。",
            ),
        ),
        Key::new(
            "settings.add_user_roles",
            Kind::Lines("manager"),
            words("Roles that may add users", "可以添加用户的角色"),
            words(
                "Users of this shop with one of these roles may add others. Each has to be one of the roles above.",
                "此商铺中拥有这些角色之一的用户可以添加其他用户。必须是上面的角色之一。",
            ),
        ),
        Key::new(
            "settings.tables",
            Kind::Table(
                "[Customers]\nfields = [{ name = \"nickname\", type = \"string\", default = \"\" }]\n\n[Anything]",
            ),
            words("User tables", "用户表"),
            words(
                "What may stand in extra: per table its fields with name, type (string, number, boolean, object, array) and default. \
                 A table without fields takes any object; DefaultX is always there.",
                "extra 中可以有什么：每个表的字段，包括名称、类型（string、number、boolean、object、array）和默认值。不写字段的表接受任何对象；\
                 DefaultX 始终存在。",
            ),
        ),
        Key::new(
            "settings.templates",
            Kind::Table("BAKERY_SMS = \"sms\"\nBAKERY_MAIL = \"email\""),
            words("Further templates", "其他模板"),
            words(
                "Values of tmpl that clients may ask for a code with, each with the channel that it stands for: sms or email.",
                "客户端请求验证码时可用的其他 tmpl 值，以及各自对应的渠道：sms 或 email。",
            ),
        ),
        Key::new(
            "settings.issuer",
            Kind::Text("shop.example"),
            words("Issuer of tokens", "令牌签发者"),
            words(
                "The iss that tokens for this shop must have.",
                "此商铺的令牌必须具有的 iss。",
            ),
        ),
    ],
}];

const CODE_POLICIES: &[Choice] = &[
    choice("required", "required", "必须"),
    choice(
        "optional",
        "optional: without a code the address is taken unproven",
        "可选：没有验证码时不证明地址",
    ),
];
