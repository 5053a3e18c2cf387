//! Tests the parameter validation of InitFaceVerify and DescribeFaceVerify.

use crate::host::{Host, Pairs, SCENE, pairs, start, with};
use base64::Engine;
use cloudauth_edge::sandbox::{Config, Scene};

fn base64(bytes: &[u8]) -> String {
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

fn jpeg(size: usize) -> String {
    let mut bytes = vec![0; size];
    bytes[..3].copy_from_slice(&[0xFF, 0xD8, 0xFF]);
    base64(&bytes)
}

#[test]
fn the_documented_example_omits_user_id() {
    let mut host = Host::new();
    assert_eq!(host.init(with(start(), "UserId", None)).code(), "200");
}

#[test]
fn mandatory_parameters() {
    for name in ["SceneId", "OuterOrderNo", "ProductCode", "MetaInfo"] {
        for value in [None, Some("")] {
            let mut host = Host::new();
            let answer = host.init(with(start(), name, value));
            assert_eq!(answer.verdict(), "200 400", "{name}");
            assert_eq!(answer.message(), "参数不能为空");
            let note = format!("{name} is missing");
            assert_eq!(
                answer.header("x-cloudauth-sandbox-note"),
                Some(note.as_str())
            );
        }
    }
    for (product, name) in [
        ("ID_PRO", "CertNo"),
        ("ID_PRO", "CertName"),
        ("PV_FV", "UserId"),
    ] {
        let mut host = Host::new();
        let parameters = with(with(start(), "ProductCode", Some(product)), name, None);
        assert_eq!(host.init(parameters).code(), "400", "{product} {name}");
    }
    for name in ["SceneId", "CertifyId"] {
        let mut host = Host::new();
        let parameters = with(pairs(&[("SceneId", SCENE), ("CertifyId", "x")]), name, None);
        assert_eq!(
            host.call("DescribeFaceVerify", parameters).code(),
            "400",
            "{name}"
        );
    }
}

#[test]
fn a_product_that_compares_pictures_requires_one() {
    let product = with(start(), "ProductCode", Some("PV_FV"));
    let mut host = Host::new();
    assert_eq!(host.init(product.clone()).verdict(), "200 400");
    for (name, value) in [
        ("FaceContrastPicture", jpeg(1_000)),
        (
            "FaceContrastPictureUrl",
            "https://example.com/face.jpg".to_owned(),
        ),
    ] {
        let parameters = with(product.clone(), name, Some(&value));
        assert_eq!(host.init(parameters).code(), "200", "{name}");
    }
}

#[test]
fn values() {
    let long = "1".repeat(101);
    let long_token = "1".repeat(5_000);
    let long_url = format!("https://example.com/{long_token}");
    let large = jpeg(1_048_577);
    let huge = "A".repeat(1_548_577);
    let picture = jpeg(1_048_576);
    for (name, value, code) in [
        ("SceneId", "1000000007", "404"),
        ("SceneId", "ten", "InvalidSceneId"),
        ("SceneId", "9223372036854775808", "InvalidSceneId"),
        ("OuterOrderNo", "e0c34a77f5ac40a5aa5e6ed20c35388", "401"),
        ("OuterOrderNo", "e0c34a77-f5ac-40a5-aa5e-6ed20c35", "401"),
        ("ProductCode", "lr_fr", "401"),
        ("ProductCode", "LR_RF", "401"),
        ("ProductCode", "ID_PLUS", "200"),
        ("ProductCode", "PV_FV", "400"),
        ("Model", "PHOTINUS_LIVENESS", "200"),
        ("Model", "MOVE_ACTION", "200"),
        ("Model", "DANCE", "401"),
        ("UserId", &long, "401"),
        ("CertType", "PASSPORT", "401"),
        ("CertName", "张三 ", "401"),
        ("CertName", "张3", "401"),
        ("CertName", "买买提·吐尔逊", "200"),
        ("CertNo", "440524188001010014", "200"),
        ("CertNo", "110105194912310021", "401"),
        ("CertNo", "330103xxxxxxxxxxxx", "401"),
        ("CertNo", "810000199408230021", "401"),
        ("MetaInfo", "not json", "401"),
        ("MetaInfo", "[]", "401"),
        ("Mobile", "13000000000", "200"),
        ("Mobile", "130xxxxxxxx", "401"),
        ("Mobile", "+8613000000000", "401"),
        ("Ip", "114.114.114.114", "200"),
        ("Ip", "2001:db8::1", "200"),
        ("Ip", "114.xxx.xxx.xxx", "401"),
        ("CallbackUrl", "https://example.com/callback?x=1", "200"),
        ("CallbackUrl", "http://example.com/callback", "401"),
        ("CallbackUrl", "http://127.0.0.1:9999/callback", "200"),
        ("CallbackUrl", "http://backend:3000/callback", "200"),
        ("CallbackUrl", "http://192.168.1.4/callback", "200"),
        ("CallbackUrl", "http://11.0.0.1/callback", "401"),
        ("CallbackUrl", "https://", "401"),
        ("CallbackUrl", "example.com", "401"),
        ("ReturnUrl", "https://example.com/back?x=1#/done", "200"),
        ("ReturnUrl", "http://example.com/", "200"),
        ("ReturnUrl", "javascript:alert(1)//example", "401"),
        ("ReturnUrl", "example.com/back", "401"),
        ("CertifyUrlType", "H5", "200"),
        ("CertifyUrlType", "APP", "401"),
        ("CertifyUrlStyle", "L", "200"),
        ("CertifyUrlStyle", "M", "401"),
        ("Crop", "yes", "401"),
        ("FaceContrastPicture", &picture, "200"),
        ("FaceContrastPicture", &large, "421"),
        ("FaceContrastPicture", &huge, "421"),
        ("FaceContrastPicture", "aGVsbG8=", "419"),
        ("FaceContrastPicture", "not base64", "419"),
        (
            "FaceContrastPictureUrl",
            "https://example.com/face.jpg",
            "200",
        ),
        ("OssBucketName", "bucket", "400"),
        ("CertifyId", "91707dc296d469ad38e4c5efa6a0f24b", "423"),
        ("EncryptType", "SM2", "200"),
        ("EncryptType", "AES", "401"),
        ("EnableBeauty", "Y", "200"),
        ("SuitableType", "9", "401"),
        ("ProcedurePriority", "nope", "401"),
        ("Mode", "7", "401"),
        ("ReadImg", "Z", "401"),
        ("RarelyCharacters", "true", "401"),
        ("VideoEvidence", "Y", "401"),
        ("AppQualityCheck", "1", "401"),
        ("CameraSelection", "1", "401"),
        ("NeedMultiFaceCheck", "1", "401"),
        ("H5DegradeConfirmBtn", "1", "401"),
        ("Birthday", "1990-13-45", "401"),
        ("ValidityDate", "2030-01-31", "200"),
        ("AuthId", &long, "401"),
        ("VoluntaryCustomizedContent", "not json", "401"),
        ("VoluntaryCustomizedContent", "[\"你好\"]", "200"),
        ("FaceContrastPictureUrl", "not a url", "401"),
        ("UiCustomUrl", "www.aliyundoc.com", "200"),
        // Alibaba Cloud documents no limit of these lengths.
        ("CallbackToken", &long_token, "200"),
        ("ReturnUrl", &long_url, "200"),
        ("NoSuchParameter", "x", "200"),
    ] {
        let mut host = Host::new();
        let answer = host.init(with(start(), name, Some(value)));
        assert_eq!(answer.code(), code, "{name}={value:.40}");
        let note = answer.header("x-cloudauth-sandbox-note");
        assert_eq!(note.is_some(), code != "200");
        assert!(note.is_none_or(str::is_ascii), "{note:?}");
        assert!(
            code != "401" || note.unwrap().starts_with(name),
            "{note:?} names the parameter"
        );
        // A shorter value would occur in some word by coincidence.
        assert!(
            value.len() < 12 || !note.unwrap_or_default().contains(value),
            "{note:?}"
        );
    }
}

#[test]
fn other_products_take_other_documents() {
    let mut host = Host::new();
    let parameters = with(start(), "ProductCode", Some("ID_PRO"));
    for number in ["810000199408230021", "830000199201300022"] {
        assert_eq!(
            host.init(with(parameters.clone(), "CertNo", Some(number)))
                .code(),
            "200"
        );
    }
    let refused = host.init(with(start(), "CertNo", Some("810000199408230021")));
    let note = refused.header("x-cloudauth-sandbox-note").unwrap();
    assert!(note.contains("another ProductCode than LR_FR"), "{note}");
}

#[test]
fn an_encrypted_number_is_not_checked() {
    let parameters = with(start(), "CertNo", Some("02cd77e0"));
    for (encryption, code) in [(None, "401"), (Some("SM2"), "200"), (Some("AES"), "401")] {
        let mut host = Host::new();
        let answer = host.init(with(parameters.clone(), "EncryptType", encryption));
        assert_eq!(answer.code(), code, "{encryption:?}");
    }
}

#[test]
fn one_picture_in_one_way() {
    let mut host = Host::new();
    let two = with(start(), "FaceContrastPicture", Some(&jpeg(100)));
    let two = with(
        two,
        "FaceContrastPictureUrl",
        Some("https://example.com/face.jpg"),
    );
    assert_eq!(host.init(two).code(), "420");
    let oss = with(start(), "OssBucketName", Some("bucket"));
    let oss = with(oss, "OssObjectName", Some("face.jpg"));
    assert_eq!(host.init(oss).code(), "200");
}

#[test]
fn an_earlier_verification_lends_its_picture_once_it_has_passed() {
    let mut host = Host::new();
    let earlier = host.started();
    let again = |host: &mut Host| host.init(with(start(), "CertifyId", Some(&earlier))).code();
    assert_eq!(again(&mut host), "423");
    host.submit(&earlier, "passed");
    assert_eq!(again(&mut host), "200");
    let rejected = host.started();
    host.submit(&rejected, "205");
    assert_eq!(
        host.init(with(start(), "CertifyId", Some(&rejected)))
            .code(),
        "423"
    );
}

#[test]
fn scenes_beyond_javascripts_numbers() {
    let mut host = Host::new();
    host.config.accounts[0].scenes.push(Scene {
        scene_id: i64::MAX,
        pictures: false,
    });
    let scene = i64::MAX.to_string();
    let certify_id = host
        .init(with(start(), "SceneId", Some(&scene)))
        .certify_id();
    let own: Pairs = pairs(&[("SceneId", &scene), ("CertifyId", &certify_id)]);
    assert_eq!(host.call("DescribeFaceVerify", own.clone()).code(), "424");
    // It belongs to another scene, so it does not exist in this one.
    assert_eq!(host.describe(&certify_id).code(), "406");
    host.submit(&certify_id, "passed");
    let material = host.call("DescribeFaceVerify", own).material();
    assert!(material["facialPictureFront"]["qualityScore"].is_f64());
    assert!(
        material["facialPictureFront"].get("pictureUrl").is_none(),
        "the scene keeps no pictures"
    );
}

#[test]
fn device_risk_only_where_it_was_asked_for() {
    let mut host = Host::new();
    for (parameters, sub_code, risk) in [
        (start(), "206", None),
        (
            with(start(), "FaceGuardOutput", Some("DeviceRisk")),
            "206",
            Some("ROOT,VPN,HOOK"),
        ),
        (
            with(start(), "FaceGuardOutput", Some("DeviceRisk")),
            "200",
            Some(""),
        ),
    ] {
        let certify_id = host.init(parameters).certify_id();
        host.submit(&certify_id, sub_code);
        let result = host.describe(&certify_id).result();
        assert_eq!(
            result.get("DeviceRisk").map(|risk| risk.as_str().unwrap()),
            risk
        );
    }
}

#[test]
fn a_submission_sets_members_of_the_result() {
    let mut host = Host::new();
    let with_risk = with(start(), "FaceGuardOutput", Some("DeviceRisk"));
    let certify_id = host.init(with_risk).certify_id();
    let members = r#""faceAttack":"T","faceOcclusion":"T","qualityScore":31.50,"deviceRisk":"ROOT,SANDBOX_2""#;
    assert_eq!(host.submit_with(&certify_id, "200", members).status(), 200);
    let answer = host.describe(&certify_id);
    assert_eq!(
        (&answer.result()["Passed"], &answer.result()["DeviceRisk"]),
        (&"T".into(), &"ROOT,SANDBOX_2".into())
    );
    let material = answer.material();
    assert_eq!(
        (&material["faceAttack"], &material["faceOcclusion"]),
        (&"T".into(), &"T".into())
    );
    assert_eq!(material["facialPictureFront"]["qualityScore"], 31.5);

    let certify_id = host.started();
    host.submit_with(&certify_id, "205", r#""faceAttack":"F","qualityScore":0"#);
    let material = host.describe(&certify_id).material();
    assert_eq!(material["faceAttack"], "F");
    assert_eq!(material["facialPictureFront"]["qualityScore"], 0);
    assert!(material.get("faceOcclusion").is_none());
}

#[test]
fn a_submission_sets_only_members_that_the_result_can_have() {
    let mut host = Host::new();
    let plain = host.started();
    let with_risk = with(start(), "FaceGuardOutput", Some("DeviceRisk"));
    let with_risk = host.init(with_risk).certify_id();
    for (certify_id, outcome, members, expected) in [
        (&plain, "200", r#""faceAttack":"yes""#, "T or F"),
        (&plain, "200", r#""faceOcclusion":"""#, "T or F"),
        (
            &plain,
            "205",
            r#""faceOcclusion":"T""#,
            "outcome that passes",
        ),
        (&plain, "200", r#""qualityScore":100.5"#, "from 0 to 100"),
        (&plain, "200", r#""qualityScore":-1"#, "from 0 to 100"),
        (&plain, "200", r#""qualityScore":1e300"#, "from 0 to 100"),
        (&plain, "206", r#""deviceRisk":"ROOT""#, "FaceGuardOutput"),
        (&with_risk, "200", r#""deviceRisk":"ROOT VPN""#, "commas"),
        (&plain, "500", r#""faceAttack":"T""#, "has no result"),
    ] {
        let refused = host.submit_with(certify_id, outcome, members);
        let json = refused.json();
        assert_eq!(
            (refused.status(), &json["code"]),
            (400, &"bad-result".into()),
            "{members}"
        );
        let message = json["message"]["en"].as_str().unwrap();
        assert!(message.contains(expected), "{message}");
    }
    let refused = host
        .submit_with(&plain, "200", r#""qualityScore":"88""#)
        .json();
    assert_eq!(refused["code"], "bad-body");
    assert!(
        refused["message"]["en"]
            .as_str()
            .unwrap()
            .contains("qualityScore")
    );
    assert_eq!(host.submit(&plain, "200").status(), 200);
}

#[test]
fn a_scene_id_that_javascript_rounds_is_not_taken_as_a_number() {
    let config = |scene_id: &str| {
        serde_json::from_str::<Config>(&format!(
            r#"{{"accounts":[{{"accountId":"1","keys":[{{"accessKeyId":"a","accessKeySecret":"b"}}],"scenes":[{{"sceneId":{scene_id}}}]}}]}}"#
        ))
        .map(|config| config.accounts[0].scenes[0].scene_id)
        .map_err(|error| error.to_string())
    };
    assert_eq!(config("9007199254740991"), Ok(9_007_199_254_740_991));
    assert_eq!(config("\"9007199254740993\""), Ok(9_007_199_254_740_993));
    for scene_id in ["9007199254740992", "9007199254740993", "1e21", "0"] {
        let error = config(scene_id).unwrap_err();
        assert!(error.contains("above 9007199254740991"), "{error}");
    }
}

#[test]
fn accounts_that_cannot_be_served() {
    let key = |id: &str| format!(r#"{{"accessKeyId":"{id}","accessKeySecret":"s"}}"#);
    let account = |keys: &[String]| {
        format!(
            r#"{{"accountId":"1","keys":[{}],"scenes":[]}}"#,
            keys.join(",")
        )
    };
    let one = account(&[key("a")]);
    for (accounts, expected) in [
        (one.clone(), None),
        (format!("{one},{}", account(&[key("b")])), None),
        (String::new(), Some("at least one account")),
        (account(&[]), Some("at least one key")),
        (account(&[key("a"), key("")]), Some("must not be empty")),
        (
            format!("{one},{}", account(&[key("b"), key("a")])),
            Some("only once"),
        ),
        (account(&[key("a"), key("a")]), Some("only once")),
    ] {
        let read = serde_json::from_str::<Config>(&format!(r#"{{"accounts":[{accounts}]}}"#));
        let error = read.err().map(|error| error.to_string());
        match expected {
            None => assert_eq!(error, None),
            Some(expected) => assert!(error.unwrap().contains(expected), "{accounts}"),
        }
    }
}
