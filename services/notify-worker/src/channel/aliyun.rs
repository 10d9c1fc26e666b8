//! Alibaba Cloud SMS: `SendSms`, API version 2017-05-25, signed with ACS3-HMAC-SHA256 (Alibaba Cloud, "V3 request
//! structure and signature").

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde_json::{Map, Value};
use signup_core::mask::Secret;
use signup_core::time::{Clock, Timestamp};
use signup_notify::Message;
use url::Url;
use uuid::Uuid;

use super::provider::{ChannelProvider, NotSent, quote, reference};
use super::registered::{ParameterStyle, RegisteredTexts};
use super::request::{HttpClient, headers, host};
use super::section::Section;
use super::signing::{hmac_sha256, sha256_hex};

const ACTION: &str = "SendSms";
const VERSION: &str = "2017-05-25";

/// Everything but the unreserved characters of RFC 3986, 2.3.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// What a `[channel.NAME]` of this kind holds.
#[derive(Clone, Debug)]
pub(super) struct AliyunSettings {
    access_key_id: String,
    access_key_secret: Secret<String>,
    sign_name: String,
    endpoint: Url,
    texts: RegisteredTexts,
}

impl AliyunSettings {
    pub(super) fn read(section: &mut Section<'_>) -> Option<Self> {
        let access_key_id =
            section.required_text("access_key_id", "must be the id of an AccessKey pair");
        let access_key_secret = section.required_secret("access_key_secret");
        let sign_name = section.required_text("sign_name", "must be an approved signature");
        let texts = RegisteredTexts::read(section, ParameterStyle::Named);
        let endpoint = section.url("endpoint", "https://dysmsapi.aliyuncs.com", false)?;
        Some(Self {
            access_key_id,
            access_key_secret,
            sign_name,
            endpoint,
            texts,
        })
    }
}

pub(super) struct Aliyun {
    /// The provider's name in the settings, under which declarations name templates.
    name: String,
    settings: AliyunSettings,
    client: HttpClient,
    clock: Arc<dyn Clock>,
}

impl Aliyun {
    pub(super) fn new(
        name: &str,
        settings: AliyunSettings,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, String> {
        Ok(Self {
            name: name.to_owned(),
            settings,
            client: HttpClient::new()?,
            clock,
        })
    }

    /// The canonical query string, which is also the one that is sent.
    fn query(&self, message: &Message) -> Result<String, NotSent> {
        let texts = &self.settings.texts;
        let template = texts.template(&self.name, message)?;
        let values: Map<String, Value> = texts
            .values(message)
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value.into()))
            .collect();
        let sign = message.registered.sign.as_ref();
        Ok(canonical_query(&[
            ("OutId", &message.event_id),
            // The country code without a plus.
            ("PhoneNumbers", message.address.trim_start_matches('+')),
            ("SignName", sign.unwrap_or(&self.settings.sign_name)),
            ("TemplateCode", template),
            ("TemplateParam", &Value::Object(values).to_string()),
        ]))
    }
}

#[async_trait]
impl ChannelProvider for Aliyun {
    async fn send(&self, message: &Message, limit: Duration) -> Result<Option<String>, NotSent> {
        let settings = &self.settings;
        let query = self.query(message)?;
        let signature = Signature {
            host: &host(&settings.endpoint),
            query: &query,
            action: ACTION,
            version: VERSION,
            now: self.clock.now(),
            nonce: &Uuid::new_v4().simple().to_string(),
        };
        let authorization =
            signature.authorization(&settings.access_key_id, settings.access_key_secret.expose());
        let headers = headers(&[
            ("authorization", &authorization),
            ("x-acs-action", ACTION),
            ("x-acs-version", VERSION),
            ("x-acs-date", &signature.date()),
            ("x-acs-signature-nonce", signature.nonce),
            ("x-acs-content-sha256", &sha256_hex(b"")),
        ])?;
        let mut url = settings.endpoint.clone();
        url.set_query(Some(&query));
        let answer = self.client.post(url, headers, Vec::new(), limit).await?;
        let Some(response) = answer.json::<Response>() else {
            return Err(answer.by_status());
        };
        match response.code.as_str() {
            "OK" => Ok(reference(&response.biz_id)),
            code => Err(meaning(code)),
        }
    }
}

#[derive(Deserialize)]
struct Response {
    #[serde(rename = "Code")]
    code: String,
    #[serde(rename = "BizId", default)]
    biz_id: String,
}

/// What an error code means (Alibaba Cloud SMS, "API error codes").
fn meaning(code: &str) -> NotSent {
    let text = quote(code);
    match code {
        "isv.MOBILE_NUMBER_ILLEGAL" => NotSent::Refused(text),
        // Limits of one number, which somebody can reach on purpose, and what is about this one message.
        "isv.BUSINESS_LIMIT_CONTROL"
        | "isv.MOBILE_COUNT_OVER_LIMIT"
        | "isv.DOMESTIC_NUMBER_NOT_SUPPORTED"
        | "isv.SMS_TEST_NUMBER_LIMIT"
        | "isv.SMS_TEMPLATE_ILLEGAL"
        | "isv.SMS_SIGNATURE_ILLEGAL"
        | "isv.SMS_SIGN_ILLEGAL"
        | "isv.SIGN_STATE_ILLEGAL"
        | "isv.SMS_SIGNATURE_SCENE_ILLEGAL"
        | "isv.SMS_CONTENT_ILLEGAL"
        | "isv.TEMPLATE_MISSING_PARAMETERS"
        | "isv.TEMPLATE_PARAMS_ILLEGAL"
        | "isv.INVALID_JSON_PARAM"
        | "isv.INVALID_PARAMETERS"
        | "isv.PARAM_LENGTH_LIMIT"
        | "isv.PARAM_NOT_SUPPORT_URL"
        | "isv.BLACK_KEY_CONTROL_LIMIT" => NotSent::Unsuitable(text),
        _ => NotSent::Unavailable(text),
    }
}

/// Parameters with their names in order, percent-encoded.
fn canonical_query(pairs: &[(&str, &str)]) -> String {
    let mut encoded: Vec<String> = pairs
        .iter()
        .map(|(name, value)| {
            let name = utf8_percent_encode(name, RESERVED);
            format!("{name}={}", utf8_percent_encode(value, RESERVED))
        })
        .collect();
    encoded.sort();
    encoded.join("&")
}

/// What is signed: a request whose parameters are all in the query.
struct Signature<'a> {
    host: &'a str,
    query: &'a str,
    action: &'a str,
    version: &'a str,
    now: Timestamp,
    nonce: &'a str,
}

impl Signature<'_> {
    const SIGNED_HEADERS: &'static str =
        "host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version";

    /// Seconds in UTC: `2023-10-26T10:22:32Z`.
    fn date(&self) -> String {
        let seconds: String = self.now.to_string().chars().take(19).collect();
        format!("{seconds}Z")
    }

    fn canonical_request(&self) -> String {
        let body = sha256_hex(b"");
        format!(
            "POST\n/\n{}\nhost:{}\nx-acs-action:{}\nx-acs-content-sha256:{body}\nx-acs-date:{}\n\
             x-acs-signature-nonce:{}\nx-acs-version:{}\n\n{}\n{body}",
            self.query,
            self.host,
            self.action,
            self.date(),
            self.nonce,
            self.version,
            Self::SIGNED_HEADERS
        )
    }

    fn string_to_sign(&self) -> String {
        let request = sha256_hex(self.canonical_request().as_bytes());
        format!("ACS3-HMAC-SHA256\n{request}")
    }

    /// The `Authorization` header.
    fn authorization(&self, key_id: &str, secret: &str) -> String {
        let signature = hmac_sha256(secret.as_bytes(), self.string_to_sign().as_bytes());
        format!(
            "ACS3-HMAC-SHA256 Credential={key_id},SignedHeaders={},Signature={}",
            Self::SIGNED_HEADERS,
            hex::encode(signature)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The worked example of Alibaba Cloud's page "V3 request structure and signature": `RunInstances` of ECS with fixed
    /// parameters.
    #[test]
    fn the_vendors_worked_example_is_signed_as_published() {
        let query = canonical_query(&[
            ("RegionId", "cn-shanghai"),
            (
                "ImageId",
                "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd",
            ),
        ]);
        let signature = Signature {
            host: "ecs.cn-shanghai.aliyuncs.com",
            query: &query,
            action: "RunInstances",
            version: "2014-05-26",
            // 2023-10-26T10:22:32Z
            now: Timestamp::from_millis(1_698_315_752_000),
            nonce: "3156853299f313e23d1673dc12e1703d",
        };
        assert_eq!(
            signature.canonical_request(),
            "POST\n/\n\
             ImageId=win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd&RegionId=cn-shanghai\n\
             host:ecs.cn-shanghai.aliyuncs.com\n\
             x-acs-action:RunInstances\n\
             x-acs-content-sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n\
             x-acs-date:2023-10-26T10:22:32Z\n\
             x-acs-signature-nonce:3156853299f313e23d1673dc12e1703d\n\
             x-acs-version:2014-05-26\n\n\
             host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version\n\
             e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
        assert_eq!(
            signature.string_to_sign(),
            "ACS3-HMAC-SHA256\n7ea06492da5221eba5297e897ce16e55f964061054b7695beedaac1145b1e259"
        );
        assert_eq!(
            signature.authorization("YourAccessKeyId", "YourAccessKeySecret"),
            "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,\
             SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version,\
             Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
        );
    }

    #[test]
    fn parameters_are_encoded_as_rfc_3986_says() {
        let query = canonical_query(&[("b", "1 *~{}"), ("a", "铺")]);
        assert_eq!(query, "a=%E9%93%BA&b=1%20%2A~%7B%7D");
    }

    #[test]
    fn error_codes_tell_the_numbers_faults_from_ours_and_the_vendors() {
        for (code, expected) in [
            ("isv.MOBILE_NUMBER_ILLEGAL", "refused"),
            ("isv.BUSINESS_LIMIT_CONTROL", "unsuitable"),
            ("isv.SMS_TEMPLATE_ILLEGAL", "unsuitable"),
            ("isv.SMS_SIGNATURE_ILLEGAL", "unsuitable"),
            ("isv.AMOUNT_NOT_ENOUGH", "unavailable"),
            ("isv.DAY_LIMIT_CONTROL", "unavailable"),
            ("isp.SYSTEM_ERROR", "unavailable"),
            ("isp.RAM_PERMISSION_DENY", "unavailable"),
            ("InvalidAccessKeyId.NotFound", "unavailable"),
            ("SignatureDoesNotMatch", "unavailable"),
            ("Throttling.User", "unavailable"),
            ("SomethingNew", "unavailable"),
        ] {
            assert_eq!(meaning(code).as_str(), expected, "{code}");
            assert_eq!(meaning(code).text(), code);
        }
    }
}
