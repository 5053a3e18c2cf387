//! Calculates a signature stage by stage, with the encoding of every character.

use super::reading::{Completeness, Form, Parameter, Place, Reading};
use crate::actions::{self, Position, VERSION};
use crate::http::{FORM_TYPE, Headers};
use crate::signing::canonical::canonicalized_query;
use crate::signing::encode::percent_encode;
use crate::signing::{SignatureVersion, acs3, rpc};
use crate::vendor::credentials::Secret;
use crate::vendor::endpoint::DEFAULT_ENDPOINT;
use serde::Serialize;
use std::cmp::Ordering;

/// Part of a text with one encoding: consecutive unreserved characters, or a single other
/// character.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Piece {
    /// Unencoded.
    pub text: String,
    /// Percent-encoded, as in the canonicalized query.
    pub once: String,
    /// Percent-encoded twice, as in the string to sign of the RPC scheme.
    pub twice: String,
}
redacted_debug!(Piece);

/// A parameter that is signed.
#[derive(Clone, Serialize)]
pub struct SignedParameter {
    /// Its name.
    pub name: Vec<Piece>,
    /// Its value.
    pub value: Vec<Piece>,
    /// Its position in the request.
    pub place: Place,
}
redacted_debug!(SignedParameter);

/// The stages of either signature scheme.
#[derive(Serialize)]
#[serde(tag = "scheme", rename_all_fields = "camelCase")]
pub enum Stages {
    /// HMAC-SHA1, "1.0" on the wire.
    #[serde(rename = "1.0")]
    Rpc {
        /// The method that is signed.
        method: String,
        /// All parameters except `Signature`, sorted.
        parameters: Vec<SignedParameter>,
        /// The sorted parameters, encoded and joined.
        canonicalized_query: String,
        /// Method, path and the canonicalized query, encoded again.
        string_to_sign: String,
        /// Base64; only if a secret was given.
        signature: Option<String>,
    },
    /// ACS3-HMAC-SHA256.
    #[serde(rename = "ACS3-HMAC-SHA256")]
    Acs3 {
        /// The method that is signed.
        method: String,
        /// The path that is signed.
        uri: String,
        /// The parameters of the query, sorted.
        parameters: Vec<SignedParameter>,
        /// The sorted parameters, encoded and joined.
        canonicalized_query: String,
        /// The headers that are signed.
        headers: Headers,
        /// Their names, as in the `Authorization` header.
        signed_headers: String,
        /// The body.
        body: String,
        /// Its SHA-256.
        payload_hash: String,
        /// All of the above, one per line.
        canonical_request: String,
        /// The scheme's name and the SHA-256 of the canonical request.
        string_to_sign: String,
        /// Hexadecimal; only if a secret was given.
        signature: Option<String>,
        /// The whole header; only if a secret was given.
        authorization: Option<String>,
    },
}
redacted_debug!(Stages);

impl Stages {
    /// The text that the server compares: the string to sign under RPC, the canonical request under
    /// ACS3.
    pub fn signed_text(&self) -> &str {
        match self {
            Self::Rpc { string_to_sign, .. } => string_to_sign,
            Self::Acs3 {
                canonical_request, ..
            } => canonical_request,
        }
    }

    /// The signature, if a secret was given.
    pub fn signature(&self) -> Option<&str> {
        match self {
            Self::Rpc { signature, .. } | Self::Acs3 { signature, .. } => signature.as_deref(),
        }
    }
}

/// The signed parts of a request under RPC.
pub(super) struct RpcParts {
    pub(super) method: String,
    pub(super) parameters: Vec<Parameter>,
}

impl RpcParts {
    pub(super) fn of(reading: &Reading, method: Option<&str>) -> Self {
        let parameters = reading.parameters.iter();
        Self {
            method: method_of(reading, method),
            parameters: parameters
                .filter(|parameter| parameter.name != "Signature")
                .cloned()
                .collect(),
        }
    }
}

/// The signed parts of a request under ACS3.
pub(super) struct Acs3Parts {
    pub(super) method: String,
    pub(super) uri: String,
    pub(super) query: Vec<(String, String)>,
    pub(super) headers: Headers,
    pub(super) body: String,
    pub(super) payload_hash: String,
}

impl Acs3Parts {
    pub(super) fn of(reading: &Reading, method: Option<&str>) -> Self {
        let method = method_of(reading, method);
        if reading.form == Form::CanonicalRequest {
            let last = reading
                .signed_text
                .as_deref()
                .and_then(|text| text.lines().last());
            return Self {
                method,
                uri: reading.path.clone(),
                query: query_of(reading),
                headers: reading.headers.clone(),
                body: String::new(),
                payload_hash: last.unwrap_or_default().to_owned(),
            };
        }
        if reading.headers.is_empty() {
            return Self::from_common_parameters(reading, method);
        }
        let body = reading.body.clone().unwrap_or_default();
        let mut headers: Headers = signed_headers_of(reading);
        let has_host = headers
            .iter()
            .any(|(name, _)| name.eq_ignore_ascii_case("host"));
        let is_signed =
            signed_headers(reading).is_none_or(|names| names.iter().any(|name| name == "host"));
        if let Some(host) = reading.host.clone().filter(|_| is_signed && !has_host) {
            headers.push(("host".to_owned(), host));
        }
        // curl adds it to a body.
        let is_added = reading.form == Form::Curl && reading.body.is_some();
        let is_named = |names: Vec<String>| names.iter().any(|name| name == "content-type");
        if is_added
            && reading.header("content-type").is_none()
            && signed_headers(reading).is_some_and(is_named)
        {
            headers.push(("content-type".to_owned(), FORM_TYPE.to_owned()));
        }
        let declared = reading.header("x-acs-content-sha256");
        let payload_hash = match declared.filter(|_| reading.completeness != Completeness::Whole) {
            Some(hash) => hash.to_owned(),
            None => acs3::hex_sha256(body.as_bytes()),
        };
        Self {
            method,
            uri: reading.path.clone(),
            query: query_of(reading),
            headers,
            payload_hash,
            body,
        }
    }

    /// The request that the official SDKs would create if only parameters are given: RPC's common
    /// parameters become headers, and the action's table determines which parameters go into the
    /// body.
    fn from_common_parameters(reading: &Reading, method: String) -> Self {
        let action = reading.value("Action").and_then(actions::by_name);
        let is_form = |name: &str| {
            action
                .and_then(|action| action.parameter(name))
                .is_some_and(|parameter| parameter.position == Position::Form)
        };
        let own = reading
            .parameters
            .iter()
            // Under ACS3, these are headers or are not sent.
            .filter(|parameter| !rpc::COMMON.contains(&parameter.name.as_str()))
            .map(|parameter| (parameter.name.clone(), parameter.value.clone()));
        let (form, query): (Vec<_>, Vec<_>) = own.partition(|(name, _)| is_form(name));
        let body = canonicalized_query(&form);
        let payload_hash = acs3::hex_sha256(body.as_bytes());
        let or_empty = |name| reading.value(name).unwrap_or_default().to_owned();
        let mut headers = vec![
            (
                "host".to_owned(),
                reading.host.clone().unwrap_or(DEFAULT_ENDPOINT.to_owned()),
            ),
            ("x-acs-action".to_owned(), or_empty("Action")),
            ("x-acs-content-sha256".to_owned(), payload_hash.clone()),
            ("x-acs-date".to_owned(), or_empty("Timestamp")),
            (
                "x-acs-signature-nonce".to_owned(),
                or_empty("SignatureNonce"),
            ),
            (
                "x-acs-version".to_owned(),
                reading.value("Version").unwrap_or(VERSION).to_owned(),
            ),
        ];
        if !body.is_empty() {
            headers.push(("content-type".to_owned(), FORM_TYPE.to_owned()));
        }
        if let Some(token) = reading.value("SecurityToken") {
            headers.push(("x-acs-accesskey-id".to_owned(), or_empty("AccessKeyId")));
            headers.push(("x-acs-security-token".to_owned(), token.to_owned()));
        }
        Self {
            method,
            uri: "/".to_owned(),
            query,
            headers,
            body,
            payload_hash,
        }
    }

    pub(super) fn canonical_request(&self) -> (String, String) {
        acs3::canonical_request(&acs3::Canonical {
            method: &self.method,
            uri: &self.uri,
            query: &canonicalized_query(&self.query),
            headers: &self.headers,
            payload_hash: &self.payload_hash,
        })
    }
}

/// Calculates a request's signature. `method` overrides the method in the request.
pub fn calculate(
    reading: &Reading,
    scheme: SignatureVersion,
    method: Option<&str>,
    secret: Option<&Secret>,
) -> Stages {
    match scheme {
        SignatureVersion::Rpc => {
            let RpcParts { method, parameters } = RpcParts::of(reading, method);
            let mut sorted = parameters;
            sorted.sort_unstable_by(|a, b| pair(a).cmp(&pair(b)));
            let pairs: Vec<(&str, &str)> = sorted.iter().map(pair).collect();
            let canonicalized_query = canonicalized_query(&pairs);
            let string_to_sign = rpc::string_to_sign(&method, &canonicalized_query);
            Stages::Rpc {
                signature: secret.map(|secret| rpc::signature(secret, &string_to_sign)),
                parameters: sorted.iter().map(signed_parameter).collect(),
                method,
                canonicalized_query,
                string_to_sign,
            }
        }
        SignatureVersion::Acs3 => {
            let mut parts = Acs3Parts::of(reading, method);
            sort(&mut parts.query, Ord::cmp);
            let (canonical_request, signed_headers) = parts.canonical_request();
            let string_to_sign = acs3::string_to_sign(&canonical_request);
            let signature = secret.map(|secret| acs3::signature(secret, &string_to_sign));
            let access_key_id = access_key_id(reading).unwrap_or_default();
            sort(&mut parts.headers, |(a, _), (b, _)| {
                a.to_ascii_lowercase().cmp(&b.to_ascii_lowercase())
            });
            Stages::Acs3 {
                authorization: signature.as_deref().map(|signature| {
                    acs3::authorization(access_key_id, &signed_headers, signature)
                }),
                signature,
                parameters: parts
                    .query
                    .iter()
                    .map(|(name, value)| SignedParameter {
                        name: pieces(name),
                        value: pieces(value),
                        place: Place::Query,
                    })
                    .collect(),
                canonicalized_query: canonicalized_query(&parts.query),
                method: parts.method,
                uri: parts.uri,
                headers: parts.headers,
                signed_headers,
                body: parts.body,
                payload_hash: parts.payload_hash,
                canonical_request,
                string_to_sign,
            }
        }
    }
}

type Pair = (String, String);

/// Sorts pairs by an order. A generic order would compile the sort again for each.
fn sort(pairs: &mut [Pair], order: fn(&Pair, &Pair) -> Ordering) {
    pairs.sort_unstable_by(order);
}

/// The AccessKeyId of a request, under either scheme.
pub(super) fn access_key_id(reading: &Reading) -> Option<&str> {
    reading.value("AccessKeyId").or_else(|| {
        let (_, rest) = reading.header("authorization")?.split_once("Credential=")?;
        rest.split(',').next()
    })
}

/// The names of the signed headers that the request's `Authorization` lists, in lower case.
pub(super) fn signed_headers(reading: &Reading) -> Option<Vec<String>> {
    let (_, rest) = reading
        .header("authorization")?
        .split_once("SignedHeaders=")?;
    let names = rest.split(',').next()?.split(';');
    Some(names.map(|name| name.trim().to_ascii_lowercase()).collect())
}

/// The signed headers that the request's `Authorization` lists; without it, the headers that
/// Alibaba Cloud requires.
fn signed_headers_of(reading: &Reading) -> Headers {
    let named = signed_headers(reading);
    let is_signed = |name: &str| match &named {
        Some(names) => names.iter().any(|signed| signed == name),
        None => acs3::must_be_signed(name),
    };
    reading
        .headers
        .iter()
        .filter(|(name, _)| is_signed(&name.to_ascii_lowercase()))
        .cloned()
        .collect()
}

fn query_of(reading: &Reading) -> Vec<(String, String)> {
    reading
        .parameters
        .iter()
        .filter(|parameter| parameter.place != Place::Form)
        .map(|parameter| (parameter.name.clone(), parameter.value.clone()))
        .collect()
}

fn method_of(reading: &Reading, chosen: Option<&str>) -> String {
    let fallback = match reading.form {
        Form::Url => "GET",
        _ => "POST",
    };
    chosen
        .or(reading.method.as_deref())
        .unwrap_or(fallback)
        .to_owned()
}

pub(super) fn pair(parameter: &Parameter) -> (&str, &str) {
    (&parameter.name, &parameter.value)
}

fn signed_parameter(parameter: &Parameter) -> SignedParameter {
    SignedParameter {
        name: pieces(&parameter.name),
        value: pieces(&parameter.value),
        place: parameter.place,
    }
}

fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut plain = String::new();
    let flush = |plain: &mut String, pieces: &mut Vec<Piece>| {
        if !plain.is_empty() {
            pieces.push(Piece {
                text: plain.clone(),
                once: plain.clone(),
                twice: std::mem::take(plain),
            });
        }
    };
    for character in text.chars() {
        let mut buffer = [0; 4];
        let character: &str = character.encode_utf8(&mut buffer);
        let once = percent_encode(character);
        if once == character {
            plain.push_str(character);
            continue;
        }
        flush(&mut plain, &mut pieces);
        pieces.push(Piece {
            text: character.to_owned(),
            twice: percent_encode(&once),
            once,
        });
    }
    flush(&mut plain, &mut pieces);
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::reading::read;

    /// Alibaba Cloud's published example on the page *RPC mechanism*.
    const PUBLISHED: &str = "https://ecs.aliyuncs.com/?AccessKeyId=testid&Action=DescribeDedicatedHosts\
        &Format=JSON&RegionId=cn-beijing&SignatureMethod=HMAC-SHA1\
        &SignatureNonce=edb2b34af0af9a6d14deaf7c1a5315eb&SignatureVersion=1.0\
        &Timestamp=2023-03-13T08%3A34%3A30Z&Version=2014-05-26&Signature=9NaGiOspFP5UPcwX8Iwt2YJXXuk%3D";

    #[test]
    fn gives_the_published_signature() {
        let reading = read(PUBLISHED).unwrap();
        let secret = Secret::new("testsecret");
        let stages = calculate(&reading, SignatureVersion::Rpc, None, Some(&secret));
        assert_eq!(
            stages.signature(),
            reading.given_signature(SignatureVersion::Rpc)
        );
        assert!(
            stages
                .signed_text()
                .starts_with("GET&%2F&AccessKeyId%3Dtestid%26")
        );
        let again = read(stages.signed_text()).unwrap();
        let stages = calculate(&again, SignatureVersion::Rpc, None, Some(&secret));
        assert_eq!(stages.signature(), Some("9NaGiOspFP5UPcwX8Iwt2YJXXuk="));
        let stages = calculate(&reading, SignatureVersion::Rpc, Some("POST"), None);
        assert!(stages.signed_text().starts_with("POST&"));
        assert_eq!(stages.signature(), None);
    }

    /// Alibaba Cloud's published example on the page *V3 request structure and signature
    /// mechanism*.
    #[test]
    fn gives_the_published_signature_of_acs3() {
        let curl = "curl -X POST 'https://ecs.cn-shanghai.aliyuncs.com/?ImageId=win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd&RegionId=cn-shanghai' \
            -H 'Authorization: ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version,Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0' \
            -H 'x-acs-action: RunInstances' -H 'x-acs-version: 2014-05-26' -H 'accept: */*' \
            -H 'x-acs-content-sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855' \
            -H 'x-acs-date: 2023-10-26T10:22:32Z' -H 'x-acs-signature-nonce: 3156853299f313e23d1673dc12e1703d'";
        let reading = read(curl).unwrap();
        let secret = Secret::new("YourAccessKeySecret");
        let stages = calculate(&reading, reading.scheme(), None, Some(&secret));
        let Stages::Acs3 {
            signature,
            authorization,
            canonical_request,
            ..
        } = stages
        else {
            panic!("not ACS3");
        };
        assert_eq!(
            signature.as_deref(),
            reading.given_signature(SignatureVersion::Acs3)
        );
        assert_eq!(authorization.as_deref(), reading.header("authorization"));
        let again = read(&canonical_request).unwrap();
        assert_eq!(again.form, Form::CanonicalRequest);
        let stages = calculate(&again, SignatureVersion::Acs3, None, Some(&secret));
        assert_eq!(stages.signed_text(), canonical_request);
        assert_eq!(stages.signature(), signature.as_deref());
    }

    #[test]
    fn curl_adds_the_type_of_a_form_to_the_signed_headers() {
        for (names, line) in [
            (
                "content-type;host",
                "\ncontent-type:application/x-www-form-urlencoded\nhost:a\n",
            ),
            ("host", "\n\nhost:a\n"),
        ] {
            let curl = format!(
                "curl https://a/ -H 'Authorization: ACS3-HMAC-SHA256 Credential=k,SignedHeaders={names},Signature=ff' -d A=1"
            );
            let stages = calculate(&read(&curl).unwrap(), SignatureVersion::Acs3, None, None);
            assert!(
                stages.signed_text().contains(line),
                "{}",
                stages.signed_text()
            );
        }
    }

    #[test]
    fn makes_the_sdks_acs3_request_of_parameters_alone() {
        let reading = read(
            "Action=InitFaceVerify\nVersion=2019-03-07\nTimestamp=2023-10-26T10:22:32Z\n\
             SignatureNonce=3156853299f313e23d1673dc12e1703d\nAccessKeyId=testid\nSceneId=1000000006\n\
             OuterOrderNo=e0c34a77f5ac40a5aa5e6ed20c353888\nProductCode=LR_FR\nCertType=IDENTITY_CARD\n\
             CertName=张三\nCertNo=330103xxxxxxxxxxxx\nUserId=123456789\nModel=LIVENESS\n\
             MetaInfo={\"zimVer\":\"3.0.0\",\"appVersion\": \"1\",\"a\":\"x*y~z+ /\"}",
        )
        .unwrap();
        let secret = Secret::new("testsecret");
        let stages = calculate(&reading, SignatureVersion::Acs3, None, Some(&secret));
        assert_eq!(
            stages.signature(),
            Some("eeb21075c89088a09d298aec0753fa6e7a3ab90d72dccc16b530969032aa8f9b")
        );
    }

    #[test]
    fn shows_the_encoding_of_each_character() {
        assert_eq!(
            pieces("a1 张~"),
            [
                ("a1", "a1", "a1"),
                (" ", "%20", "%2520"),
                ("张", "%E5%BC%A0", "%25E5%25BC%25A0"),
                ("~", "~", "~")
            ]
            .map(|(text, once, twice)| Piece {
                text: text.to_owned(),
                once: once.to_owned(),
                twice: twice.to_owned()
            })
        );
    }
}
