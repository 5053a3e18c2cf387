//! Tests the API gateway's part: signatures, timestamps, nonces, keys, formats, throttling.

use crate::host::{FORM, Host, Pairs, SCENE, pairs, sign_acs3, signed, start, with};
use cloudauth_edge::http::IncomingRequest;
use cloudauth_edge::sandbox::Config;

const MINUTE: i64 = 60_000;
const SECRET: &str = "sandbox-key-secret";

fn describe() -> Pairs {
    pairs(&[("SceneId", SCENE), ("CertifyId", "unknown")])
}

#[test]
fn takes_parameters_from_query_and_body_alike() {
    let mut host = Host::new();
    let all = host.unsigned("InitFaceVerify", start());
    assert_eq!(host.send(signed("GET", all, SECRET)).code(), "200");
    let all = host.unsigned("InitFaceVerify", start());
    let mut split = signed("POST", all, SECRET);
    let text = String::from_utf8(split.body.clone()).unwrap();
    let (query, body) = text.split_at(text.match_indices('&').nth(5).unwrap().0);
    split.query = query.to_owned();
    split.body = body.trim_start_matches('&').as_bytes().to_vec();
    assert_eq!(host.send(split).code(), "200");
}

#[test]
fn names_what_is_missing() {
    for name in [
        "Action",
        "Version",
        "AccessKeyId",
        "SignatureMethod",
        "SignatureVersion",
        "SignatureNonce",
        "Timestamp",
    ] {
        let mut host = Host::new();
        let all = with(host.unsigned("DescribeFaceVerify", describe()), name, None);
        let answer = host.send(signed("POST", all, SECRET));
        assert_eq!(answer.verdict(), format!("400 Missing{name}"));
        assert_eq!(
            answer.message(),
            format!("{name} is mandatory for this action.")
        );
    }
    let mut host = Host::new();
    let all = host.unsigned("DescribeFaceVerify", describe());
    let mut request = signed("POST", all, SECRET);
    let text = String::from_utf8(request.body).unwrap();
    let (unsigned, _) = text.rsplit_once("&Signature=").unwrap();
    request.body = unsigned.as_bytes().to_vec();
    assert_eq!(host.send(request).verdict(), "400 MissingSignature");
}

#[test]
fn refuses_malformed_common_parameters() {
    for (name, value, verdict) in [
        (
            "Action",
            "DescribeFaceGuardRisk",
            "404 InvalidAction.NotFound",
        ),
        ("Version", "2018-03-07", "400 InvalidVersion"),
        ("AccessKeyId", "nobody", "404 InvalidAccessKeyId.NotFound"),
        (
            "SignatureMethod",
            "HMAC-SHA256",
            "400 InvalidSignatureMethod",
        ),
        ("SignatureVersion", "2.0", "400 InvalidSignatureVersion"),
        ("SignatureType", "BEARERTOKEN", "400 InvalidSignatureType"),
        (
            "Timestamp",
            "2023-10-26T10:22:32.00Z",
            "400 InvalidTimeStamp.Format",
        ),
        (
            "Timestamp",
            "2023-10-26T10:22:32.+00Z",
            "400 InvalidTimeStamp.Format",
        ),
        (
            "Timestamp",
            "2023-10-26T18:22:32+08:00",
            "400 InvalidTimeStamp.Format",
        ),
        ("Timestamp", "1698315752", "400 InvalidTimeStamp.Format"),
    ] {
        let mut host = Host::new();
        let all = with(
            host.unsigned("DescribeFaceVerify", describe()),
            name,
            Some(value),
        );
        assert_eq!(
            host.send(signed("POST", all, SECRET)).verdict(),
            verdict,
            "{name}={value}"
        );
    }
    let mut host = Host::new();
    let all = with(
        host.unsigned("DescribeFaceVerify", describe()),
        "Format",
        Some("yaml"),
    );
    let answer = host.send(signed("POST", all, SECRET));
    assert!(answer.text().contains("<Code>InvalidFormat</Code>"));
}

#[test]
fn knows_both_spellings_of_the_signature_method_and_an_empty_signature_type() {
    let mut host = Host::new();
    let all = host.unsigned("DescribeFaceVerify", describe());
    let all = with(all, "SignatureMethod", Some("Hmac-SHA1"));
    let all = with(all, "SignatureType", Some(""));
    assert_eq!(host.send(signed("POST", all, SECRET)).code(), "406");
}

#[test]
fn the_window_is_fifteen_minutes_either_way() {
    for (offset, verdict) in [
        (15 * MINUTE, "200 406"),
        (15 * MINUTE + 1_000, "400 InvalidTimeStamp.Expired"),
        (-15 * MINUTE, "200 406"),
        (-15 * MINUTE - 1_000, "400 InvalidTimeStamp.Expired"),
    ] {
        let mut host = Host::new();
        let all = host.unsigned("DescribeFaceVerify", describe());
        let request = signed("POST", all, SECRET);
        host.advance(offset);
        assert_eq!(host.send(request).verdict(), verdict, "{offset}");
    }
}

#[test]
fn takes_a_timestamp_with_milliseconds_under_rpc() {
    let mut host = Host::new();
    let all = host.unsigned("DescribeFaceVerify", describe());
    let all = with(all, "Timestamp", Some("2023-10-26T10:22:32.987Z"));
    assert_eq!(
        host.send(signed("POST", all.clone(), SECRET)).verdict(),
        "200 406"
    );
    let all = with(all, "SignatureNonce", Some("another"));
    host.advance(15 * MINUTE + 1_000);
    assert_eq!(
        host.send(signed("POST", all, SECRET)).verdict(),
        "400 InvalidTimeStamp.Expired"
    );
}

#[test]
fn reads_names_that_are_percent_encoded() {
    let mut host = Host::new();
    let all = host.unsigned("DescribeFaceVerify", describe());
    let mut request = signed("GET", all, SECRET);
    assert!(request.query.contains("Action=") && request.query.contains("SceneId="));
    request.query = request
        .query
        .replace("Action=", "A%63tion=")
        .replace("SceneId=", "%53ceneId=");
    assert_eq!(host.send(request).code(), "406");
}

#[test]
fn a_nonce_works_once_for_a_key() {
    let mut host = Host::new();
    let all = host.unsigned("DescribeFaceVerify", describe());
    assert_eq!(host.send(signed("POST", all.clone(), SECRET)).code(), "406");
    let again = host.send(signed("POST", all.clone(), SECRET));
    assert_eq!(again.verdict(), "400 SignatureNonceUsed");
    assert_eq!(
        again.message(),
        "Specified signature nonce was used already."
    );
    // Nonces are separate for each key.
    let other = with(all.clone(), "AccessKeyId", Some("sandbox-ram-key-id"));
    assert_eq!(
        host.send(signed("POST", other, "sandbox-ram-key-secret"))
            .code(),
        "411"
    );
    // A request with a wrong signature does not use up its nonce.
    let fresh = host.unsigned("DescribeFaceVerify", describe());
    assert_eq!(
        host.send(signed("POST", fresh.clone(), "wrong")).code(),
        "SignatureDoesNotMatch"
    );
    assert_eq!(host.send(signed("POST", fresh, SECRET)).code(), "406");
}

#[test]
fn quotes_the_string_to_sign_on_a_mismatch() {
    // Vector W2, on which two of Alibaba Cloud's SDKs agree.
    let mut host = Host::new();
    let all = pairs(&[
        ("AccessKeyId", "sandbox-key-id"),
        ("Action", "DescribeFaceVerify"),
        ("CertifyId", "91707dc296d469ad38e4c5efa6a0f24b"),
        ("Format", "json"),
        ("SceneId", "1000000006"),
        ("SignatureMethod", "HMAC-SHA1"),
        ("SignatureNonce", "3156853299f313e23d1673dc12e1703d"),
        ("SignatureVersion", "1.0"),
        ("Timestamp", "2023-10-26T10:22:32Z"),
        ("Version", "2019-03-07"),
    ]);
    let answer = host.send(signed("POST", all, "wrong"));
    assert_eq!(answer.verdict(), "400 SignatureDoesNotMatch");
    assert_eq!(
        answer.message(),
        "Specified signature is not matched with our calculation. server string to sign is:POST&%2F&AccessKeyId%3Dsandbox-key-id%26Action%3DDescribeFaceVerify%26CertifyId%3D91707dc296d469ad38e4c5efa6a0f24b%26Format%3Djson%26SceneId%3D1000000006%26SignatureMethod%3DHMAC-SHA1%26SignatureNonce%3D3156853299f313e23d1673dc12e1703d%26SignatureVersion%3D1.0%26Timestamp%3D2023-10-26T10%253A22%253A32Z%26Version%3D2019-03-07"
    );
}

#[test]
fn a_changed_parameter_or_method_breaks_the_signature() {
    let mut host = Host::new();
    let all = host.unsigned("InitFaceVerify", start());
    let mut request = signed("POST", all.clone(), SECRET);
    request.body.extend_from_slice(b"&Ip=127.0.0.1");
    assert_eq!(host.send(request).code(), "SignatureDoesNotMatch");
    let mut request = signed("POST", all, SECRET);
    request.method = "GET".to_owned();
    assert_eq!(host.send(request).code(), "SignatureDoesNotMatch");
}

#[test]
fn checks_keys_and_tokens() {
    for (key, secret, token, verdict) in [
        (
            "STS.sandbox-key-id",
            "sandbox-sts-key-secret",
            Some("sandbox-security-token"),
            "200 406",
        ),
        (
            "STS.sandbox-key-id",
            "sandbox-sts-key-secret",
            None,
            "400 MissingSecurityToken",
        ),
        (
            "STS.sandbox-key-id",
            "sandbox-sts-key-secret",
            Some("sandbox-security-token-expired"),
            "400 InvalidSecurityToken.Expired",
        ),
        (
            "STS.sandbox-key-id",
            "sandbox-sts-key-secret",
            Some("x"),
            "400 InvalidSecurityToken.Malformed",
        ),
        (
            "sandbox-key-id",
            SECRET,
            Some("sandbox-security-token"),
            "400 InvalidSecurityToken.MismatchWithAccessKey",
        ),
        (
            "sandbox-ram-key-id",
            "sandbox-ram-key-secret",
            None,
            "200 411",
        ),
        (
            "sandbox-forbidden-key-id",
            "sandbox-forbidden-key-secret",
            None,
            "403 Forbidden.RAM",
        ),
        (
            "sandbox-disabled-key-id",
            "sandbox-disabled-key-secret",
            None,
            "400 InvalidAccessKeyId.Inactive",
        ),
    ] {
        let mut host = Host::new();
        let all = host.unsigned("DescribeFaceVerify", describe());
        let all = with(with(all, "AccessKeyId", Some(key)), "SecurityToken", token);
        assert_eq!(
            host.send(signed("POST", all, secret)).verdict(),
            verdict,
            "{key} {token:?}"
        );
    }
}

#[test]
fn fifty_calls_a_second_for_each_action() {
    let mut host = Host::new();
    for _ in 0..50 {
        assert_eq!(host.call("DescribeFaceVerify", describe()).code(), "406");
    }
    let refused = host.call("DescribeFaceVerify", describe());
    assert_eq!(refused.verdict(), "400 Throttling.User");
    assert_eq!(refused.header("x-acs-retry-after"), Some("1000"));
    assert_eq!(
        host.init(start()).code(),
        "200",
        "the other action has its own limit"
    );
    host.advance(1_000);
    assert_eq!(host.call("DescribeFaceVerify", describe()).code(), "406");
}

#[test]
fn no_limit_where_the_configuration_has_none() {
    let mut host = Host::new();
    let mut config = Config::default();
    config.accounts[0].calls_per_second = 0;
    host.config = config;
    for _ in 0..60 {
        assert_eq!(host.call("DescribeFaceVerify", describe()).code(), "406");
    }
}

#[test]
fn answers_in_xml_when_asked_and_by_default() {
    let mut host = Host::new();
    for format in [Some("XML"), Some("xml"), None] {
        let all = with(host.unsigned("InitFaceVerify", start()), "Format", format);
        let answer = host.send(signed("POST", all, SECRET));
        let text = answer.text();
        assert_eq!(
            answer.header("content-type"),
            Some("text/xml;charset=utf-8")
        );
        assert!(
            text.starts_with("<?xml version='1.0' encoding='UTF-8'?><InitFaceVerifyResponse>"),
            "{text}"
        );
        assert!(
            text.contains("<Code>200</Code>") && text.contains("<ResultObject><CertifyId>"),
            "{text}"
        );
    }
    let all = with(
        host.unsigned("InitFaceVerify", start()),
        "Format",
        Some("XML"),
    );
    let text = host.send(signed("POST", all, "wrong")).text();
    assert!(
        text.contains("<Error><Code>SignatureDoesNotMatch</Code>"),
        "{text}"
    );
    assert!(
        text.contains("server string to sign is:POST&amp;%2F&amp;AccessKeyId"),
        "{text}"
    );
}

#[test]
fn every_answer_says_it_is_a_sandbox_and_has_its_request_id() {
    let mut host = Host::new();
    let ok = host.init(start());
    let refused = host.call("NoSuchAction", Pairs::new());
    let control = host.control("GET", "state", "");
    let unknown = host.control("GET", "nothing", "");
    for answer in [&ok, &refused, &control, &unknown] {
        assert_eq!(answer.header("x-cloudauth-sandbox"), Some("1"));
        assert_eq!(answer.header("date"), Some("Thu, 26 Oct 2023 10:22:32 GMT"));
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    }
    for answer in [&ok, &refused] {
        let id = answer.json()["RequestId"].as_str().unwrap().to_owned();
        assert_eq!(answer.header("x-acs-request-id"), Some(id.as_str()));
        assert_eq!((id.len(), id.as_bytes()[14]), (36, b'4'), "{id}");
    }
}

#[test]
fn answers_what_browsers_ask_first() {
    let mut host = Host::new();
    let answer = host.send(IncomingRequest {
        method: "OPTIONS".to_owned(),
        path: "/".to_owned(),
        query: String::new(),
        headers: Vec::new(),
        body: Vec::new(),
    });
    assert_eq!(answer.status(), 204);
    assert!(
        answer
            .header("access-control-allow-methods")
            .unwrap()
            .contains("POST")
    );
}

fn acs3_start(host: &mut Host) -> IncomingRequest {
    let query = with(start(), "Model", None);
    host.acs3("InitFaceVerify", &query, &pairs(&[("Model", "LIVENESS")]))
}

#[test]
fn acs3_is_accepted_and_answers_by_the_accept_header() {
    let mut host = Host::new();
    let request = acs3_start(&mut host);
    assert_eq!(host.send(request).code(), "200");
    let request = host.acs3("DescribeFaceVerify", &describe(), &Pairs::new());
    assert_eq!(host.send(request).code(), "406");
    let mut request = acs3_start(&mut host);
    request.headers.retain(|(name, _)| name != "accept");
    request
        .headers
        .extend(pairs(&[("accept", "application/xml")]));
    assert!(
        host.send(request)
            .text()
            .contains("<InitFaceVerifyResponse>")
    );
}

#[test]
fn acs3_answers_in_json_to_who_also_accepts_json() {
    let mut host = Host::new();
    let mut request = acs3_start(&mut host);
    request.headers.retain(|(name, _)| name != "accept");
    request
        .headers
        .extend(pairs(&[("accept", "application/xml, application/json")]));
    assert_eq!(host.send(request).code(), "200");
}

#[test]
fn acs3_needs_no_signed_content_type_without_a_body() {
    let mut host = Host::new();
    let mut request = host.acs3("DescribeFaceVerify", &describe(), &Pairs::new());
    request.headers.extend(pairs(&[("content-type", FORM)]));
    assert_eq!(host.send(request).code(), "406");
}

#[test]
fn a_parameter_given_twice_is_named_only_if_alibaba_cloud_has_it() {
    for (name, code) in [
        ("CertifyId", "InvalidCertifyId"),
        ("Timestamp", "InvalidTimestamp"),
        ("planted", "InvalidParameter.Format"),
    ] {
        let mut host = Host::new();
        let mut all = host.unsigned("DescribeFaceVerify", describe());
        all.extend(pairs(&[(name, "1"), (name, "2")]));
        let answer = host.send(signed("POST", all, SECRET));
        assert_eq!(answer.code(), code);
        assert!(!answer.text().contains("planted"), "{}", answer.text());
    }
}

#[test]
fn acs3_refuses_whatever_was_changed_on_the_way() {
    type Change = fn(&mut IncomingRequest);
    let changes: [(&str, Change); 5] = [
        ("the query", |request| {
            request.query.push_str("&Ip=127.0.0.1")
        }),
        ("the body", |request| request.body.extend_from_slice(b"X")),
        ("a header", |request| {
            request.headers[0].1 = "elsewhere".to_owned()
        }),
        ("the method", |request| request.method = "GET".to_owned()),
        ("the signature", |request| {
            for (name, value) in &mut request.headers {
                if name == "authorization" {
                    let end = value.len() - 1;
                    value.truncate(end);
                    value.push('g');
                }
            }
        }),
    ];
    for (what, change) in changes {
        let mut host = Host::new();
        let mut request = acs3_start(&mut host);
        change(&mut request);
        let answer = host.send(request);
        assert_eq!(answer.verdict(), "400 SignatureDoesNotMatch", "{what}");
        let message = answer.message();
        assert!(
            message.starts_with("Specified signature does not match our calculation. server StringToSign is [ACS3-HMAC-SHA256\n")
                && message.contains("] server CanonicalRequest is [")
                && message.ends_with(']'),
            "{message}"
        );
    }
}

#[test]
fn acs3_requires_the_documented_signed_headers() {
    let mut host = Host::new();
    let query = with(start(), "Model", None);
    for name in [
        "host",
        "x-acs-action",
        "x-acs-version",
        "x-acs-date",
        "x-acs-signature-nonce",
        "x-acs-content-sha256",
        "content-type",
    ] {
        let mut request = acs3_start(&mut host);
        let taken: Pairs = request
            .headers
            .iter()
            .filter(|(other, _)| other == name)
            .cloned()
            .collect();
        request
            .headers
            .retain(|(other, _)| other != name && other != "authorization");
        sign_acs3(&mut request, &query);
        request.headers.extend(taken);
        assert_eq!(
            host.send(request).verdict(),
            "400 IncompleteSignature",
            "{name} not signed"
        );
    }
    let mut request = acs3_start(&mut host);
    request.headers.extend(pairs(&[("x-acs-extra", "1")]));
    assert_eq!(host.send(request).verdict(), "400 IncompleteSignature");
    for (authorization, verdict) in [
        (
            "ACS3-HMAC-SHA256 Credential=sandbox-key-id,Signature=00",
            "400 IncompleteSignature",
        ),
        ("ACS3-HMAC-SHA256", "400 IncompleteSignature"),
        (
            "ACS4-HMAC-SHA256 Credential=a,SignedHeaders=host,Signature=00",
            "400 InvalidSignatureMethod",
        ),
        ("Bearer token", "400 InvalidSignatureMethod"),
    ] {
        let mut request = acs3_start(&mut host);
        request.headers.retain(|(name, _)| name != "authorization");
        request
            .headers
            .extend(pairs(&[("authorization", authorization)]));
        assert_eq!(host.send(request).verdict(), verdict, "{authorization}");
    }
}

#[test]
fn acs3_refuses_a_false_hash_of_the_body_though_it_is_signed() {
    let mut host = Host::new();
    let query = with(start(), "Model", None);
    let mut request = acs3_start(&mut host);
    request.headers.retain(|(name, _)| name != "authorization");
    for (name, value) in &mut request.headers {
        if name == "x-acs-content-sha256" {
            *value = "0".repeat(64);
        }
    }
    sign_acs3(&mut request, &query);
    assert_eq!(host.send(request).verdict(), "400 InvalidContentSha256");
}

#[test]
fn acs3_reads_a_parameter_only_from_its_position() {
    let mut host = Host::new();
    let body = pairs(&[("OuterOrderNo", crate::host::ORDER)]);
    let query = with(with(start(), "OuterOrderNo", None), "Model", None);
    let request = host.acs3("InitFaceVerify", &query, &body);
    let answer = host.send(request);
    assert_eq!(answer.verdict(), "200 400");
    assert_eq!(
        answer.header("x-cloudauth-sandbox-note"),
        Some("OuterOrderNo is missing")
    );
}

#[test]
fn refuses_what_it_cannot_read() {
    let post = |headers: Pairs, body: &[u8]| IncomingRequest {
        method: "POST".to_owned(),
        path: "/".to_owned(),
        query: String::new(),
        headers,
        body: body.to_vec(),
    };
    let form = || pairs(&[("content-type", FORM)]);
    // The largest body that is read, 2 MiB.
    let largest = |start: &[u8]| {
        let mut body = start.to_vec();
        body.resize(2 * 1_024 * 1_024, b'a');
        body
    };
    let mut host = Host::new();
    for (request, verdict) in [
        (
            post(form(), b"Action=%FF%FE"),
            "400 InvalidParameter.Format",
        ),
        (post(form(), &[0xC3, 0x28]), "400 InvalidParameter.Format"),
        (
            post(form(), "&a=1".repeat(300).as_bytes()),
            "400 InvalidParameter.Format",
        ),
        (
            post(pairs(&[("content-type", "application/json")]), b"{}"),
            "400 InvalidParameter.Format",
        ),
        (
            post(Pairs::new(), b"Action=InitFaceVerify"),
            "400 InvalidParameter.Format",
        ),
        (post(form(), b""), "400 MissingAction"),
        (post(form(), b"Version=1&Version=2"), "400 InvalidVersion"),
        (
            post(form(), &vec![b'a'; 2 * 1_024 * 1_024 + 1]),
            "413 RequestBodyTooLarge",
        ),
        (
            post(
                form(),
                &largest(b"Format=JSON&Action=InitFaceVerify&Version=1&Note="),
            ),
            "400 InvalidVersion",
        ),
    ] {
        let answer = host.send(request);
        assert_eq!(answer.verdict(), verdict);
        assert!(answer.header("x-cloudauth-sandbox-note").is_some());
    }
    let mut put = post(form(), b"Action=InitFaceVerify&Format=JSON");
    put.method = "PUT".to_owned();
    assert_eq!(host.send(put).verdict(), "400 UnsupportedHTTPMethod");
    assert_eq!(host.init(start()).code(), "200", "the next request works");
}
