//! A verification in a browser: CertifyUrl, which the user opens, and ReturnUrl, to which the
//! browser returns afterwards.

use super::ending::Ending;
use super::protocol::Call;
use super::session::Session;
use super::verification::{Verification, Web};
use crate::json::read::members;
use crate::json::write::Object;
use crate::signing::encode::percent_encode;
use crate::vendor::codes;

/// The page at CertifyUrl.
pub(super) const PAGE: &str = "h5";

/// The URLs of a new verification; `None` if it takes place in an app. It takes place in a browser
/// if CertifyUrlType is set or MetaInfo comes from the web SDK.
pub(super) fn addresses(session: &Session<'_>, call: &Call<'_>, certify_id: &str) -> Option<Web> {
    let is_web = call.value("CertifyUrlType").is_some()
        || call.value("MetaInfo").is_some_and(is_from_browser);
    is_web.then(|| Web {
        certify_url: format!("{}/_sandbox/{PAGE}#{certify_id}", session.origin()),
        return_url: call.value("ReturnUrl").map(str::to_owned),
    })
}

/// ReturnUrl with the client SDK's result; `None` if there is no ReturnUrl. The result is only a
/// hint: the user can change it.
pub(super) fn return_url(verification: &Verification, result: ClientResult) -> Option<String> {
    let url = verification.web.as_ref()?.return_url.as_deref()?;
    let response = Object::new()
        .with("code", &result.code())
        .with(
            "extInfo",
            &Object::new().with("certifyId", &verification.certify_id),
        )
        .text();
    Some(with_query(url, [("response", response.as_str())]))
}

fn is_from_browser(meta_info: &str) -> bool {
    let kind = members(meta_info).and_then(|members| members.text("deviceType"));
    matches!(kind.as_deref(), Some("h5" | "web"))
}

/// The result that the client SDK reports to the app or the page.
#[derive(Clone, Copy, Debug)]
pub(super) enum ClientResult {
    Passed,
    Rejected,
    Failed,
    GivenUp,
}

impl ClientResult {
    /// `None` until the verification has ended.
    pub(super) fn of(verification: &Verification) -> Option<Self> {
        verification.ending.as_ref().map(|ending| match ending {
            Ending::SubCode(code) if codes::passes(code) => Self::Passed,
            Ending::SubCode(_) => Self::Rejected,
            Ending::Code(_) => Self::Failed,
        })
    }

    const fn code(self) -> u32 {
        match self {
            Self::Passed => 1_000,
            Self::Failed => 1_001,
            Self::GivenUp => 1_003,
            Self::Rejected => 2_006,
        }
    }
}

/// Adds parameters to the query of a URL, before its fragment.
pub(super) fn with_query<'a>(
    url: &str,
    parameters: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> String {
    let at = url.find('#').unwrap_or(url.len());
    let (address, fragment) = url.split_at(at);
    let mut out = address.to_owned();
    let mut separator = if address.contains('?') { '&' } else { '?' };
    for (name, value) in parameters {
        out.push(separator);
        out.push_str(name);
        out.push('=');
        out.push_str(&percent_encode(value));
        separator = '&';
    }
    out.push_str(fragment);
    out
}
