//! From a request's members to a user that keeps to the application's sign-up flow.

use serde_json::{Map, Value};
use signup_app::trace;
use signup_core::code::Channel;
use signup_core::identifier::{EmailAddress, Identifier, PhoneNumber, Username, UsernameRule};
use signup_core::password::Password;
use signup_core::user::TakenIdentifier;

use super::json::{illegal_value, text};
use super::sign_up::SignUpRequest;
use crate::auth::Client;
use crate::error::ApiError;
use crate::settings::{AuthenticationAttribute, DirectorySettings, Presence, SignUpFlow};

/// A request that is good as far as one can see without the database.
pub(super) struct NewUser {
    pub(super) identifiers: Vec<TakenIdentifier>,
    pub(super) password: Option<Password>,
    /// What has to be proven, phone before e-mail.
    pub(super) proofs: Vec<OtpProof>,
    /// Ordinary attributes by their ids, and the user group.
    pub(super) profile: Map<String, Value>,
}

/// What a client sent to prove an address.
pub(super) struct OtpProof {
    pub(super) channel: Channel,
    /// Normalised.
    pub(super) address: String,
    pub(super) token: Option<String>,
    pub(super) code: Option<String>,
}

impl NewUser {
    /// Checks in the order of the endpoint's description: unknown, unconfigured, missing, formats, password.
    pub(super) fn check(mut request: SignUpRequest, client: &Client) -> Result<Self, ApiError> {
        let password = request.password.take();
        let mut attributes = ordinary_attributes(&mut request);
        refuse_unknown(&attributes, &client.directory)?;
        let flow = &client.settings.flow;
        refuse_unconfigured(&request, &attributes, flow)?;
        refuse_missing(&request, &attributes, flow)?;

        let mut user = Self {
            identifiers: Vec::new(),
            password: None,
            proofs: Vec::new(),
            profile: Map::new(),
        };
        user.take_username(&request)?;
        user.take_phone_number(&request, &client.directory)?;
        user.take_email(&request)?;
        check_values(&attributes, &client.directory)?;
        user.password = user.checked_password(password, client)?;
        attributes.insert("user_group".to_owned(), flow.user_group.clone().into());
        user.profile = attributes;
        Ok(user)
    }

    fn take_username(&mut self, request: &SignUpRequest) -> Result<(), ApiError> {
        if let Some(name) = text(&request.username, "username")? {
            let name = Username::parse(name, UsernameRule::Ascii)
                .map_err(|_| ApiError::InvalidUsername)?;
            self.take(name, false);
        }
        Ok(())
    }

    fn take_phone_number(
        &mut self,
        request: &SignUpRequest,
        directory: &DirectorySettings,
    ) -> Result<(), ApiError> {
        if let Some(number) = text(&request.phone_number, "phone_number")? {
            let number = PhoneNumber::parse_mainland(number, directory.segments())
                .map_err(|_| ApiError::Malformed(Channel::Sms))?;
            self.proofs.push(OtpProof {
                channel: Channel::Sms,
                address: number.key().to_owned(),
                token: text(&request.phone_number_otp_token, "phone_number_otp_token")?
                    .map(str::to_owned),
                code: text(&request.phone_number_otp, "phone_number_otp")?.map(str::to_owned),
            });
            self.take(number, true);
        }
        Ok(())
    }

    fn take_email(&mut self, request: &SignUpRequest) -> Result<(), ApiError> {
        if let Some(address) = text(&request.email, "email")? {
            let address =
                EmailAddress::parse(address).map_err(|_| ApiError::Malformed(Channel::Email))?;
            self.proofs.push(OtpProof {
                channel: Channel::Email,
                address: address.key().to_owned(),
                token: text(&request.email_otp_token, "email_otp_token")?.map(str::to_owned),
                code: text(&request.email_otp, "email_otp")?.map(str::to_owned),
            });
            self.take(address, true);
        }
        Ok(())
    }

    /// A proven identifier is verified: nothing is written before its code was right.
    fn take(&mut self, identifier: impl Into<Identifier>, verified: bool) {
        let identifier = identifier.into();
        trace::about(identifier.kind(), identifier.key());
        self.identifiers.push(TakenIdentifier {
            identifier,
            verified,
        });
    }

    fn checked_password(
        &self,
        password: Option<Value>,
        client: &Client,
    ) -> Result<Option<Password>, ApiError> {
        let password = match password {
            None | Some(Value::Null) => return Ok(None),
            Some(_) if !client.settings.login.password_source => {
                return Err(ApiError::NoPasswordSource);
            }
            Some(Value::String(password)) => password,
            Some(_) => return Err(illegal_value("password")),
        };
        let password = Password::new(password).map_err(|_| ApiError::InvalidPassword)?;
        let own: Vec<&str> = self
            .identifiers
            .iter()
            .map(|taken| taken.identifier.key())
            .collect();
        client
            .application
            .rules
            .password
            .check(&password, &own)
            .map_err(|_| ApiError::InvalidPassword)?;
        Ok(Some(password))
    }
}

/// Takes the ordinary attributes that are there out of the request.
fn ordinary_attributes(request: &mut SignUpRequest) -> Map<String, Value> {
    let built_in = [
        ("name", request.name.take()),
        ("nickname", request.nickname.take()),
        ("zoneinfo", request.zoneinfo.take()),
        ("locale", request.locale.take()),
    ];
    let mut attributes = std::mem::take(&mut request.custom);
    for (id, value) in built_in {
        attributes.extend(value.map(|value| (id.to_owned(), value)));
    }
    attributes.retain(|_, value| !value.is_null());
    attributes
}

fn refuse_unknown(
    attributes: &Map<String, Value>,
    directory: &DirectorySettings,
) -> Result<(), ApiError> {
    match attributes
        .keys()
        .all(|id| directory.attribute(id).is_some())
    {
        true => Ok(()),
        false => Err(ApiError::UnknownAttribute),
    }
}

/// An address that the flow does not ask for is refused, and so are the members that would prove it.
fn refuse_unconfigured(
    request: &SignUpRequest,
    attributes: &Map<String, Value>,
    flow: &SignUpFlow,
) -> Result<(), ApiError> {
    let authentication = [
        (&request.username, AuthenticationAttribute::Username),
        (&request.phone_number, AuthenticationAttribute::PhoneNumber),
        (
            &request.phone_number_otp_token,
            AuthenticationAttribute::PhoneNumber,
        ),
        (
            &request.phone_number_otp,
            AuthenticationAttribute::PhoneNumber,
        ),
        (&request.email, AuthenticationAttribute::Email),
        (&request.email_otp_token, AuthenticationAttribute::Email),
        (&request.email_otp, AuthenticationAttribute::Email),
    ];
    let is_configured = authentication
        .iter()
        .all(|(value, attribute)| value.is_none() || flow.asks_for(*attribute))
        && attributes.keys().all(|id| flow.ordinary.contains_key(id));
    match is_configured {
        true => Ok(()),
        false => Err(ApiError::UnconfiguredAttribute),
    }
}

fn refuse_missing(
    request: &SignUpRequest,
    attributes: &Map<String, Value>,
    flow: &SignUpFlow,
) -> Result<(), ApiError> {
    let has_identifiers = flow.authentication.iter().all(|attribute| {
        match attribute {
            AuthenticationAttribute::Username => &request.username,
            AuthenticationAttribute::PhoneNumber => &request.phone_number,
            AuthenticationAttribute::Email => &request.email,
        }
        .is_some()
    });
    let is_there = |id: &String| attributes.get(id).is_some_and(|value| value != "");
    let has_attributes = flow
        .ordinary
        .iter()
        .all(|(id, presence)| *presence == Presence::Optional || is_there(id));
    match has_identifiers && has_attributes {
        true => Ok(()),
        false => Err(ApiError::MissingAttribute),
    }
}

fn check_values(
    attributes: &Map<String, Value>,
    directory: &DirectorySettings,
) -> Result<(), ApiError> {
    for (id, value) in attributes {
        let Some(attribute) = directory.attribute(id) else {
            return Err(ApiError::UnknownAttribute);
        };
        if !attribute.accepts(value) {
            return Err(match attribute.error_text() {
                Some(text) => ApiError::IllegalValue(text.to_owned()),
                None => illegal_value(id),
            });
        }
    }
    Ok(())
}
