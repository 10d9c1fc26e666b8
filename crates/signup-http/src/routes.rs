//! Routes whose handlers return replies, and resources that refuse other methods properly.

use std::rc::Rc;

use actix_web::dev::Handler;
use actix_web::http::Method;
use actix_web::{FromRequest, Resource, Route, guard, web};
use futures_util::FutureExt;
use futures_util::future::Map;
use signup_core::reply::Reply;

use crate::{Answer, Fault, Outcome};

/// A route to a handler: an `async fn` of extractors that returns a [`Reply`] or a `Result<Reply, Fault>`.
pub fn to<F, Args>(handler: F) -> Route
where
    F: Handler<Args>,
    F::Output: Outcome + 'static,
    Args: FromRequest + 'static,
{
    web::to(Answering(handler))
}

/// The resource at `path` with a route for each method.
///
/// A route for `GET` takes `HEAD` as well. Any other method is refused with [`Fault::MethodNotAllowed`], `OPTIONS`
/// too unless it has a route.
pub fn resource(path: &str, routes: impl IntoIterator<Item = (Method, Route)>) -> Resource {
    let mut allowed: Vec<String> = Vec::new();
    let mut resource = web::resource(path);
    for (method, route) in routes {
        let route = if method == Method::GET {
            allowed.extend(["GET".to_owned(), "HEAD".to_owned()]);
            route.guard(guard::Any(guard::Get()).or(guard::Head()))
        } else {
            allowed.push(method.to_string());
            route.method(method)
        };
        resource = resource.route(route);
    }
    let allow: Rc<str> = allowed.join(", ").into();
    resource.default_service(to(move || {
        let allow = allow.to_string();
        async move { Err::<Reply, _>(Fault::MethodNotAllowed { allow }) }
    }))
}

/// Turns the outcome of a handler into what actix accepts; [`Reply`] and actix's trait are both not ours to join.
#[derive(Clone)]
struct Answering<F>(F);

impl<F, Args> Handler<Args> for Answering<F>
where
    F: Handler<Args>,
    F::Output: Outcome,
{
    type Output = Answer;
    type Future = Map<F::Future, fn(F::Output) -> Answer>;

    fn call(&self, args: Args) -> Self::Future {
        self.0.call(args).map(Outcome::into_answer)
    }
}
