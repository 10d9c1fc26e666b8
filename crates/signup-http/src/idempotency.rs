//! `Idempotency-Key`: a request that is sent again gets the reply that it got, and is not carried out again.

use std::time::{Duration, Instant};

use actix_web::HttpRequest;
use aws_lc_rs::digest;
use signup_app::{App, by, trace};
use signup_core::application::Application;
use signup_core::context::RequestContext;
use signup_core::keys::KeyUse;
use signup_core::reply::Reply;
use signup_core::sign_up::IdempotencyClaim;
use signup_store::ClaimOutcome;

use crate::Fault;

/// The header field that holds the key.
pub(crate) const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// The header field that marks a replayed reply.
const REPLAYED: &str = "idempotency-replayed";

/// Time for settling a key after the request's own time is over.
const SETTLE: Duration = Duration::from_millis(500);

/// Runs a request once per `Idempotency-Key` of the application. Without the header it just runs.
///
/// `run` gets the claim, so that it can store the reply together with what the request changes. A final reply that it
/// has not stored is stored here; after any other reply the key is free again. A request with a key goes on when its
/// client leaves. One that panics, or whose process dies, leaves the key claimed for `idempotency.lease`.
///
/// # Errors
/// The key is not 1 to 255 visible ASCII characters, belongs to another request, or is in progress; or the store does
/// not answer, and without it nobody can tell whether the request ran before.
pub async fn idempotent(
    app: &App,
    application: &Application,
    context: &RequestContext,
    request: &HttpRequest,
    body: &[u8],
    run: impl AsyncFnOnce(Option<IdempotencyClaim>) -> Reply,
) -> Result<Reply, Fault> {
    trace::application(application);
    let Some(key) = key_of(request)? else {
        return Ok(run(None).await);
    };
    match claim(
        app,
        application,
        context,
        key,
        digest(request, body).as_ref(),
    )
    .await?
    {
        ClaimOutcome::Claimed(claim) => {
            let reply = run(Some(claim.clone())).await;
            settle(app, context, claim, &reply).await;
            Ok(reply)
        }
        ClaimOutcome::Replay(reply) => {
            trace::outcome("replayed");
            Ok(reply.with_header(REPLAYED, "true"))
        }
        ClaimOutcome::Mismatch => Err(Fault::IdempotencyMismatch),
        ClaimOutcome::InProgress => Err(Fault::InProgress),
    }
}

/// Claims a key for the request of this digest. What is stored of a request is keyed: it may hold a password, and a plain
/// digest would let whoever reads the database try passwords as fast as SHA-256 is. A request that was stored before our
/// keys were rotated is known by an older one.
async fn claim(
    app: &App,
    application: &Application,
    context: &RequestContext,
    key: &str,
    digest: &[u8],
) -> Result<ClaimOutcome, Fault> {
    let settings = &app.settings.idempotency;
    for our_key in app.keys.all(KeyUse::Fingerprint) {
        let claim = app.store.claim_idempotency(
            &application.provider,
            &application.id,
            key,
            our_key.sign(digest),
            app.clock.now(),
            settings.lease,
            settings.retention,
        );
        let outcome = by(context.deadline, claim).await?;
        if !matches!(outcome, ClaimOutcome::Mismatch) {
            return Ok(outcome);
        }
    }
    Ok(ClaimOutcome::Mismatch)
}

/// Stores a final reply, or gives the key back. The caller gets its answer even if that fails.
async fn settle(app: &App, context: &RequestContext, claim: IdempotencyClaim, reply: &Reply) {
    // A request that has used up its time still gives its key back, as long as that is quick.
    let end = context.deadline.max(Instant::now() + SETTLE);
    let settled = if reply.is_final() {
        by(end, app.store.finish_idempotency(claim, reply.clone())).await
    } else {
        by(end, app.store.release_idempotency(claim)).await
    };
    if let Err(error) = settled {
        log::error!(
            event = "idempotency.not_settled";
            "an idempotency key stays claimed until its lease ends: {error}"
        );
    }
}

fn key_of(request: &HttpRequest) -> Result<Option<&str>, Fault> {
    let mut values = request.headers().get_all(IDEMPOTENCY_KEY);
    let Some(value) = values.next() else {
        return Ok(None);
    };
    value
        .to_str()
        .ok()
        .filter(|key| (1..=255).contains(&key.len()))
        .filter(|key| key.bytes().all(|byte| byte.is_ascii_graphic()))
        .filter(|_| values.next().is_none())
        .map(Some)
        .ok_or(Fault::InvalidIdempotencyKey)
}

/// SHA-256 of method, path with query, and body, each with its length before it. Headers do not count: a repeated
/// request carries a new token and a new signature.
fn digest(request: &HttpRequest, body: &[u8]) -> impl AsRef<[u8]> {
    let target = request
        .uri()
        .path_and_query()
        .map_or("", |path| path.as_str());
    let mut digest = digest::Context::new(&digest::SHA256);
    for part in [
        request.method().as_str().as_bytes(),
        target.as_bytes(),
        body,
    ] {
        digest.update(&(part.len() as u64).to_be_bytes());
        digest.update(part);
    }
    digest.finish()
}
