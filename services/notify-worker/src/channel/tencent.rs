//! Tencent Cloud SMS: `SendSms`, API version 2021-01-11, signed with TC3-HMAC-SHA256 (Tencent Cloud, "Signature v3").

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::json;
use signup_core::mask::Secret;
use signup_core::time::{Clock, Timestamp};
use signup_notify::Message;
use url::Url;

use super::provider::{ChannelProvider, NotSent, quote, reference};
use super::registered::{ParameterStyle, RegisteredTexts};
use super::request::{HttpClient, headers, host};
use super::section::Section;
use super::signing::{hmac_sha256, sha256_hex};

const CONTENT_TYPE: &str = "application/json; charset=utf-8";

/// What a `[channel.NAME]` of this kind holds.
#[derive(Clone, Debug)]
pub(super) struct TencentSettings {
    secret_id: String,
    secret_key: Secret<String>,
    app_id: String,
    sign_name: Option<String>,
    region: String,
    endpoint: Url,
    texts: RegisteredTexts,
}

impl TencentSettings {
    pub(super) fn read(section: &mut Section<'_>) -> Option<Self> {
        let secret_id = section.required_text("secret_id", "must be the SecretId of an API key");
        let secret_key = section.required_secret("secret_key");
        let app_id = section.required_text("app_id", "must be the SdkAppId, such as 1400006666");
        let sign_name = section.text("sign_name");
        let region = section.text("region");
        let texts = RegisteredTexts::read(section, ParameterStyle::Ordered);
        let endpoint = section.url("endpoint", "https://sms.tencentcloudapi.com", false)?;
        Some(Self {
            secret_id,
            secret_key,
            app_id,
            sign_name,
            region: region.unwrap_or_else(|| "ap-guangzhou".to_owned()),
            endpoint,
            texts,
        })
    }
}

pub(super) struct Tencent {
    /// The provider's name in the settings, under which declarations name templates.
    name: String,
    settings: TencentSettings,
    client: HttpClient,
    clock: Arc<dyn Clock>,
}

impl Tencent {
    pub(super) fn new(
        name: &str,
        settings: TencentSettings,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, String> {
        Ok(Self {
            name: name.to_owned(),
            settings,
            client: HttpClient::new()?,
            clock,
        })
    }

    fn body(&self, message: &Message) -> Result<Vec<u8>, NotSent> {
        let texts = &self.settings.texts;
        let template = texts.template(&self.name, message)?;
        let values: Vec<String> = texts
            .values(message)
            .into_iter()
            .map(|(_, value)| value)
            .collect();
        let mut body = json!({
            "PhoneNumberSet": [message.address],
            "SmsSdkAppId": self.settings.app_id,
            "TemplateId": template,
            "TemplateParamSet": values,
            "SessionContext": message.event_id,
        });
        let sign = message.registered.sign.as_ref();
        if let Some(sign) = sign.or(self.settings.sign_name.as_ref()) {
            body["SignName"] = json!(sign);
        }
        Ok(body.to_string().into_bytes())
    }
}

#[async_trait]
impl ChannelProvider for Tencent {
    async fn send(&self, message: &Message, limit: Duration) -> Result<Option<String>, NotSent> {
        let settings = &self.settings;
        let body = self.body(message)?;
        let host = host(&settings.endpoint);
        let now = self.clock.now();
        let authorization = Signature {
            service: "sms",
            host: &host,
            action: "SendSms",
            now,
            body: &body,
        }
        .authorization(&settings.secret_id, settings.secret_key.expose());
        let headers = headers(&[
            ("authorization", &authorization),
            ("content-type", CONTENT_TYPE),
            ("x-tc-action", "SendSms"),
            ("x-tc-version", "2021-01-11"),
            ("x-tc-timestamp", &now.as_secs().to_string()),
            ("x-tc-region", &settings.region),
        ])?;
        let answer = self
            .client
            .post(settings.endpoint.clone(), headers, body, limit)
            .await?;
        let Some(Envelope { response }) = answer.json() else {
            return Err(answer.by_status());
        };
        if let Some(error) = response.error {
            return Err(meaning(&error.code));
        }
        match response.statuses.first() {
            Some(status) if status.code.eq_ignore_ascii_case("Ok") => {
                Ok(reference(&status.serial_no))
            }
            Some(status) => Err(meaning(&status.code)),
            None => Err(answer.by_status()),
        }
    }
}

#[derive(Deserialize)]
struct Envelope {
    #[serde(rename = "Response")]
    response: Response,
}

#[derive(Deserialize)]
struct Response {
    #[serde(rename = "Error")]
    error: Option<ErrorCode>,
    #[serde(rename = "SendStatusSet", default)]
    statuses: Vec<Status>,
}

#[derive(Deserialize)]
struct ErrorCode {
    #[serde(rename = "Code")]
    code: String,
}

#[derive(Deserialize)]
struct Status {
    #[serde(rename = "Code")]
    code: String,
    #[serde(rename = "SerialNo", default)]
    serial_no: String,
}

/// What an error code means (Tencent Cloud SMS, "Error codes").
fn meaning(code: &str) -> NotSent {
    let text = quote(code);
    let (family, _) = code.split_once('.').unwrap_or((code, ""));
    match code {
        "InvalidParameterValue.IncorrectPhoneNumber" | "FailedOperation.PhoneNumberInBlacklist" => {
            NotSent::Refused(text)
        }
        // It gave up waiting for its own back end.
        "InternalError.Timeout" | "InternalError.SendAndRecvFail" => NotSent::Unanswered(text),
        "FailedOperation.TemplateIncorrectOrUnapproved"
        | "FailedOperation.SignatureIncorrectOrUnapproved"
        | "FailedOperation.ContainSensitiveWord"
        | "FailedOperation.TemplateParamSetNotMatchApprovedTemplate"
        | "LimitExceeded.DeliveryFrequencyLimit" => NotSent::Unsuitable(text),
        // Limits of one number, which somebody can reach on purpose.
        _ if code.starts_with("LimitExceeded.PhoneNumber") => NotSent::Unsuitable(text),
        "InvalidParameterValue.SdkAppIdNotExist" => NotSent::Unavailable(text),
        _ => match family {
            "InvalidParameterValue" | "UnsupportedOperation" => NotSent::Unsuitable(text),
            _ => NotSent::Unavailable(text),
        },
    }
}

/// What is signed.
struct Signature<'a> {
    service: &'a str,
    host: &'a str,
    action: &'a str,
    now: Timestamp,
    body: &'a [u8],
}

impl Signature<'_> {
    const SIGNED_HEADERS: &'static str = "content-type;host;x-tc-action";

    fn canonical_request(&self) -> String {
        format!(
            "POST\n/\n\ncontent-type:{CONTENT_TYPE}\nhost:{}\nx-tc-action:{}\n\n{}\n{}",
            self.host,
            self.action.to_lowercase(),
            Self::SIGNED_HEADERS,
            sha256_hex(self.body)
        )
    }

    /// The day of the signature, UTC: `2019-02-25`.
    fn date(&self) -> String {
        self.now.to_string().chars().take(10).collect()
    }

    fn scope(&self) -> String {
        format!("{}/{}/tc3_request", self.date(), self.service)
    }

    fn string_to_sign(&self) -> String {
        format!(
            "TC3-HMAC-SHA256\n{}\n{}\n{}",
            self.now.as_secs(),
            self.scope(),
            sha256_hex(self.canonical_request().as_bytes())
        )
    }

    /// The `Authorization` header.
    fn authorization(&self, secret_id: &str, secret_key: &str) -> String {
        let seed = Secret::new(format!("TC3{secret_key}"));
        let day = hmac_sha256(seed.expose().as_bytes(), self.date().as_bytes());
        let service = hmac_sha256(day.as_ref(), self.service.as_bytes());
        let signing = hmac_sha256(service.as_ref(), b"tc3_request");
        let signature = hmac_sha256(signing.as_ref(), self.string_to_sign().as_bytes());
        format!(
            "TC3-HMAC-SHA256 Credential={secret_id}/{}, SignedHeaders={}, Signature={}",
            self.scope(),
            Self::SIGNED_HEADERS,
            hex::encode(signature)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The worked example of Tencent Cloud's page "Signature v3": `DescribeInstances` of CVM at 1551113065, with the
    /// masked credentials as they stand there.
    #[test]
    fn the_vendors_worked_example_is_signed_as_published() {
        let body = br#"{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}"#;
        let signature = Signature {
            service: "cvm",
            host: "cvm.tencentcloudapi.com",
            action: "DescribeInstances",
            now: Timestamp::from_millis(1_551_113_065_000),
            body,
        };
        assert_eq!(
            signature.canonical_request(),
            "POST\n/\n\ncontent-type:application/json; charset=utf-8\nhost:cvm.tencentcloudapi.com\n\
             x-tc-action:describeinstances\n\ncontent-type;host;x-tc-action\n\
             35e9c5b0e3ae67532d3c9f17ead6c90222632e5b1ff7f6e89887f1398934f064"
        );
        assert_eq!(
            signature.string_to_sign(),
            "TC3-HMAC-SHA256\n1551113065\n2019-02-25/cvm/tc3_request\n\
             7019a55be8395899b900fb5564e4200d984910f34794a27cb3fb7d10ff6a1e84"
        );
        let masked = "*".repeat(32);
        assert_eq!(
            signature.authorization(&format!("AKID{masked}"), &masked),
            "TC3-HMAC-SHA256 Credential=AKID********************************/2019-02-25/cvm/tc3_request, \
             SignedHeaders=content-type;host;x-tc-action, \
             Signature=10b1a37a7301a02ca19a647ad722d5e43b4b3cff309d421d85b46093f6ab6c4f"
        );
    }

    #[test]
    fn error_codes_tell_the_numbers_faults_from_ours_and_the_vendors() {
        for (code, expected) in [
            ("InvalidParameterValue.IncorrectPhoneNumber", "refused"),
            ("FailedOperation.PhoneNumberInBlacklist", "refused"),
            ("LimitExceeded.PhoneNumberThirtySecondLimit", "unsuitable"),
            (
                "FailedOperation.TemplateIncorrectOrUnapproved",
                "unsuitable",
            ),
            ("UnsupportedOperation.UnsuportedRegion", "unsuitable"),
            (
                "FailedOperation.InsufficientBalanceInSmsPackage",
                "unavailable",
            ),
            ("LimitExceeded.AppDailyLimit", "unavailable"),
            ("RequestLimitExceeded", "unavailable"),
            ("AuthFailure.SignatureFailure", "unavailable"),
            ("UnauthorizedOperation.SmsSdkAppIdVerifyFail", "unavailable"),
            ("InternalError.OtherError", "unavailable"),
            ("InternalError.Timeout", "unanswered"),
            ("SomethingNew", "unavailable"),
        ] {
            assert_eq!(meaning(code).as_str(), expected, "{code}");
            assert_eq!(meaning(code).text(), code);
        }
    }
}
