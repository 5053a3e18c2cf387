//! Alibaba Cloud's callback: a GET to CallbackUrl when a verification has ended.
//!
//! It is not signed, so its content is never trusted: it only triggers a DescribeFaceVerify, for a
//! CertifyId that must be in the receiver's records. The parameter names in Alibaba Cloud's
//! documentation have changed over the years; all of them are accepted.

use crate::signing::encode::parse_form;
use crate::vendor::codes;
use crate::vendor::credentials::Secret;
use crate::vendor::values::is_certify_id;
use serde::Serialize;

/// The content of a callback.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Callback {
    /// The CertifyId. Look it up in your own records.
    pub certify_id: String,
    /// Whether the token equals the CallbackToken of InitFaceVerify. If not, the callback is forged
    /// or misrouted: respond as usual and do nothing.
    pub token_valid: bool,
    /// Whether it claims a pass; `None` if absent. Do not trust it.
    pub claims_passed: Option<bool>,
    /// The claimed SubCode. Do not trust it.
    pub claimed_sub_code: Option<String>,
}

/// Parses the query of a callback request. `None` if it has no CertifyId or is not UTF-8.
#[must_use = "a callback with a wrong token is forged or misrouted"]
pub fn parse_callback(query: &str, expected_token: &Secret) -> Option<Callback> {
    let query = query.strip_prefix('?').unwrap_or(query);
    let pairs = parse_form(query.as_bytes()).ok()?;
    let value = |name: &str| {
        pairs
            .iter()
            .find(|(candidate, _)| candidate.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    };
    let certify_id = value("certifyId").filter(|id| is_certify_id(id))?;
    let passed = value("passed");
    let sub_code = value("subCode")
        .or(passed)
        .filter(|code| code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_digit()));
    let claims_passed = match passed {
        Some("T") => Some(true),
        Some("F") => Some(false),
        _ => sub_code.map(codes::passes),
    };
    Some(Callback {
        certify_id: certify_id.to_owned(),
        token_valid: !expected_token.expose().is_empty()
            && expected_token.constant_time_eq(value("callbackToken").unwrap_or_default()),
        claims_passed,
        claimed_sub_code: sub_code.map(str::to_owned),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(query: &str) -> Option<Callback> {
        parse_callback(query, &Secret::new("1000004826"))
    }

    #[test]
    fn parses_all_documented_forms() {
        let newest = parse("callbackToken=1000004826&certifyId=shaxxxx&passed=200").unwrap();
        assert_eq!(newest.certify_id, "shaxxxx");
        assert!(newest.token_valid);
        assert_eq!(newest.claims_passed, Some(true));
        assert_eq!(newest.claimed_sub_code.as_deref(), Some("200"));
        let older = parse("?certifyId=xxxx&passed=F&subcode=205&CallbackToken=1000004826").unwrap();
        assert!(older.token_valid);
        assert_eq!(older.claims_passed, Some(false));
        assert_eq!(older.claimed_sub_code.as_deref(), Some("205"));
        assert_eq!(parse("certifyId=a").unwrap().claims_passed, None);
    }

    #[test]
    fn a_wrong_token_is_reported() {
        for query in [
            "certifyId=a",
            "certifyId=a&callbackToken=",
            "certifyId=a&callbackToken=100000482",
            "certifyId=a&callbackToken=10000048266",
        ] {
            assert!(!parse(query).unwrap().token_valid, "{query}");
        }
        let no_token_set = parse_callback("certifyId=a&callbackToken=", &Secret::new(""));
        assert!(!no_token_set.unwrap().token_valid);
    }

    #[test]
    fn what_is_no_callback_is_none() {
        let long = format!("certifyId={}", "a".repeat(257));
        for query in [
            "",
            "passed=T",
            "certifyId=",
            "certifyId=%E5%BC%A0",
            "certifyId=%FF",
            "certifyId=a%20b",
            &long,
        ] {
            assert_eq!(parse(query), None, "{query}");
        }
    }
}
