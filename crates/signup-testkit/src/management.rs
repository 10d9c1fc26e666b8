//! RabbitMQ's management API, as far as tests need it.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use url::Url;

/// One virtual host, looked at and changed by somebody who may do everything on the broker.
#[derive(Clone, Debug)]
pub(crate) struct Management {
    /// The API's address with user and password, without a path.
    pub api: Url,
    /// The virtual host's name.
    pub vhost: String,
    /// The user whose connections are the virtual host's.
    pub user: String,
}

impl Management {
    /// Makes the virtual host, and the user with this password who may use nothing else.
    pub fn create(&self, password: &str) -> Result<(), String> {
        let Self { vhost, user, .. } = self;
        self.request(Method::PUT, &["vhosts", vhost], None)?;
        let account = json!({ "password": password, "tags": "" });
        self.request(Method::PUT, &["users", user], Some(account))?;
        let all = json!({ "configure": ".*", "write": ".*", "read": ".*" });
        self.request(Method::PUT, &["permissions", vhost, user], Some(all))?;
        Ok(())
    }

    /// Removes what [`Self::create`] made, with everything in it; connections are closed.
    pub fn remove(&self) -> Result<(), String> {
        self.request(Method::DELETE, &["vhosts", &self.vhost], None)?;
        self.request(Method::DELETE, &["users", &self.user], None)?;
        Ok(())
    }

    /// The broker's description of a queue; `None` if there is no such queue.
    pub fn find_queue(&self, name: &str) -> Result<Option<Value>, String> {
        self.request(Method::GET, &["queues", &self.vhost, name], None)
    }

    /// Closes every connection of the virtual host's user.
    pub fn close_connections(&self) -> Result<(), String> {
        self.request(
            Method::DELETE,
            &["connections", "username", &self.user],
            None,
        )?;
        Ok(())
    }

    /// Sends a request to `/api/<path>` and returns the answer's JSON, `null` if it has no body. `None` stands for 404.
    pub fn request(
        &self,
        method: Method,
        path: &[&str],
        body: Option<Value>,
    ) -> Result<Option<Value>, String> {
        let mut url = self.api.clone();
        url.path_segments_mut()
            .map_err(|()| "the management API's address takes no path".to_owned())?
            .clear()
            .push("api")
            .extend(path);
        let what = format!("{method} {}", url.path());
        // On a thread of its own, because tests call this inside and outside of a runtime, and Drop does.
        std::thread::spawn(move || send(method, url, body))
            .join()
            .map_err(|_| "the request panicked".to_owned())
            .flatten()
            .map_err(|reason| format!("RabbitMQ's management API, {what}: {reason}"))
    }
}

#[tokio::main(flavor = "current_thread")]
async fn send(method: Method, url: Url, body: Option<Value>) -> Result<Option<Value>, String> {
    let mut request = reqwest::Client::new()
        .request(method, url)
        .timeout(Duration::from_secs(20));
    if let Some(body) = body {
        request = request.json(&body);
    }
    // Its address holds the password.
    let reason = |error: reqwest::Error| format!("{:?}", error.without_url());
    let response = request.send().await.map_err(reason)?;
    let status = response.status();
    let answer = response.text().await.map_err(reason)?;
    if status == reqwest::StatusCode::NOT_FOUND {
        return Ok(None);
    }
    if !status.is_success() {
        return Err(format!("{status} {answer}"));
    }
    if answer.is_empty() {
        return Ok(Some(Value::Null));
    }
    serde_json::from_str(&answer)
        .map(Some)
        .map_err(|error| error.to_string())
}
