//! Tests which requests are accepted and rejected, and what is sent.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use cloudauth_edge::actions::{
    DescribeFaceVerify, INIT_FACE_VERIFY, InitFaceVerify, SigningContext, ValidRequest, Value,
};
use cloudauth_edge::actions::{ValidationOptions, validate};
use cloudauth_edge::error::{Audience, Error};
use cloudauth_edge::http::header;
use cloudauth_edge::identity::cert_no::Documents;
use cloudauth_edge::signing::encode::{parse_form, percent_encode};
use cloudauth_edge::signing::{SignatureVersion, acs3, rpc};
use cloudauth_edge::timestamp::Timestamp;
use cloudauth_edge::vendor::credentials::Credentials;
use cloudauth_edge::vendor::endpoint::Endpoint;

const META_INFO: &str = r#"{"zimVer":"3.0.0","appVersion": "1","bioMetaInfo": "4.1.0:11501568,0","appName": "com.aliyun.antcloudauth","deviceType": "ios","osVersion": "iOS 10.3.2","apdidToken": "","deviceModel": "iPhone9,1"}"#;
const ORDER: &str = "e0c34a77f5ac40a5aa5e6ed20c353888";

fn now() -> Timestamp {
    Timestamp::parse_iso8601("2023-10-26T10:22:32Z").unwrap()
}

fn options() -> ValidationOptions {
    ValidationOptions::new(now())
}

/// The Java example in Alibaba Cloud's documentation, in its order: without UserId, with name and
/// number.
fn java_example() -> InitFaceVerify {
    InitFaceVerify::new()
        .meta_info(META_INFO)
        .cert_name("张三")
        .cert_no("11010519491231002X")
        .cert_type("IDENTITY_CARD")
        .scene_id(1_000_000_006)
        .outer_order_no(ORDER)
        .product_code("LR_FR")
        .model("LIVENESS")
}

fn rules(error: &Error) -> Vec<(&str, &str)> {
    error
        .fields
        .iter()
        .map(|problem| (problem.field.as_str(), problem.rule))
        .collect()
}

fn named(values: &[(&str, Value)]) -> Result<(), Error> {
    named_with(&options(), values).map(|_| ())
}

/// A valid request, with these values in place of its own.
fn named_with<'a>(
    options: &ValidationOptions,
    values: &[(&str, Value<'a>)],
) -> Result<ValidRequest<'a>, Error> {
    let all = [
        ("sceneId", Value::Integer(1_000_000_006)),
        ("outerOrderNo", ORDER.into()),
        ("metaInfo", META_INFO.into()),
    ];
    let replaced = |name: &str| values.iter().any(|(other, _)| *other == name);
    let values = all
        .into_iter()
        .filter(|(name, _)| !replaced(name))
        .chain(values.iter().cloned());
    validate(&INIT_FACE_VERIFY, values, options)
}

#[test]
fn the_documented_java_example_passes_with_a_recommendation() {
    let request = java_example().validate(&options()).unwrap();
    assert_eq!(request.notices().len(), 1);
    assert_eq!(request.notices()[0].field, "userId");
    assert_eq!(request.value("MetaInfo"), Some(META_INFO));
}

#[test]
fn a_minimal_request_gets_the_fixed_values() {
    let request = InitFaceVerify::new()
        .scene_id(1_000_000_006)
        .outer_order_no(ORDER)
        .meta_info("{}")
        .user_id("123456789")
        .validate(&options())
        .unwrap();
    assert_eq!(request.value("ProductCode"), Some("LR_FR"));
    assert_eq!(request.value("CertType"), Some("IDENTITY_CARD"));
    assert_eq!(request.value("Model"), None);
    assert!(request.notices().is_empty());
}

#[test]
fn a_latin_name_belongs_to_a_foreign_permanent_resident_card() {
    // Country 000 does not exist, so nobody has this number.
    const FOREIGN: &str = "911000194912310022";
    let mut all = options();
    all.documents = Documents::All;
    let named = |options: &ValidationOptions, number: Option<&'static str>| {
        let number = number.map_or(Value::Absent, Value::from);
        named_with(
            options,
            &[("certName", "JOHN SMITH".into()), ("certNo", number)],
        )
        .map(|request| request.value("CertName").map(str::to_owned))
        .map_err(|error| error.fields[0].rule)
    };
    assert_eq!(
        named(&all, Some(FOREIGN)),
        Ok(Some("JOHN SMITH".to_owned()))
    );
    for number in [Some("11010519491231002X"), Some("810000199408230021"), None] {
        assert_eq!(named(&all, number), Err("latin-letter"), "{number:?}");
    }
    assert_eq!(named(&options(), Some(FOREIGN)), Err("latin-letter"));
    // Only the number is wrong.
    assert_eq!(named(&all, Some(" 911000194912310022")), Err("white-space"));
}

#[test]
fn everything_wrong_is_reported_together() {
    let error = InitFaceVerify::new()
        .outer_order_no("short")
        .cert_name("Zhang San")
        .cert_no("330103xxxxxxxxxxxx")
        .meta_info("[]")
        .mobile("130xxxxxxxx")
        .ip("114.xxx.xxx.xxx")
        .validate(&options())
        .unwrap_err();
    assert_eq!(
        rules(&error),
        [
            ("certName", "latin-letter"),
            ("certNo", "masked"),
            ("ip", "ip"),
            ("metaInfo", "meta-info"),
            ("mobile", "masked"),
            ("outerOrderNo", "outer-order-no"),
            ("sceneId", "mandatory"),
        ]
    );
    assert!(
        error.message.zh.starts_with(
            "参数未通过校验，请求未发送。certName：第 1 个字符是英文字母，姓名须与证件一致。certNo：是脱敏"
        ),
        "{}",
        error.message.zh
    );
    for text in [&error.message.zh, &error.message.en] {
        assert!(!text.contains("Zhang San") && !text.contains("330103") && !text.contains("114."));
    }
}

/// A MetaInfo with this number of bytes.
fn meta_info_of(bytes: usize) -> String {
    format!(r#"{{"a":"{}"}}"#, "a".repeat(bytes - 8))
}

/// A URL with this number of bytes.
fn url_of(bytes: usize) -> String {
    format!("https://example.com/{}", "a".repeat(bytes - 20))
}

#[test]
fn the_longest_values_are_taken() {
    let values = [
        ("metaInfo", Value::from(meta_info_of(262_144))),
        ("returnUrl", url_of(2_048).into()),
        ("callbackToken", "张".repeat(256).into()),
    ];
    assert!(named(&values).is_ok());
}

#[test]
fn the_error_contains_the_limit() {
    let error = named(&[("metaInfo", meta_info_of(262_145).into())]).unwrap_err();
    for text in [&error.message.zh, &error.message.en] {
        assert!(text.contains("262144"), "{text}");
    }
}

#[test]
fn each_value_is_held_to_its_rule() {
    let refused = |values: &[(&str, Value)]| {
        let error = named(values).unwrap_err();
        rules(&error)[0].1.to_owned()
    };
    for (name, value, rule) in [
        ("sceneId", Value::Inexact, "unsafe-number"),
        ("sceneId", Value::Integer(0), "scene-id"),
        ("sceneId", Value::Integer(-1), "scene-id"),
        ("sceneId", "9223372036854775808".into(), "scene-id"),
        ("sceneId", "1e3".into(), "scene-id"),
        ("sceneId", "１".into(), "scene-id"),
        ("sceneId", Value::Boolean(true), "type"),
        ("sceneId", Value::Unusable, "type"),
        (
            "outerOrderNo",
            "e0c34a77-5ac40a5aa5e6ed20c353888".into(),
            "outer-order-no",
        ),
        ("outerOrderNo", Value::Integer(1), "type"),
        ("productCode", "ID_PRO".into(), "other-product"),
        ("productCode", "lr_fr".into(), "product-code"),
        ("model", "liveness".into(), "model"),
        ("certType", "PASSPORT".into(), "cert-type"),
        ("userId", "".into(), "empty"),
        ("userId", "u".repeat(101).into(), "text"),
        ("userId", "a\u{FFFD}".into(), "text"),
        ("metaInfo", Value::Unusable, "type"),
        ("metaInfo", "{".into(), "meta-info"),
        ("metaInfo", "null".into(), "meta-info"),
        ("metaInfo", "{} {}".into(), "meta-info"),
        ("metaInfo", "{\"a\":\"\u{FFFD}\"}".into(), "text"),
        ("metaInfo", meta_info_of(262_145).into(), "too-long"),
        ("returnUrl", url_of(2_049).into(), "too-long"),
        ("ip", "127.0.0.1:80".into(), "ip"),
        ("callbackUrl", "http://example.com".into(), "url"),
        ("crop", "Y".into(), "one-of"),
        ("birthday", "2000-02-30".into(), "date"),
        ("faceContrastPicture", "not base64!".into(), "picture"),
        ("voluntaryCustomizedContent", "[1]".into(), "string-list"),
        (
            "voluntaryCustomizedContent",
            "[\"\u{FFFD}\"]".into(),
            "text",
        ),
        ("ossBucketName", "bucket".into(), "goes-together"),
        ("certno", "11010519491231002X".into(), "unknown-field"),
    ] {
        assert_eq!(refused(&[(name, value.clone())]), rule, "{name} {value:?}");
    }
    assert_eq!(
        refused(&[
            ("certifyId", "a".into()),
            ("faceContrastPictureUrl", "https://a/b".into())
        ]),
        "several-pictures"
    );
    for (name, value) in [
        ("sceneId", "9223372036854775807".into()),
        ("model", "PHOTINUS_LIVENESS".into()),
        ("model", "SOMETHING_NEWER".into()),
        ("ip", "2001:db8::1".into()),
        ("ip", "192.0.2.1".into()),
        ("mobile", "13000000000".into()),
        ("userId", Value::Absent),
        (
            "metaInfo",
            format!("{}1{}", "{\"a\":".repeat(40_000), "}".repeat(40_000)).into(),
        ),
    ] {
        assert!(named(&[(name, value)]).is_ok(), "{name}");
    }
}

#[test]
fn a_wrong_name_is_explained_and_a_personal_one_not_repeated() {
    let error = named(&[("CertNO", "1".into())]).unwrap_err();
    assert!(error.fields[0].message.en.contains("did you mean certNo"));
    for (name, meant) in [
        ("certNmae", "certName"),
        ("cert_name", "certName"),
        ("metainfo", "metaInfo"),
        ("outOrderNo", "outerOrderNo"),
        ("callbackURL", "callbackUrl"),
        ("scene_id", "sceneId"),
    ] {
        let error = named(&[(name, "1".into())]).unwrap_err();
        let problem = error.fields.iter().find(|problem| problem.field == name);
        let text = problem.unwrap().message.en.as_ref();
        assert_eq!(
            text,
            ["is not a parameter; did you mean ", meant, "?"].concat()
        );
    }
    let error = named(&[("favouriteColour", "1".into())]).unwrap_err();
    let unknown = error
        .fields
        .iter()
        .any(|problem| problem.field == "favouriteColour");
    assert!(unknown);
    let long = "a".repeat(100_000);
    for personal in [
        "11010519491231002X",
        "13000000000",
        "张三",
        "ZhangSan",
        "zhang_san",
        "hunter",
        "aBcDeFgHiJ",
        "zhangS",
        "1",
        "",
        "https",
        &long,
    ] {
        let error = named(&[(personal, "1".into())]).unwrap_err();
        let unknown = error
            .fields
            .iter()
            .find(|problem| problem.rule == "unknown-field");
        assert_eq!(unknown.unwrap().field, "(?)", "{personal}");
        assert!(personal.len() < 2 || !format!("{error:?}").contains(personal));
    }
}

#[test]
fn other_products_have_their_own_rules() {
    let mut options = options();
    options.allow_other_products = true;
    let start = || {
        InitFaceVerify::new()
            .scene_id(1)
            .outer_order_no(ORDER)
            .meta_info("{}")
    };
    let error = start()
        .product_code("ID_PRO")
        .validate(&options)
        .unwrap_err();
    assert_eq!(
        rules(&error),
        [("certName", "mandatory"), ("certNo", "mandatory")]
    );
    let error = start()
        .product_code("PV_FV")
        .validate(&options)
        .unwrap_err();
    assert_eq!(
        rules(&error),
        [
            ("userId", "mandatory"),
            ("faceContrastPicture", "mandatory")
        ]
    );
    assert!(
        start()
            .product_code("ID_PLUS")
            .cert_type("PASSPORT")
            .cert_no("E00000000")
            .cert_name("SAMPLE")
            .validate(&options)
            .is_ok()
    );
}

#[test]
fn rpc_keeps_every_parameter_out_of_the_url() {
    let request = java_example().validate(&options()).unwrap();
    let endpoint = Endpoint::parse("cloudauth.aliyuncs.com").unwrap();
    let credentials = Credentials::new("testid", "testsecret").with_security_token("tok+en/=");
    let context = SigningContext {
        endpoint: &endpoint,
        credentials: &credentials,
        version: SignatureVersion::Rpc,
        nonce: "3156853299f313e23d1673dc12e1703d",
        now: now(),
    };
    let outgoing = request.sign(&context);
    assert_eq!(outgoing.url, "https://cloudauth.aliyuncs.com/");
    let form = parse_form(outgoing.body.unwrap().as_bytes()).unwrap();
    let value = |name: &str| {
        let (_, value) = form.iter().find(|(other, _)| other == name).unwrap();
        value.as_str()
    };
    assert_eq!(value("CertName"), "张三");
    assert_eq!(value("MetaInfo"), META_INFO);
    assert_eq!(value("SceneId"), "1000000006");
    assert_eq!(value("SecurityToken"), "tok+en/=");
    assert_eq!(value("Timestamp"), "2023-10-26T10:22:32Z");
    assert_eq!(value("Format"), "JSON");
    assert!(!value("Signature").is_empty());
}

/// Vector Z1 through the whole path: positions, headers, hash, signature.
#[test]
fn acs3_places_parameters_as_the_api_metadata_does() {
    let endpoint = Endpoint::parse("cloudauth.aliyuncs.com").unwrap();
    let credentials = Credentials::new("testid", "testsecret");
    let request = java_example()
        .user_id("123456789")
        .validate(&options())
        .unwrap();
    let context = SigningContext {
        endpoint: &endpoint,
        credentials: &credentials,
        version: SignatureVersion::Acs3,
        nonce: "3156853299f313e23d1673dc12e1703d",
        now: now(),
    };
    let outgoing = request.sign(&context);
    assert_eq!(outgoing.body.as_deref(), Some("Model=LIVENESS"));
    assert!(
        outgoing
            .url
            .starts_with("https://cloudauth.aliyuncs.com/?CertName=%E5%BC%A0%E4%B8%89&CertNo=")
    );
    let header = |name: &str| header(&outgoing.headers, name).unwrap();
    assert_eq!(
        header("x-acs-content-sha256"),
        "b561232652e63af74f47982f872bde87585b3265248c7d9515d83e6be0a1d6e0"
    );
    assert!(header("authorization").starts_with(
        "ACS3-HMAC-SHA256 Credential=testid,SignedHeaders=content-type;host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version,Signature="
    ));
    assert!(outgoing.headers.iter().all(|(name, _)| *name != "host"));
}

/// The text that is compared with Alibaba Cloud's is the one that the signature covers.
#[test]
fn the_signed_text_belongs_to_the_signature() {
    let request = java_example().validate(&options()).unwrap();
    let endpoint = Endpoint::parse("cloudauth.aliyuncs.com").unwrap();
    let credentials = Credentials::new("testid", "testsecret").with_security_token("token");
    let secret = &credentials.access_key_secret;
    let signed = |version| {
        let context = SigningContext {
            endpoint: &endpoint,
            credentials: &credentials,
            version,
            nonce: "3156853299f313e23d1673dc12e1703d",
            now: now(),
        };
        (request.sign(&context), request.signed_text(&context))
    };

    let (outgoing, text) = signed(SignatureVersion::Rpc);
    let body = outgoing.body.unwrap();
    let (parameters, signature) = body.rsplit_once("&Signature=").unwrap();
    assert_eq!(signature, percent_encode(&rpc::signature(secret, &text)));
    assert_eq!(text, format!("POST&%2F&{}", percent_encode(parameters)));
    let names: Vec<&str> = parameters
        .split('&')
        .filter_map(|pair| pair.split('=').next())
        .collect();
    assert!(names.is_sorted(), "{names:?}");
    assert!(names.contains(&"SecurityToken") && names.contains(&"SceneId"));

    let (outgoing, text) = signed(SignatureVersion::Acs3);
    let authorization = header(&outgoing.headers, "authorization").unwrap();
    let expected = acs3::signature(secret, &acs3::string_to_sign(&text));
    assert!(authorization.ends_with(&format!("Signature={expected}")));
    let (_, query) = outgoing.url.split_once('?').unwrap();
    assert!(text.starts_with(&format!("POST\n/\n{query}\n")), "{text}");
}

#[test]
fn describe_needs_scene_and_certify_id() {
    let error = DescribeFaceVerify::new().validate(&options()).unwrap_err();
    assert_eq!(
        rules(&error),
        [("certifyId", "mandatory"), ("sceneId", "mandatory")]
    );
    for certify_id in ["91707dc296d469ad38e4c5efa6a0f24b", "shaxxxx"] {
        assert!(
            DescribeFaceVerify::new()
                .scene_id("1000000006")
                .certify_id(certify_id)
                .validate(&options())
                .is_ok()
        );
    }
}

#[test]
fn nothing_printed_shows_personal_data() {
    let request = java_example();
    let shown = format!("{request:?}");
    let valid = request.validate(&options()).unwrap();
    assert_eq!(
        format!("{valid:?}"),
        r#"ValidRequest { action: "InitFaceVerify", .. }"#
    );
    let shown = shown + &format!("{valid:?} {:?}", Value::from("11010519491231002X"));
    assert!(
        !shown.contains("11010519491231002X") && !shown.contains("张三"),
        "{shown}"
    );
}

#[test]
fn a_person_corrects_what_a_person_typed() {
    let audience = |pairs: &[(&str, Value)]| named(pairs).unwrap_err().audience;
    let mistyped = ("certNo", "110105194912310021".into());
    assert_eq!(audience(std::slice::from_ref(&mistyped)), Audience::User);
    assert_eq!(
        audience(&[mistyped.clone(), ("certName", "Zhang San".into())]),
        Audience::User
    );
    let permit = ("certNo", "810000199408230021".into());
    assert_eq!(audience(&[permit]), Audience::User);
    for programs in [
        ("ip", Value::from("127.0.0.1:80")),
        ("certName", Value::Integer(1)),
        ("mobile", "130xxxxxxxx".into()),
        ("certno", "1".into()),
    ] {
        assert_eq!(audience(&[mistyped.clone(), programs]), Audience::Developer);
    }
}

#[test]
fn pictures_are_base64_to_the_last_bit() {
    use base64::Engine;
    let engine = base64::engine::general_purpose::STANDARD;
    let digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_= ";
    for last in digits.chars() {
        for text in [
            format!("QQ{last}="),
            format!("Q{last}=="),
            format!("QUJD{last}QQ="),
            format!("QUJ{last}"),
            format!("QUJDQQ{last}"),
        ] {
            let theirs = engine.decode(&text).is_ok();
            let ours = named(&[("faceContrastPicture", text.as_str().into())]).is_ok();
            assert_eq!(ours, theirs, "{text}");
        }
    }
}

#[test]
fn a_scene_is_sent_without_leading_zeros() {
    let valid = named_with(&options(), &[("sceneId", "0001000000006".into())]).unwrap();
    assert_eq!(valid.value("SceneId"), Some("1000000006"));
}

#[test]
fn the_name_and_number_of_a_passport_are_plain_text() {
    let mut options = options();
    options.allow_other_products = true;
    let longest = "A".repeat(1_024);
    let longer = "A".repeat(1_025);
    for (text, right) in [
        ("SMITH JOHN", true),
        (longest.as_str(), true),
        (longer.as_str(), false),
        ("SMITH\nJOHN", false),
        ("SMITH\u{0}", false),
    ] {
        for name in ["certName", "certNo"] {
            let values = [
                ("productCode", "ID_PLUS".into()),
                ("certType", "PASSPORT".into()),
                (name, text.into()),
            ];
            let found = named_with(&options, &values).map(|_| ());
            assert_eq!(found.is_ok(), right, "{name} {text:?}: {found:?}");
        }
    }
}

#[test]
fn a_certify_id_is_printable_ascii() {
    let longest = "a".repeat(256);
    let longer = "a".repeat(257);
    for (text, right) in [
        ("sha91707dc296d469ad38e4c5efa6a0f24b", true),
        (longest.as_str(), true),
        (longer.as_str(), false),
        ("a b", false),
        ("a\n", false),
        ("证", false),
    ] {
        let found = named(&[("certifyId", text.into())]);
        assert_eq!(found.is_ok(), right, "{text:?}: {found:?}");
    }
}

#[test]
fn the_words_of_a_list_are_separated_in_its_error() {
    let error = named(&[("certifyUrlType", "SMILE".into())]).unwrap_err();
    assert_eq!(rules(&error), [("certifyUrlType", "one-of")]);
    assert_eq!(error.fields[0].message.en, "must be one of: WEB, H5.");
}

#[test]
fn a_value_of_another_type_is_named_by_what_it_must_be() {
    for (name, value, rule, says) in [
        (
            "sceneId",
            Value::Boolean(true),
            "type",
            "an integer, a bigint",
        ),
        ("sceneId", Value::Inexact, "unsafe-number", "below 2^63"),
        ("userId", Value::Integer(5), "type", "must be a string."),
        ("userId", Value::Inexact, "type", "must be a string."),
        ("userId", Value::Boolean(false), "type", "must be a string."),
        ("metaInfo", Value::Unusable, "type", "MetaInfo unchanged"),
        ("metaInfo", Value::Integer(1), "type", "MetaInfo unchanged"),
    ] {
        let error = named(&[(name, value)]).unwrap_err();
        let found = error.fields.iter().find(|problem| problem.field == name);
        let found = found.unwrap();
        assert_eq!(found.rule, rule, "{name}");
        assert!(found.message.en.contains(says), "{}", found.message.en);
    }
    named(&[("sceneId", "1000000006".into())]).unwrap();
    named(&[("sceneId", Value::Integer(7))]).unwrap();
}

#[test]
fn an_address_has_a_host() {
    for (url, right) in [
        ("https://shop.example", true),
        ("http://shop.example/x", true),
        ("https://", false),
        ("https:///x", false),
        ("https://?x", false),
        ("https://#x", false),
        ("ftp://shop.example", false),
        ("https://shop.example/ x", false),
    ] {
        assert_eq!(named(&[("returnUrl", url.into())]).is_ok(), right, "{url}");
    }
}
