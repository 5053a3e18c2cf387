//! A validated request, and its signed form under each signature scheme.

use super::parameter::{Action, Parameter, Position};
use crate::error::FieldError;
use crate::http::{FORM_TYPE, OutgoingRequest};
use crate::signing::canonical::encode_pairs;
use crate::signing::encode::percent_encode;
use crate::signing::{SignatureVersion, acs3, rpc};
use crate::timestamp::Timestamp;
use crate::vendor::credentials::Credentials;
use crate::vendor::endpoint::Endpoint;
use std::borrow::Cow;

/// Value of the `Version` parameter and the `x-acs-version` header.
pub const VERSION: &str = "2019-03-07";

/// A validated request; only validated requests can be signed.
#[derive(Clone)]
pub struct ValidRequest<'a> {
    action: &'static Action,
    /// In the order of the action's table, with their indexes into it.
    parameters: Vec<(usize, &'static Parameter, Cow<'a, str>)>,
    notices: Vec<FieldError>,
}

/// Parameters contain personal data, so they are not printed.
impl std::fmt::Debug for ValidRequest<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ValidRequest")
            .field("action", &self.action.name)
            .finish_non_exhaustive()
    }
}

/// What a signature depends on besides the request. Each attempt needs a new nonce and its own
/// timestamp, because Alibaba Cloud rejects a nonce that was used before.
#[derive(Clone, Copy, Debug)]
pub struct SigningContext<'a> {
    /// The endpoint.
    pub endpoint: &'a Endpoint,
    /// The credentials.
    pub credentials: &'a Credentials,
    /// The scheme.
    pub version: SignatureVersion,
    /// A new nonce, for example 16 random bytes in hexadecimal.
    pub nonce: &'a str,
    /// The current time by Alibaba Cloud's clock.
    pub now: Timestamp,
}

impl<'a> ValidRequest<'a> {
    pub(super) fn new(
        action: &'static Action,
        parameters: Vec<(usize, &'static Parameter, Cow<'a, str>)>,
        notices: Vec<FieldError>,
    ) -> Self {
        Self {
            action,
            parameters,
            notices,
        }
    }

    /// The action.
    pub const fn action(&self) -> &'static Action {
        self.action
    }

    /// Warnings, and changes made to the input.
    pub fn notices(&self) -> &[FieldError] {
        &self.notices
    }

    /// Wire names and values, as sent.
    pub fn parameters(&self) -> impl Iterator<Item = (&'static Parameter, &str)> {
        self.parameters
            .iter()
            .map(|(_, parameter, value)| (*parameter, &**value))
    }

    /// The value of one parameter, by its wire name.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.parameters()
            .find(|(parameter, _)| parameter.name == name)
            .map(|(_, value)| value)
    }

    /// The signed request to send.
    pub fn sign(&self, context: &SigningContext<'_>) -> OutgoingRequest {
        match context.version {
            SignatureVersion::Rpc => self.sign_rpc(context),
            SignatureVersion::Acs3 => self.sign_acs3(context).0,
        }
    }

    /// The text that is signed: the string to sign under RPC, the canonical request under ACS3.
    /// Used for comparison with the text that Alibaba Cloud quotes.
    pub fn signed_text(&self, context: &SigningContext<'_>) -> String {
        match context.version {
            SignatureVersion::Rpc => self.canonicalized_rpc(context).1,
            SignatureVersion::Acs3 => self.sign_acs3(context).1,
        }
    }

    /// All parameters go into the form body, so that no name or number appears in a URL.
    fn sign_rpc(&self, context: &SigningContext<'_>) -> OutgoingRequest {
        // The encoded parameters are both signed and sent, so they are encoded only once.
        let (mut body, string_to_sign) = self.canonicalized_rpc(context);
        let signature = rpc::signature(&context.credentials.access_key_secret, &string_to_sign);
        body.push_str("&Signature=");
        body.push_str(&percent_encode(&signature));
        OutgoingRequest {
            method: "POST",
            url: [&context.endpoint.origin(), "/"].concat(),
            headers: vec![
                ("accept", Cow::Borrowed("application/json")),
                ("content-type", Cow::Borrowed(FORM_TYPE)),
            ],
            body: Some(body),
            once: self.action.starts_something(),
        }
    }

    /// The canonicalized query and the string to sign.
    fn canonicalized_rpc(&self, context: &SigningContext<'_>) -> (String, String) {
        let timestamp = context.now.to_iso8601();
        let common = rpc::common_parameters(
            self.action.name,
            VERSION,
            &context.credentials.access_key_id,
            context.credentials.security_token.as_ref(),
            context.nonce,
            &timestamp,
        );
        let mut all = Vec::with_capacity(common.len().saturating_add(self.parameters.len()));
        let mut common = common.into_iter().peekable();
        // Both lists are sorted by name.
        for (parameter, value) in self.parameters() {
            while let Some(before) = common.next_if(|(name, _)| *name < parameter.name) {
                all.push(before);
            }
            all.push((parameter.name, value));
        }
        all.extend(common);
        rpc::canonicalized("POST", &all)
    }

    /// Parameters are sent in the positions given in Alibaba Cloud's metadata, which the signature
    /// covers.
    fn sign_acs3(&self, context: &SigningContext<'_>) -> (OutgoingRequest, String) {
        let at = |position| {
            self.parameters()
                .filter(|(parameter, _)| parameter.position == position)
                .map(|(parameter, value)| (parameter.name, value))
                .collect::<Vec<_>>()
        };
        let query = encode_pairs(&at(Position::Query));
        let form = at(Position::Form);
        let body = (!form.is_empty()).then(|| encode_pairs(&form));
        let payload_hash = acs3::hex_sha256(body.as_deref().unwrap_or_default().as_bytes());
        let date = context.now.to_iso8601();
        let credentials = context.credentials;
        let mut headers = vec![
            ("host", context.endpoint.host_header()),
            ("x-acs-action", self.action.name),
            ("x-acs-content-sha256", &payload_hash),
            ("x-acs-date", &date),
            ("x-acs-signature-nonce", context.nonce),
            ("x-acs-version", VERSION),
        ];
        if body.is_some() {
            headers.push(("content-type", FORM_TYPE));
        }
        if let Some(token) = &credentials.security_token {
            headers.push(("x-acs-accesskey-id", &credentials.access_key_id));
            headers.push(("x-acs-security-token", token.expose()));
        }
        let (canonical_request, signed_headers) = acs3::canonical_request(&acs3::Canonical {
            method: "POST",
            uri: "/",
            query: &query,
            headers: &headers,
            payload_hash: &payload_hash,
        });
        let string_to_sign = acs3::string_to_sign(&canonical_request);
        let signature = acs3::signature(&credentials.access_key_secret, &string_to_sign);
        let authorization =
            acs3::authorization(&credentials.access_key_id, &signed_headers, &signature);
        headers.push(("accept", "application/json"));
        headers.push(("authorization", &authorization));
        let request = OutgoingRequest {
            method: "POST",
            url: [&context.endpoint.origin(), "/?", &query].concat(),
            headers: headers
                .iter()
                // The HTTP client sets it.
                .filter(|(name, _)| *name != "host")
                .map(|(name, value)| (*name, Cow::Owned((*value).to_owned())))
                .collect(),
            body,
            once: self.action.starts_something(),
        };
        (request, canonical_request)
    }
}
