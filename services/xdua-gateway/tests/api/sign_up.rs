//! Signing up, from end to end.

use serde_json::json;

use crate::gateway::{Gateway, PWD, sign_up, with};

#[tokio::test]
async fn somebody_signs_up_with_a_phone_number_and_a_code() {
    let gateway = Gateway::start().await;
    let code = gateway.phone_code("+86-18017050142").await;
    let fields = with(&sign_up("+86-18017050142"), &[("vfcode", &code)]);

    let id = gateway.user(&fields).await.id();

    let user = gateway.newest_user().await;
    assert_eq!(user["user"]["id"], id);
    assert_eq!(user["user"]["directory"], "A3bdXNT3");
    assert_eq!(
        user["identifiers"],
        json!({"phone": {"value": "+8618017050142", "verified": true}})
    );
    assert_eq!(
        user["profile"],
        json!({
            "role": "none", "tabx": "A3bdXNT3", "tel": "+86-18017050142", "name": "A3bdXNT3/+86-18017050142",
        })
    );
    assert!(!user.to_string().contains(PWD));
}
