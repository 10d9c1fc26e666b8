//! A running console with operators and applications, and browsers in front of it.

use std::path::Path;

use reqwest::{Response, StatusCode};
use signup_app::declare::{DeclarationError, Declared, provider_of};
use signup_app::hash_pool;
use signup_core::operator::Role;
use signup_core::password::Password;
use signup_core::time::{Clock as _, Timestamp};
use signup_store::{AuditEntry, AuditFilter, Operator};
use signup_testkit::service::TestServiceBuilder;
use signup_testkit::{TestDatabase, TestService, author};

/// Every operator's password.
pub const PASSWORD: &str = "correct horse battery";

const COOKIE: &str = "__Host-signup-console";

const DECLARATIONS: &str = r#"
provider = "ciam"

[[application]]
id = "shop"
name = "<script>alert('shop')</script> & Söhne"

[application.rules.password]
min_length = 8

[application.settings.flow]
authentication = ["username"]

[[application.credential]]
kind = "client-secret"
id = "shop"
"#;

pub struct Desk {
    pub service: TestService,
}

impl Desk {
    pub async fn open() -> Self {
        Self::open_with(|builder| builder).await
    }

    pub async fn open_with(
        settings: impl FnOnce(TestServiceBuilder) -> TestServiceBuilder,
    ) -> Self {
        let process = &signup_console::PROCESS;
        let builder = TestService::builder(TestDatabase::sqlite(), process, read);
        Self::start(settings(builder)).await
    }

    /// On PostgreSQL, for what it does otherwise.
    pub async fn open_on_postgres() -> Self {
        let process = &signup_console::PROCESS;
        let database = TestDatabase::postgres();
        Self::start(TestService::builder(database, process, read)).await
    }

    async fn start(builder: TestServiceBuilder) -> Self {
        let desk = Self {
            service: builder.start(DECLARATIONS).await,
        };
        for (name, role) in [
            ("ana", Role::Admin),
            ("sam", Role::Support),
            ("rita", Role::Read),
        ] {
            desk.hire(name, role).await;
        }
        desk
    }

    pub async fn hire(&self, name: &str, role: Role) {
        let password = Password::new(PASSWORD.to_owned()).unwrap();
        let operator = Operator {
            name: name.to_owned(),
            password_hash: hash_pool::hash(&password, 4).unwrap(),
            role,
            disabled: false,
            created_at: self.now(),
            password_changed_at: self.now(),
        };
        assert!(
            self.service
                .app
                .store
                .insert_operator(&operator, &author(self.now()))
                .await
                .unwrap()
        );
    }

    pub fn now(&self) -> Timestamp {
        self.service.clock.now()
    }

    /// A browser that has not been here.
    pub fn browser(&self) -> Browser<'_> {
        Browser {
            desk: self,
            token: None,
            language: None,
            client: None,
        }
    }

    /// A browser in which this operator is signed in.
    pub async fn signed_in(&self, name: &str) -> Browser<'_> {
        let mut browser = self.browser();
        let answer = browser.sign_in(name, PASSWORD).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        browser
    }

    /// What the audit log has of the console, the oldest first.
    pub async fn audit(&self) -> Vec<AuditEntry> {
        let store = &self.service.app.store;
        let entries = store
            .audit_entries(AuditFilter::default(), 1000)
            .await
            .unwrap();
        let entries = entries.into_iter().rev().map(|(_, entry)| entry);
        entries.filter(|entry| entry.origin == "console").collect()
    }

    /// Which actions the audit log has, the oldest first.
    pub async fn actions(&self) -> Vec<String> {
        let entries = self.audit().await;
        entries.into_iter().map(|entry| entry.action).collect()
    }
}

fn read(path: &Path, text: &str) -> Result<Declared, DeclarationError> {
    let provider = provider_of(path, text)?;
    (signup_providers::find(&provider).unwrap().declarations)(path, text)
}

/// An answer that was read.
pub struct Page {
    pub status: StatusCode,
    pub headers: reqwest::header::HeaderMap,
    pub body: String,
}

impl Page {
    async fn of(response: Response) -> Self {
        Self {
            status: response.status(),
            headers: response.headers().clone(),
            body: response.text().await.unwrap(),
        }
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    /// The value of the first field of this name.
    pub fn field(&self, name: &str) -> String {
        let (_, after) = self
            .body
            .split_once(&format!(" name=\"{name}\" value=\""))
            .unwrap_or_else(|| panic!("no field {name} in {}", self.body));
        unescape(after.split('"').next().unwrap())
    }

    /// Every field of the form that is sent to this path, as a browser would send them.
    pub fn form(&self, action: &str) -> Vec<(String, String)> {
        let (_, form) = self
            .body
            .split_once(&format!("action=\"{action}\">"))
            .unwrap_or_else(|| panic!("no form {action} in {}", self.body));
        let form = form.split("</form>").next().unwrap();
        let mut fields = Vec::new();
        let mut select = String::new();
        for tag in form.split('<').skip(1) {
            let attribute = |name: &str| {
                let (_, after) = tag.split_once(&format!(" {name}=\""))?;
                Some(unescape(after.split('"').next()?))
            };
            if tag.starts_with("option") && tag.contains(" selected") {
                fields.push((select.clone(), attribute("value").unwrap()));
            }
            let Some(name) = attribute("name") else {
                continue;
            };
            if tag.starts_with("select") {
                select = name;
            } else if tag.starts_with("textarea") {
                let (_, text) = tag.split_once(">\n").unwrap();
                fields.push((name, unescape(text)));
            } else if tag.contains("type=\"checkbox\"") {
                if tag.contains(" checked") {
                    fields.push((name, attribute("value").unwrap()));
                }
            } else if tag.starts_with("input") {
                fields.push((name, attribute("value").unwrap_or_default()));
            }
        }
        fields
    }

    #[track_caller]
    pub fn shows(&self, text: &str) {
        assert!(self.body.contains(text), "{text:?} is not in {}", self.body);
    }
}

fn unescape(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&amp;", "&")
}

/// Replaces a field of a form.
pub fn set(form: &mut Vec<(String, String)>, name: &str, value: &str) {
    form.retain(|(known, _)| known != name);
    form.push((name.to_owned(), value.to_owned()));
}

pub struct Browser<'a> {
    desk: &'a Desk,
    /// The session's token.
    pub token: Option<String>,
    /// What `Accept-Language` says.
    pub language: Option<&'static str>,
    /// The address that a trusted proxy says it has.
    pub client: Option<&'static str>,
}

impl Browser<'_> {
    pub async fn get(&self, path: &str) -> Page {
        let request = self.desk.service.http.get(self.desk.service.url(path));
        Page::of(self.dressed(request).send().await.unwrap()).await
    }

    /// Asks as a page that loads itself again does.
    pub async fn get_by_itself(&self, path: &str) -> Page {
        let request = self.desk.service.http.get(self.desk.service.url(path));
        let request = request.header("x-by-itself", "1");
        Page::of(self.dressed(request).send().await.unwrap()).await
    }

    /// Sends a form as a page of the console would.
    pub async fn post(&self, path: &str, form: &[(String, String)]) -> Page {
        self.post_from(path, form, &self.desk.service.url("")).await
    }

    /// Sends a form as a page of another origin would.
    pub async fn post_from(&self, path: &str, form: &[(String, String)], origin: &str) -> Page {
        let mut body = url::form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(form);
        let request = self
            .desk
            .service
            .http
            .post(self.desk.service.url(path))
            .header("content-type", "application/x-www-form-urlencoded")
            .header("origin", origin)
            .body(body.finish());
        Page::of(self.dressed(request).send().await.unwrap()).await
    }

    /// Sends a form with the session's token.
    pub async fn submit(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        let token = self.get("/account").await.field("token");
        let mut form = vec![("token".to_owned(), token)];
        for (name, value) in fields {
            form.push(((*name).to_owned(), (*value).to_owned()));
        }
        self.post(path, &form).await
    }

    /// Signs in, and keeps the cookie if there is one.
    pub async fn sign_in(&mut self, name: &str, password: &str) -> Page {
        let form = [("name", name), ("password", password), ("next", "/")];
        let form = form.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let page = self.post("/sign-in", &form).await;
        let cookie = page.header("set-cookie").to_owned();
        if let Some(value) = cookie.strip_prefix(&format!("{COOKIE}=")) {
            self.token = value.split(';').next().map(str::to_owned);
        }
        page
    }

    fn dressed(&self, mut request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
        if let Some(token) = &self.token {
            request = request.header("cookie", format!("{COOKIE}={token}"));
        }
        if let Some(language) = self.language {
            request = request.header("accept-language", language);
        }
        if let Some(client) = self.client {
            request = request.header("x-forwarded-for", client);
        }
        request
    }
}
