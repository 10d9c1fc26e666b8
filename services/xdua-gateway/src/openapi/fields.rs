//! What clients send. Only described here: handlers read field by field, from wherever it stands.

use utoipa::{IntoParams, ToSchema};

/// The fields of `POST /user`.
#[derive(ToSchema, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "a description")]
pub(crate) struct UserFields {
    /// Required. `signup`: somebody signs up; `adduser`: an administrator adds a user (seed 001). 必选
    #[param(example = "signup")]
    #[schema(example = "signup")]
    action: Option<String>,
    /// Required. `tel` or `mail`: what `ustr` is (seed 001). 必选
    #[param(example = "tel")]
    #[schema(example = "tel")]
    by: Option<String>,
    /// Required. A phone number with its country code, `+86-15810419011`, or an e-mail address (seed 001). A space before
    /// digits is read as the plus sign that nobody escaped; 11 digits alone get `+86-` (our choice). At most one account
    /// per number or address, whatever the spelling (our choice). 必选
    #[param(example = "+86-18017050142")]
    #[schema(example = "+86-18017050142")]
    ustr: Option<String>,
    /// Required. The MD5 of the password: 32 hexadecimal digits (seed 001) in either case (our choice). 必选，32位MD5
    #[param(example = "a906449d5769fa7361d7ecc6aa3f6d28")]
    #[schema(
        example = "a906449d5769fa7361d7ecc6aa3f6d28",
        pattern = "^[0-9A-Fa-f]{32}$"
    )]
    pwd: Option<String>,
    /// The code from `POST /vfc` (seed 001). `signup` needs it unless the shop says otherwise; `adduser` does not. It is
    /// checked whenever it is there; after 5 wrong tries it is dead (our choice). 验证码
    #[param(example = "479711")]
    #[schema(example = "479711")]
    vfcode: Option<String>,
    /// Required. The shop (seed 001): 8 letters or digits (vendor). 必选，店铺
    #[param(example = "A3bdXNT3")]
    #[schema(example = "A3bdXNT3", pattern = "^[0-9A-Za-z]{8}$")]
    shop: Option<String>,
    /// An older name of `shop`, used when that is not given (vendor).
    #[param(example = "A3bdXNT3")]
    #[schema(example = "A3bdXNT3")]
    ugrp: Option<String>,
    /// The role; `none` if left out (seed 001). `signup` gives only roles that the shop lets people take, `none` by
    /// default; `adduser` any role of the shop (our choice). 角色
    #[param(example = "none")]
    #[schema(example = "none")]
    role: Option<String>,
    /// A phone number to reach the user at. With `by=tel` it becomes `ustr` (seed 001). Not checked further than for 255
    /// characters without control characters, and never reserved (our choice). 电话
    #[param(example = "+86-18017050142")]
    #[schema(example = "+86-18017050142", max_length = 255)]
    tel: Option<String>,
    /// An e-mail address to reach the user at. With `by=mail` it becomes `ustr` (seed 001). Checked like `tel` (our
    /// choice). 邮箱
    #[param(example = "jiaoshuai@ict.ac.cn")]
    #[schema(example = "jiaoshuai@ict.ac.cn", max_length = 255)]
    mail: Option<String>,
    /// The user's name (seed 001): at most 64 characters without white space or control characters (vendor). If left out,
    /// `{shop}/{ustr}` (vendor). 名字
    #[param(example = "你的名字")]
    #[schema(example = "你的名字", max_length = 64)]
    name: Option<String>,
    /// `F`, `M` or `U` for unknown (vendor), in either case (our choice). 性别
    #[param(example = "F")]
    #[schema(example = "F", pattern = "^[UFMufm]$")]
    sex: Option<String>,
    /// The birthday, `YYYYMMDD`, a day of the calendar (vendor). 生日
    #[param(example = "19860823")]
    #[schema(example = "19860823", pattern = "^[0-9]{8}$")]
    bday: Option<String>,
    /// A picture: at most 255 characters (vendor). 头像
    #[param(example = "default.jpg")]
    #[schema(example = "default.jpg", max_length = 255)]
    avatar: Option<String>,
    /// The fields of the user table: JSON text of an object (seed 001), or the object itself in a JSON body (vendor). What
    /// is not JSON, or no object, counts as not given (seed 001). At most 16,384 bytes and 32 levels (our choice).
    /// 额外字段，JSON
    #[param(example = json!("{\"nickname\":\"我的昵称\",\"target\":8000}"), value_type = Option<String>)]
    #[schema(example = json!({"nickname": "我的昵称", "target": 8000}), value_type = Option<serde_json::Value>)]
    extra: Option<serde_json::Value>,
    /// Required. The user table that takes `extra`: one of the shop's, or `DefaultX` (seed 001). A table may declare its
    /// fields; then other fields and wrong types are refused, and missing ones get their defaults (our choice). 必选，用户表
    #[param(example = "A3bdXNT3")]
    #[schema(example = "A3bdXNT3")]
    tabx: Option<String>,
}

/// The fields of `POST /vfc`.
#[derive(ToSchema, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "a description")]
pub(crate) struct CodeFields {
    /// Required. The phone number or e-mail address (vendor), in the forms of `ustr` (our choice). 必选，手机号或邮箱
    #[param(example = "+86-18017050142")]
    #[schema(example = "+86-18017050142")]
    vfaddr: Option<String>,
    /// Required. `SMS_25335288` for phone numbers, `DMS_VFC4USEREG` for e-mail addresses (vendor), or another template that
    /// the shop has declared (our choice). 必选，模板
    #[param(example = "SMS_25335288")]
    #[schema(example = "SMS_25335288")]
    tmpl: Option<String>,
    /// The shop that the code is for (our choice; the vendor's clients do not send it). Without it the code is for the
    /// app's own shop; if the app has several, for the first one in the order of their ids, and good at all of them. 店铺
    #[param(example = "A3bdXNT3")]
    #[schema(example = "A3bdXNT3")]
    shop: Option<String>,
}
