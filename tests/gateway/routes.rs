//! Tests the responses of the routes, and that their description is complete.

use crate::host::{Host, NOW, json_answer, request, signed, signed_at, variables};
use cloudauth_edge::actions::INIT_FACE_VERIFY;
use cloudauth_edge::client::call::Outcome;
use cloudauth_edge::client::response::decode_init;
use cloudauth_edge::gateway::arrival::{Arrival, HostAction};
use cloudauth_edge::gateway::problem::ProblemKind;
use cloudauth_edge::gateway::reply::Reply;
use cloudauth_edge::gateway::router::route;
use cloudauth_edge::gateway::routes::routes;
use cloudauth_edge::gateway::settings::CheckedSettings;
use cloudauth_edge::http::{IncomingRequest, OutgoingRequest, Response, header};
use cloudauth_edge::signing::acs3::hex_sha256;
use cloudauth_edge::timestamp::Timestamp;
use serde_json::{Value, json};

const BEARER: (&str, &str) = ("authorization", "Bearer dev-token");
const JSON: (&str, &str) = ("content-type", "application/json");
const ROUTE: &str = "/v1/face-verifications";
const DAY_MILLIS: i64 = 86_400_000;
const ORDER: &str = "e0c34a77f5ac40a5aa5e6ed20c353888";

fn development() -> Host {
    Host::new(variables(&[("GATEWAY_MODE", "development")]))
}

fn no_upstream(_: &OutgoingRequest) -> Outcome {
    panic!("nothing is to be sent");
}

fn starts(_: &OutgoingRequest) -> Outcome {
    json_answer(
        200,
        &json!({"Code": "200", "ResultObject": {"CertifyId": "certify1"}}),
    )
}

fn body(reply: &Reply) -> Value {
    serde_json::from_str(&reply.body).unwrap()
}

fn sample(changes: Value) -> Vec<u8> {
    let mut order = json!({
        "outerOrderNo": ORDER,
        "userId": "123456789",
        "certName": "张三",
        "certNo": "11010519491231002X",
        "metaInfo": "{\"zimVer\":\"3.0.0\"}",
    });
    let members = order.as_object_mut().unwrap();
    members.extend(changes.as_object().unwrap().clone());
    serde_json::to_vec(&order).unwrap()
}

fn create(
    host: &mut Host,
    changes: Value,
    upstream: &mut dyn FnMut(&OutgoingRequest) -> Outcome,
) -> Reply {
    let request = request("POST", ROUTE, &[BEARER, JSON], &sample(changes));
    host.handle(request, upstream).1
}

#[test]
fn a_deployment_that_is_not_configured_serves_nothing_but_the_reason() {
    let mut host = Host::new(variables(&[("GATEWAY_MODE", "production")]));
    for (method, path) in [
        ("GET", "/readyz"),
        ("POST", ROUTE),
        ("GET", ROUTE),
        ("GET", "/v1/face-verifications/x"),
    ] {
        let (_, reply) = host.handle(
            request(method, path, &[BEARER, JSON], &sample(json!({}))),
            &mut no_upstream,
        );
        assert_eq!(
            (reply.status, reply.outcome.as_str()),
            (503, "not-configured"),
            "{path}"
        );
        let settings = body(&reply)["settings"].as_array().unwrap().clone();
        assert!(
            settings
                .iter()
                .any(|setting| setting["field"] == "GATEWAY_CALLERS")
        );
    }
    let (_, reply) = host.handle(request("GET", "/livez", &[], b""), &mut no_upstream);
    assert_eq!(reply.status, 200);
    let signed = signed(
        "dev-key-id",
        "dev-key-secret",
        &[("Action", "InitFaceVerify")],
    );
    let (_, reply) = host.handle(signed, &mut no_upstream);
    assert_eq!(reply.status, 503);
    assert_eq!(body(&reply)["Code"], "ServiceUnavailable");
}

/// The settings of a gateway that a team shares, with the token `dev-team-token`.
fn staging(changes: &[(&str, &str)]) -> Host {
    let callers = format!(
        r#"[{{"id":"team","tokenSha256":["{}"],"keyPairs":[{{"accessKeyId":"gwk-team-1"}}]}}]"#,
        hex_sha256(b"dev-team-token")
    );
    let mut host = Host::new(variables(&[
        ("GATEWAY_MODE", "staging"),
        ("GATEWAY_SECRET", "0123456789abcdef0123456789abcdef"),
        ("GATEWAY_CALLERS", &callers),
        ("CLOUDAUTH_ENDPOINTS", "https://sandbox.example.com"),
    ]));
    for (name, value) in changes {
        host.variables.retain(|(known, _)| known != name);
        host.variables
            .push(((*name).to_owned(), (*value).to_owned()));
    }
    host.name = "gateway.example.com";
    host
}

/// The mark of a simulated gateway in a routed request's headers.
fn mark(host: &mut Host, request: IncomingRequest) -> (u16, Option<String>) {
    let (routed, reply) = host.handle(request, &mut starts);
    let mark = header(&routed.headers, "cloudauth-gateway-mode");
    (reply.status, mark.map(str::to_owned))
}

#[test]
fn a_staging_gateway_serves_any_host_and_marks_every_answer() {
    let bearer = ("authorization", "Bearer dev-team-token");
    let staged = Some("staging".to_owned());
    let order = sample(json!({}));
    for (asked, status) in [
        (request("POST", ROUTE, &[bearer, JSON], &order), 201),
        (request("GET", ROUTE, &[bearer], b""), 200),
        (request("GET", ROUTE, &[BEARER], b""), 401),
        (request("GET", "/livez", &[], b""), 200),
        (request("GET", "/readyz", &[], b""), 200),
        (request("GET", "/openapi.json", &[], b""), 200),
        (request("GET", "/v1/nothing", &[], b""), 404),
        (request("PUT", ROUTE, &[bearer], b""), 405),
        (
            signed("dev-key-id", "x", &[("Action", "InitFaceVerify")]),
            404,
        ),
    ] {
        let what = format!("{} {}", asked.method, asked.path);
        let mut host = staging(&[]);
        assert_eq!(mark(&mut host, asked), (status, staged.clone()), "{what}");
    }
    // Also while it refuses to serve.
    let asked = || request("GET", ROUTE, &[bearer], b"");
    let mut incomplete = staging(&[("CLOUDAUTH_ENDPOINTS", "cloudauth.aliyuncs.com")]);
    assert_eq!(mark(&mut incomplete, asked()), (503, staged));
    assert_eq!(
        mark(&mut development(), request("GET", ROUTE, &[BEARER], b"")),
        (200, Some("development".to_owned()))
    );
    let mut production = staging(&[
        ("GATEWAY_MODE", "production"),
        ("CLOUDAUTH_ENDPOINTS", "cloudauth.aliyuncs.com"),
        ("CLOUDAUTH_ACCESS_KEY_ID", "testid"),
        ("CLOUDAUTH_ACCESS_KEY_SECRET", "testsecret"),
        ("CLOUDAUTH_SCENE_ID", "1000000006"),
    ]);
    assert_eq!(mark(&mut production, asked()), (200, None));
}

#[test]
fn the_console_can_be_switched_off() {
    let paths = ["/", "/index.html", "/assets/index.js", "/console.json"];
    let arrival = |method: &str, path: &str| Arrival {
        request: request(method, path, &[], b""),
        body_read: true,
        host: "127.0.0.1:8787".to_owned(),
        fresh_id: "f".repeat(32),
    };
    let answer = |console: &str, method: &str, path: &str| {
        let variables = variables(&[
            ("GATEWAY_MODE", "development"),
            ("GATEWAY_CONSOLE", console),
        ]);
        match route(
            &CheckedSettings::read(&variables),
            &arrival(method, path),
            Timestamp::from_unix_millis(NOW),
        )
        .then
        {
            HostAction::Reply { reply } => reply.status,
            HostAction::Assets => 200,
            other => panic!("{other:?}"),
        }
    };
    for path in paths {
        for method in ["GET", "HEAD"] {
            assert_eq!(answer("", method, path), 200, "{path}");
            assert_eq!(answer("on", method, path), 200, "{path}");
            assert_eq!(answer("off", method, path), 404, "{path}");
            // Neither does a misspelt value serve it.
            assert_ne!(answer("Off", method, path), 200, "{path}");
        }
    }
    for path in ["/livez", "/readyz", "/problems/not-found"] {
        assert_eq!(answer("off", "GET", path), 200, "{path}");
    }
    assert_eq!(answer("off", "PUT", "/"), 405);
}

#[test]
fn a_development_gateway_serves_this_machine_alone() {
    let mut host = development();
    for (name, status) in [
        ("127.0.0.1:8787", 200),
        ("localhost:8787", 200),
        ("[::1]:8787", 200),
        ("gateway.example.com", 503),
        ("192.0.2.1:8787", 503),
        ("127.0.0.1.example.com", 503),
    ] {
        host.name = name;
        let (_, reply) = host.handle(request("GET", "/readyz", &[], b""), &mut no_upstream);
        assert_eq!(reply.status, status, "{name}");
        let (_, reply) = host.handle(request("GET", ROUTE, &[BEARER], b""), &mut no_upstream);
        assert_eq!(reply.status, status, "{name}");
        // In Alibaba Cloud's protocol, a request that is served gets to the missing parameters.
        let action = [("Action", "InitFaceVerify")];
        let asked = signed("dev-key-id", "dev-key-secret", &action);
        let (_, reply) = host.handle(asked, &mut no_upstream);
        let code = match status {
            200 => "400",
            _ => "ServiceUnavailable",
        };
        assert_eq!(reply.status, status, "{name}");
        assert_eq!(body(&reply)["Code"], code, "{name}");
    }
}

#[test]
fn a_token_is_taken_as_it_is_alone() {
    let mut host = development();
    for (header, status) in [
        ("Bearer dev-token", 200),
        ("bearer   dev-token", 200),
        ("Bearer dev-token\u{A0}", 401),
        ("Bearer \u{A0}dev-token", 401),
        ("Bearer\u{A0}dev-token", 401),
        ("Bearer dev-token\u{3000}", 401),
        ("Bearer dev-token\u{FEFF}", 401),
        ("Bearer dev-token\u{85}", 401),
        ("Bearer dev-token\t", 401),
        ("Bearer dev-token x", 401),
        ("Bearer", 401),
        ("dev-token", 401),
    ] {
        let asked = request("GET", ROUTE, &[("authorization", header)], b"");
        let (_, reply) = host.handle(asked, &mut no_upstream);
        assert_eq!(reply.status, status, "{header:?}");
    }
}

#[test]
fn an_internal_error_of_alibaba_cloud_is_reported_to_the_operator() {
    let mut host = development();
    let mut failing = |_: &OutgoingRequest| {
        json_answer(
            200,
            &json!({"Code": "500", "Message": "系统错误", "RequestId": "130A2C10-B9EE-4D84-88E3-5384FF039795"}),
        )
    };
    let problem = body(&create(&mut host, json!({}), &mut failing));
    assert_eq!(problem["code"], "start-outcome-unknown");
    assert_eq!(problem["vendorCode"], "500");
    assert_eq!(
        problem["vendorRequestId"],
        "130A2C10-B9EE-4D84-88E3-5384FF039795"
    );
    // The caller may start it again, but only the operator has an account with Alibaba Cloud.
    assert_eq!(problem["audience"], "operator");
    for (language, texts) in [
        ("en", ["restartUnknown=true", "vendorRequestId"]),
        ("zh", ["restartUnknown=true", "运维"]),
    ] {
        let detail = problem["messages"][language].as_str().unwrap();
        assert!(texts.iter().all(|text| detail.contains(text)), "{detail}");
    }
    // If the response was lost, there is no RequestId that Alibaba Cloud could look up.
    let mut host = development();
    let mut lost =
        |_: &OutgoingRequest| Outcome::Lost(cloudauth_edge::client::call::Loss::TimedOut);
    let problem = body(&create(&mut host, json!({}), &mut lost));
    assert_eq!(
        (&problem["code"], &problem["audience"]),
        (&json!("start-outcome-unknown"), &json!("developer"))
    );
}

#[test]
fn a_strangers_body_is_never_read() {
    let then = |headers: &[(&str, &str)], target: &str| {
        let arrival = Arrival {
            request: request("POST", target, headers, b""),
            body_read: false,
            host: "127.0.0.1".to_owned(),
            fresh_id: String::new(),
        };
        let settings = CheckedSettings::read(&variables(&[("GATEWAY_MODE", "development")]));
        route(&settings, &arrival, Timestamp::from_unix_millis(0)).then
    };
    assert!(matches!(then(&[JSON], ROUTE), HostAction::Reply { reply } if reply.status == 401));
    assert!(matches!(
        then(&[JSON, BEARER], ROUTE),
        HostAction::ReadBody {
            limit: 2_097_152,
            ..
        }
    ));
    let long = ("content-length", "2097153");
    assert!(
        matches!(then(&[JSON, BEARER, long], ROUTE), HostAction::Reply { reply } if reply.status == 413)
    );
    assert!(matches!(then(&[JSON, long], "/"), HostAction::Reply { reply } if reply.status == 413));
}

#[test]
fn pages_and_the_rpc_protocol_share_the_root() {
    let kind = |method, target, headers: &[(&str, &str)]| {
        let arrival = Arrival {
            request: request(method, target, headers, b""),
            body_read: true,
            host: "127.0.0.1".to_owned(),
            fresh_id: String::new(),
        };
        let settings = CheckedSettings::read(&variables(&[("GATEWAY_MODE", "development")]));
        route(&settings, &arrival, Timestamp::from_unix_millis(0)).route
    };
    assert_eq!(kind("GET", "/", &[]), "page");
    assert_eq!(kind("GET", "/assets/app.js", &[]), "page");
    assert_eq!(kind("GET", "/?lang=zh", &[]), "page");
    assert_eq!(kind("GET", "/?Action=InitFaceVerify", &[]), "rpc");
    assert_eq!(
        kind("GET", "/", &[("x-acs-action", "InitFaceVerify")]),
        "rpc"
    );
    assert_eq!(kind("POST", "/", &[]), "rpc");
    // The sandbox and Alibaba Cloud also accept percent-encoded names.
    assert_eq!(
        kind("GET", "/?Format=JSON&A%63tion=InitFaceVerify", &[]),
        "rpc"
    );
    assert_eq!(kind("GET", "/?%41ction=%FF", &[]), "rpc");
    assert_eq!(kind("GET", "/?Act%69ons=InitFaceVerify", &[]), "page");
    assert_eq!(kind("PUT", "/", &[]), "none");
    assert_eq!(kind("GET", "/v1/other", &[]), "none");
}

#[test]
fn only_listed_origins_may_call_from_a_page() {
    let mut host = Host::new(variables(&[
        ("GATEWAY_MODE", "development"),
        (
            "GATEWAY_ALLOWED_ORIGINS",
            "https://app.example,http://localhost:3000",
        ),
    ]));
    for (origin, allowed) in [
        ("https://app.example", true),
        ("https://app.example.evil", false),
        ("null", false),
    ] {
        let (routed, _) = host.handle(
            request("GET", ROUTE, &[BEARER, ("origin", origin)], b""),
            &mut no_upstream,
        );
        let granted = header(&routed.headers, "access-control-allow-origin");
        assert_eq!(granted, allowed.then_some(origin));
        assert_eq!(header(&routed.headers, "vary"), Some("origin"));
        let (_, preflight) = host.handle(
            request("OPTIONS", ROUTE, &[("origin", origin)], b""),
            &mut no_upstream,
        );
        assert_eq!(preflight.status, 204);
        assert_eq!(
            header(&preflight.headers, "access-control-allow-methods").is_some(),
            allowed
        );
    }
    let mut closed = development();
    let (routed, reply) = closed.handle(
        request("OPTIONS", ROUTE, &[("origin", "https://app.example")], b""),
        &mut no_upstream,
    );
    assert_eq!(reply.status, 405);
    assert!(header(&routed.headers, "access-control-allow-origin").is_none());
}

#[test]
fn the_description_lists_every_route_parameter_and_problem() {
    let mut host = development();
    let (_, reply) = host.handle(request("GET", "/openapi.json", &[], b""), &mut no_upstream);
    let document = body(&reply);
    let described = document["paths"].as_object().unwrap();
    for (path, methods) in routes() {
        let pattern = path.split("{}").map(str::to_owned).collect::<Vec<_>>();
        let found = described.iter().find(|(known, _)| {
            let fixed: Vec<&str> = known.split(['{', '}']).step_by(2).collect();
            fixed == pattern
        });
        let (_, operations) = found.unwrap_or_else(|| panic!("{path} is not described"));
        for method in methods.iter().filter(|method| **method != "HEAD") {
            assert!(
                operations.get(method.to_lowercase()).is_some(),
                "{method} {path}"
            );
        }
    }
    assert_eq!(described.len(), routes().count());

    let schemas = &document["components"]["schemas"];
    let fields = schemas["NewFaceVerification"]["properties"]
        .as_object()
        .unwrap();
    let known: Vec<String> = INIT_FACE_VERIFY
        .parameters
        .iter()
        .map(|parameter| parameter.field())
        .collect();
    assert_eq!(fields.len(), known.len());
    assert!(known.iter().all(|field| fields.contains_key(field)));
    let codes: Vec<&str> = ProblemKind::ALL.iter().map(|kind| kind.code()).collect();
    assert_eq!(schemas["ProblemCode"]["enum"], json!(codes));
}

#[test]
fn a_member_given_twice_is_refused_and_named() {
    let mut host = development();
    for (doubled, field) in [
        (r#""certNo":"110105194912310021""#, "certNo"),
        // A duplicate is an error even if its value is the same.
        (r#""certNo":"11010519491231002X""#, "certNo"),
        // A name can be written in several ways, in JSON and by the naming rules.
        (r#""certN\u006f":"110105194912310021""#, "certNo"),
        (r#""CertNo":"110105194912310021""#, "certNo"),
        (
            r#""outerOrderNo":"00000000000000000000000000000000""#,
            "outerOrderNo",
        ),
        (r#""sceneId":1000000006,"sceneId":1000000007"#, "sceneId"),
        (r#""sceneId":null,"sceneId":1000000007"#, "sceneId"),
        (r#""sceneId":null,"sceneId":null"#, "sceneId"),
        (r#""certNo":null"#, "certNo"),
    ] {
        let whole = String::from_utf8(sample(json!({}))).unwrap();
        let text = whole.replacen('{', &format!("{{{doubled},"), 1);
        let asked = request("POST", ROUTE, &[BEARER, JSON], text.as_bytes());
        let (_, reply) = host.handle(asked, &mut no_upstream);
        assert_eq!(reply.status, 400, "{doubled}: {}", reply.body);
        let errors = body(&reply)["errors"].clone();
        assert_eq!(errors[0]["field"], field, "{doubled}: {errors}");
        assert_eq!(errors[0]["rule"], "given-twice", "{doubled}: {errors}");
    }
}

#[test]
fn what_alibaba_cloud_no_longer_knows_stays_unknown_to_sdks() {
    let mut host = development();
    create(&mut host, json!({}), &mut starts);
    host.now += 3_600_000;
    host.alarm("dev", &mut |_| json_answer(200, &json!({"Code": "406"})));
    let asked = |now| {
        let parameters = [("Action", "DescribeFaceVerify"), ("CertifyId", "certify1")];
        signed_at(now, "dev-key-id", "dev-key-secret", &parameters)
    };
    let mut unknown = |_: &OutgoingRequest| json_answer(200, &json!({"Code": "406"}));
    let (_, reply) = host.handle(asked(host.now), &mut unknown);
    assert_eq!(body(&reply)["Code"], "406", "{}", reply.body);
    let asked = request("GET", &format!("{ROUTE}/{ORDER}"), &[BEARER], b"");
    let (_, reply) = host.handle(asked, &mut unknown);
    assert_eq!(body(&reply)["status"], "expired");
}

#[test]
fn problems_use_alibaba_clouds_codes() {
    let init = |nonce: &'static str, user: &'static str| {
        signed(
            "dev-key-id",
            "dev-key-secret",
            &[
                ("Action", "InitFaceVerify"),
                ("OuterOrderNo", "e0c34a77f5ac40a5aa5e6ed20c353888"),
                ("UserId", user),
                ("CertName", "张三"),
                ("CertNo", "11010519491231002X"),
                ("MetaInfo", "{\"zimVer\":\"3.0.0\"}"),
                // Not one of the action's parameters, so Alibaba Cloud ignores it.
                ("RegionId", nonce),
            ],
        )
    };
    let mut host = development();
    let mut lost =
        |_: &OutgoingRequest| Outcome::Lost(cloudauth_edge::client::call::Loss::TimedOut);
    let summary = |(_, reply): (_, Reply)| {
        (
            reply.status,
            body(&reply)["Code"].as_str().unwrap().to_owned(),
        )
    };
    assert_eq!(
        summary(host.handle(init("1", "a"), &mut lost)),
        (503, "ServiceUnavailable".to_owned())
    );
    // In this protocol, calling again repeats the start.
    assert_eq!(
        summary(host.handle(init("2", "a"), &mut starts)),
        (200, "200".to_owned())
    );
    assert_eq!(
        summary(host.handle(init("3", "a"), &mut no_upstream)),
        (200, "200".to_owned())
    );
    // If the task is passed to the ledger again after a reset, it is the same arrival and not a
    // replay.
    assert_eq!(
        summary(host.handle(init("3", "a"), &mut no_upstream)),
        (200, "200".to_owned())
    );
    host.arrival = 1;
    assert_eq!(
        summary(host.handle(init("3", "a"), &mut no_upstream)),
        (400, "SignatureNonceUsed".to_owned())
    );
    host.arrival = 0;
    assert_eq!(
        summary(host.handle(init("4", "b"), &mut no_upstream)),
        (400, "IdempotentParameterMismatch".to_owned())
    );

    let invalid = signed(
        "dev-key-id",
        "dev-key-secret",
        &[("Action", "InitFaceVerify"), ("CertNo", "1")],
    );
    let (_, reply) = host.handle(invalid, &mut no_upstream);
    assert_eq!(body(&reply)["Code"], "400");
    assert_eq!(
        body(&reply)["RequestId"],
        "00000000-0000-4000-8000-000000000000"
    );
    let note = header(&reply.headers, "x-cloudauth-edge-note").unwrap();
    assert_eq!(
        note,
        "certNo length, metaInfo mandatory, outerOrderNo mandatory"
    );

    let unknown = signed(
        "dev-key-id",
        "dev-key-secret",
        &[("Action", "DescribeFaceVerify"), ("CertifyId", "none")],
    );
    assert_eq!(
        summary(host.handle(unknown, &mut no_upstream)),
        (200, "406".to_owned())
    );
    let scene = [
        ("Action", "DescribeFaceVerify"),
        ("CertifyId", "certify1"),
        ("SceneId", "1"),
    ];
    let other_scene = signed("dev-key-id", "dev-key-secret", &scene);
    assert_eq!(
        summary(host.handle(other_scene, &mut no_upstream)),
        (200, "406".to_owned())
    );

    let mut refused = |_: &OutgoingRequest| {
        json_answer(
            400,
            &json!({"Code": "InvalidAccessKeyId.NotFound", "Message": "m"}),
        )
    };
    let asked = signed(
        "dev-key-id",
        "dev-key-secret",
        &[("Action", "DescribeFaceVerify"), ("CertifyId", "certify1")],
    );
    // The gateway's own key is not the key that signed the caller's request.
    assert_eq!(
        summary(host.handle(asked, &mut refused)),
        (403, "Forbidden.UpstreamRefused".to_owned())
    );
}

/// A client that does not know a code must not assume that a start may have been executed.
#[test]
fn a_start_that_alibaba_clouds_api_gateway_has_refused_is_refused_definitely() {
    let start = |order: &str| {
        let parameters = [
            ("Action", "InitFaceVerify"),
            ("OuterOrderNo", order),
            ("MetaInfo", "{}"),
        ];
        signed("dev-key-id", "dev-key-secret", &parameters)
    };
    let mut host = development();
    for (at, code, expected) in [
        (1, "InvalidAction.NotFound", "Forbidden.UpstreamRefused"),
        (2, "InvalidVersion", "Forbidden.UpstreamRefused"),
        (3, "InvalidProtocol.NeedSsl", "Forbidden.UpstreamRefused"),
        (
            4,
            "InvalidAccessKeyId.NotFound",
            "Forbidden.UpstreamRefused",
        ),
        (
            5,
            "InvalidAccountStatus.NotEnoughBalance",
            "Forbidden.UpstreamRefused",
        ),
        (6, "InvalidParameter.Format", "InvalidParameter.Format"),
        (7, "MissingSceneId", "MissingSceneId"),
        (8, "412", "412"),
    ] {
        let order = format!("{at:032}");
        let mut refuses = |_: &OutgoingRequest| json_answer(400, &json!({"Code": code}));
        let (_, reply) = host.handle(start(&order), &mut refuses);
        let answered = body(&reply)["Code"].as_str().unwrap().to_owned();
        assert_eq!(answered, expected, "{code}");
        let response = Response {
            status: reply.status,
            headers: Vec::new(),
            body: reply.body.into_bytes(),
        };
        let failure = decode_init(&response).unwrap_err();
        assert!(failure.not_executed, "{code}");

        // The REST routes say the same.
        let sent = sample(json!({"outerOrderNo": order}));
        let asked = request("POST", ROUTE, &[BEARER, JSON], &sent);
        let (_, reply) = host.handle(asked, &mut refuses);
        assert_eq!(body(&reply)["execution"], "none", "{code}");
        let operator = expected.starts_with("Forbidden") || code == "412";
        let audience = if operator { "operator" } else { "developer" };
        assert_eq!(body(&reply)["audience"], audience, "{code}");
        let outcome = if operator {
            "upstream-refused"
        } else {
            "vendor-refused"
        };
        assert_eq!(reply.outcome, outcome, "{code}");
    }

    // An earlier call may have started this order.
    let order = format!("{:032}", 9);
    let mut lost =
        |_: &OutgoingRequest| Outcome::Lost(cloudauth_edge::client::call::Loss::TimedOut);
    host.handle(start(&order), &mut lost);
    let mut refuses =
        |_: &OutgoingRequest| json_answer(404, &json!({"Code": "InvalidAction.NotFound"}));
    host.now += 1_000;
    let again = signed(
        "dev-key-id",
        "dev-key-secret",
        &[
            ("Action", "InitFaceVerify"),
            ("OuterOrderNo", &order),
            ("MetaInfo", "{}"),
            ("RegionId", "again"),
        ],
    );
    let (_, reply) = host.handle(again, &mut refuses);
    assert_eq!(body(&reply)["Code"], "InternalError", "{}", reply.body);
}

/// Alibaba Cloud tests the callback URL that the gateway adds, and reports both with Code 401.
#[test]
fn a_callback_url_of_the_gateway_may_be_the_invalid_parameter() {
    let mut invalid = |_: &OutgoingRequest| json_answer(200, &json!({"Code": "401"}));
    let mut host = Host::new(variables(&[
        ("GATEWAY_MODE", "development"),
        ("GATEWAY_PUBLIC_URL", "https://gateway.example.com"),
    ]));
    let reply = create(&mut host, json!({}), &mut invalid);
    // One caller's invalid parameter does not page the operator, and all callers' refused starts do.
    assert_eq!(reply.outcome, "vendor-refused");
    let answer = body(&reply);
    assert_eq!(
        [
            &answer["audience"],
            &answer["vendorCode"],
            &answer["execution"]
        ],
        ["operator", "401", "none"]
    );
    assert_eq!(answer["settings"][0]["field"], "GATEWAY_PUBLIC_URL");
    for text in [&answer["messages"]["zh"], &answer["messages"]["en"]] {
        let text = text.as_str().unwrap();
        assert!(text.contains("GATEWAY_PUBLIC_URL"), "{text}");
    }
    let parameters = [
        ("Action", "InitFaceVerify"),
        ("OuterOrderNo", "e0c34a77f5ac40a5aa5e6ed20c353889"),
        ("MetaInfo", "{}"),
    ];
    let asked = signed("dev-key-id", "dev-key-secret", &parameters);
    let (_, reply) = host.handle(asked, &mut invalid);
    assert_eq!(body(&reply)["Code"], "401");
    assert_eq!(
        header(&reply.headers, "x-cloudauth-edge-note"),
        Some("GATEWAY_PUBLIC_URL unreachable")
    );

    // Without it, or with a URL of the caller, the parameters are the caller's.
    let own = json!({"callbackUrl": "https://shop.example.com/callback"});
    for (host, changed) in [(&mut host, own), (&mut development(), json!({}))] {
        let reply = create(host, changed, &mut invalid);
        assert_eq!(reply.outcome, "vendor-refused");
        assert_eq!(body(&reply)["audience"], "developer");
        assert_eq!(body(&reply).get("settings"), None);
    }
}

#[test]
fn a_refused_request_has_the_reason_in_a_note() {
    let refused = |request: IncomingRequest| match development().route(request).then {
        HostAction::Reply { reply } => {
            let note = header(&reply.headers, "x-cloudauth-edge-note").map(str::to_owned);
            (body(&reply)["Code"].as_str().unwrap().to_owned(), note)
        }
        other => panic!("{other:?}"),
    };
    let parameters = [("Action", "InitFaceVerify"), ("CertName", "name")];
    let mut gbk = signed("dev-key-id", "dev-key-secret", &parameters);
    let form = String::from_utf8(gbk.body).unwrap();
    gbk.body = form
        .replace("CertName=name", "CertName=%D5%C5%C8%FD")
        .into_bytes();
    let expected = "the parameters are not UTF-8".to_owned();
    assert_eq!(
        refused(gbk),
        ("InvalidParameter.Format".to_owned(), Some(expected))
    );
    // The gateway does not quote the string to sign, so a note does not advise to compare it.
    for value in ["name", &"a".repeat(100_000)] {
        let parameters = [("Action", "InitFaceVerify"), ("MetaInfo", value)];
        let wrong = signed("dev-key-id", "wrong", &parameters);
        assert_eq!(refused(wrong), ("SignatureDoesNotMatch".to_owned(), None));
    }
}

/// Anyone who knows an AccessKeyId can send such requests.
#[test]
fn parameters_longer_than_any_valid_ones_are_refused_before_their_signature() {
    let plain = development();
    let pictures = Host::new(variables(&[
        ("GATEWAY_MODE", "development"),
        ("CLOUDAUTH_ALLOW_OTHER_PRODUCTS", "true"),
    ]));
    let refusal = |host: &Host, secret: &str, name: &str, length: usize| {
        let value = "a".repeat(length);
        let parameters = [("Action", "InitFaceVerify"), (name, value.as_str())];
        match host.route(signed("dev-key-id", secret, &parameters)).then {
            HostAction::Reply { reply } => {
                assert!(reply.body.len() < 1_000, "{}", reply.body.len());
                let code = body(&reply)["Code"].as_str().unwrap().to_owned();
                (reply.status, code)
            }
            other => panic!("{other:?}"),
        }
    };
    let right = "dev-key-secret";
    let invalid = (200, "400".to_owned());
    let mismatch = (400, "SignatureDoesNotMatch".to_owned());
    let too_large = (413, "RequestBodyTooLarge".to_owned());
    assert_eq!(refusal(&plain, right, "MetaInfo", 262_144), invalid);
    assert_eq!(refusal(&plain, "wrong", "MetaInfo", 262_144), mismatch);
    assert_eq!(refusal(&plain, right, "MetaInfo", 330_000), too_large);
    assert_eq!(refusal(&plain, "wrong", "RegionId", 330_000), too_large);
    assert_eq!(
        refusal(&plain, "wrong", "FaceContrastPicture", 1_048_576),
        too_large
    );
    assert_eq!(
        refusal(&pictures, right, "FaceContrastPicture", 1_400_000),
        invalid
    );
    assert_eq!(
        refusal(&pictures, right, "FaceContrastPicture", 1_900_000),
        too_large
    );
    // The host reads no longer a body.
    for (host, limit) in [(&plain, 1_048_576), (&pictures, 2_097_152)] {
        let arrival = Arrival {
            request: request("POST", "/", &[], b""),
            body_read: false,
            host: host.name.to_owned(),
            fresh_id: "f".repeat(32),
        };
        let now = Timestamp::from_unix_millis(NOW);
        match route(&CheckedSettings::read(&host.variables), &arrival, now).then {
            HostAction::ReadBody { limit: read, .. } => assert_eq!(read, limit),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_caller_without_the_scope_gets_the_verdict_alone() {
    let callers = json!([{
        "id": "shop",
        "tokenSha256": [hex_sha256(b"dev-token")],
        "keyPairs": [{"accessKeyId": "gwk-shop-1", "secretSetting": "GATEWAY_KEY_SHOP"}],
    }]);
    let mut host = Host::new(variables(&[
        ("GATEWAY_MODE", "development"),
        ("GATEWAY_CALLERS", &callers.to_string()),
        ("GATEWAY_KEY_SHOP", "the-shops-own-secret"),
    ]));
    assert_eq!(create(&mut host, json!({}), &mut starts).status, 201);
    let mut passed = |_: &OutgoingRequest| {
        json_answer(
            200,
            &json!({"Code": "200", "ResultObject": {
                "Passed": "T", "SubCode": "200", "MaterialInfo": "{\"facialPictureFront\":{\"pictureUrl\":\"https://planted.example/\"}}",
            }}),
        )
    };
    let path = format!("{ROUTE}/e0c34a77f5ac40a5aa5e6ed20c353888");
    let (_, reply) = host.handle(request("GET", &path, &[BEARER], b""), &mut passed);
    assert_eq!(body(&reply)["status"], "passed");
    assert!(!reply.body.contains("planted"));
    let describe = [("Action", "DescribeFaceVerify"), ("CertifyId", "certify1")];
    let (_, reply) = host.handle(
        signed("gwk-shop-1", "the-shops-own-secret", &describe),
        &mut no_upstream,
    );
    let answer = body(&reply);
    assert_eq!(
        answer["ResultObject"],
        json!({"Passed": "T", "SubCode": "200", "IdentityInfo": "null"})
    );
}

#[test]
fn a_token_and_a_key_pair_for_reading_start_nothing() {
    let callers = json!([{
        "id": "shop",
        "tokenSha256": [hex_sha256(b"dev-token")],
        "tokens": [{"sha256": hex_sha256(b"support"), "scopes": ["read"]}],
        "keyPairs": [{"accessKeyId": "gwk-shop-1", "secretSetting": "GATEWAY_KEY_SHOP", "scopes": ["read"]}],
    }]);
    let mut host = Host::new(variables(&[
        ("GATEWAY_MODE", "development"),
        ("GATEWAY_CALLERS", &callers.to_string()),
        ("GATEWAY_KEY_SHOP", "the-shops-own-secret"),
    ]));
    assert_eq!(create(&mut host, json!({}), &mut starts).status, 201);
    let support = ("authorization", "Bearer support");
    let (_, reply) = host.handle(request("GET", ROUTE, &[support], b""), &mut no_upstream);
    assert_eq!(reply.status, 200);
    assert_eq!(body(&reply)["items"].as_array().map(Vec::len), Some(1));
    let (_, reply) = host.handle(request("POST", ROUTE, &[support], b"{}"), &mut no_upstream);
    assert_eq!(
        (reply.status, &body(&reply)["code"]),
        (403, &json!("insufficient-scope"))
    );
    let signed = |action| signed("gwk-shop-1", "the-shops-own-secret", &[("Action", action)]);
    let (_, reply) = host.handle(signed("InitFaceVerify"), &mut no_upstream);
    assert_eq!(
        (reply.status, &body(&reply)["Code"]),
        (403, &json!("Forbidden.RAM"))
    );
    let (_, reply) = host.handle(signed("DescribeFaceVerify"), &mut no_upstream);
    // Permitted, but incomplete.
    assert_eq!(body(&reply)["Code"], "400");
}

#[test]
fn callers_receive_no_photo_url_if_photos_are_streamed() {
    let mut host = Host::new(variables(&[
        ("GATEWAY_MODE", "development"),
        ("GATEWAY_PHOTO", "stream"),
    ]));
    assert_eq!(create(&mut host, json!({}), &mut starts).status, 201);
    let address = "http://127.0.0.1:8788/planted.jpeg?Signature=planted";
    let passed = |url: &str| {
        let material = json!({"faceAttack": "F", "facialPictureFront": {"qualityScore": 88.5, "pictureUrl": url}});
        json_answer(
            200,
            &json!({"Code": "200", "ResultObject": {
                "Passed": "T", "SubCode": "200", "MaterialInfo": material.to_string(),
            }}),
        )
    };
    let path = format!("{ROUTE}/e0c34a77f5ac40a5aa5e6ed20c353888");
    let get = |path: &str| request("GET", path, &[BEARER], b"");
    let (_, reply) = host.handle(get(&path), &mut |_| passed(address));
    let picture = body(&reply)["material"]["facialPictureFront"].clone();
    let photo = format!("{path}/photo");
    assert_eq!(picture, json!({"qualityScore": 88.5, "photo": photo}));
    let describe = [("Action", "DescribeFaceVerify"), ("CertifyId", "certify1")];
    let asked = signed("dev-key-id", "dev-key-secret", &describe);
    let (_, reply) = host.handle(asked, &mut |_| passed(address));
    let answer = reply.body;
    assert!(
        answer.contains("88.5") && !answer.contains("planted"),
        "{answer}"
    );

    // Photos are not fetched from anywhere else, whatever Alibaba Cloud's response contains.
    for url in [address, "http://192.0.2.1/planted.jpeg?Signature=planted"] {
        let (_, reply) = host.handle(get(&photo), &mut |_| passed(url));
        assert_eq!(reply.body, address);
    }
    let (_, reply) = host.handle(get(&photo), &mut |_| passed("http://192.0.2.1"));
    assert_eq!(
        (reply.status, reply.outcome.as_str()),
        (404, "photo-unavailable")
    );
    let unknown = format!("{ROUTE}/{}/photo", "f".repeat(32));
    let (_, reply) = host.handle(get(&unknown), &mut no_upstream);
    assert_eq!(reply.outcome, "unknown-order");
}

#[test]
fn no_response_contains_a_url_if_photos_are_streamed() {
    let url = "http://127.0.0.1:8788/planted.jpeg";
    let front = json!({
        "qualityScore": 88.5, "ossObjectName": "verify/1.jpeg", "pictureUrl": url,
        "verifyVideoUrl": url, "video": url, "more": {"x": [url]},
    });
    let material = json!({
        "faceAttack": "F", "faceOcclusion": "T", "facialPictureFront": front,
        "facialPictureSide": {"pictureUrl": url}, "videoUrl": url, "video": url,
    });
    let user = json!({"number": "11010519491231002X", "name": "张三", "picture": url});
    let escaped = material
        .to_string()
        .replace("pictureUrl", "picture\\u0055rl");
    for (material, user) in [
        (json!(material.to_string()), json!(user.to_string())),
        (material, user.clone()),
        (json!(escaped), user),
    ] {
        let mut host = Host::new(variables(&[
            ("GATEWAY_MODE", "development"),
            ("GATEWAY_PHOTO", "stream"),
        ]));
        assert_eq!(create(&mut host, json!({}), &mut starts).status, 201);
        let mut upstream = |_: &OutgoingRequest| {
            json_answer(
                200,
                &json!({"Code": "200", "ResultObject": {
                    "Passed": "T", "SubCode": "200", "DeviceToken": "device", "DeviceRisk": "ROOT,VPN",
                    "MaterialInfo": material, "UserInfo": user, "IdentityInfo": {"picture": url},
                    "PictureUrl": url, "VideoInfo": json!({"url": url}).to_string(),
                }}),
            )
        };
        let describe = [("Action", "DescribeFaceVerify"), ("CertifyId", "certify1")];
        let asked = signed("dev-key-id", "dev-key-secret", &describe);
        let (_, reply) = host.handle(asked, &mut upstream);
        let mut result = body(&reply)["ResultObject"].take();
        let inner =
            |text: &Value| -> Value { serde_json::from_str(text.as_str().unwrap()).unwrap() };
        result["MaterialInfo"] = inner(&result["MaterialInfo"]);
        result["UserInfo"] = inner(&result["UserInfo"]);
        assert_eq!(
            result,
            json!({
                "Passed": "T", "SubCode": "200", "IdentityInfo": "null", "DeviceToken": "device",
                "DeviceRisk": "ROOT,VPN",
                "MaterialInfo": {
                    "faceAttack": "F", "faceOcclusion": "T",
                    "facialPictureFront": {"qualityScore": 88.5, "ossObjectName": "verify/1.jpeg"},
                },
                "UserInfo": {"number": "11010519491231002X", "name": "张三"},
            })
        );
        let path = format!("{ROUTE}/e0c34a77f5ac40a5aa5e6ed20c353888");
        let (_, reply) = host.handle(request("GET", &path, &[BEARER], b""), &mut upstream);
        assert_eq!(body(&reply)["userInfo"]["name"], "张三");
        assert!(!reply.body.contains("planted"), "{}", reply.body);
    }
}

#[test]
fn the_log_has_code_and_request_id_of_a_failed_call() {
    let id = "04F0F334-1335-436C-A1D7-6C044FE73368";
    let answer = |code: &str| json_answer(200, &json!({"Code": code, "RequestId": id}));
    let logged = |reply: &Reply| (reply.vendor_code.clone(), reply.vendor_request_id.clone());
    for code in ["401", "412", "500"] {
        let expected = (Some(code.to_owned()), Some(id.to_owned()));
        let rest = create(&mut development(), json!({}), &mut |_| answer(code));
        assert_eq!(logged(&rest), expected);
        assert_eq!(body(&rest)["vendorCode"], code);
        let asked = signed(
            "dev-key-id",
            "dev-key-secret",
            &[
                ("Action", "InitFaceVerify"),
                ("OuterOrderNo", ORDER),
                ("CertName", "张三"),
                ("CertNo", "11010519491231002X"),
                ("MetaInfo", "{\"zimVer\":\"3.0.0\"}"),
            ],
        );
        let (_, rpc) = development().handle(asked, &mut |_| answer(code));
        assert_eq!(logged(&rpc), expected);
    }
    let mut host = development();
    let none = (None, None);
    assert_eq!(logged(&create(&mut host, json!({}), &mut starts)), none);
    let conflict = create(&mut host, json!({"userId": "another"}), &mut no_upstream);
    assert_eq!(logged(&conflict), none);
}

#[test]
fn a_start_that_was_not_sent_for_crowding_changes_nothing() {
    let callers = json!([{
        "id": "shop",
        "tokenSha256": [hex_sha256(b"dev-token")],
        "maxStartsPerDay": 3,
        "maxStartsPerUserPerDay": 3,
    }]);
    let mut host = Host::new(variables(&[
        ("GATEWAY_MODE", "development"),
        ("GATEWAY_CALLERS", &callers.to_string()),
    ]));
    let summary = |reply: Reply| (reply.status, reply.outcome);
    let throttled = || (503, "upstream-throttled".to_owned());
    let path = format!("{ROUTE}/e0c34a77f5ac40a5aa5e6ed20c353888");
    let restart_path = format!("{ROUTE}?restartUnknown=true");
    let again = || request("POST", &restart_path, &[BEARER, JSON], &sample(json!({})));

    // A new order remains unknown, as if it had not been requested.
    host.crowded = true;
    for _ in 0..5 {
        let reply = create(&mut host, json!({}), &mut no_upstream);
        assert!(header(&reply.headers, "retry-after").is_some());
        assert_eq!(summary(reply), throttled());
    }
    let (_, reply) = host.handle(request("GET", &path, &[BEARER], b""), &mut no_upstream);
    assert_eq!(reply.outcome, "unknown-order");

    // An order that may have been started remains unknown.
    host.crowded = false;
    let mut lost =
        |_: &OutgoingRequest| Outcome::Lost(cloudauth_edge::client::call::Loss::TimedOut);
    let unknown = || (409, "start-outcome-unknown".to_owned());
    assert_eq!(summary(create(&mut host, json!({}), &mut lost)), unknown());
    host.crowded = true;
    assert_eq!(
        summary(host.handle(again(), &mut no_upstream).1),
        throttled()
    );
    host.crowded = false;
    assert_eq!(
        summary(create(&mut host, json!({}), &mut no_upstream)),
        unknown()
    );
    let other = create(&mut host, json!({"userId": "another"}), &mut no_upstream);
    assert_eq!(other.outcome, "order-conflict");
    // Even if Alibaba Cloud definitely rejects the second start.
    let mut refuses = |_: &OutgoingRequest| json_answer(200, &json!({"Code": "412"}));
    let (_, reply) = host.handle(again(), &mut refuses);
    assert_eq!(reply.outcome, "upstream-refused");
    let problem: Value = serde_json::from_str(&reply.body).unwrap();
    assert_eq!(problem["execution"], "unknown");
    assert_eq!(
        summary(create(&mut host, json!({}), &mut no_upstream)),
        unknown()
    );

    // Three starts were sent to Alibaba Cloud; those that were not sent do not count.
    assert_eq!(summary(host.handle(again(), &mut starts).1).0, 201);
    let another = json!({"outerOrderNo": "f".repeat(32)});
    let reply = create(&mut host, another, &mut no_upstream);
    assert_eq!(summary(reply), (429, "daily-limit".to_owned()));
}

#[test]
fn passed_requires_passed_t_from_alibaba_cloud() {
    let path = format!("{ROUTE}/e0c34a77f5ac40a5aa5e6ed20c353888");
    for result in [
        json!({"Passed": "t", "SubCode": "200"}),
        json!({"Passed": true, "SubCode": "200"}),
        json!({"Passed": "T", "SubCode": "205"}),
        json!({"Passed": "T", "SubCode": "999"}),
        json!({"Passed": "T", "SubCode": "200", "MaterialInfo": "{\"faceAttack\":\"T\"}"}),
        json!({"Passed": "F", "SubCode": "200"}),
        json!({"SubCode": "200"}),
        json!({}),
    ] {
        let mut host = development();
        assert_eq!(create(&mut host, json!({}), &mut starts).status, 201);
        let mut upstream =
            |_: &OutgoingRequest| json_answer(200, &json!({"Code": "200", "ResultObject": result}));
        let (_, reply) = host.handle(request("GET", &path, &[BEARER], b""), &mut upstream);
        assert_ne!(body(&reply)["status"], json!("passed"), "{result}");
        assert_eq!(body(&reply).get("subCodeInfo"), None, "{result}");
        let rows = format!("{:?}", host.rows);
        assert!(!rows.contains("passed"), "{result}");
    }
}

/// Alibaba Cloud's older SDKs compare a quoted string to sign with their own. The gateway quotes no
/// request and gives each SDK the result of that comparison in the SDK's own words.
#[test]
fn a_wrong_secret_in_the_words_of_each_sdk() {
    let refusal_to = |sdk: Option<&str>, agent: &str, method: &str| {
        let parameters = [
            ("Action", "InitFaceVerify"),
            ("CertName", "张三"),
            ("CertNo", "11010519491231002X"),
            ("Mobile", "13900001234"),
            ("MetaInfo", "{\"zimVer\":\"3.0.0\"}"),
        ];
        let mut request = signed("dev-key-id", "not-the-secret", &parameters);
        if method == "GET" {
            request.method = "GET".to_owned();
            request.query = String::from_utf8(core::mem::take(&mut request.body)).unwrap();
        }
        let sdk = sdk.map(|name| ("x-sdk-client".to_owned(), name.to_owned()));
        request.headers.extend(sdk);
        let agent = ("user-agent".to_owned(), agent.to_owned());
        request.headers.push(agent);
        let (_, reply) = development().handle(request, &mut no_upstream);
        assert_eq!(reply.status, 400);
        let text = &reply.body;
        for personal in [
            "张三",
            "%E5%BC%A0",
            "25E5",
            "11010519491231002X",
            "13900001234",
            "zimVer",
        ] {
            assert!(!text.contains(personal), "{personal}: {text}");
        }
        ["Code", "Message", "Recommend"]
            .map(|member| body(&reply)[member].as_str().unwrap().to_owned())
    };
    let refusal = |sdk: Option<&str>, method: &str| {
        let agent =
            "AlibabaCloud (Linux; amd64) Java/17.0.15 Core/4.4.3 HTTPClient/ApacheHttpClient";
        refusal_to(sdk, agent, method)
    };
    assert_eq!(
        refusal(Some("Java/2.0.0"), "POST")[..2],
        [
            "SDK.InvalidAccessKeySecret",
            "Specified Access Key Secret is not valid."
        ]
    );
    for method in ["POST", "GET"] {
        assert_eq!(
            refusal(Some("python/2.0.0"), method)[..2],
            [
                "InvalidAccessKeySecret",
                "The AccessKeySecret is incorrect. Please check your AccessKeyId and AccessKeySecret."
            ]
        );
    }
    let [code, _, recommend] = refusal(Some("golang/1.0.0"), "POST");
    assert_eq!(
        [code.as_str(), recommend.as_str()],
        [
            "SignatureDoesNotMatch",
            "InvalidAccessKeySecret: Please check you AccessKeySecret"
        ]
    );
    // Hand-written programs may copy this header from an SDK and sign incorrectly.
    for sdk in ["Java/2.0.0", "python/2.0.0", "golang/1.0.0"] {
        let [code, _, recommend] = refusal_to(Some(sdk), "python-requests/2.32", "POST");
        assert_eq!(code, "SignatureDoesNotMatch");
        assert!(recommend.starts_with("https://"), "{recommend}");
    }
    // With GET, the Java SDK signs a body that it does not send.
    for (sdk, method) in [
        (None, "POST"),
        (Some("Node.js(v20.0.0), pop-core: 1.8.0"), "POST"),
        (Some("golang/1.0.0"), "POST"),
        (Some("Java/2.0.0"), "GET"),
    ] {
        let [code, message, _] = refusal(sdk, method);
        assert_eq!(code, "SignatureDoesNotMatch");
        // Old Python SDKs need a colon; the Go SDK asks for a bug report if it finds a quotation.
        assert!(message.contains(": "), "{message}");
        assert!(!message.contains("string to sign is:"), "{message}");
        assert!(
            message.ends_with("the AccessKeySecret is wrong."),
            "{message}"
        );
    }
}

#[test]
fn a_malformed_scene_id_is_rejected_like_at_alibaba_cloud() {
    let asked = signed(
        "dev-key-id",
        "dev-key-secret",
        &[
            ("Action", "DescribeFaceVerify"),
            ("CertifyId", "certify1"),
            ("SceneId", "ten"),
        ],
    );
    let (_, reply) = development().handle(asked, &mut no_upstream);
    assert_eq!(
        (reply.status, body(&reply)["Code"].as_str().unwrap()),
        (400, "InvalidSceneId")
    );
}

/// Orders created over three days, one per second, which in turn passed, were rejected and are
/// pending.
fn with_orders(count: usize) -> Host {
    let mut host = development();
    for index in 0..count {
        host.now =
            NOW + i64::try_from(index).unwrap() * DAY_MILLIS * 3 / i64::try_from(count).unwrap();
        let no = format!("{index:032}");
        let mut upstream = |request: &OutgoingRequest| {
            let body = request.body.as_deref().unwrap();
            let result = if body.contains("Action=InitFaceVerify") {
                json!({"CertifyId": format!("certify-{index}")})
            } else if index % 3 == 0 {
                json!({"Passed": "T", "SubCode": "200"})
            } else {
                json!({"Passed": "F", "SubCode": "205"})
            };
            let id = vendor_id(body.contains("Action=InitFaceVerify"), index);
            json_answer(
                200,
                &json!({"Code": "200", "RequestId": id, "ResultObject": result}),
            )
        };
        create(&mut host, json!({"outerOrderNo": no}), &mut upstream);
        if index % 3 != 2 {
            let one = request(
                "GET",
                &format!("{ROUTE}/{no}?material=false"),
                &[BEARER],
                b"",
            );
            host.handle(one, &mut upstream);
        }
    }
    host
}

/// A RequestId in Alibaba Cloud's format, which shows the request to which it belongs.
fn vendor_id(starts: bool, index: usize) -> String {
    let action = u8::from(!starts);
    format!("00000000-0000-4000-8000-{action}{index:011}")
}

fn get(host: &mut Host, target: &str) -> Value {
    let (_, reply) = host.handle(request("GET", target, &[BEARER], b""), &mut no_upstream);
    assert_eq!(reply.status, 200, "{target}: {}", reply.body);
    body(&reply)
}

fn numbers(page: &Value) -> Vec<u64> {
    let items = page["items"].as_array().unwrap();
    items
        .iter()
        .map(|item| item["outerOrderNo"].as_str().unwrap().parse().unwrap())
        .collect()
}

#[test]
fn orders_are_found_by_number_certify_id_time_and_status() {
    let mut host = with_orders(12);
    // Four per day, in UTC: NOW is 2026-11-18T11:06:40Z.
    let page = get(
        &mut host,
        &format!("{ROUTE}?from=2026-11-19T00:00:00Z&to=2026-11-20T00:00:00Z"),
    );
    assert_eq!(numbers(&page), [6, 5, 4, 3]);
    let rejected = format!("{ROUTE}?status=rejected&from=2026-11-19T00:00:00Z");
    assert_eq!(numbers(&get(&mut host, &rejected)), [10, 7, 4]);
    let none = format!("{ROUTE}?from=2026-11-20T00:00:00Z&to=2026-11-19T00:00:00Z");
    assert_eq!(numbers(&get(&mut host, &none)), [0_u64; 0]);

    for (text, found) in [
        (format!("{:032}", 7), vec![7]),
        ("certify-7".to_owned(), vec![7]),
        ("certify-".to_owned(), vec![]),
        ("order/7".to_owned(), vec![]),
    ] {
        let page = get(&mut host, &format!("{ROUTE}?search={text}"));
        assert_eq!(numbers(&page), found, "{text}");
    }
    let page = get(
        &mut host,
        &format!("{ROUTE}?search=certify-7&status=passed"),
    );
    assert_eq!(numbers(&page), [0_u64; 0]);
    // A period has its first millisecond, and not its last.
    let row: Value = serde_json::from_str(&host.rows["dev"][&format!("order/{:032}", 7)]).unwrap();
    let created = Timestamp::from_unix_millis(row["created"].as_i64().unwrap());
    let text = |time: Timestamp| {
        let millis = time.unix_millis().rem_euclid(1_000);
        time.to_iso8601().replace('Z', &format!(".{millis:03}Z"))
    };
    let (created, next) = (text(created), text(created.plus_millis(1)));
    for search in ["", "&search=certify-7"] {
        for (period, found) in [
            (format!("from={created}&to={next}"), vec![7]),
            (format!("to={created}&from=2026-11-20T00:00:00Z"), vec![]),
            (format!("from={next}&to=2026-11-20T10:00:00Z"), vec![]),
        ] {
            let page = get(&mut host, &format!("{ROUTE}?{period}{search}"));
            assert_eq!(numbers(&page), found, "{period}{search}");
        }
    }
}

#[test]
fn pages_follow_each_other_through_a_filter() {
    let mut host = with_orders(12);
    let mut seen = Vec::new();
    let mut next = String::new();
    loop {
        let page = get(&mut host, &format!("{ROUTE}?status=passed&limit=1{next}"));
        seen.extend(numbers(&page));
        match page["nextCursor"].as_str() {
            Some(cursor) => next = format!("&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(seen, [9, 6, 3, 0]);
}

/// A host with an order that passed, and then this many that have not finished.
fn with_many_pending(count: usize) -> Host {
    let mut host = with_orders(1);
    let rows = host.rows.get_mut("dev").unwrap();
    for index in 1..=count {
        let created = NOW + i64::try_from(index).unwrap() * 1_000;
        let key = format!("listed/{created:015}/{index:032}");
        rows.insert(key, "\"pending\"".to_owned());
    }
    host
}

#[test]
fn a_page_reads_a_limited_number_of_orders_with_other_statuses() {
    // The rows of one commit, and of one page.
    for (count, full) in [
        (4_999, true),
        (5_000, true),
        (49_998, true),
        (50_000, false),
    ] {
        let mut host = with_many_pending(count);
        let page = get(&mut host, &format!("{ROUTE}?status=passed&limit=2"));
        if full {
            assert_eq!(numbers(&page), [0], "{count}");
            assert!(page.get("nextCursor").is_none(), "{count}");
        } else {
            assert_eq!(numbers(&page), [0_u64; 0]);
            let next = page["nextCursor"].as_str().unwrap();
            let next = format!("{ROUTE}?status=passed&limit=2&cursor={next}");
            let page = get(&mut host, &next);
            assert_eq!(numbers(&page), [0]);
            assert!(page.get("nextCursor").is_none());
        }
    }
}

#[test]
fn more_orders_than_one_commit_reads_are_counted() {
    for count in [4_999, 5_000, 12_345] {
        let mut host = with_many_pending(count);
        let days = get(&mut host, "/v1/face-verification-counts");
        let sum = |status: &str| -> u64 {
            let days = days["days"].as_array().unwrap().iter();
            days.filter_map(|day| day[status].as_u64()).sum()
        };
        assert_eq!((sum("pending"), sum("passed")), (count as u64, 1), "{days}");
    }
}

#[test]
fn orders_are_counted_by_the_days_of_the_asker() {
    let mut host = with_orders(12);
    let counts = "/v1/face-verification-counts";
    let day = |date: &str, pending, passed, rejected| {
        json!({
            "date": date, "starting": 0, "unknown": 0, "pending": pending, "passed": passed,
            "rejected": rejected, "expired": 0,
        })
    };
    // At 11:06:40, 17:06:40, 23:06:40 and 05:06:40 UTC, in turn.
    let utc = get(&mut host, &format!("{counts}?offsetMinutes=0"));
    assert_eq!(
        utc["days"],
        json!([
            day("2026-11-18", 1, 1, 1),
            day("2026-11-19", 1, 2, 1),
            day("2026-11-20", 1, 1, 2),
            day("2026-11-21", 1, 0, 0),
        ])
    );
    let china = get(&mut host, counts);
    assert_eq!(
        china["days"],
        json!([
            day("2026-11-18", 0, 1, 0),
            day("2026-11-19", 1, 1, 2),
            day("2026-11-20", 2, 1, 1),
            day("2026-11-21", 1, 1, 1),
        ])
    );
    let some = get(
        &mut host,
        &format!("{counts}?status=rejected&from=2026-11-20T00:00:00Z&offsetMinutes=0"),
    );
    assert_eq!(some["days"], json!([day("2026-11-20", 0, 0, 2)]));
}

#[test]
fn an_order_that_the_vendor_refused_is_neither_listed_nor_counted() {
    let mut host = development();
    create(&mut host, json!({}), &mut |_| {
        json_answer(200, &json!({"Code": "412"}))
    });
    assert_eq!(numbers(&get(&mut host, ROUTE)), [0_u64; 0]);
    let counts = get(&mut host, "/v1/face-verification-counts");
    assert_eq!(counts["days"], json!([]));
}

#[test]
fn an_order_tells_the_request_ids_that_the_vendor_knows_it_by() {
    let mut host = with_orders(3);
    let page = get(&mut host, ROUTE);
    let ids: Vec<&Value> = page["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| &item["vendorRequestIds"])
        .collect();
    assert_eq!(
        ids,
        [
            &json!({"start": vendor_id(true, 2)}),
            &json!({"start": vendor_id(true, 1), "verdict": vendor_id(false, 1)}),
            &json!({"start": vendor_id(true, 0), "verdict": vendor_id(false, 0)}),
        ]
    );
}

#[test]
fn a_filter_that_is_not_one_is_refused_by_name() {
    let mut host = development();
    for (target, field) in [
        (format!("{ROUTE}?from=2026-11-19"), "from"),
        (format!("{ROUTE}?to=yesterday"), "to"),
        (format!("{ROUTE}?search="), "search"),
        (format!("{ROUTE}?search=%E5%BC%A0%E4%B8%89"), "search"),
        (
            "/v1/face-verification-counts?offsetMinutes=841".to_owned(),
            "offsetMinutes",
        ),
        (
            "/v1/face-verification-counts?offsetMinutes=+0".to_owned(),
            "offsetMinutes",
        ),
        (
            "/v1/face-verification-counts?status=done".to_owned(),
            "status",
        ),
        ("/v1/face-verification-counts?limit=1".to_owned(), "(query)"),
    ] {
        let (_, reply) = host.handle(request("GET", &target, &[BEARER], b""), &mut no_upstream);
        assert_eq!(reply.status, 400, "{target}");
        let error = &body(&reply)["errors"][0];
        assert_eq!(error["field"], field, "{target}");
        if field == "offsetMinutes" {
            let messages = error["messages"].to_string();
            for meaning in ["北京时间为 480。", "ahead of UTC, such as 480 in China."] {
                assert!(messages.contains(meaning), "{messages}");
            }
        }
    }
}
