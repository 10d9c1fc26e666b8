//! The frame around every page.

use actix_web::web;
use maud::{DOCTYPE, Markup, html};
use signup_core::context::{Language, RequestContext};
use signup_core::operator::Role;
use signup_core::reply::Reply;
use signup_http::Fault;

use crate::access::{SIGN_IN, TOKEN};
use crate::navigation::NAVIGATION;
use crate::refusal::Refusal;
use crate::texts::Texts;
use crate::visit::{Visit, Visitor};
use crate::{assets, headers, session};

/// Links to what is served beside the console on the same port, such as the inbox of `signupctl dev`: name and path.
#[derive(Clone, Debug, Default)]
pub struct Beside(pub Vec<(&'static str, &'static str)>);

/// What the frame shows of the request.
pub struct Shown {
    language: Language,
    texts: &'static Texts,
    location: String,
    beside: Option<web::Data<Beside>>,
}

impl Shown {
    /// For this request.
    pub fn of(visitor: &Visitor) -> Self {
        Self {
            language: visitor.language,
            texts: visitor.texts,
            location: visitor.location(),
            beside: visitor.beside.clone(),
        }
    }

    /// The page that says why another one is not shown.
    pub fn refusal(&self, reader: Option<&Reader>, refusal: &Refusal) -> Reply {
        let (title, text) = refusal.words(&self.texts.errors);
        let content = html! {
            p { (text) }
            p { a href="/" { (self.texts.errors.back) } }
        };
        headers::page(
            refusal.status(),
            self.document(reader, title, content).into_string(),
        )
    }

    fn document(&self, reader: Option<&Reader>, title: &str, content: Markup) -> Markup {
        let texts = self.texts;
        let words = &texts.frame;
        html! {
            (DOCTYPE)
            html lang=(session::tag(self.language)) {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    title { (title) " – " (words.console) }
                    @for path in assets::paths(".css") { link rel="stylesheet" href=(path); }
                    @for path in assets::paths(".svg") { link rel="icon" href=(path) type="image/svg+xml"; }
                    @for path in assets::paths(".js") { script src=(path) defer {} }
                }
                body {
                    a class="skip" href="#content" { (words.skip) }
                    header class="top" {
                        a class="brand" href="/" { (words.console) }
                        (self.languages())
                        @if let Some(reader) = reader { (self.account(reader)) }
                    }
                    @if reader.is_some() || self.beside.is_some() {
                        (self.menu(reader))
                    }
                    main id="content" tabindex="-1" {
                        h1 { (title) }
                        (content)
                    }
                }
            }
        }
    }

    fn menu(&self, reader: Option<&Reader>) -> Markup {
        let words = &self.texts.frame;
        html! {
            nav class="menu" aria-label=(words.menu) {
                ul {
                    @if let Some(reader) = reader {
                        @for item in NAVIGATION.iter().filter(|item| item.role <= reader.role) {
                            li { a href=(item.path) aria-current=[self.current(item.path)] { ((item.label)(self.texts)) } }
                        }
                    }
                    @if let Some(beside) = &self.beside {
                        @for (name, path) in &beside.0 {
                            li { a href=(path) { (name) } }
                        }
                    }
                }
            }
        }
    }

    /// The menu marks the page itself as `page`, and what the page is below as `true`.
    fn current(&self, path: &str) -> Option<&'static str> {
        let here = self.location.split('?').next().unwrap_or_default();
        if here == path {
            return Some("page");
        }
        let is_below = path != "/"
            && here
                .strip_prefix(path)
                .is_some_and(|rest| rest.starts_with('/'));
        is_below.then_some("true")
    }

    fn languages(&self) -> Markup {
        html! {
            form class="languages" method="post" action="/language" {
                input type="hidden" name="back" value=(self.location);
                @for (language, name) in [(Language::English, "English"), (Language::Chinese, "中文")] {
                    @if language != self.language {
                        button class="plain" name="language" value=(session::tag(language)) lang=(session::tag(language)) { (name) }
                    }
                }
            }
        }
    }

    fn account(&self, reader: &Reader) -> Markup {
        let words = &self.texts.frame;
        html! {
            a class="who" href="/account" { (reader.name) " (" (self.texts.roles.of(reader.role)) ")" }
            form method="post" action="/sign-out" {
                input type="hidden" name=(TOKEN) value=(reader.form_token);
                button class="plain" { (words.sign_out) }
            }
        }
    }
}

/// Who reads the page.
pub struct Reader {
    name: String,
    role: Role,
    form_token: String,
}

impl Reader {
    /// The operator who is signed in.
    pub fn of(visit: &Visit) -> Self {
        Self {
            name: visit.operator.name.clone(),
            role: visit.operator.role,
            form_token: visit.form_token.clone(),
        }
    }
}

/// A page with everything around it.
pub fn document(visitor: &Visitor, visit: Option<&Visit>, title: &str, content: Markup) -> String {
    let reader = visit.map(Reader::of);
    Shown::of(visitor)
        .document(reader.as_ref(), title, content)
        .into_string()
}

/// The page for a fault before any page of ours had the request: only what the request's context tells is known.
pub fn bare(fault: &Fault, context: &RequestContext) -> Reply {
    let language = context.language.unwrap_or(Language::English);
    let shown = Shown {
        language,
        texts: Texts::of(language),
        location: "/".to_owned(),
        beside: None,
    };
    shown.refusal(None, &Refusal::Fault(fault.clone()))
}

/// Where sign-in leads when nothing else was asked for.
pub fn home(next: &str) -> &str {
    if is_ours(next) && !next.starts_with(SIGN_IN) {
        next
    } else {
        "/"
    }
}

/// Whether it leads to a page of ours, however a browser reads it: browsers leave out tabs and line ends, and take `\\` for `/`.
pub fn is_ours(path: &str) -> bool {
    path.starts_with('/')
        && !path.starts_with("//")
        && !path.contains('\\')
        && path.bytes().all(|byte| byte.is_ascii_graphic())
}
