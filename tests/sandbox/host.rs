//! A host that keeps rows in a map, and requests signed as clients sign them.

use cloudauth_edge::http::{IncomingRequest, Response, header};
use cloudauth_edge::sandbox::{
    CallbackAnswer, Config, Done, Event, Input, Output, Random, Write, step,
};
use cloudauth_edge::signing::canonical::{canonicalized_query, encode_pairs};
use cloudauth_edge::signing::{acs3, rpc};
use cloudauth_edge::timestamp::Timestamp;
use cloudauth_edge::vendor::credentials::{Credentials, Secret};
use serde_json::Value;
use std::collections::BTreeMap;

pub const ORDER: &str = "e0c34a77f5ac40a5aa5e6ed20c353888";
pub const SCENE: &str = "1000000006";
pub const ORIGIN: &str = "http://127.0.0.1:8788";
pub const META_INFO: &str = r#"{"zimVer":"3.0.0","appVersion": "1","deviceType": "ios"}"#;
pub const FORM: &str = "application/x-www-form-urlencoded";

pub type Pairs = Vec<(String, String)>;

pub fn pairs(given: &[(&str, &str)]) -> Pairs {
    given
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

/// The parameters of a start.
pub fn start() -> Pairs {
    pairs(&[
        ("SceneId", SCENE),
        ("OuterOrderNo", ORDER),
        ("ProductCode", "LR_FR"),
        ("Model", "LIVENESS"),
        ("UserId", "123456789"),
        ("CertType", "IDENTITY_CARD"),
        ("CertName", "张三"),
        ("CertNo", "11010519491231002X"),
        ("MetaInfo", META_INFO),
    ])
}

/// `parameters` with one of them replaced, added or, if `value` is `None`, omitted.
pub fn with(mut parameters: Pairs, name: &str, value: Option<&str>) -> Pairs {
    parameters.retain(|(other, _)| other != name);
    parameters.extend(value.map(|value| (name.to_owned(), value.to_owned())));
    parameters
}

pub struct Host {
    pub rows: BTreeMap<String, String>,
    pub now: i64,
    pub config: Config,
    /// Makes IDs and nonces unique.
    counter: u64,
}

impl Host {
    pub fn new() -> Self {
        Self {
            rows: BTreeMap::new(),
            now: Timestamp::parse_iso8601("2023-10-26T10:22:32Z")
                .unwrap()
                .unix_millis(),
            config: Config::default(),
            counter: 0,
        }
    }

    pub fn timestamp(&self) -> Timestamp {
        Timestamp::from_unix_millis(self.now)
    }

    pub fn advance(&mut self, millis: i64) {
        self.now += millis;
    }

    fn fresh(&mut self) -> [u8; 16] {
        self.counter += 1;
        u128::from(self.counter).to_be_bytes()
    }

    pub fn nonce(&mut self) -> String {
        format!("nonce-{}", u128::from_be_bytes(self.fresh()))
    }

    pub fn run(&mut self, event: Event) -> Done {
        let random = Random {
            request_id: self.fresh(),
            certify_id: self.fresh(),
        };
        let mut input = Input {
            event,
            rows: Vec::new(),
            lists: Vec::new(),
            now: self.now,
            origin: ORIGIN.to_owned(),
        };
        for _ in 0..8 {
            let load = match step(&input, &self.config, &random) {
                Output::Load(load) => load,
                Output::Done(done) => {
                    self.store(&done);
                    return done;
                }
            };
            assert!(!load.rows.is_empty() || !load.lists.is_empty());
            for key in load.rows {
                let row = self.rows.get(&key).cloned();
                let known = input.rows.iter().any(|(other, _)| *other == key);
                assert!(!known, "asked for a row twice");
                input.rows.push((key, row));
            }
            for prefix in load.lists {
                let found = self
                    .rows
                    .iter()
                    .filter(|(key, _)| key.starts_with(&prefix))
                    .map(|(key, row)| (key.clone(), row.clone()))
                    .collect();
                input.lists.push((prefix, found));
            }
        }
        panic!("never done");
    }

    fn store(&mut self, done: &Done) {
        for write in &done.writes {
            match write {
                Write::Put { key, value, .. } => {
                    self.rows.insert(key.clone(), value.clone());
                }
                Write::Clear => self.rows.clear(),
            }
        }
    }

    pub fn send(&mut self, request: IncomingRequest) -> Answer {
        Answer(self.run(Event::Request(request)))
    }

    pub fn callback_answered(&mut self, certify_id: &str, status: Option<u16>) -> Done {
        self.run(Event::CallbackAnswered(CallbackAnswer {
            certify_id: certify_id.to_owned(),
            status,
        }))
    }

    /// All parameters of a request except the signature.
    pub fn unsigned(&mut self, action: &str, parameters: Pairs) -> Pairs {
        let mut all = pairs(&[
            ("AccessKeyId", "sandbox-key-id"),
            ("Action", action),
            ("Format", "JSON"),
            ("SignatureMethod", "HMAC-SHA1"),
            ("SignatureVersion", "1.0"),
            ("Version", "2019-03-07"),
        ]);
        all.push(("SignatureNonce".to_owned(), self.nonce()));
        all.push(("Timestamp".to_owned(), self.timestamp().to_string()));
        all.extend(parameters);
        all
    }

    pub fn call(&mut self, action: &str, parameters: Pairs) -> Answer {
        let all = self.unsigned(action, parameters);
        self.send(signed("POST", all, "sandbox-key-secret"))
    }

    pub fn init(&mut self, parameters: Pairs) -> Answer {
        self.call("InitFaceVerify", parameters)
    }

    pub fn describe(&mut self, certify_id: &str) -> Answer {
        self.call(
            "DescribeFaceVerify",
            pairs(&[("SceneId", SCENE), ("CertifyId", certify_id)]),
        )
    }

    pub fn started(&mut self) -> String {
        self.init(start()).certify_id()
    }

    pub fn control(&mut self, method: &str, path: &str, body: &str) -> Answer {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        self.send(IncomingRequest {
            method: method.to_owned(),
            path: format!("/_sandbox/{path}"),
            query: query.to_owned(),
            headers: Vec::new(),
            body: body.as_bytes().to_vec(),
        })
    }

    pub fn submit(&mut self, certify_id: &str, outcome: &str) -> Answer {
        self.control(
            "POST",
            &format!("verifications/{certify_id}/submit"),
            &format!(r#"{{"outcome":"{outcome}"}}"#),
        )
    }

    /// Submits with members of the result, such as `"faceAttack":"T"`.
    pub fn submit_with(&mut self, certify_id: &str, outcome: &str, members: &str) -> Answer {
        self.control(
            "POST",
            &format!("verifications/{certify_id}/submit"),
            &format!(r#"{{"outcome":"{outcome}",{members}}}"#),
        )
    }

    pub fn open(&mut self, certify_id: &str) -> Answer {
        self.control("POST", &format!("verifications/{certify_id}/open"), "")
    }

    /// An ACS3 request: `query` in the URL, `form` in the body.
    pub fn acs3(&mut self, action: &str, query: &Pairs, form: &Pairs) -> IncomingRequest {
        let body = encode_pairs(form).into_bytes();
        let mut headers = pairs(&[
            ("host", "127.0.0.1:8788"),
            ("x-acs-action", action),
            ("x-acs-version", "2019-03-07"),
            ("x-acs-date", &self.timestamp().to_string()),
            ("x-acs-signature-nonce", &self.nonce()),
            ("x-acs-content-sha256", &acs3::hex_sha256(&body)),
        ]);
        if !form.is_empty() {
            headers.extend(pairs(&[("content-type", FORM)]));
        }
        let mut request = IncomingRequest {
            method: "POST".to_owned(),
            path: "/".to_owned(),
            query: encode_pairs(query),
            headers,
            body,
        };
        sign_acs3(&mut request, query);
        request.headers.extend(pairs(&[
            ("accept", "application/json"),
            ("user-agent", "test"),
        ]));
        request
    }
}

/// Adds the `Authorization` header, which covers all current headers.
pub fn sign_acs3(request: &mut IncomingRequest, query: &Pairs) {
    let (canonical_request, signed_headers) = acs3::canonical_request(&acs3::Canonical {
        method: &request.method,
        uri: "/",
        query: &canonicalized_query(query),
        headers: &request.headers,
        payload_hash: &acs3::hex_sha256(&request.body),
    });
    let secret = Secret::new("sandbox-key-secret");
    let signature = acs3::signature(&secret, &acs3::string_to_sign(&canonical_request));
    let value = acs3::authorization("sandbox-key-id", &signed_headers, &signature);
    request.headers.push(("authorization".to_owned(), value));
}

/// An RPC request with everything in the body (POST) or the query (GET).
pub fn signed(method: &str, mut all: Pairs, secret: &str) -> IncomingRequest {
    let secret = Credentials::new("unused", secret).access_key_secret;
    let (_, signature) = rpc::sign(method, &all, &secret);
    all.push(("Signature".to_owned(), signature));
    let text = encode_pairs(&all);
    let post = method == "POST";
    IncomingRequest {
        method: method.to_owned(),
        path: "/".to_owned(),
        query: if post { String::new() } else { text.clone() },
        headers: if post {
            pairs(&[("content-type", FORM)])
        } else {
            Vec::new()
        },
        body: if post { text.into_bytes() } else { Vec::new() },
    }
}

/// What the sandbox returned.
pub struct Answer(pub Done);

impl Answer {
    pub fn response(&self) -> &Response {
        self.0.response.as_ref().unwrap()
    }

    pub fn status(&self) -> u16 {
        self.response().status
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.response().headers, name)
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.response().body.clone()).unwrap()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.response().body)
            .unwrap_or_else(|_| panic!("not JSON: {}", self.text()))
    }

    /// Code of the envelope.
    pub fn code(&self) -> String {
        self.json()["Code"].as_str().unwrap().to_owned()
    }

    pub fn message(&self) -> String {
        self.json()["Message"].as_str().unwrap().to_owned()
    }

    pub fn certify_id(&self) -> String {
        let json = self.json();
        let id = json["ResultObject"]["CertifyId"].as_str();
        id.unwrap_or_else(|| panic!("no CertifyId: {json}"))
            .to_owned()
    }

    /// HTTP status and Code, such as `200 404`.
    pub fn verdict(&self) -> String {
        format!("{} {}", self.status(), self.code())
    }

    pub fn result(&self) -> Value {
        self.json()["ResultObject"].clone()
    }

    pub fn material(&self) -> Value {
        serde_json::from_str(self.result()["MaterialInfo"].as_str().unwrap()).unwrap()
    }
}
