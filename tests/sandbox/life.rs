//! A verification from its start to the deletion of its record; pictures; callbacks.

use crate::host::{Host, ORIGIN, pairs, start, with};
use cloudauth_edge::http::IncomingRequest;
use cloudauth_edge::sandbox::{Account, Callback, Config, Event};
use cloudauth_edge::vendor::credentials::Secret;

const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;

#[test]
fn created_opened_submitted() {
    let mut host = Host::new();
    let certify_id = host.started();
    assert_eq!(host.describe(&certify_id).code(), "424");
    assert_eq!(host.open(&certify_id).json()["stage"], "opened");
    assert_eq!(
        host.open(&certify_id).status(),
        200,
        "opening twice is the same as once"
    );
    assert_eq!(host.describe(&certify_id).code(), "403");
    let submitted = host.submit(&certify_id, "passed").json();
    assert_eq!(
        (&submitted["stage"], &submitted["passed"]),
        (&"ended".into(), &true.into())
    );
    assert_eq!(host.describe(&certify_id).result()["Passed"], "T");
    assert_eq!(
        host.describe(&certify_id).result()["DeviceToken"],
        host.describe(&certify_id).result()["DeviceToken"]
    );
}

#[test]
fn expires_at_once() {
    let mut host = Host::new();
    let certify_id = host.started();
    host.open(&certify_id);
    host.advance(MINUTE);
    let expire = format!("verifications/{certify_id}/expire");
    for _ in 0..2 {
        let expired = host.control("POST", &expire, "");
        assert_eq!(expired.status(), 200);
        let shown = expired.json();
        assert_eq!(
            (&shown["stage"], &shown["expiresAt"]),
            (&"expired".into(), &"2023-10-26T10:23:32Z".into())
        );
        host.advance(1_000);
    }
    assert_eq!(host.describe(&certify_id).code(), "424");
    assert_eq!(host.submit(&certify_id, "200").json()["code"], "expired");

    let submitted = host.started();
    host.submit(&submitted, "205");
    let scripted = with(start(), "UserId", Some("sandbox-sub-200-after-10s"));
    let scripted = host.init(scripted).certify_id();
    for (certify_id, code) in [(&submitted, "already-submitted"), (&scripted, "scripted")] {
        let refused = host.control("POST", &format!("verifications/{certify_id}/expire"), "");
        assert_eq!(
            (refused.status(), &refused.json()["code"]),
            (409, &code.into())
        );
    }
}

#[test]
fn a_browser_gets_a_page_and_goes_back_with_a_hint() {
    let web = r#"{"bioMetaInfo":"4.1.0:2916352,0","deviceType":"h5","ua":"Mozilla/5.0"}"#;
    for (name, value, is_web) in [
        ("MetaInfo", web, true),
        ("CertifyUrlType", "WEB", true),
        ("CertifyUrlType", "H5", true),
        ("CertifyUrlStyle", "L", false),
    ] {
        let mut host = Host::new();
        let request = with(start(), name, Some(value));
        let answer = host.init(with(request, "ReturnUrl", Some("https://example.com/")));
        let certify_id = answer.result()["CertifyId"].as_str().unwrap().to_owned();
        let page = answer.result().get("CertifyUrl").cloned();
        let expected = is_web.then(|| format!("{ORIGIN}/_sandbox/h5#{certify_id}").into());
        assert_eq!(page, expected, "{name}={value}");
        let shown = host.control("GET", &format!("verifications/{certify_id}"), "");
        assert_eq!(shown.json()["certifyUrl"], page.unwrap_or_default());
        host.submit(&certify_id, "passed");
        let shown = host.control("GET", &format!("verifications/{certify_id}"), "");
        assert_eq!(shown.json()["returnUrl"].is_string(), is_web);
    }
}

#[test]
fn the_way_back_has_the_client_sdk_s_code_and_nothing_personal() {
    for (return_url, outcome, before, code, after) in [
        (
            "https://example.com/back",
            "passed",
            "https://example.com/back?",
            1000,
            "",
        ),
        (
            "https://example.com/back?a=1",
            "205",
            "https://example.com/back?a=1&",
            2006,
            "",
        ),
        (
            "https://example.com/#/done",
            "500",
            "https://example.com/?",
            1001,
            "#/done",
        ),
        (
            "https://example.com",
            "give-up",
            "https://example.com?",
            1003,
            "",
        ),
    ] {
        let mut host = Host::new();
        let request = with(start(), "ReturnUrl", Some(return_url));
        let certify_id = host
            .init(with(request, "CertifyUrlType", Some("H5")))
            .certify_id();
        let opened = host.open(&certify_id).json();
        assert!(opened["returnUrl"].is_null(), "not before its end");
        let answer = if outcome == "give-up" {
            host.control("POST", &format!("verifications/{certify_id}/give-up"), "")
        } else {
            host.submit(&certify_id, outcome)
        };
        let back = answer.json()["returnUrl"].as_str().unwrap().to_owned();
        let expected = format!(
            "{before}response=%7B%22code%22%3A{code}%2C%22extInfo%22%3A%7B%22certifyId%22%3A%22{certify_id}%22%7D%7D{after}"
        );
        assert_eq!(back, expected);
    }
}

#[test]
fn one_submission() {
    let mut host = Host::new();
    let certify_id = host.started();
    assert_eq!(
        host.submit(&certify_id, "205").status(),
        200,
        "opens it along the way"
    );
    for answer in [host.submit(&certify_id, "passed"), host.open(&certify_id)] {
        assert_eq!(
            (answer.status(), &answer.json()["code"]),
            (409, &"already-submitted".into())
        );
    }
    assert_eq!(host.describe(&certify_id).result()["SubCode"], "205");
}

#[test]
fn a_submission_is_final_also_if_the_clock_is_set_back() {
    let mut host = Host::new();
    let certify_id = host.started();
    host.submit(&certify_id, "passed");
    host.advance(-60 * MINUTE);
    for answer in [host.submit(&certify_id, "205"), host.open(&certify_id)] {
        assert_eq!(
            (answer.status(), &answer.json()["code"]),
            (409, &"already-submitted".into())
        );
    }
    assert_eq!(host.describe(&certify_id).result()["SubCode"], "200");
}

#[test]
fn the_phone_cannot_change_a_scripted_outcome() {
    let mut host = Host::new();
    let parameters = with(start(), "CallbackUrl", Some("https://example.com/cb"));
    let certify_id = host
        .init(with(parameters, "UserId", Some("sandbox-sub-200-after-3s")))
        .certify_id();
    for after in [0, 4_000] {
        host.advance(after);
        for answer in [host.submit(&certify_id, "205"), host.open(&certify_id)] {
            assert_eq!(
                (answer.status(), &answer.json()["code"]),
                (409, &"scripted".into())
            );
            assert_eq!(answer.0.callbacks, [], "one callback, from the start");
        }
    }
    assert_eq!(host.describe(&certify_id).result()["SubCode"], "200");
}

#[test]
fn a_scripted_outcome_is_not_shown_before_the_end() {
    for (script, members) in [
        ("sandbox-sub-200-after-10s", ["true", "\"200\"", "null"]),
        ("sandbox-sub-205-after-10s", ["false", "\"205\"", "null"]),
    ] {
        let mut host = Host::new();
        let certify_id = host
            .init(with(start(), "UserId", Some(script)))
            .certify_id();
        let mut shown = || {
            let path = format!("verifications/{certify_id}");
            let shown = host.control("GET", &path, "").json();
            host.advance(10_000);
            ["passed", "subCode", "code"].map(|name| shown[name].to_string())
        };
        assert_eq!(shown(), ["null"; 3], "{script}");
        assert_eq!(shown(), members, "{script}");
    }
}

#[test]
fn only_an_immediate_outcome_remains_if_the_clock_is_set_back() {
    for (script, set_back) in [
        ("sandbox-sub-200", "200"),
        ("sandbox-sub-200-after-10s", "403"),
    ] {
        let mut host = Host::new();
        let certify_id = host
            .init(with(start(), "UserId", Some(script)))
            .certify_id();
        host.advance(10_000);
        assert_eq!(host.describe(&certify_id).result()["Passed"], "T");
        host.control("POST", "clock", r#"{"advanceMs":-60000}"#);
        assert_eq!(host.describe(&certify_id).code(), set_back);
    }
}

#[test]
fn thirty_minutes() {
    for opened in [false, true] {
        let mut host = Host::new();
        let (late, timely) = (host.started(), host.started());
        if opened {
            host.open(&late);
        }
        host.advance(30 * MINUTE - 1);
        assert_eq!(host.submit(&timely, "passed").status(), 200);
        host.advance(1);
        assert_eq!(host.describe(&late).code(), "424");
        let answer = host.submit(&late, "passed");
        assert_eq!(
            (answer.status(), &answer.json()["code"]),
            (409, &"expired".into())
        );
        assert_eq!(host.describe(&timely).result()["Passed"], "T");
    }
}

#[test]
fn records_are_kept_180_days() {
    let mut host = Host::new();
    let certify_id = host.started();
    host.submit(&certify_id, "passed");
    host.advance(180 * DAY - 1);
    assert_eq!(host.describe(&certify_id).code(), "200");
    host.advance(1);
    assert_eq!(host.describe(&certify_id).code(), "406");
    assert_eq!(host.submit(&certify_id, "passed").status(), 404);
}

#[test]
fn an_order_may_be_started_twice() {
    let mut host = Host::new();
    assert_ne!(host.started(), host.started());
}

#[test]
fn another_account_sees_nothing() {
    let mut host = Host::new();
    let mut config = Config::default();
    let mut other: Account = config.accounts[0].clone();
    other.account_id = "1999999999999999".to_owned();
    other.keys.truncate(1);
    other.keys[0].access_key_id = "other-key-id".to_owned();
    other.keys[0].access_key_secret = Secret::new("other-key-secret");
    config.accounts.push(other);
    host.config = config;
    let certify_id = host.started();
    let all = host.unsigned(
        "DescribeFaceVerify",
        pairs(&[("SceneId", "1000000006"), ("CertifyId", &certify_id)]),
    );
    let all = with(all, "AccessKeyId", Some("other-key-id"));
    let answer = host.send(crate::host::signed("POST", all, "other-key-secret"));
    assert_eq!(answer.code(), "406");
}

#[test]
fn nothing_personal_is_stored() {
    let mut host = Host::new();
    let parameters = with(start(), "Mobile", Some("13000000000"));
    let parameters = with(parameters, "Ip", Some("114.114.114.114"));
    let certify_id = host.init(parameters).certify_id();
    host.submit(&certify_id, "passed");
    let stored = format!("{:?}", host.rows);
    assert!(stored.contains(&certify_id));
    for personal in [
        "张三",
        "11010519491231002X",
        "13000000000",
        "114.114",
        "zimVer",
        "123456789",
    ] {
        assert!(!stored.contains(personal), "{personal}");
    }
}

fn get(host: &mut Host, url: &str) -> crate::host::Answer {
    let (path, query) = url.strip_prefix(ORIGIN).unwrap().split_once('?').unwrap();
    host.send(IncomingRequest {
        method: "GET".to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        headers: Vec::new(),
        body: Vec::new(),
    })
}

#[test]
fn pictures_for_fifteen_minutes_from_the_query() {
    let mut host = Host::new();
    let certify_id = host.started();
    host.submit(&certify_id, "passed");
    host.advance(20 * MINUTE);
    let material = host.describe(&certify_id).material();
    let picture = &material["facialPictureFront"];
    let url = picture["pictureUrl"].as_str().unwrap().to_owned();
    assert!(url.contains(picture["ossObjectName"].as_str().unwrap()));
    assert_eq!(
        picture["ossBucketName"],
        "cn-shanghai-aliyun-cloudauth-1260051251634779"
    );

    let answer = get(&mut host, &url);
    assert_eq!(
        (answer.status(), answer.header("content-type")),
        (200, Some("image/jpeg"))
    );
    assert!(answer.response().body.starts_with(&[0xFF, 0xD8, 0xFF]));
    assert!(answer.response().body.len() < 6 * 1_024);

    for changed in [
        url.replace("Expires=1", "Expires=2"),
        url.replace("verify/", "verify/x"),
        url.replace(&certify_id, "91707dc296d469ad38e4c5efa6a0f24b"),
        format!("{}?Expires=1", url.split('?').next().unwrap()),
    ] {
        let answer = get(&mut host, &changed);
        assert_eq!(answer.status(), 403, "{changed}");
        assert!(answer.text().contains("<Code>SignatureDoesNotMatch</Code>"));
    }
    host.advance(15 * MINUTE - 1_000);
    assert_eq!(get(&mut host, &url).status(), 200);
    host.advance(1_000);
    let answer = get(&mut host, &url);
    assert_eq!(answer.status(), 403);
    assert!(
        answer
            .text()
            .contains("<Message>Request has expired.</Message>")
    );
    let fresh = host.describe(&certify_id).material()["facialPictureFront"]["pictureUrl"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(
        get(&mut host, &fresh).status(),
        200,
        "a new query gives a new address"
    );
}

#[test]
fn the_callback_is_repeated_until_answered() {
    let mut host = Host::new();
    let parameters = with(
        start(),
        "CallbackUrl",
        Some("https://example.com/cb?order=7#top"),
    );
    let parameters = with(parameters, "CallbackToken", Some("1000 004&826"));
    let begun = host.init(parameters);
    assert_eq!(begun.0.callbacks, []);
    let certify_id = begun.certify_id();
    assert_eq!(host.open(&certify_id).0.callbacks, []);
    let callback = host.submit(&certify_id, "205").0.callbacks;
    let url = format!(
        "https://example.com/cb?order=7&callbackToken=1000%20004%26826&certifyId={certify_id}&passed=205"
    );
    let [Callback { url: called, .. }] = callback.as_slice() else {
        panic!("no callback")
    };
    assert_eq!(*called, url);

    for status in [None, Some(500), Some(302)] {
        let again = &host.callback_answered(&certify_id, status).callbacks[0];
        assert_eq!((&again.url, again.delay_millis), (&url, 1_500));
    }
    assert_eq!(host.callback_answered(&certify_id, Some(200)).callbacks, []);
    let shown = host
        .control("GET", &format!("verifications/{certify_id}"), "")
        .json();
    assert_eq!(
        (
            &shown["callback"]["attempts"],
            &shown["callback"]["lastStatus"]
        ),
        (&4.into(), &200.into())
    );
}

#[test]
fn the_callback_ends_after_ten_attempts_and_after_a_reset() {
    let mut host = Host::new();
    let parameters = with(start(), "CallbackUrl", Some("https://example.com/cb"));
    let certify_id = host.init(parameters.clone()).certify_id();
    host.submit(&certify_id, "passed");
    let attempts = (1..20).find(|_| {
        host.callback_answered(&certify_id, None)
            .callbacks
            .is_empty()
    });
    assert_eq!(attempts, Some(10));

    let certify_id = host.init(parameters).certify_id();
    host.submit(&certify_id, "passed");
    host.control("POST", "reset", "");
    assert_eq!(host.callback_answered(&certify_id, None).callbacks, []);
}

#[test]
fn a_host_that_starts_sends_the_callbacks_that_are_owed() {
    let mut host = Host::new();
    let parameters = with(start(), "CallbackUrl", Some("https://example.com/cb"));
    let mut ended = |script: &str| {
        let parameters = with(parameters.clone(), "UserId", Some(script));
        host.init(parameters).certify_id()
    };
    let [confirmed, repeated, later, abandoned] =
        ["200", "205", "200-after-60s", "206"].map(|code| ended(&format!("sandbox-sub-{code}")));
    ended("sandbox-describe-500");
    host.init(parameters);
    host.callback_answered(&confirmed, Some(200));
    host.callback_answered(&repeated, Some(500));
    for _ in 0..10 {
        host.callback_answered(&abandoned, None);
    }
    host.advance(10_000);
    let owed = |host: &mut Host| {
        let mut owed: Vec<_> = host.run(Event::Started {}).callbacks;
        owed.sort_by_key(|callback| callback.delay_millis);
        owed.into_iter()
            .map(|callback| (callback.certify_id, callback.delay_millis))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        owed(&mut host),
        [(repeated.clone(), 1_500), (later.clone(), 50_500)]
    );
    host.control("POST", "clock", r#"{"set":"2019-03-07T00:00:00Z"}"#);
    assert_eq!(
        owed(&mut host),
        [(repeated.clone(), 1_500), (later.clone(), 60_500)],
        "the delay is real time"
    );
    host.advance(180 * 86_400_000);
    host.control("POST", "clock", r#"{"offsetMs":0}"#);
    assert_eq!(owed(&mut host), [], "the records are deleted");
}

#[test]
fn scripted_verifications_call_back_too_and_codes_do_not() {
    let mut host = Host::new();
    let parameters = with(start(), "CallbackUrl", Some("https://example.com/cb"));
    let at_once = host.init(with(parameters.clone(), "UserId", Some("sandbox-sub-200")));
    assert_eq!(
        at_once.0.callbacks[0].delay_millis, 500,
        "after the CertifyId"
    );
    let later = host.init(with(
        parameters.clone(),
        "UserId",
        Some("sandbox-sub-200-after-3s"),
    ));
    assert_eq!(later.0.callbacks[0].delay_millis, 3_500);
    let code = host.init(with(parameters, "UserId", Some("sandbox-describe-500")));
    assert_eq!(code.0.callbacks, []);
}

#[test]
fn a_person_who_gives_up_has_submitted_nothing() {
    let mut host = Host::new();
    let certify_id = host.started();
    let give_up = |host: &mut Host, certify_id: &str| {
        host.control("POST", &format!("verifications/{certify_id}/give-up"), "")
    };
    host.open(&certify_id);
    assert_eq!(host.describe(&certify_id).code(), "403");
    let given_up = give_up(&mut host, &certify_id);
    assert_eq!(given_up.json()["stage"], "created");
    assert!(given_up.0.callbacks.is_empty());
    assert_eq!(host.describe(&certify_id).code(), "424");
    assert_eq!(give_up(&mut host, &certify_id).status(), 200);

    // The rest of the thirty minutes can still be used.
    host.open(&certify_id);
    host.submit(&certify_id, "205");
    let late = give_up(&mut host, &certify_id);
    assert_eq!(
        (late.status(), &late.json()["code"]),
        (409, &"already-submitted".into())
    );
    assert_eq!(host.describe(&certify_id).result()["SubCode"], "205");

    let expired = host.started();
    host.advance(30 * 60_000);
    assert_eq!(give_up(&mut host, &expired).json()["code"], "expired");
    let scripted = start_scripted(&mut host);
    let refused = give_up(&mut host, &scripted);
    assert_eq!(
        (refused.status(), &refused.json()["code"]),
        (409, &"scripted".into())
    );
    assert_eq!(give_up(&mut host, "unknown").status(), 404);
}

/// Starts a verification that ends by itself after ten seconds.
fn start_scripted(host: &mut Host) -> String {
    let order = format!("{:x<32}", "sandboxsub200after10s");
    host.init(with(start(), "OuterOrderNo", Some(&order)))
        .certify_id()
}
