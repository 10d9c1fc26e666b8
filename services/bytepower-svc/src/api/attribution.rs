//! Where a user comes from, as the app tells it.

use serde::Serialize;
use signup_core::attribute::text_attribute;
use utoipa::ToSchema;

use super::json::Object;
use crate::error::Error;

/// Optional fields of a sign-up. They are kept with the user as they were sent and travel in the event, where consumers
/// do attribution with them. Each has at most 1,024 characters, none of them a control character (our choice).
#[derive(Serialize, ToSchema)]
pub(crate) struct Attribution {
    /// Segment of the user. (seed 000)
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(
        example = "test_segment_id",
        max_length = 1024,
        pattern = r"^[^\x00-\x1F\x7F-\x9F]*$"
    )]
    segment_id: Option<String>,
    /// The app's own configuration id. (seed 000)
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(
        example = "custom_config_id_123",
        max_length = 1024,
        pattern = r"^[^\x00-\x1F\x7F-\x9F]*$"
    )]
    custom_config_id: Option<String>,
    /// The id that the same device uses for device login. 设备登录所用的 id。 (seed 000)
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(
        example = "login_device_id",
        max_length = 1024,
        pattern = r"^[^\x00-\x1F\x7F-\x9F]*$"
    )]
    login_device_id: Option<String>,
    /// An id of the user that the app keeps in a simpler form. (seed 000)
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(
        example = "test_simple_cuid",
        max_length = 1024,
        pattern = r"^[^\x00-\x1F\x7F-\x9F]*$"
    )]
    simple_cuid: Option<String>,
    /// A second id of the user that the app gives. (seed 000)
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(
        example = "test_custom_uid_v2",
        max_length = 1024,
        pattern = r"^[^\x00-\x1F\x7F-\x9F]*$"
    )]
    cuid_v2: Option<String>,
    /// Device id of a phone. (seed 000)
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(
        example = "test_imei",
        max_length = 1024,
        pattern = r"^[^\x00-\x1F\x7F-\x9F]*$"
    )]
    imei: Option<String>,
    /// Open anonymous device id, Android in mainland China. (seed 000)
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(
        example = "test_oaid",
        max_length = 1024,
        pattern = r"^[^\x00-\x1F\x7F-\x9F]*$"
    )]
    oaid: Option<String>,
    /// The app's own id of the user; given back in the reply. (seed 000)
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(
        example = "test_custom_uid",
        max_length = 1024,
        pattern = r"^[^\x00-\x1F\x7F-\x9F]*$"
    )]
    pub(crate) cuid: Option<String>,
    /// Where the app runs. (seed 000; values: vendor)
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "ios")]
    platform: Option<Platform>,
    /// Identifier for advertisers, iOS. (seed 000)
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(
        example = "test_idfa",
        max_length = 1024,
        pattern = r"^[^\x00-\x1F\x7F-\x9F]*$"
    )]
    idfa: Option<String>,
    /// Identifier for vendors, iOS. (seed 000)
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(
        example = "test_idfv",
        max_length = 1024,
        pattern = r"^[^\x00-\x1F\x7F-\x9F]*$"
    )]
    idfv: Option<String>,
    /// Google advertising id, Android. (seed 000)
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(
        example = "test_gaid",
        max_length = 1024,
        pattern = r"^[^\x00-\x1F\x7F-\x9F]*$"
    )]
    gaid: Option<String>,
    /// Id that AppsFlyer gave the installation. (seed 000)
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(
        example = "appsflyer_id",
        max_length = 1024,
        pattern = r"^[^\x00-\x1F\x7F-\x9F]*$"
    )]
    appsflyer_id: Option<String>,
    /// Id that Firebase gave the installation. (seed 000)
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(
        example = "app_instance_id",
        max_length = 1024,
        pattern = r"^[^\x00-\x1F\x7F-\x9F]*$"
    )]
    app_instance_id: Option<String>,
    /// An id of the installation or device that the app makes. (seed 000)
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(
        example = "uuid",
        max_length = 1024,
        pattern = r"^[^\x00-\x1F\x7F-\x9F]*$"
    )]
    uuid: Option<String>,
}

/// Where an app runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Platform {
    /// iPhone or iPad.
    Ios,
    /// Android.
    Android,
    /// A web page.
    Website,
}

impl Attribution {
    /// Reads the fields of a sign-up's body.
    pub(crate) fn read(body: &Object) -> Result<Self, Error> {
        let text = |name| attribute(body, name);
        Ok(Self {
            segment_id: text("segment_id")?,
            custom_config_id: text("custom_config_id")?,
            login_device_id: text("login_device_id")?,
            simple_cuid: text("simple_cuid")?,
            cuid_v2: text("cuid_v2")?,
            imei: text("imei")?,
            oaid: text("oaid")?,
            cuid: text("cuid")?,
            idfa: text("idfa")?,
            idfv: text("idfv")?,
            gaid: text("gaid")?,
            appsflyer_id: text("appsflyer_id")?,
            app_instance_id: text("app_instance_id")?,
            uuid: text("uuid")?,
            platform: Platform::read(body)?,
        })
    }
}

impl Platform {
    /// Reads the field `platform` of an object; none if it is missing or `null`.
    pub(crate) fn read(object: &Object) -> Result<Option<Self>, Error> {
        match object.text("platform")?.as_deref() {
            None => Ok(None),
            Some("ios") => Ok(Some(Self::Ios)),
            Some("android") => Ok(Some(Self::Android)),
            Some("website") => Ok(Some(Self::Website)),
            Some(_) => Err(object.fault("platform", "must be ios, android or website")),
        }
    }
}

fn attribute(body: &Object, name: &str) -> Result<Option<String>, Error> {
    let text = body.text(name)?;
    if let Some(text) = &text {
        text_attribute(text).map_err(|problem| body.fault(name, problem))?;
    }
    Ok(text)
}
