//! Tests the control API.

use crate::host::{Host, ORDER, start, with};
use cloudauth_edge::http::IncomingRequest;
use cloudauth_edge::sandbox::Write;
use cloudauth_edge::vendor::credentials::Secret;

#[test]
fn shows_what_there_is() {
    let mut host = Host::new();
    let first = host.started();
    host.advance(1_000);
    let other = "f0c34a77f5ac40a5aa5e6ed20c353888";
    let second = host
        .init(with(start(), "OuterOrderNo", Some(other)))
        .certify_id();
    let list = host.control("GET", "verifications", "").json();
    assert_eq!(list["total"], 2);
    assert_eq!(
        list["verifications"][0]["certifyId"],
        second.as_str(),
        "newest first"
    );
    assert_eq!(list["verifications"][1]["certifyId"], first.as_str());
    let one = host
        .control("GET", &format!("verifications?outerOrderNo={other}"), "")
        .json();
    assert_eq!(
        (&one["total"], &one["verifications"][0]["certifyId"]),
        (&1.into(), &second.as_str().into())
    );
    let shown = host
        .control("GET", &format!("verifications/{first}"), "")
        .json();
    assert_eq!(shown["sceneId"], "1000000006");
    assert_eq!(shown["stage"], "created");
    assert_eq!(shown["createdAt"], "2023-10-26T10:22:32Z");
    assert_eq!(shown["expiresAt"], "2023-10-26T10:52:32Z");
    let state = host.control("GET", "state", "").json();
    assert_eq!(state["accounts"][0]["sceneIds"][0], "1000000006");
    assert_eq!(state["clock"]["offsetMillis"], 0);
    assert!(!state.to_string().contains("secret"));
}

#[test]
fn lists_what_waits_by_its_start_and_what_is_over_by_its_end() {
    let mut host = Host::new();
    let scripted = with(start(), "UserId", Some("sandbox-sub-205-after-600s"));
    let mut ids = Vec::new();
    for _ in 0..4 {
        host.advance(1_000);
        ids.push(host.started());
    }
    ids.push(host.init(scripted).certify_id());
    let listed = |host: &mut Host, filter: &str| -> Vec<usize> {
        let page = host
            .control("GET", &format!("verifications?{filter}"), "")
            .json();
        let shown = page["verifications"].as_array().unwrap();
        assert_eq!(page["total"], shown.len());
        let place = |one: &serde_json::Value| {
            ids.iter()
                .position(|id| one["certifyId"] == id.as_str())
                .unwrap()
        };
        shown.iter().map(place).collect()
    };
    host.advance(1_000);
    host.submit(&ids[2], "passed");
    host.advance(1_000);
    host.submit(&ids[0], "206");
    assert_eq!(listed(&mut host, "waiting=true"), [4, 3, 1]);
    assert_eq!(listed(&mut host, "waiting=false"), [0, 2]);
    host.advance(600_000);
    assert_eq!(listed(&mut host, "waiting=true"), [3, 1]);
    assert_eq!(listed(&mut host, "waiting=false"), [4, 0, 2]);
    let mut shown = |filter: &str| {
        host.control("GET", &format!("verifications?{filter}"), "")
            .json()
    };
    let both = shown("waiting=both");
    assert_eq!(both["waiting"], shown("waiting=true"));
    assert_eq!(both["over"], shown("waiting=false"));
    host.advance(1_800_000);
    assert_eq!(listed(&mut host, "waiting=true"), [0; 0]);
    assert_eq!(listed(&mut host, "waiting=false"), [3, 1, 4, 0, 2]);
    let order = format!("waiting=false&outerOrderNo={ORDER}");
    assert_eq!(listed(&mut host, &order).len(), 5);
    let refused = host.control("GET", "verifications?waiting=yes", "");
    assert_eq!(
        (refused.status(), &refused.json()["code"]),
        (400, &"bad-query".into())
    );
}

#[test]
fn moves_the_clock() {
    let mut host = Host::new();
    let certify_id = host.started();
    for (body, offset, now) in [
        (
            r#"{"advanceMs":1860000}"#,
            1_860_000,
            "2023-10-26T10:53:32Z",
        ),
        (r#"{"advanceMs":-60000}"#, 1_800_000, "2023-10-26T10:52:32Z"),
        (r#"{"offsetMs":5000}"#, 5_000, "2023-10-26T10:22:37Z"),
        (
            r#"{"set":"2030-01-01T00:00:00Z"}"#,
            195_140_248_000_i64,
            "2030-01-01T00:00:00Z",
        ),
    ] {
        let clock = host.control("POST", "clock", body).json();
        assert_eq!(
            (&clock["offsetMillis"], &clock["now"]),
            (&offset.into(), &now.into()),
            "{body}"
        );
        assert_eq!(host.control("GET", "clock", "").json(), clock);
    }
    assert_eq!(
        host.describe(&certify_id).code(),
        "InvalidTimeStamp.Expired",
        "the client's clock is behind"
    );
    host.control("POST", "clock", r#"{"offsetMs":600000}"#);
    let answer = host.describe(&certify_id);
    assert_eq!(answer.header("date"), Some("Thu, 26 Oct 2023 10:32:32 GMT"));
    for body in [
        r#"{"set":"yesterday"}"#,
        r#"{"advanceMs":9223372036854775807}"#,
    ] {
        let refused = host.control("POST", "clock", body);
        assert_eq!(
            (refused.status(), &refused.json()["code"]),
            (400, &"bad-time".into())
        );
    }
}

#[test]
fn forgets_everything() {
    let mut host = Host::new();
    let certify_id = host.started();
    host.control("POST", "clock", r#"{"offsetMs":5000}"#);
    host.control("POST", "faults", r#"{"kind":"hang"}"#);
    let done = host.control("POST", "reset", "");
    assert_eq!(done.0.writes, [Write::Clear]);
    assert!(host.rows.is_empty());
    assert_eq!(host.describe(&certify_id).code(), "406");
}

#[test]
fn one_clear_error_each_in_both_languages() {
    let deep = "[".repeat(100_000);
    let large = "x".repeat(2 * 1_024 * 1_024 + 1);
    let mut host = Host::new();
    let certify_id = host.started();
    let submit = format!("verifications/{certify_id}/submit");
    for (method, path, body, status, code) in [
        ("GET", "nothing", "", 404, "unknown-route"),
        ("GET", "verifications/x/y", "", 404, "unknown-route"),
        ("GET", "verifications/x", "", 404, "unknown-verification"),
        (
            "POST",
            "verifications/x/submit",
            r#"{"outcome":"passed"}"#,
            404,
            "unknown-verification",
        ),
        (
            "POST",
            "verifications/x/open",
            "",
            404,
            "unknown-verification",
        ),
        ("PUT", "state", "", 405, "wrong-method"),
        ("GET", &submit, "", 405, "wrong-method"),
        ("POST", &submit, "", 400, "bad-body"),
        ("POST", &submit, "{}", 400, "bad-body"),
        ("POST", &submit, "[]", 400, "bad-body"),
        ("POST", &submit, r#"{"outcome":205}"#, 400, "bad-body"),
        (
            "POST",
            &submit,
            r#"{"outcome":"205","more":1}"#,
            400,
            "bad-body",
        ),
        ("POST", &submit, &deep, 400, "bad-body"),
        ("POST", &submit, &large, 413, "body-too-large"),
        (
            "POST",
            &submit,
            r#"{"outcome":"999"}"#,
            400,
            "unknown-outcome",
        ),
        (
            "POST",
            &submit,
            r#"{"outcome":"424"}"#,
            400,
            "unknown-outcome",
        ),
        ("POST", "clock", r#"{"advanceMs":"soon"}"#, 400, "bad-body"),
        ("POST", "clock", r#"{"advanceMs":1.5}"#, 400, "bad-body"),
        (
            "POST",
            "faults",
            r#"{"kind":"earthquake"}"#,
            400,
            "bad-body",
        ),
        ("POST", "faults", r#"{"kind":"latency"}"#, 400, "bad-fault"),
        ("POST", "faults", r#"{"kind":"error"}"#, 400, "bad-fault"),
        (
            "POST",
            "faults",
            r#"{"kind":"error","code":"500"}"#,
            400,
            "bad-fault",
        ),
        (
            "POST",
            "faults",
            r#"{"kind":"error","code":"424","action":"InitFaceVerify"}"#,
            400,
            "bad-fault",
        ),
        (
            "POST",
            "faults",
            r#"{"kind":"hang","count":0}"#,
            400,
            "bad-fault",
        ),
        (
            "POST",
            "faults",
            r#"{"kind":"hang","action":"Teapot"}"#,
            400,
            "bad-fault",
        ),
    ] {
        let answer = host.control(method, path, body);
        let json = answer.json();
        assert_eq!(
            (answer.status(), json["code"].as_str()),
            (status, Some(code)),
            "{method} {path} {body:.60}"
        );
        assert!(
            json["message"]["zh"]
                .as_str()
                .is_some_and(|text| !text.is_ascii())
        );
        assert!(json["message"]["en"].as_str().is_some_and(str::is_ascii));
    }
    assert_eq!(
        host.submit(&certify_id, "passed").status(),
        200,
        "the next request works"
    );
}

#[test]
fn keeps_to_those_with_the_token_where_there_is_one() {
    let mut host = Host::new();
    let certify_id = host.started();
    let ask = |host: &mut Host, authorization: Option<&str>| {
        let request = IncomingRequest {
            method: "GET".to_owned(),
            path: format!("/_sandbox/verifications/{certify_id}"),
            query: String::new(),
            headers: authorization
                .map(|value| ("Authorization".to_owned(), value.to_owned()))
                .into_iter()
                .collect(),
            body: Vec::new(),
        };
        let answer = host.send(request);
        (answer.status(), answer.json()["code"].clone())
    };
    for (token, authorization, expected) in [
        ("control-token", Some("Bearer control-token"), 200),
        ("control-token", Some("Bearer control-toke"), 401),
        ("control-token", Some("Basic control-token"), 401),
        ("control-token", None, 401),
        ("", Some("Bearer "), 403),
        ("", None, 403),
    ] {
        host.config.control_token = Some(Secret::new(token));
        let (status, code) = ask(&mut host, authorization);
        assert_eq!(status, expected, "{token} {authorization:?}: {code}");
    }
    assert_eq!(
        host.init(start()).code(),
        "200",
        "Alibaba Cloud's path needs none"
    );
}

#[test]
fn only_the_root_path_serves_the_rpc_protocol() {
    let mut host = Host::new();
    let all = host.unsigned("InitFaceVerify", start());
    let mut request = crate::host::signed("POST", all, "sandbox-key-secret");
    for path in ["//", "/index", "/_sandbox", ""] {
        request.path = path.to_owned();
        let answer = host.send(request.clone());
        assert_eq!(
            (answer.status(), &answer.json()["code"]),
            (404, &"unknown-route".into()),
            "{path}"
        );
    }
}

#[test]
fn serves_the_simulated_phone_without_authentication() {
    let mut host = Host::new();
    host.config.control_token = Some(Secret::new("the token"));
    for (address, file, kind) in [
        ("phone", "phone.html", "text/html"),
        ("h5", "phone.html", "text/html"),
        ("phone.css", "phone.css", "text/css"),
        ("phone-screen.css", "phone-screen.css", "text/css"),
        ("phone.js", "phone.js", "text/javascript"),
        ("phone-screen.js", "phone-screen.js", "text/javascript"),
        ("phone-words.js", "phone-words.js", "text/javascript"),
    ] {
        for method in ["GET", "HEAD"] {
            let page = host.control(method, address, "");
            assert_eq!((page.status(), page.0.file), (200, Some(file)));
            assert!(page.header("content-type").unwrap().starts_with(kind));
            assert_eq!(page.header("x-cloudauth-sandbox"), Some("1"));
            let policy = page.header("content-security-policy").unwrap();
            assert!(policy.starts_with("default-src 'none'; "));
            assert!(!policy.contains("unsafe") && !policy.contains('*'));
        }
    }
    host.config.control_token = None;
    let wrong = host.control("POST", "phone", "");
    assert_eq!((wrong.status(), wrong.0.file), (405, None));
    assert_eq!(host.control("GET", "phone.html", "").status(), 404);
    let outside = IncomingRequest {
        method: "GET".to_owned(),
        path: "/phone".to_owned(),
        query: String::new(),
        headers: Vec::new(),
        body: Vec::new(),
    };
    assert_eq!(host.send(outside).status(), 404);
}

#[test]
fn every_listed_outcome_can_be_submitted_and_no_other() {
    let mut host = Host::new();
    let listed = host.control("GET", "outcomes", "").json();
    let outcomes: Vec<String> = ["subCodes", "codes"]
        .iter()
        .flat_map(|kind| listed[kind].as_array().unwrap())
        .map(|one| one["outcome"].as_str().unwrap().to_owned())
        .collect();
    for number in 100..600 {
        // Fifty calls per second are allowed.
        host.advance(1_000);
        let certify_id = host.started();
        let outcome = number.to_string();
        let status = host.submit(&certify_id, &outcome).status();
        let known = outcomes.contains(&outcome);
        assert_eq!(status, if known { 200 } else { 400 }, "{outcome}");
    }
}

#[test]
fn reads_a_body_with_a_byte_order_mark() {
    let mut host = Host::new();
    let certify_id = host.started();
    let path = format!("verifications/{certify_id}/submit");
    let answer = host.control("POST", &path, "\u{feff}{\"outcome\":\"205\"}");
    assert_eq!(answer.status(), 200, "{}", answer.text());
    assert_eq!(answer.json()["subCode"], "205");
}
