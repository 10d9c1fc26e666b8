//! Roles, and users who add users.

use crate::gateway::{APP, Gateway, at_will, sign_up, with};

const NOT_ALLOWED: (&str, &str) = ("action_not_allowed", "该令牌无权执行此操作");

/// An administrator signs up while the shop lets people take the role; then it no longer does.
async fn administrator(gateway: &Gateway, phone: &str) -> String {
    let declarations = include_str!("declarations.toml");
    let roles = "add_user_roles = [\"admin\"]";
    let open = format!("{roles}\nself_service_roles = [\"none\", \"admin\"]");
    gateway
        .service
        .apply(&declarations.replace(roles, &open))
        .await;
    let code = gateway.phone_code(phone).await;
    let fields = with(&sign_up(phone), &[("vfcode", &code), ("role", "admin")]);
    let id = gateway.user(&fields).await.id();
    gateway.service.apply(declarations).await;
    id
}

fn add_user(phone: &str) -> Vec<(&str, &str)> {
    with(&sign_up(phone), &[("action", "adduser")])
}

#[tokio::test]
async fn an_administrator_adds_users_without_codes_and_gives_declared_roles() {
    let gateway = Gateway::start().await;
    let id = administrator(&gateway, "+86-15810419011").await;
    let token = gateway.user_token(APP, &id);
    gateway
        .user_as(&token, &add_user("+86-15810419012"))
        .await
        .id();
    let user = gateway.newest_user().await;
    assert_eq!(user["identifiers"]["phone"]["verified"], false);
    assert_eq!(user["profile"]["role"], "none");
    let member = with(&add_user("+86-15810419013"), &[("role", "member")]);
    gateway.user_as(&token, &member).await.id();
    assert_eq!(gateway.newest_user().await["profile"]["role"], "member");
    let nobody = with(&add_user("+86-15810419014"), &[("role", "emperor")]);
    gateway
        .user_as(&token, &nobody)
        .await
        .fails("role_not_allowed", "不允许设置该角色");
    gateway
        .user_as(&token, &add_user("+86-15810419012"))
        .await
        .is_code("ustr_exists");
}

#[tokio::test]
async fn a_code_that_an_administrator_sends_is_checked() {
    let gateway = Gateway::start().await;
    let id = administrator(&gateway, "+86-15810419011").await;
    let token = gateway.user_token(APP, &id);
    let code = gateway.phone_code("+86-15810419012").await;
    let fields = with(&add_user("+86-15810419012"), &[("vfcode", "FFFFFF")]);
    gateway
        .user_as(&token, &fields)
        .await
        .is_code("invalid_vfcode");
    let fields = with(&add_user("+86-15810419012"), &[("vfcode", &code)]);
    gateway.user_as(&token, &fields).await.id();
    assert_eq!(
        gateway.newest_user().await["identifiers"]["phone"]["verified"],
        true
    );
}

#[tokio::test]
async fn nobody_else_adds_users() {
    let gateway = Gateway::start().await;
    let nobody = gateway.sign_up("+86-15810419011").await;
    let admin = administrator(&gateway, "+86-15810419015").await;
    for token in [
        gateway.app_token(APP),
        gateway.user_token(APP, &nobody),
        gateway.user_token(APP, "NoUser00"),
        gateway.user_token(APP, "+8615810419015"),
        gateway.user_token(APP, ""),
    ] {
        let reply = gateway.user_as(&token, &add_user("+86-15810419012")).await;
        reply.fails(NOT_ALLOWED.0, NOT_ALLOWED.1);
    }
    // An administrator of one shop is nobody in another one's directory.
    let token = gateway.user_token("MultApp1", &admin);
    let fields = with(
        &add_user("+86-15810419012"),
        &[("shop", "OptShop1"), ("tabx", "DefaultX")],
    );
    gateway
        .user_as(&token, &fields)
        .await
        .fails(NOT_ALLOWED.0, NOT_ALLOWED.1);
}

#[tokio::test]
async fn a_role_counts_in_its_own_shop_even_where_another_one_shares_the_users() {
    let gateway = Gateway::start().await;
    let fields = [("shop", "TwinOne1"), ("role", "keeper")];
    let fields = with(&at_will("+86-15810419011"), &fields);
    let token = gateway.app_token("TwinApp1");
    let keeper = gateway.user_as(&token, &fields).await.id();
    let token = gateway.user_token("TwinApp1", &keeper);
    let add = |shop| {
        let fields = add_user("+86-15810419012");
        with(&fields, &[("shop", shop), ("tabx", "DefaultX")])
    };
    let elsewhere = gateway.user_as(&token, &add("TwinTwo2")).await;
    elsewhere.fails(NOT_ALLOWED.0, NOT_ALLOWED.1);
    gateway.user_as(&token, &add("TwinOne1")).await.id();
}

#[tokio::test]
async fn people_do_not_sign_up_with_a_users_token() {
    let gateway = Gateway::start().await;
    let id = administrator(&gateway, "+86-15810419011").await;
    let token = gateway.user_token(APP, &id);
    let reply = gateway.user_as(&token, &sign_up("+86-15810419012")).await;
    reply.fails(NOT_ALLOWED.0, NOT_ALLOWED.1);
}

#[tokio::test]
async fn people_take_only_the_roles_that_are_open_to_them() {
    let gateway = Gateway::start().await;
    let closed = ("role_not_allowed", "不允许设置该角色");
    for role in ["admin", "member", "emperor", "None"] {
        let fields = with(&sign_up("+86-15810419011"), &[("role", role)]);
        gateway.user(&fields).await.fails(closed.0, closed.1);
    }
    let token = gateway.app_token("MultApp1");
    for (phone, role, is_open) in [
        ("+86-15810419011", "member", true),
        ("+86-15810419012", "boss", false),
    ] {
        let fields = with(&at_will(phone), &[("role", role)]);
        let reply = gateway.user_as(&token, &fields).await;
        if is_open {
            reply.id();
        } else {
            reply.fails(closed.0, closed.1);
        }
    }
}
