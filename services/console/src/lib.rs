//! The operators' console: applications, people and events in a browser.
//!
//! Pages are made on the server, work without JavaScript and are never cached. Whoever opens one has signed in, and has
//! the role that the page asks for; [`routes`] is the only place that says which.
//!
//! # How a page is added
//!
//! 1. A file `src/pages/NAME.rs`, named in `src/pages/mod.rs`, with a function for each route:
//!
//!    ```text
//!    pub async fn show(visit: Visit) -> Result<Reply, Refusal> {
//!        let words = &visit.texts.funnel;
//!        let hits = visit.app.store.limit_hits(..).await?; // a StoreError becomes the page for it
//!        Ok(visit.page(words.title, html! { p { (hits.len()) } }))
//!    }
//!    ```
//!
//!    [`Visit`](visit::Visit) is all that a page gets: `app` (store, clock, settings, keys), the `operator`, `path("id")`,
//!    `query` and `form` (see [`Form`](form::Form)), `texts`. It answers with [`page`](visit::Visit::page), or with
//!    [`to`](visit::Visit::to) after a `POST` that worked; `?` on a [`StoreError`](signup_store::StoreError), a
//!    [`Fault`](signup_http::Fault) or a [`Refusal`](refusal::Refusal) answers with the right error page. Everything in
//!    `html!` is escaped, unless it says `PreEscaped`, which no page does.
//! 2. A line for each route in the table in `src/routes.rs`, with the role that it needs. A `POST` comes to a page only with
//!    the session's token, so every form has `(visit.token())` in it.
//! 3. A line in the table in `src/navigation.rs`, if the page belongs in the menu.
//! 4. Its texts in `src/texts/NAME.rs`: a struct, and the two languages. A missing text does not compile.
//! 5. What changes something is noted in the audit log by the store, in the transaction of the change: functions of the store that
//!    change something take `visit.author()`. What only shows an address in full is noted by the page before the answer:
//!    `visit.audit("user_revealed", "ciam/42", json!({})).await?`, with neither secrets nor whole addresses in it. Each action is
//!    listed in `docs/console.md`.
//!
//! Tables, notices and the like are in [`parts`]. Styles are classes of `assets/console.css`; scripts are files in `assets/`, named
//! in `src/assets.rs`, and only improve what works without them. Inline scripts and styles do not run: the content security policy
//! forbids them.

mod access;
mod assets;
pub mod form;
mod headers;
mod layout;
mod navigation;
mod pages;
pub mod parts;
mod process;
pub mod refusal;
pub mod routes;
mod session;
pub mod texts;
pub mod visit;

use std::process::ExitCode;

use signup_http::Stop;

pub use layout::Beside;
pub use process::PROCESS;

/// Runs the console as its command line says, until SIGTERM or Ctrl-C.
///
/// The exit status is 0 after a graceful stop, 1 when it cannot start or its health check fails, and 2 when the command
/// line or the configuration is faulty.
pub fn run() -> ExitCode {
    // Events that the console commits are published by the services and workers: a relay of its own would gain nothing.
    signup_http::run_with(
        &PROCESS,
        |_| (),
        async |_, ()| {
            let nothing: Stop = Box::pin(async {});
            Ok(nothing)
        },
    )
}
