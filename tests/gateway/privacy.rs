//! Personal data and secrets are planted in every part of requests and responses, in every
//! notation. None of them may appear in a row, a log line, an error, a URL or a webhook.

use crate::dice::Dice;
use crate::host::{Host, json_answer, request, signed_at, start, variables};
use base64::Engine;
use cloudauth_edge::client::call::{Loss, Outcome};
use cloudauth_edge::gateway::arrival::Arrival;
use cloudauth_edge::gateway::ledger::answer::Started;
use cloudauth_edge::gateway::ledger::commit::{Next, PhotoUrl};
use cloudauth_edge::http::{IncomingRequest, OutgoingRequest, Response};
use cloudauth_edge::signing::acs3::hex_sha256;
use cloudauth_edge::signing::encode::{parse_form, percent_encode};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

const REQUESTS: u64 = 100_000;
const NAME: &str = "张三";
const NUMBER: &str = "11010519491231002X";
const ORDER: &str = "e0c34a77f5ac40a5aa5e6ed20c353888";
const MOBILE: &str = "13000000000";
const TOKEN: &str = "planted-bearer-token";
const KEY_ID: &str = "gwk-shop-1";
const KEY_SECRET: &str = "planted-key-pair-secret";
const SECRETS: [(&str, &str); 2] = [
    ("CLOUDAUTH_ACCESS_KEY_SECRET", "planted-access-key-secret"),
    ("GATEWAY_SECRET", "planted-gateway-secret-0123456789"),
];
const PHOTO: &str = "http://127.0.0.1:8788/planted-face.jpeg?Signature=planted";
const WEBHOOK: &str = "http://127.0.0.1:9999/verdicts";
const PUBLIC_URL: &str = "https://gateway.example";

/// All notations of a planted value.
fn spellings(value: &str) -> Vec<String> {
    let escaped: String = value
        .encode_utf16()
        .map(|unit| {
            if unit < 128 {
                char::from(unit as u8).to_string()
            } else {
                format!("\\u{unit:04x}")
            }
        })
        .collect();
    let encoded = percent_encode(value);
    vec![
        value.to_owned(),
        encoded.to_lowercase(),
        percent_encode(&encoded),
        encoded,
        escaped.to_uppercase(),
        escaped,
        base64::engine::general_purpose::STANDARD.encode(value),
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(value),
    ]
}

struct Needles(Vec<String>);

impl Needles {
    fn new(values: &[&str]) -> Self {
        Self(values.iter().flat_map(|value| spellings(value)).collect())
    }

    fn found_in(&self, text: &str) -> Option<&str> {
        self.0
            .iter()
            .map(String::as_str)
            .find(|needle| text.contains(needle))
    }
}

const PLANTED: [&str; 10] = [
    KEY_SECRET,
    NAME,
    NUMBER,
    MOBILE,
    "planted-user-id",
    "planted-meta-info",
    "planted-callback-token",
    TOKEN,
    SECRETS[0].1,
    SECRETS[1].1,
];

fn host() -> Host {
    let callers = json!([{
        "id": "shop",
        "tokenSha256": [hex_sha256(TOKEN.as_bytes())],
        "scopes": ["create", "read", "read:material"],
        // Starts are then counted by UserId.
        "maxStartsPerUserPerDay": 1_000_000,
        "keyPairs": [{"accessKeyId": KEY_ID, "secretSetting": "GATEWAY_KEY_SHOP"}],
        "webhookUrl": WEBHOOK,
    }]);
    Host::new(variables(&[
        ("GATEWAY_MODE", "development"),
        ("GATEWAY_CALLERS", &callers.to_string()),
        ("GATEWAY_KEY_SHOP", KEY_SECRET),
        ("GATEWAY_PUBLIC_URL", PUBLIC_URL),
        SECRETS[0],
        SECRETS[1],
    ]))
}

/// An order that is mostly valid, with planted values in right and wrong places.
fn order(dice: &mut Dice, no: &str) -> String {
    let mut order = json!({
        "outerOrderNo": no,
        "certName": NAME,
        "certNo": NUMBER,
        "mobile": MOBILE,
        "userId": "planted-user-id",
        "metaInfo": r#"{"planted-meta-info":"planted-meta-info"}"#,
        "callbackToken": "planted-callback-token",
    });
    let members = order.as_object_mut().unwrap();
    for _ in 0..dice.below(3) / 2 * dice.below(4) {
        let names: Vec<String> = members.keys().cloned().collect();
        let name = dice.pick(&names).clone();
        let value = planted(dice);
        match dice.below(5) {
            0 => members.insert(name, json!(format!("{value}\u{0}"))),
            1 => members.insert(value.clone(), json!(value)),
            2 => members.insert(name, json!([value])),
            3 => members.insert(name, json!({ &value: value })),
            _ => members.insert(name, json!(value)),
        };
    }
    if dice.chance(5) {
        members.remove("metaInfo");
    }
    let text = order.to_string();
    if dice.chance(20) {
        text.replace(NAME, "\\u5f20\\u4e09")
    } else {
        text
    }
}

/// One of the planted values, in one of its notations.
fn planted(dice: &mut Dice) -> String {
    let value = *dice.pick(&PLANTED);
    dice.pick(&spellings(value)).clone()
}

/// The response of Alibaba Cloud or a server in its place, which often echoes the request.
fn upstream(dice: &mut Dice, request: &OutgoingRequest) -> Outcome {
    let sent = request.body.clone().unwrap();
    if request.url == WEBHOOK {
        let echo = planted(dice);
        return json_answer(*dice.pick(&[204, 204, 500]), &json!(echo));
    }
    let form = parse_form(sent.as_bytes()).unwrap();
    let echo = dice.pick(&form).1.clone();
    let describes = form.iter().any(|(_, value)| value == "DescribeFaceVerify");
    let (passed, sub_code) = *dice.pick(&[("T", "200"), ("F", "205")]);
    let certify_id = format!("certify{}", dice.next());
    json_answer(
        *dice.pick(&[200, 200, 200, 200, 200, 200, 200, 400, 500, 503]),
        &match dice.below(12) {
            0 => {
                json!({"Code": "SignatureDoesNotMatch", "Message": format!("server string to sign is:{sent}")})
            }
            1 => json!({"Code": echo, "Message": echo, "RequestId": echo}),
            2 => json!({"Code": "401", "Message": echo, "RequestId": echo}),
            3 => return Outcome::Lost(Loss::ConnectionFailed { code: Some(echo) }),
            4 => return Outcome::Lost(Loss::TimedOut),
            5 => {
                return Outcome::Answered(Response {
                    status: 200,
                    headers: vec![("x-acs-request-id".to_owned(), echo)],
                    body: sent.into_bytes(),
                });
            }
            6 => json!({"Code": "424", "Message": echo}),
            7 => json!({"Code": "200", "ResultObject": {"Passed": echo, "SubCode": "200"}}),
            _ if describes => json!({"Code": "200", "RequestId": "r", "ResultObject": {
                "Passed": passed,
                "SubCode": sub_code,
                "MaterialInfo": json!({"facialPictureFront": {"pictureUrl": PHOTO}}).to_string(),
                "UserInfo": json!({"name": NAME, "number": NUMBER}).to_string(),
            }}),
            _ => {
                json!({"Code": "200", "RequestId": "r", "ResultObject": {"CertifyId": certify_id}})
            }
        },
    )
}

/// A request to one of the routes, with planted values in every possible place. `callback` is a
/// callback path, `certify_id` an issued CertifyId.
fn asked(dice: &mut Dice, now: i64, no: &str, callback: &str, certify_id: &str) -> IncomingRequest {
    let value = planted(dice);
    let encoded = percent_encode(&value);
    if dice.chance(15) {
        let nonce = dice.next().to_string();
        let action = *dice.pick(&["InitFaceVerify", "DescribeFaceVerify", &value]);
        let mut parameters = vec![
            ("Action", action),
            ("OuterOrderNo", no),
            ("CertName", NAME),
            ("CertNo", NUMBER),
            ("UserId", &value),
            ("MetaInfo", r#"{"planted-meta-info":1}"#),
            ("CertifyId", certify_id),
            ("Nonce", &nonce),
        ];
        if dice.chance(10) {
            parameters.extend([(value.as_str(), "a"), (&value, "b")]);
        }
        let secret = *dice.pick(&[KEY_SECRET, KEY_SECRET, "wrong"]);
        return signed_at(now, KEY_ID, secret, &parameters);
    }
    let bearer = format!("Bearer {TOKEN}");
    let mut headers = vec![
        ("authorization", bearer.as_str()),
        ("content-type", "application/json"),
    ];
    match dice.below(16) {
        0 => headers[0].1 = &value,
        1 => headers[1].1 = &value,
        2 => headers.push(("x-request-id", &value)),
        3 => headers.push(("prefer", &value)),
        4 => headers.push(("origin", &value)),
        5 => headers.push(("if-none-match", &value)),
        6 => headers.push(("accept-language", &value)),
        7 => headers.push(("x-acs-action", &value)),
        8 => headers.push(("content-length", &value)),
        9 => headers.push((&value, &value)),
        _ => {}
    }
    const ROUTE: &str = "/v1/face-verifications";
    let (method, target, body) = match dice.below(24) {
        0..=4 => ("POST", ROUTE.to_owned(), order(dice, no)),
        5..=6 => (
            "POST",
            format!("{ROUTE}?restartUnknown=true"),
            order(dice, no),
        ),
        7 => (
            "POST",
            format!("{ROUTE}?{encoded}={encoded}"),
            format!("{value}{{"),
        ),
        8..=12 => ("GET", format!("{ROUTE}/{no}"), String::new()),
        13 => (
            "GET",
            format!("{ROUTE}/{no}?material={encoded}"),
            String::new(),
        ),
        14 => (
            "GET",
            format!("{ROUTE}/{encoded}?status={encoded}"),
            String::new(),
        ),
        15 => (
            "GET",
            format!("{ROUTE}?cursor={encoded}&status={encoded}&limit={encoded}"),
            String::new(),
        ),
        16 => ("GET", ROUTE.to_owned(), String::new()),
        17 => (
            "GET",
            format!("{ROUTE}/{}/photo?{encoded}", dice.pick(&[no, &encoded])),
            String::new(),
        ),
        18..=19 => (
            "POST",
            format!("{callback}?{encoded}={encoded}"),
            value.clone(),
        ),
        20 => (
            "GET",
            format!("/v1/callbacks/{encoded}/{encoded}/{encoded}"),
            String::new(),
        ),
        21 => (
            *dice.pick(&["GET", "HEAD", "PUT", "OPTIONS", &value]),
            format!(
                "{}{encoded}",
                dice.pick(&["/problems/", "/readyz?", "/v1/", "/"])
            ),
            value.clone(),
        ),
        _ => {
            headers[1].1 = "application/x-www-form-urlencoded";
            if dice.chance(50) {
                headers.remove(0);
            }
            let action = *dice.pick(&["InitFaceVerify", &encoded]);
            let form = format!(
                "Action={action}&AccessKeyId={KEY_ID}&Version=2019-03-07&CertNo={encoded}&{encoded}=a&{encoded}=b"
            );
            ("POST", "/".to_owned(), form)
        }
    };
    request(method, &target, &headers, body.as_bytes())
}

/// Returns how often each outcome occurred.
fn schedule(seed: u64, requests: u64) -> BTreeMap<String, u32> {
    let mut dice = Dice(seed);
    let mut host = host();
    let everywhere = Needles::new(&[&PLANTED[..], &[PHOTO]].concat());
    let mut outcomes: BTreeMap<String, u32> = BTreeMap::new();
    let (mut callback, mut certify_id) = ("/v1/callbacks/a/b/c".to_owned(), "none".to_owned());
    for _ in 0..requests {
        host.random = dice.bytes();
        let no = format!("{:032}", dice.below(50));
        let asked = asked(&mut dice, host.now, &no, &callback, &certify_id);
        let mut vendor = Dice(dice.next());
        let mut upstream = |request: &OutgoingRequest| upstream(&mut vendor, request);
        let (routed, reply) = host.handle(asked, &mut upstream);
        if dice.chance(5) {
            host.now += dice.below(3_600_000) as i64;
            host.alarm("shop", &mut upstream);
        }

        *outcomes.entry(reply.outcome.clone()).or_default() += 1;
        let log = format!(
            "{} {} {:?} {} {:?} {:?}",
            routed.request_id,
            routed.route,
            routed.caller,
            reply.outcome,
            reply.vendor_code,
            reply.vendor_request_id
        );
        assert_eq!(everywhere.found_in(&log), None, "in the log: {log}");
        let headers = format!("{:?} {:?}", routed.headers, reply.headers);
        assert_eq!(
            everywhere.found_in(&headers),
            None,
            "in a header: {headers}"
        );
        // The scope read:material covers results about the person.
        if !["passed", "rejected", "photo"].contains(&reply.outcome.as_str()) {
            let text = &reply.body;
            assert_eq!(everywhere.found_in(text), None, "in an answer: {text}");
        }
        for (key, value) in host.written.drain(..) {
            let row = format!("{key} {}", value.unwrap_or_default());
            assert_eq!(everywhere.found_in(&row), None, "in a row: {row}");
            if let Some(id) = key.strip_prefix("certify/") {
                id.clone_into(&mut certify_id);
            }
        }
        for sent in host.sent.drain(..) {
            let body = sent.body.unwrap_or_default();
            let form = parse_form(body.as_bytes()).unwrap();
            if let Some((_, url)) = form.iter().find(|(name, _)| name == "CallbackUrl") {
                callback = url.replace(PUBLIC_URL, "");
            }
            let shown = format!("{} {:?}", sent.url, sent.headers);
            assert_eq!(everywhere.found_in(&shown), None, "on the way: {shown}");
            if sent.url == WEBHOOK {
                assert_eq!(everywhere.found_in(&body), None, "in a webhook: {body}");
                *outcomes.entry("reported".to_owned()).or_default() += 1;
            }
        }
    }
    let settings = cloudauth_edge::gateway::settings::Settings::read(&host.variables).unwrap();
    let shown = format!("{settings:?}");
    for (_, secret) in SECRETS {
        assert!(!shown.contains(secret), "in a Debug");
    }
    outcomes
}

#[test]
fn debug_prints_neither_personal_data_nor_secret_urls() {
    let mut host = Host::new(variables(&[("GATEWAY_MODE", "development")]));
    let routed = host.route(start("dev-token", "/v1/face-verifications", ORDER));
    let (caller, task) = host.task(start("dev-token", "/v1/face-verifications", ORDER));
    let next = host.commit(&caller, &task, None);
    let callback = format!("/v1/callbacks/shop/{ORDER}/planted-proof");
    let arrival = Arrival {
        request: request("GET", &callback, &[], b""),
        body_read: true,
        host: String::new(),
        fresh_id: String::new(),
    };
    let photo: Next = Next::Photo {
        url: PhotoUrl(PHOTO.to_owned()),
    };
    let started = Started {
        no: ORDER.to_owned(),
        certify_id: "certify1".to_owned(),
        certify_url: Some(PHOTO.to_owned()),
        created: 0,
        at: 0,
        notices: Vec::new(),
        repeated: false,
    };
    let printed = [
        format!("{routed:?}"),
        format!("{task:?}"),
        format!("{next:?}"),
        format!("{arrival:?}"),
        format!("{photo:?}"),
        format!("{started:?}"),
    ];
    let planted = [NAME, NUMBER, "metaInfo", "MetaInfo", "planted"];
    for text in printed {
        let found = planted.iter().find(|planted| text.contains(*planted));
        assert_eq!(found, None, "{text}");
    }
}

#[test]
fn nothing_planted_is_found_anywhere() {
    const SCHEDULES: u64 = 100;
    let next = AtomicU64::new(0);
    let outcomes = Mutex::new(BTreeMap::<String, u32>::new());
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= SCHEDULES {
                        return;
                    }
                    for (outcome, count) in schedule(seed, REQUESTS / SCHEDULES) {
                        *outcomes.lock().unwrap().entry(outcome).or_default() += count;
                    }
                }
            });
        }
    });
    let outcomes = outcomes.into_inner().unwrap();
    let outcomes: Vec<&str> = outcomes.keys().map(String::as_str).collect();
    // The schedule reached every route and every failure.
    let corners = [
        "InvalidAction.NotFound",
        "InvalidParameter.Format",
        "InvalidSignatureMethod",
        "SignatureDoesNotMatch",
        "body-too-large",
        "created",
        "expired",
        "invalid-request",
        "listed",
        "malformed-body",
        "material-unavailable",
        "method-not-allowed",
        "not-found",
        "noted",
        "ok",
        "order-conflict",
        "passed",
        "pending",
        "photo",
        "photo-unavailable",
        "rejected",
        "repeated",
        "reported",
        "start-outcome-unknown",
        "unauthenticated",
        "unknown-order",
        "unsupported-media-type",
        "upstream-failed",
        "upstream-refused",
        "upstream-timeout",
        "vendor-refused",
        "verdict-contradicted",
    ];
    assert_eq!(outcomes, corners);
}
