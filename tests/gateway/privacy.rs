//! Personal data and secrets, planted in every place a request or an answer has, are found in no row,
//! no log line, no error and no address.

use crate::dice::Dice;
use crate::host::{Host, json_answer, request, signed, variables};
use base64::Engine;
use cloudauth_edge::call::{Loss, Outcome};
use cloudauth_edge::http::{OutgoingRequest, Response};
use cloudauth_edge::signing::acs3::hex_sha256;
use cloudauth_edge::signing::encode::{parse_form, percent_encode};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

const REQUESTS: u64 = 100_000;
const NAME: &str = "张三";
const NUMBER: &str = "11010519491231002X";
const MOBILE: &str = "13000000000";
const TOKEN: &str = "planted-bearer-token";
const KEY_ID: &str = "gwk-shop-1";
const KEY_SECRET: &str = "planted-key-pair-secret";
const SECRETS: [(&str, &str); 2] = [
    ("CLOUDAUTH_ACCESS_KEY_SECRET", "planted-access-key-secret"),
    ("GATEWAY_SECRET", "planted-gateway-secret-0123456789"),
];
const PHOTO: &str = "https://planted-photo.example/face.jpeg?Signature=planted";

/// A planted value in all the ways it may be written.
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
        // So that starts are counted by UserId.
        "maxStartsPerUserPerDay": 1_000_000,
        "keyPairs": [{"accessKeyId": KEY_ID, "secretSetting": "GATEWAY_KEY_SHOP"}],
    }]);
    Host::new(variables(&[
        ("GATEWAY_MODE", "development"),
        ("GATEWAY_CALLERS", &callers.to_string()),
        ("GATEWAY_KEY_SHOP", KEY_SECRET),
        SECRETS[0],
        SECRETS[1],
    ]))
}

/// An order, mostly right, with planted values in right and wrong places.
fn order(dice: &mut Dice, no: &str) -> Value {
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
        let value = *dice.pick(&PLANTED);
        match dice.below(5) {
            0 => members.insert(name, json!(format!("{value}\u{0}"))),
            1 => members.insert(value.to_owned(), json!(value)),
            2 => members.insert(name, json!([value])),
            3 => members.insert(name, json!({ value: value })),
            _ => members.insert(name, json!(value)),
        };
    }
    // An order number of the right form is the caller's own, and kept.
    if members["outerOrderNo"]
        .as_str()
        .is_some_and(|no| no.len() == 32)
        && dice.chance(10)
    {
        members.remove("metaInfo");
    }
    order
}

/// What the vendor, or whatever stands in its place, answers: often the request itself.
fn upstream(dice: &mut Dice, request: &OutgoingRequest) -> Outcome {
    let sent = request.body.clone().unwrap();
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

/// Gives how often each outcome was told.
fn schedule(seed: u64, requests: u64) -> BTreeMap<String, u32> {
    let mut dice = Dice(seed);
    let mut host = host();
    let everywhere = Needles::new(&PLANTED);
    let photo = Needles::new(&[PHOTO]);
    let mut outcomes: BTreeMap<String, u32> = BTreeMap::new();
    let bearer = format!("Bearer {TOKEN}");
    for _ in 0..requests {
        host.random = dice.bytes();
        let no = format!("{:032}", dice.below(50));
        let planted = *dice.pick(&PLANTED);
        let mut headers = vec![
            ("authorization", bearer.as_str()),
            ("content-type", "application/json"),
        ];
        match dice.below(10) {
            0 => headers[0].1 = planted,
            1 => headers[1].1 = planted,
            2 => headers.push(("x-request-id", planted)),
            3 => headers.push(("prefer", planted)),
            4 => headers.push(("origin", planted)),
            5 => headers.push(("if-none-match", planted)),
            6 => headers.push(("accept-language", planted)),
            7 => headers.push(("x-acs-action", planted)),
            _ => {}
        }
        let encoded = percent_encode(planted);
        let read = format!("/v1/face-verifications/{no}");
        let (method, target, body) = match dice.below(16) {
            0..=4 => (
                "POST",
                "/v1/face-verifications".to_owned(),
                order(&mut dice, &no).to_string(),
            ),
            5 => (
                "POST",
                "/v1/face-verifications?restartUnknown=true".to_owned(),
                order(&mut dice, &no).to_string(),
            ),
            6 => (
                "POST",
                format!("/v1/face-verifications?{encoded}={encoded}"),
                format!("{planted}{{"),
            ),
            7 | 12..=15 => ("GET", read, String::new()),
            8 => ("GET", format!("{read}?material={encoded}"), String::new()),
            9 => (
                "GET",
                format!("/v1/face-verifications/{encoded}?cursor={encoded}&status={encoded}"),
                String::new(),
            ),
            10 => (
                "GET",
                format!("/v1/face-verifications?cursor={encoded}&status={encoded}&limit={encoded}"),
                String::new(),
            ),
            _ => {
                headers[1].1 = "application/x-www-form-urlencoded";
                if dice.chance(50) {
                    headers.remove(0);
                }
                let form = format!(
                    "Action={0}&AccessKeyId=dev-key-id&Version=2019-03-07&CertNo={1}&{1}=a&{1}=b",
                    dice.pick(&["InitFaceVerify", encoded.as_str()]),
                    encoded
                );
                ("POST", "/".to_owned(), form)
            }
        };
        let reads = target.starts_with("/v1/face-verifications/");
        let asked = if dice.chance(15) {
            let nonce = dice.next().to_string();
            let mut parameters = vec![
                (
                    "Action",
                    *dice.pick(&["InitFaceVerify", "DescribeFaceVerify", planted]),
                ),
                ("OuterOrderNo", no.as_str()),
                ("CertName", NAME),
                ("CertNo", NUMBER),
                ("UserId", planted),
                ("MetaInfo", r#"{"planted-meta-info":1}"#),
                ("CertifyId", "certify1"),
                ("Nonce", &nonce),
            ];
            if dice.chance(10) {
                parameters.extend([(planted, "a"), (planted, "b")]);
            }
            signed(KEY_ID, [KEY_SECRET, "wrong"][dice.below(2)], &parameters)
        } else {
            request(method, &target, &headers, body.as_bytes())
        };
        let reads = reads && asked.path != "/";
        let answers = dice.next();
        let mut vendor = Dice(answers);
        let (routed, reply) = host.handle(asked, &mut |request| upstream(&mut vendor, request));

        *outcomes.entry(reply.outcome.clone()).or_default() += 1;
        let log = format!(
            "{} {} {:?} {}",
            routed.request_id, routed.route, routed.caller, reply.outcome
        );
        assert_eq!(
            everywhere.found_in(&log).or(photo.found_in(&log)),
            None,
            "in the log: {log}"
        );
        let told = String::from_utf8_lossy(&reply.body);
        let told_headers = format!("{:?} {:?}", routed.headers, reply.headers);
        assert_eq!(
            everywhere.found_in(&told_headers),
            None,
            "in a header: {told_headers}"
        );
        // The scope read:material is for what was found out about the person.
        if !(reads && reply.status == 200) {
            let found = everywhere.found_in(&told).or(photo.found_in(&told));
            assert_eq!(found, None, "in an answer: {told}");
        }
        for sent in host.sent.drain(..) {
            assert_eq!(everywhere.found_in(&sent.url), None, "in an address");
        }
    }
    let rows = format!("{:?}", host.rows);
    assert_eq!(
        everywhere.found_in(&rows).or(photo.found_in(&rows)),
        None,
        "in a row"
    );
    let derived = format!(
        "{:?}",
        cloudauth_edge::gateway::settings::Settings::read(&host.variables).unwrap()
    );
    for (_, secret) in SECRETS {
        assert!(!derived.contains(secret), "in a Debug");
    }
    outcomes
}

#[test]
fn nothing_planted_is_found_anywhere() {
    const SCHEDULES: u64 = 100;
    let next = AtomicU64::new(0);
    let told = Mutex::new(BTreeMap::<String, u32>::new());
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= SCHEDULES {
                        return;
                    }
                    for (outcome, count) in schedule(seed, REQUESTS / SCHEDULES) {
                        *told.lock().unwrap().entry(outcome).or_default() += count;
                    }
                }
            });
        }
    });
    let told = told.into_inner().unwrap();
    for outcome in [
        "created",
        "passed",
        "pending",
        "start-outcome-unknown",
        "upstream-failed",
        "rejected",
        "SignatureDoesNotMatch",
        "SignatureDoesNotMatch",
    ] {
        assert!(told.contains_key(outcome), "{outcome} never came: {told:?}");
    }
}
