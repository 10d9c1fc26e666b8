//! Why a text is no identifier.

/// The first rule that a text broke. The messages never repeat the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdentifierError {
    /// Nothing, or nothing visible, was given.
    #[error("must not be empty")]
    Empty,
    /// More characters than the rule allows.
    #[error("must be at most {max} characters long")]
    TooLong {
        /// The limit in characters.
        max: usize,
    },
    /// Control, format, invisible, private-use or unassigned characters.
    #[error("must not contain control or invisible characters")]
    ControlCharacter,
    /// Accents and other marks, and nothing that they could stand on.
    #[error("must not consist of combining marks alone")]
    OnlyMarks,
    /// White space of any script.
    #[error("must not contain white space")]
    WhiteSpace,
    /// A name that does not start with a letter.
    #[error("must start with a letter from a to z")]
    BadStart,
    /// A character outside the alphabet of the rule.
    #[error("must contain only letters from a to z, digits and underscores")]
    BadCharacter,
    /// Longer than 254 bytes, as typed or in its normalised form.
    #[error("an e-mail address must be at most 254 bytes long")]
    EmailTooLong,
    /// More than 64 bytes before the at sign.
    #[error("the part before the @ must be at most 64 bytes long")]
    LocalPartTooLong,
    /// The part before the at sign stands in quotation marks.
    #[error("quoted e-mail addresses are not accepted")]
    QuotedLocalPart,
    /// Not an e-mail address.
    #[error("is not an e-mail address of the form name@domain")]
    MalformedEmail,
    /// No host name with at least one dot after the at sign.
    #[error("the part after the @ is not a complete domain name")]
    BadDomain,
    /// An international number without the plus sign.
    #[error("must start with + and a country code")]
    MissingPlus,
    /// The digits after the plus sign are no assigned kind of country code.
    #[error("has no valid country code")]
    BadCountryCode,
    /// Something that is neither an ASCII digit nor the one hyphen after the country code.
    #[error("must contain only the digits 0 to 9, with at most one hyphen after the country code")]
    NotDigits,
    /// Too few or too many digits for a phone number.
    #[error("must have {min} to {max} digits")]
    WrongDigitCount {
        /// The least number of digits.
        min: usize,
        /// The greatest number of digits.
        max: usize,
    },
    /// A number of mainland China that is not a mobile number.
    #[error("is not a mobile number of mainland China")]
    NotMainlandMobile,
    /// The number's first digits are not in the configured list of segments.
    #[error("does not belong to a known mobile carrier of mainland China")]
    UnknownSegment,
}
