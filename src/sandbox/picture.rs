//! Picture URLs, signed like those of OSS and valid for 15 minutes after the query. There is only
//! one picture: a drawn portrait that obviously shows no real person.

use super::envelope;
use super::session::Session;
use super::verification::Verification;
use crate::http::{IncomingRequest, Response, first_value};
use crate::signing::acs3::hmac_sha256;
use crate::signing::encode::parse_form;
use crate::vendor::credentials::Secret;

static PORTRAIT: &[u8] = include_bytes!("portrait.jpg");

/// The path of pictures on this server.
pub(super) const PATH: &str = "/_sandbox/pictures/";
const VALID_MILLIS: i64 = 15 * 60 * 1_000;

/// The bucket that Alibaba Cloud creates in a customer's account.
pub(super) fn bucket(verification: &Verification) -> String {
    format!("cn-shanghai-aliyun-cloudauth-{}", verification.account_id)
}

/// The object's name in that bucket.
pub(super) fn object(verification: &Verification) -> String {
    let Verification {
        account_id,
        certify_id,
        ..
    } = verification;
    format!("verify/{account_id}/{certify_id}0.jpeg")
}

/// A signed URL that is valid for 15 minutes. `None` if the account has no key.
pub(super) fn url(session: &Session<'_>, verification: &Verification) -> Option<String> {
    let expires = session
        .now
        .plus_millis(VALID_MILLIS)
        .unix_millis()
        .div_euclid(1_000)
        .to_string();
    let object = object(verification);
    let signature = signature(session, &object, &expires)?;
    Some(format!(
        "{}{PATH}{object}?Expires={expires}&Signature={}",
        session.origin(),
        signature.expose()
    ))
}

/// The picture, or an error in OSS's format.
pub(super) fn serve(session: &Session<'_>, request: &IncomingRequest, object: &str) -> Response {
    let query = parse_form(request.query.as_bytes()).unwrap_or_default();
    let value = |name| first_value(&query, name).map_or("", String::as_str);
    let (expires, given) = (value("Expires"), value("Signature"));
    let signed = signature(session, object, expires)
        .is_some_and(|signature| signature.constant_time_eq(given));
    if !signed {
        return refusal(
            session,
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
        );
    }
    let expired = expires
        .parse::<i64>()
        .is_ok_and(|expires| expires <= session.now.unix_millis().div_euclid(1_000));
    if expired {
        return refusal(session, "AccessDenied", "Request has expired.");
    }
    envelope::plain(session, 200, Some("image/jpeg"), PORTRAIT.to_vec())
}

fn signature(session: &Session<'_>, object: &str, expires: &str) -> Option<Secret> {
    let account_id = object.strip_prefix("verify/")?.split('/').next()?;
    let key = session.config.account(account_id)?.keys.first()?;
    let text = ["GET", object, expires].join("\n");
    let mac = hmac_sha256(key.access_key_secret.expose().as_bytes(), text.as_bytes());
    Some(Secret::new(hex::encode(mac)))
}

fn refusal(session: &Session<'_>, code: &str, message: &str) -> Response {
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>{code}</Code><Message>{message}</Message></Error>"
    );
    envelope::plain(session, 403, Some("application/xml"), body.into_bytes())
}
