//! The texts for integrators.

/// The introduction.
pub(super) const TEXT: &str = "\
Signs users up with a name or an e-mail address and a password. 用户名密码注册与邮箱注册。

Each rule names where it comes from: `seed 000` is the vendor's own document on this call, `vendor` the vendor's other \
public documentation, `our choice` what neither of them says.

App servers call the paths under `/bp/server/` with a token in `X-BytePower-Auth-Token`; apps call the others and sign \
each request in `X-BytePower-Sign`. 服务端使用 JWT，客户端使用签名。

What is wrong with a request is looked for in this order, and the first fault is the answer: path and method; size and \
arrival of the body; API version in `Accept`; token or signature, and `X-BytePower-Application-Id`; whether the \
application is in service; the limit on attempts (sign-up only); `Content-Type`; `Idempotency-Key`; the body's JSON, \
then its fields in the order listed here; the application's configuration; the password policy; the verification code; \
whether name or address are taken. (our choice)

In bodies, `null` counts as left out, unknown fields are ignored, and a field that occurs twice is refused. Messages \
name the field, as in `name_password.name`, and never quote its value. (our choice)

An address without anything behind it answers 404 `not_found`.";

/// The scheme of app servers.
pub(super) const AUTH_TOKEN: &str = "\
A JSON Web Token (RFC 7519), signed with HS256 and no other algorithm (seed 000: the header; algorithm and payload: \
vendor). The payload holds `key_name`, the id of a server key of the application, with whose secret the token is signed, \
and `iat`, the time of signing in Unix milliseconds. An `iat` below 100000000000 is read as seconds. It is accepted 5 \
minutes before and after our time, or as the application's `token_tolerance_seconds` says; `exp` is not needed, but \
obeyed where it is sent. (our choice) 应用服务器用 server key 对每个请求签发 JWT。";

/// The scheme of apps.
pub(super) const SIGN: &str = "\
`<hex>,<timestamp>,<key id>` (vendor): the timestamp in Unix milliseconds, the id of a client key of the application, \
and HMAC-SHA256 with that key's secret over application id, timestamp and body, one directly after the other, in \
hexadecimal digits. The timestamp is accepted 5 minutes before and after our time, or as the application's \
`token_tolerance_seconds` says. (our choice) 客户端用 client key 对每个请求签名。";
