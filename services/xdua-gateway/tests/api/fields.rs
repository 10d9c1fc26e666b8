//! What the fields may hold.

use crate::gateway::{Gateway, PWD, answer, at_will, sign_up, with, without};

#[tokio::test]
async fn required_fields_are_required() {
    let gateway = Gateway::start().await;
    for field in ["shop", "action", "by", "ustr", "pwd", "tabx"] {
        let reply = gateway
            .user(&without(&sign_up("+86-15810419011"), &[field]))
            .await;
        reply.fails("invalid_parameter", &format!("参数 {field} 不能为空"));
    }
}

#[tokio::test]
async fn a_field_that_holds_what_it_must_not_is_named_in_both_languages() {
    let gateway = Gateway::start().await;
    let long = "名".repeat(65);
    let longer = "x".repeat(256);
    let phone = (
        "不是有效的手机号，格式如 +86-15810419011",
        "is not a phone number such as +86-15810419011",
    );
    let md5 = (
        "必须是 32 位十六进制的 MD5 值",
        "must be an MD5 of 32 hexadecimal digits",
    );
    let date = (
        "必须是真实日期，格式为 YYYYMMDD",
        "must be a calendar date of the form YYYYMMDD",
    );
    let spaces = (
        "不能包含空白或控制字符",
        "must not contain white space or control characters",
    );
    let control = ("不能包含控制字符", "must not contain control characters");
    let sex = ("必须是 U、F、M 之一", "must be one of U, F, M");
    for (field, value, (chinese, english)) in [
        (
            "action",
            "login",
            (
                "必须是 signup、adduser 之一",
                "must be one of signup, adduser",
            ),
        ),
        (
            "by",
            "name",
            ("必须是 tel、mail 之一", "must be one of tel, mail"),
        ),
        ("ustr", "+86-1581041901", phone),
        ("ustr", "1581041901", phone),
        ("ustr", "8615810419011", phone),
        ("ustr", "+86-12810419011", phone),
        ("ustr", "+86 15810419011", phone),
        ("ustr", "a@example.com", phone),
        ("pwd", "123456", md5),
        ("pwd", "0f1e2d3c4b5a69788796a5b4c3d2e1f", md5),
        ("pwd", "0f1e2d3c4b5a69788796a5b4c3d2e1f0a", md5),
        ("pwd", "0f1e2d3c4b5a69788796a5b4c3d2e1fg", md5),
        ("pwd", "0f1e2d3c4b5a69788796a5b4c3d2e1f\0", md5),
        ("pwd", "木木木木木木木木木木木木木木木木", md5),
        (
            "shop",
            "A3bdXNT",
            ("必须是 8 位字母或数字", "must have 8 letters or digits"),
        ),
        (
            "shop",
            "A3bd-NT3",
            ("必须是 8 位字母或数字", "must have 8 letters or digits"),
        ),
        ("name", "a b", spaces),
        ("name", "a\u{3000}b", spaces),
        ("name", "a\0", spaces),
        (
            "name",
            &long,
            ("不能超过 64 个字符", "must have at most 64 characters"),
        ),
        ("sex", "X", sex),
        ("sex", "FF", sex),
        ("bday", "19860832", date),
        ("bday", "20230229", date),
        ("bday", "1986-08-23", date),
        (
            "avatar",
            &longer,
            ("不能超过 255 个字符", "must have at most 255 characters"),
        ),
        ("avatar", "a\nb", control),
        (
            "mail",
            &longer,
            ("不能超过 255 个字符", "must have at most 255 characters"),
        ),
        ("mail", "a\u{7f}", control),
    ] {
        let fields = with(&sign_up("+86-15810419011"), &[(field, value)]);
        let reply = gateway.user(&fields).await;
        reply.fails("invalid_parameter", &format!("参数 {field} {chinese}"));
        let request = gateway
            .post("/user")
            .header("accept-language", "en")
            .form(&fields);
        answer(request)
            .await
            .fails("invalid_parameter", &format!("{field} {english}"));
    }
    let fields = with(&sign_up("+86-15810419011"), &[("by", "mail")]);
    gateway
        .user(&fields)
        .await
        .fails("invalid_parameter", "参数 ustr 不是有效的邮箱地址");
}

#[tokio::test]
async fn fields_at_their_limits_are_kept_as_typed() {
    let gateway = Gateway::start().await;
    let token = gateway.app_token("MultApp1");
    let (name, avatar) = ("名".repeat(64), "图".repeat(255));
    let fields = with(
        &at_will("+86-15810419011"),
        &[
            ("name", &name),
            ("avatar", &avatar),
            ("sex", "u"),
            ("bday", "20240229"),
            ("mail", "no address"),
        ],
    );
    gateway.user_as(&token, &fields).await.id();
    let user = gateway.newest_user().await;
    let profile = &user["profile"];
    assert_eq!(profile["name"], name);
    assert_eq!(profile["avatar"], avatar);
    assert_eq!(profile["sex"], "U");
    assert_eq!(profile["bday"], "20240229");
    assert_eq!(profile["mail"], "no address");
    assert_eq!(user["identifiers"].as_object().unwrap().len(), 1);
}

#[tokio::test]
async fn contact_data_reserves_nothing() {
    let gateway = Gateway::start().await;
    let token = gateway.app_token("MultApp1");
    let fields = with(&at_will("+86-15810419011"), &[("mail", "bob@example.com")]);
    gateway.user_as(&token, &fields).await.id();
    let fields = with(
        &at_will("bob@example.com"),
        &[("by", "mail"), ("tel", "+86-15810419011")],
    );
    gateway.user_as(&token, &fields).await.id();
}

#[tokio::test]
async fn other_spellings_of_a_taken_identifier_are_taken() {
    let gateway = Gateway::start().await;
    let token = gateway.app_token("MultApp1");
    gateway
        .user_as(&token, &at_will("+86-15810419011"))
        .await
        .id();
    let mail = with(&at_will("Bob@Example.com"), &[("by", "mail")]);
    gateway.user_as(&token, &mail).await.id();
    let reason = "该手机号或邮箱已注册";
    for ustr in [
        "+86-15810419011",
        "+8615810419011",
        "15810419011",
        " 86-15810419011",
    ] {
        let reply = gateway.user_as(&token, &at_will(ustr)).await;
        reply.fails("ustr_exists", reason);
    }
    for ustr in [
        "bob@example.com",
        "BOB@EXAMPLE.COM",
        "ｂｏｂ@example.com",
        "bob@example。com",
    ] {
        let fields = with(&at_will(ustr), &[("by", "mail")]);
        gateway
            .user_as(&token, &fields)
            .await
            .fails("ustr_exists", reason);
    }
    assert_eq!(gateway.service.user_count().await, 2);
}

#[tokio::test]
async fn shops_of_one_directory_share_their_users_and_others_do_not() {
    let gateway = Gateway::start().await;
    let token = gateway.app_token("TwinApp1");
    let at = |shop| with(&at_will("+86-15810419011"), &[("shop", shop)]);
    gateway.user_as(&token, &at("TwinOne1")).await.id();
    gateway
        .user_as(&token, &at("TwinTwo2"))
        .await
        .is_code("ustr_exists");
    let other = gateway.app_token("MultApp1");
    gateway.user_as(&other, &at("OptShop1")).await.id();
}

#[tokio::test]
async fn unknown_and_closed_shops_sign_nobody_up() {
    let gateway = Gateway::start().await;
    let fields = with(&sign_up("+86-15810419011"), &[("shop", "NoShop00")]);
    gateway
        .user(&fields)
        .await
        .fails("unknown_shop", "店铺不存在");
    let closed = gateway.app_token("ClosApp1");
    let fields = with(&sign_up("+86-15810419011"), &[("shop", "Closed01")]);
    gateway
        .user_as(&closed, &fields)
        .await
        .fails("shop_disabled", "店铺已停用");
    let fields = [("vfaddr", "+86-15810419011"), ("tmpl", "SMS_25335288")];
    gateway
        .vfc_as(&closed, &fields)
        .await
        .fails("shop_disabled", "店铺已停用");
}

#[tokio::test]
async fn common_passwords_are_refused_unless_the_shop_is_a_legacy_one() {
    let gateway = Gateway::start().await;
    let token = gateway.app_token("MultApp1");
    let md5_of_123456 = "E10ADC3949BA59ABBE56E057F20F883E";
    let md5_of_nothing = "d41d8cd98f00b204e9800998ecf8427e";
    for pwd in [md5_of_123456, md5_of_nothing] {
        let fields = with(&at_will("+86-15810419011"), &[("pwd", pwd)]);
        gateway
            .user_as(&token, &fields)
            .await
            .fails("weak_password", "密码过于常见，请更换");
    }
    let upper = PWD.to_uppercase();
    let fields = with(&at_will("+86-15810419011"), &[("pwd", &upper)]);
    gateway.user_as(&token, &fields).await.id();
    let code = gateway.phone_code("+86-15810419011").await;
    let fields = with(
        &sign_up("+86-15810419011"),
        &[("pwd", md5_of_123456), ("vfcode", &code)],
    );
    gateway.user(&fields).await.id();
}
