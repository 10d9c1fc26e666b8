//! The body of a sign-up.

use serde::Serialize;
use serde_json::{Map, Value, json};
use signup_core::identifier::{EmailAddress, Username, UsernameRule};
use signup_core::password::Password;
use utoipa::ToSchema;

use super::attribution::{Attribution, Platform};
use super::json::Object;
use crate::error::Error;

/// The field that holds the password of a sign-up by name.
const NAME_PASSWORD: &str = "name_password.password";

/// The field that holds the password of a sign-up by e-mail.
const EMAIL_PASSWORD: &str = "email_password.password";

/// Exactly one of `name_password` and `email_password`, and beside it the fields of `Attribution`. A field that is
/// `null` counts as left out, unknown fields are ignored, and a field that occurs twice is refused (our choice).
#[derive(ToSchema)]
pub(crate) struct SignUpBody {
    #[serde(flatten)]
    pub(crate) form: Form,
    #[serde(flatten)]
    pub(crate) attribution: Attribution,
}

/// The two ways to sign up. 用户名密码注册，或邮箱注册。
#[derive(ToSchema)]
#[serde(untagged)]
pub(crate) enum Form {
    Name { name_password: NamePassword },
    Email { email_password: EmailPassword },
}

/// A name and a password. (seed 000)
#[derive(ToSchema)]
pub(crate) struct NamePassword {
    /// 1 to 64 characters after NFKC, none of them white space, invisible or a control character; unique within the
    /// application whatever its case, width or composition. (our choice; uniqueness: vendor)
    #[schema(value_type = String, example = "username", min_length = 1, pattern = r"^\S+$")]
    pub(crate) name: Username,
    /// What the application's password policy accepts, at most 72 bytes of UTF-8 without NUL. (our choice)
    #[schema(value_type = String, format = Password, example = "123456", min_length = 1, max_length = 72)]
    pub(crate) password: Password,
}

/// An e-mail address and a password. (seed 000)
#[derive(ToSchema)]
pub(crate) struct EmailPassword {
    /// At most 254 bytes; unique within the application whatever its case. (our choice; uniqueness: vendor)
    #[schema(value_type = String, format = Email, example = "happymumu@example.com", min_length = 1, max_length = 254)]
    pub(crate) email: EmailAddress,
    /// What the application's password policy accepts, at most 72 bytes of UTF-8 without NUL. (our choice)
    #[schema(value_type = String, format = Password, example = "123456", min_length = 1, max_length = 72)]
    pub(crate) password: Password,
    /// The code that was sent to the address. Required when the application has sign-up verification on, ignored
    /// otherwise. 开启注册验证后必填。 (seed 000; required: our choice)
    #[schema(example = "123456")]
    pub(crate) verify_code: Option<String>,
    /// Where the app runs. (seed 000; values: vendor)
    #[schema(example = "website")]
    pub(crate) platform: Option<Platform>,
}

impl SignUpBody {
    /// Reads a body. The first fault is reported: JSON, then which of the two forms it is, then that form's fields in
    /// the order in which they are listed here, then the fields beside it. Without `verification`, `verify_code` is a
    /// field that nobody asks for.
    pub(crate) fn parse(body: &[u8], verification: bool) -> Result<Self, Error> {
        let body = Object::parse(body)?;
        let forms = (
            body.object("name_password")?,
            body.object("email_password")?,
        );
        let form = match forms {
            (Some(form), None) => Form::Name {
                name_password: NamePassword::read(&form)?,
            },
            (None, Some(form)) => Form::Email {
                email_password: EmailPassword::read(&form, verification)?,
            },
            (Some(_), Some(_)) => {
                let problem = "must not be sent together with name_password";
                return Err(body.fault("email_password", problem));
            }
            (None, None) => {
                let problem = "this or email_password is required";
                return Err(body.fault("name_password", problem));
            }
        };
        Ok(Self {
            form,
            attribution: Attribution::read(&body)?,
        })
    }

    /// What is kept with the user and announced beside identifiers, by the names and in the places in which it was sent.
    pub(crate) fn profile(&self) -> Map<String, Value> {
        let mut profile = object_of(&self.attribution);
        if let Form::Email { email_password } = &self.form
            && let Some(platform) = email_password.platform
        {
            profile.insert("email_password".to_owned(), json!({"platform": platform}));
        }
        profile
    }
}

impl NamePassword {
    fn read(form: &Object) -> Result<Self, Error> {
        let name = form.required_text("name")?;
        Ok(Self {
            name: Username::parse(&name, UsernameRule::Open)
                .map_err(|problem| form.fault("name", problem))?,
            password: password(NAME_PASSWORD, form.required_text("password")?)?,
        })
    }
}

impl EmailPassword {
    fn read(form: &Object, verification: bool) -> Result<Self, Error> {
        let email = form.required_text("email")?;
        Ok(Self {
            email: EmailAddress::parse(&email).map_err(|problem| form.fault("email", problem))?,
            password: password(EMAIL_PASSWORD, form.required_text("password")?)?,
            verify_code: if verification {
                form.text("verify_code")?
            } else {
                None
            },
            platform: Platform::read(form)?,
        })
    }
}

impl Form {
    /// The field that holds the password.
    pub(crate) const fn password_field(&self) -> &'static str {
        match self {
            Self::Name { .. } => NAME_PASSWORD,
            Self::Email { .. } => EMAIL_PASSWORD,
        }
    }
}

fn password(field: &'static str, text: String) -> Result<Password, Error> {
    Password::new(text).map_err(|problem| Error::InvalidPassword { field, problem })
}

/// The attribution fields of a JSON object, checked as those of a sign-up; what else is in it is left out.
pub(crate) fn attribution_of(body: &[u8]) -> Result<Map<String, Value>, Error> {
    let body = Object::parse(body)?;
    Ok(object_of(&Attribution::read(&body)?))
}

fn object_of(value: &impl Serialize) -> Map<String, Value> {
    match serde_json::to_value(value) {
        Ok(Value::Object(object)) => object,
        // A struct of texts is an object.
        _ => Map::new(),
    }
}
