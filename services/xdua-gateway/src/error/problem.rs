//! What can be wrong with a field.

use signup_core::context::Language;

use crate::settings::FieldType;

/// What is wrong with a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Problem {
    /// It is required, and missing or empty.
    Missing,
    /// It is JSON of a type that stands for no text.
    NotText,
    /// It is no Unicode: its bytes are not UTF-8, or it is half of a surrogate pair in JSON.
    NotUtf8,
    /// It is none of these.
    NotOneOf(&'static [&'static str]),
    /// It is no phone number.
    NotAPhone,
    /// It is no e-mail address.
    NotAnEmail,
    /// It has not 32 hexadecimal digits.
    NotMd5,
    /// It has not 8 letters or digits.
    NotAShortId,
    /// It is no day of the calendar.
    NotADate,
    /// It has more characters than this.
    MoreCharacters(usize),
    /// It has more bytes than this.
    MoreBytes(usize),
    /// Its objects and arrays nest deeper than this.
    MoreLevels(usize),
    /// It has control characters.
    ControlCharacters,
    /// It has white space or control characters.
    WhiteSpace,
    /// It is no version that we speak.
    Version,
    /// It is no template of the shop, or the shop does not send this way.
    Template,
    /// The table does not have it.
    NotDeclared,
    /// It is not of the type that the table says.
    NotOfType(FieldType),
}

impl Problem {
    pub(super) fn text(self, language: Language) -> String {
        match language {
            Language::Chinese => self.chinese(),
            Language::English => self.english(),
        }
    }

    fn chinese(self) -> String {
        match self {
            Self::Missing => "不能为空".to_owned(),
            Self::NotText => "必须是字符串".to_owned(),
            Self::NotUtf8 => "必须使用 UTF-8 编码".to_owned(),
            Self::NotOneOf(words) => format!("必须是 {} 之一", words.join("、")),
            Self::NotAPhone => "不是有效的手机号，格式如 +86-15810419011".to_owned(),
            Self::NotAnEmail => "不是有效的邮箱地址".to_owned(),
            Self::NotMd5 => "必须是 32 位十六进制的 MD5 值".to_owned(),
            Self::NotAShortId => "必须是 8 位字母或数字".to_owned(),
            Self::NotADate => "必须是真实日期，格式为 YYYYMMDD".to_owned(),
            Self::MoreCharacters(max) => format!("不能超过 {max} 个字符"),
            Self::MoreBytes(max) => format!("不能超过 {max} 字节"),
            Self::MoreLevels(max) => format!("嵌套不能超过 {max} 层"),
            Self::ControlCharacters => "不能包含控制字符".to_owned(),
            Self::WhiteSpace => "不能包含空白或控制字符".to_owned(),
            Self::Version => "不支持该版本，当前版本为 1.0.0".to_owned(),
            Self::Template => "不是该店铺可用的模板".to_owned(),
            Self::NotDeclared => "不是该用户表的字段".to_owned(),
            Self::NotOfType(kind) => format!("类型必须是 {}", kind.as_str()),
        }
    }

    fn english(self) -> String {
        match self {
            Self::Missing => "must not be empty".to_owned(),
            Self::NotText => "must be a string".to_owned(),
            Self::NotUtf8 => "must be encoded in UTF-8".to_owned(),
            Self::NotOneOf(words) => format!("must be one of {}", words.join(", ")),
            Self::NotAPhone => "is not a phone number such as +86-15810419011".to_owned(),
            Self::NotAnEmail => "is not an e-mail address".to_owned(),
            Self::NotMd5 => "must be an MD5 of 32 hexadecimal digits".to_owned(),
            Self::NotAShortId => "must have 8 letters or digits".to_owned(),
            Self::NotADate => "must be a calendar date of the form YYYYMMDD".to_owned(),
            Self::MoreCharacters(max) => format!("must have at most {max} characters"),
            Self::MoreBytes(max) => format!("must have at most {max} bytes"),
            Self::MoreLevels(max) => format!("must nest at most {max} levels deep"),
            Self::ControlCharacters => "must not contain control characters".to_owned(),
            Self::WhiteSpace => "must not contain white space or control characters".to_owned(),
            Self::Version => "is not a version of this API; the current one is 1.0.0".to_owned(),
            Self::Template => "is not a template that this shop sends".to_owned(),
            Self::NotDeclared => "is not a field of this user table".to_owned(),
            Self::NotOfType(kind) => format!("must be of type {}", kind.as_str()),
        }
    }
}
