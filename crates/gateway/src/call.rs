//! A call from end to end: identity, offering, access, backend, and back.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use domain::{EntryId, ItemId};
use http::header::{CACHE_CONTROL, EXPECT, LOCATION};
use http::request::Parts;
use http::{HeaderValue, Method, StatusCode, Version};
use hyper::upgrade::on as upgraded;

use crate::access::{self, identify};
use crate::download::Download;
use crate::forward::{Limits, Wish, forward};
use crate::forwarding::{self, Received};
use crate::health::Attempt;
use crate::outcome::Outcome;
use crate::path::{self, CALL_PREFIX, CallTarget};
use crate::record::CallRecord;
use crate::refusal::Refusal;
use crate::selection::{Chosen, choose};
use crate::tunnel::{self, Asked, Tunnel};
use crate::upload::Upload;
use crate::{Gateway, Offering, Route, Routes, Standing, channel, department, region, upstream};

/// `ANY /call/{entry}/{*path}`.
pub(crate) async fn call(gateway: &Gateway, record: &Arc<CallRecord>, request: Request) -> Response {
    let carried = carry(gateway, record, request).await;
    carried.unwrap_or_else(|refusal| gateway.refuse(&refusal, record))
}

async fn carry(gateway: &Gateway, record: &Arc<CallRecord>, request: Request) -> Result<Response, Refusal> {
    let (mut head, body) = request.into_parts();
    check_protocol(&head)?;
    let client = tunnel::asked(&mut head, &body)?;
    let path_and_query = head.uri.path_and_query().cloned().ok_or(Refusal::UnknownEntry)?;
    let target = CallTarget::split(path_and_query.as_str()).ok_or(Refusal::UnknownEntry)?;
    path::check(target.path).map_err(Refusal::MalformedPath)?;
    let entry = target.entry.parse().map_err(|_| Refusal::UnknownEntry)?;
    let (entry, route) = gateway.routes().resolve(entry).ok_or(Refusal::UnknownEntry)?;
    record.is_for(entry);
    match route.as_ref() {
        Route::Live { offerings } => {
            carry_to_one_of(offerings, gateway, record, target, (head, body, client)).await
        }
        Route::Retired { replaced_by: Some(successor), .. } => {
            record.ends(Outcome::REDIRECTED);
            redirect(*successor, target)
        }
        Route::Retired { explanation, replaced_by: None } => {
            Err(Refusal::Retired { explanation: explanation.clone() })
        }
        // The table has followed them.
        Route::Alias(_) => Err(Refusal::UnknownEntry),
    }
}

async fn carry_to_one_of(
    offerings: &[Arc<Offering>],
    gateway: &Gateway,
    record: &Arc<CallRecord>,
    target: CallTarget<'_>,
    (head, body, client): (Parts, Body, Option<Asked>),
) -> Result<Response, Refusal> {
    let settings = gateway.settings();
    let caller = identify(gateway.verifier(), &head).await?;
    let channel = channel::admitted(&caller, gateway.routes())?;
    let quota = gateway.rate_limits().take(&caller, &channel);
    let exhausted = quota.refusal();
    record.leaves(quota);
    if let Some(refusal) = exhausted {
        return Err(refusal);
    }
    let department = department::named(&head.headers)?;
    let region = match region::named(&head.headers)? {
        Some(named) => Some(named),
        None => region::claimed(&caller, settings.region_claim.as_deref()),
    };
    let Chosen { offering, upstream, forced } =
        choose(offerings, department.as_ref(), region.as_ref(), &settings.health)?;
    record.is_taken_by(offering);
    offering.access.permit(&caller, &settings.assurance)?;

    let limits = Limits::of(settings.timeouts, upstream.timeouts());
    let upload = Upload::new(body, settings.max_request_body_bytes, limits.idle);
    if upload.is_announced_too_large() {
        return Err(Refusal::BodyTooLarge);
    }
    let progress = upload.progress();
    let path = upstream.path(target.path);
    let assertion = if client.is_some() {
        // Two tunnels are two things done, though both begin with GET.
        access::assertion(gateway, offering, &caller, head.method.as_str(), &path, gateway.clock().now())?
    } else {
        gateway.minted().assertion(gateway, offering, &caller, &head.method, &path)?
    };
    let uri = upstream::target(&path, target.query).map_err(|error| {
        tracing::error!(%error, item = %offering.item, "a backend's URL and a call's path make no target");
        Refusal::Internal
    })?;
    let received = Received::of(&head, settings);
    let mut headers = head.headers;
    forwarding::rewrite_request(&mut headers, &received, *record.trace(), assertion);
    if client.is_some() {
        tunnel::announce(&mut headers);
    }
    let mut request = http::Request::new(upload);
    *request.method_mut() = head.method;
    *request.uri_mut() = uri;
    *request.headers_mut() = headers;

    let mut attempt = Attempt::begin(upstream, forced, settings.health)?;
    let wish = if client.is_some() { Wish::Tunnel } else { Wish::Answer };
    let forwarded = forward(upstream.backend(gateway.backends()), request, limits, wish).await;
    let agreed = forwarded.and_then(|(response, lease)| {
        let asked = client.filter(|_| response.status() == StatusCode::SWITCHING_PROTOCOLS);
        match asked.as_ref().is_none_or(|asked| asked.is_accepted_by(response.headers())) {
            true => Ok((response, lease, asked)),
            false => Err(Refusal::BackendBrokeOff),
        }
    });
    let (mut response, lease, asked) = agreed.inspect_err(|refusal| attempt.refused(refusal, &progress))?;
    attempt.responded();
    let switched = asked.map(|asked| {
        let (gateway, entry, item) = (gateway.clone(), record.entry(), offering.item);
        let stands = Box::new(move || {
            gateway.verifier().still_vouches_for(&caller).map_err(Refusal::Credential)?;
            channel::admitted(&caller, gateway.routes())?;
            entry.map_or(Ok(()), |entry| takes_calls(gateway.routes(), entry, item))
        });
        Tunnel::new(asked, upgraded(&mut response), &limits, Arc::clone(record), stands)
    });
    let (mut head, body) = response.into_parts();
    forwarding::rewrite_response(&mut head.headers, head.version);
    // What the backend speaks is no business of the connection to the client.
    head.version = Version::HTTP_11;
    if let Some(tunnel) = switched {
        tunnel::announce(&mut head.headers);
        tunnel.keep((lease, attempt));
        head.extensions.insert(tunnel);
        return Ok(Response::from_parts(head, Body::empty()));
    }
    let body = Download::new(body, &limits, progress, Arc::clone(record), lease, attempt);
    Ok(Response::from_parts(head, Body::new(body)))
}

/// Refuses what was begun while its service was offered and isn't any more: suspended, or retired with its entry. An item
/// that moved to another entry goes on with what it has begun.
fn takes_calls(routes: &Routes, entry: EntryId, item: ItemId) -> Result<(), Refusal> {
    let Some((_, route)) = routes.resolve(entry) else { return Ok(()) };
    match route.as_ref() {
        Route::Live { offerings } => {
            match offerings.iter().find(|offering| offering.item == item).map(|offering| &offering.standing) {
                Some(Standing::Suspended { notice }) => Err(Refusal::Suspended { notice: notice.clone() }),
                Some(Standing::Available) | None => Ok(()),
            }
        }
        Route::Retired { explanation, .. } => Err(Refusal::Retired { explanation: explanation.clone() }),
        // The table has followed them.
        Route::Alias(_) => Ok(()),
    }
}

/// Refuses what can't be carried whoever asks for it.
fn check_protocol(head: &Parts) -> Result<(), Refusal> {
    if head.method == Method::TRACE || head.method == Method::CONNECT {
        return Err(Refusal::MethodNotAllowed);
    }
    let expected = head.headers.get_all(EXPECT).iter();
    if expected.into_iter().any(|value| !value.as_bytes().eq_ignore_ascii_case(b"100-continue")) {
        return Err(Refusal::ExpectationFailed);
    }
    Ok(())
}

/// 308 to the same path of the entry that takes the retired one's place.
fn redirect(successor: EntryId, target: CallTarget<'_>) -> Result<Response, Refusal> {
    let location = format!("{CALL_PREFIX}{successor}{}{}", target.path, target.query);
    let location = HeaderValue::try_from(location).map_err(|_| Refusal::UnknownEntry)?;
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::PERMANENT_REDIRECT;
    response.headers_mut().insert(LOCATION, location);
    // Retirements can be taken back; apps shouldn't remember longer than the catalogue.
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}
