//! What a page gets, and what it answers with.

use std::ops::Deref;

use actix_web::http::Method;
use actix_web::http::header::REFERER;
use actix_web::{HttpRequest, web};
use maud::{Markup, html};
use serde_json::Value;
use signup_app::App;
use signup_core::context::{Language, RequestContext};
use signup_core::mask::mask_address;
use signup_core::operator::Role;
use signup_core::reply::Reply;
use signup_core::time::Timestamp;
use signup_store::{ChangeAuthor, Operator, OperatorSession, StoreError};
use url::{Position, Url};

use crate::form::Form;
use crate::layout::{self, Beside};
use crate::texts::Texts;
use crate::{headers, session};

/// What the audit log and the history call this program.
const ORIGIN: &str = "console";

/// Somebody who opens a page, signed in or not.
pub struct Visitor {
    /// The store, the clock, the settings, the keys.
    pub app: web::Data<App>,
    /// What is known of the request.
    pub context: RequestContext,
    /// The language of the answer.
    pub language: Language,
    /// The texts in this language.
    pub texts: &'static Texts,
    /// What stands behind the `?`.
    pub query: Form,
    /// What was typed into the form; empty for GET.
    pub form: Form,
    /// The token of the browser's cookie, whatever it is worth.
    pub(crate) cookie: Option<String>,
    pub(crate) beside: Option<web::Data<Beside>>,
    request: HttpRequest,
}

impl Visitor {
    pub(crate) fn new(
        app: web::Data<App>,
        context: RequestContext,
        request: HttpRequest,
        body: &[u8],
    ) -> Self {
        let language = session::language(request.headers())
            .or(context.language)
            .unwrap_or(Language::English);
        Self {
            app,
            context,
            language,
            texts: Texts::of(language),
            query: Form::parse(request.query_string().as_bytes()),
            form: Form::parse(body),
            cookie: session::token(request.headers()).map(str::to_owned),
            beside: request.app_data::<web::Data<Beside>>().cloned(),
            request,
        }
    }

    /// A part of the path: `{id}` of the route, decoded.
    pub fn path(&self, name: &str) -> &str {
        self.request.match_info().get(name).unwrap_or_default()
    }

    /// Path and query of the page that is looked at: after a form, of the page that the form was on.
    pub fn location(&self) -> String {
        if self.request.method() != Method::POST {
            let path = self.request.uri().path_and_query();
            return path.map_or_else(|| "/".to_owned(), ToString::to_string);
        }
        let referer = self.request.headers().get(REFERER);
        let url = referer.and_then(|referer| Url::parse(referer.to_str().ok()?).ok());
        url.map_or_else(
            || "/".to_owned(),
            |url| url[Position::BeforePath..Position::AfterQuery].to_owned(),
        )
    }

    /// Whether a NUL stands anywhere: nothing that we keep holds one, and PostgreSQL takes none.
    pub(crate) fn holds_nul(&self) -> bool {
        let in_path = self.request.match_info().iter();
        let in_forms = self.query.iter().chain(self.form.iter());
        in_path
            .chain(in_forms)
            .any(|(name, value)| name.contains('\0') || value.contains('\0'))
    }

    /// The present.
    pub fn now(&self) -> Timestamp {
        self.app.clock.now()
    }

    /// Somebody who is not signed in, or not yet, as the author of what this request does.
    pub(crate) fn author_as(&self, operator: &str) -> ChangeAuthor {
        ChangeAuthor {
            origin: ORIGIN,
            name: operator.to_owned(),
            request_id: Some(self.context.request_id.clone()),
            client: Some(mask_address(self.context.client_ip)),
            time: self.now(),
        }
    }

    pub(crate) fn request(&self) -> &HttpRequest {
        &self.request
    }
}

/// An operator who is signed in and may open the page.
pub struct Visit {
    pub(crate) visitor: Visitor,
    /// Who it is.
    pub operator: Operator,
    pub(crate) session: OperatorSession,
    pub(crate) form_token: String,
}

impl Deref for Visit {
    type Target = Visitor;

    fn deref(&self) -> &Visitor {
        &self.visitor
    }
}

impl Visit {
    /// A page with this title.
    pub fn page(&self, title: &str, content: Markup) -> Reply {
        self.page_with(200, title, content)
    }

    /// A page with another status: 422 for a form that was refused, 409 for one that came too late.
    pub fn page_with(&self, status: u16, title: &str, content: Markup) -> Reply {
        headers::page(status, layout::document(self, Some(self), title, content))
    }

    /// To another page, as the answer to a POST that worked.
    pub fn to(&self, path: &str) -> Reply {
        headers::to(path)
    }

    /// Whether the operator has this role, or one that may more: for what a page shows to some only. Whether a page may be
    /// opened is said in the table of routes.
    pub fn may(&self, role: Role) -> bool {
        self.operator.role >= role
    }

    /// What every form needs: the token that proves that it is ours.
    pub fn token(&self) -> Markup {
        html! { input type="hidden" name=(crate::access::TOKEN) value=(self.form_token); }
    }

    /// Notes what the operator does that changes nothing in the database: `("user_revealed", "ciam/42", json!({}))`. No secrets, no
    /// whole addresses. What cannot be noted is not done: use `?`. A change is noted by the store, in its transaction: give it the
    /// [`author`](Self::author).
    ///
    /// # Errors
    /// The database is unavailable.
    pub async fn audit(
        &self,
        action: &str,
        object: &str,
        details: Value,
    ) -> Result<(), StoreError> {
        let entry = self.author().did(action, Some(object), details);
        self.app.store.insert_audit_entry(&entry).await
    }

    /// The operator, as the author of a change.
    pub fn author(&self) -> ChangeAuthor {
        self.author_as(&self.operator.name)
    }
}
