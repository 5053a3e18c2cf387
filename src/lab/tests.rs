//! Runs programs with signing mistakes against responses that are complete, truncated, masked or
//! missing, with and without the secret. The programs sign independently of the code under test.

use super::conclusion::{Conclusion, Evidence, Standing};
use super::examination::{Examination, Subject, examine};
use crate::timestamp::Timestamp;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Digest, Sha256};

const SECRET: &str = "testsecret";
const META: &str = r#"{"zimVer": "3.0/1", "appName": "张三's (a*b~c) <d>", "b":1, "a":2}"#;

/// The request as sent, which is always well-formed.
const PARAMETERS: [(&str, &str); 12] = [
    ("AccessKeyId", "testid"),
    ("Action", "InitFaceVerify"),
    ("CertName", "张三"),
    ("CertNo", "11010519491231002X"),
    ("Format", "JSON"),
    ("MetaInfo", META),
    ("SceneId", "1000000006"),
    ("SignatureMethod", "HMAC-SHA1"),
    ("SignatureNonce", "3156853299f313e23d1673dc12e1703d"),
    ("SignatureVersion", "1.0"),
    ("Timestamp", "2023-10-26T10:22:32Z"),
    ("Version", "2019-03-07"),
];

fn escape(bytes: &[u8], kept: &str) -> String {
    let each = bytes.iter().map(|byte| {
        let character = char::from(*byte);
        if character.is_ascii_alphanumeric() || kept.contains(character) {
            character.to_string()
        } else {
            format!("%{byte:02X}")
        }
    });
    each.collect()
}

fn right_encoder(text: &str) -> String {
    escape(text.as_bytes(), "-_.~")
}

fn hmac_sha1(key: &str, message: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha1>::new_from_slice(key.as_bytes()).unwrap();
    mac.update(message.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

/// The text form of an HMAC.
type Write = fn(&[u8]) -> String;

/// A signing program and its mistakes.
struct Program {
    encode: fn(&str) -> String,
    meta: Option<&'static str>,
    key: &'static str,
    method: &'static str,
    leaves_out: &'static str,
    reversed: bool,
    write: Write,
}

impl Default for Program {
    fn default() -> Self {
        Self {
            encode: right_encoder,
            meta: None,
            key: "testsecret&",
            method: "POST",
            leaves_out: "",
            reversed: false,
            write: |bytes| STANDARD.encode(bytes),
        }
    }
}

impl Program {
    fn string_to_sign(&self) -> String {
        let mut pairs: Vec<String> = PARAMETERS
            .iter()
            .filter(|(name, _)| *name != self.leaves_out)
            .map(|(name, value)| {
                let value = self.meta.filter(|_| *name == "MetaInfo").unwrap_or(value);
                format!("{}={}", (self.encode)(name), (self.encode)(value))
            })
            .collect();
        if self.reversed {
            pairs.reverse();
        }
        let query = (self.encode)(&pairs.join("&"));
        format!("{}&%2F&{query}", self.method)
    }

    fn signature(&self) -> String {
        (self.write)(&hmac_sha1(self.key, &self.string_to_sign()))
    }

    fn request(&self) -> String {
        let body: Vec<String> = PARAMETERS
            .iter()
            .map(|(name, value)| format!("{name}={}", right_encoder(value)))
            .collect();
        format!(
            "POST / HTTP/1.1\nHost: cloudauth.aliyuncs.com\n\n{}&Signature={}",
            body.join("&"),
            right_encoder(&self.signature())
        )
    }
}

const SENTENCE: &str =
    "Specified signature is not matched with our calculation. server string to sign is:";

fn in_json(message: &str) -> String {
    serde_json::json!({ "RequestId": "R-1", "Message": message, "Code": "SignatureDoesNotMatch" })
        .to_string()
}

fn in_xml(message: &str) -> String {
    let message = message.replace('&', "&amp;");
    format!(
        "<?xml version='1.0'?><Error><Code>SignatureDoesNotMatch</Code><Message>{message}</Message></Error>"
    )
}

fn in_log(message: &str) -> String {
    format!("2023-10-26 ERROR ServerException: SignatureDoesNotMatch : {message}")
}

fn examined(request: &str, secret: &str, answer: &str) -> Examination {
    // The only non-ASCII characters of the request, as a host decodes GBK.
    let gbk =
        (0x81..=0xFE_u8).flat_map(|first| (0x40..=0xFE_u8).map(move |second| [first, second]));
    let gbk: String = gbk
        .map(|pair| match pair {
            [0xD5, 0xC5] => "张\n",
            [0xC8, 0xFD] => "三\n",
            _ => "\u{FFFD}\n",
        })
        .collect();
    let subject = Subject {
        request,
        scheme: None,
        method: None,
        secret,
        answer,
        gbk: &gbk,
    };
    let now = Timestamp::parse_iso8601("2023-10-26T10:22:33Z").unwrap();
    examine(&subject, now).unwrap()
}

fn conclusions(request: &str, secret: &str, answer: &str) -> Vec<Conclusion> {
    examined(request, secret, answer).conclusions
}

fn rules(conclusions: &[Conclusion]) -> Vec<&'static str> {
    conclusions
        .iter()
        .map(|conclusion| conclusion.rule)
        .collect()
}

/// The text that the server signs: the request as it was sent.
fn received() -> String {
    Program::default().string_to_sign()
}

/// The ways in which users paste a response, by name.
fn answers() -> Vec<(&'static str, String)> {
    let received = received();
    let whole = format!("{SENTENCE}{received}");
    let half = format!("{SENTENCE}{}", received.get(..180).unwrap());
    let masked = received
        .replace("11010519491231002X", "1101**********002X")
        .replace("testid", "***");
    let masked = format!("{SENTENCE}{masked}");
    vec![
        ("no answer", String::new()),
        ("whole", in_json(&whole)),
        ("whole", in_xml(&whole)),
        ("whole", in_log(&whole)),
        ("cut", in_json(&half)),
        ("cut", in_xml(&half)),
        ("cut", in_log(&half)),
        ("cut", in_log(&format!("{half}..."))),
        ("masked", in_json(&masked)),
        ("masked", in_log(&masked)),
        ("masked", in_json(&format!("{SENTENCE}[REDACTED]"))),
        (
            "without text",
            in_json("Specified signature is not matched with our calculation."),
        ),
        ("without text", "SignatureDoesNotMatch".to_owned()),
    ]
}

/// Programs, and what an entered secret proves about each of them.
fn programs() -> Vec<(Program, &'static [&'static str])> {
    let encoding = |encode| Program {
        encode,
        ..Program::default()
    };
    let signing = |meta| Program {
        meta: Some(meta),
        ..Program::default()
    };
    vec![
        // Java's URLEncoder.
        (
            encoding(|text| escape(text.as_bytes(), "-_.* ").replace(' ', "+")),
            &["url-encoder"],
        ),
        (
            encoding(|text| escape(text.as_bytes(), "-_.~!'()*")),
            &["encode-uri-component"],
        ),
        (
            encoding(|text| escape(text.as_bytes(), "-_.~/")),
            &["slash-kept"],
        ),
        // quote() before Python 3.7.
        (
            encoding(|text| escape(text.as_bytes(), "-_./")),
            &["tilde-escaped", "slash-kept"],
        ),
        // PHP's urlencode.
        (
            encoding(|text| escape(text.as_bytes(), "-_. ").replace(' ', "+")),
            &["urlencode"],
        ),
        (
            encoding(|text| escape(text.as_bytes(), "-_.~ ").replace(' ', "+")),
            &["space-as-plus"],
        ),
        // JavaScript's escape().
        (
            encoding(|text| {
                let each = text.encode_utf16().map(|unit| match u8::try_from(unit) {
                    Ok(byte) => escape(&[byte], "@*_+-./"),
                    Err(_) => format!("%u{unit:04X}"),
                });
                each.collect()
            }),
            &["escape"],
        ),
        (
            encoding(|text| {
                let each = text.chars().map(|character| match character {
                    '张' => "%D5%C5".to_owned(),
                    '三' => "%C8%FD".to_owned(),
                    other => right_encoder(&other.to_string()),
                });
                each.collect()
            }),
            &["gbk"],
        ),
        // The output of each serializer for META.
        (
            signing(r#"{"zimVer":"3.0/1","appName":"张三's (a*b~c) <d>","b":1,"a":2}"#),
            &["json-rewritten"],
        ),
        (
            signing(
                r#"{"zimVer": "3.0/1", "appName": "\u5f20\u4e09's (a*b~c) <d>", "b": 1, "a": 2}"#,
            ),
            &["json-rewritten-python"],
        ),
        (
            signing(r#"{"zimVer":"3.0\/1","appName":"\u5f20\u4e09's (a*b~c) <d>","b":1,"a":2}"#),
            &["json-rewritten-php"],
        ),
        (
            signing(r#"{"a":2,"appName":"张三's (a*b~c) \u003cd\u003e","b":1,"zimVer":"3.0/1"}"#),
            &["json-rewritten-go"],
        ),
        (
            Program {
                key: "testsecret",
                ..Program::default()
            },
            &["key-without-ampersand"],
        ),
        (
            Program {
                key: "testsecret\n&",
                ..Program::default()
            },
            &["secret-white-space"],
        ),
        (
            Program {
                method: "GET",
                ..Program::default()
            },
            &["other-method"],
        ),
        (
            Program {
                leaves_out: "SceneId",
                ..Program::default()
            },
            &["parameter-not-signed"],
        ),
        // Three mistakes at once.
        (
            Program {
                encode: |text| escape(text.as_bytes(), "-_.* ").replace(' ', "+"),
                meta: Some(r#"{"zimVer":"3.0/1","appName":"张三's (a*b~c) <d>","b":1,"a":2}"#),
                key: "testsecret",
                ..Program::default()
            },
            &["url-encoder", "json-rewritten", "key-without-ampersand"],
        ),
    ]
}

#[test]
fn a_cause_proven_by_the_secret_comes_first() {
    for (program, expected) in programs() {
        let request = program.request();
        for (kind, answer) in answers() {
            let found = conclusions(&request, SECRET, &answer);
            assert_eq!(rules(&found), expected, "{kind}: {answer}");
            for one in &found {
                assert_eq!(one.rests_on, [Evidence::Calculation], "{kind}: {answer}");
            }
        }
    }
}

#[test]
fn without_the_secret_the_cause_is_not_known() {
    for (program, expected) in programs() {
        let request = program.request();
        for (kind, answer) in answers() {
            let found = conclusions(&request, "", &answer);
            let rule: &[&str] = match kind {
                "no answer" => &[],
                "whole" => &["program-unknown"],
                _ => &["refused-without-reason"],
            };
            assert_eq!(rules(&found), rule, "{expected:?} {kind}: {answer}");
            assert!(found.iter().all(|one| one.standing == Standing::Unknown));
        }
    }
}

#[test]
fn the_text_that_the_program_signed_shows_the_cause() {
    for (program, expected) in programs() {
        // The parser already reports that GBK cannot be read.
        if program.key != "testsecret&" || expected == ["gbk"] {
            continue;
        }
        let whole = in_json(&format!("{SENTENCE}{}", received()));
        let found = conclusions(&program.string_to_sign(), "", &whole);
        assert!(!found.is_empty(), "{expected:?}");
        for one in &found {
            assert_eq!(
                one.rests_on,
                [Evidence::ProgramsText, Evidence::ServersText],
                "{expected:?} {}",
                one.rule
            );
            assert_eq!(one.standing, Standing::Wrong, "{expected:?}");
        }
        // A mistake that the calculation names must have the same name here.
        let named = [
            "url-encoder",
            "encode-uri-component",
            "slash-kept",
            "urlencode",
            "escape",
        ];
        if let [encoder] = expected
            && named.contains(encoder)
        {
            assert!(
                found.iter().any(|one| one.rule == *encoder),
                "{encoder} {:?}",
                rules(&found)
            );
        }
    }
    // A wrong key is reported if the text is correct, and only then.
    let whole = in_json(&format!("{SENTENCE}{}", received()));
    assert_eq!(rules(&conclusions(&received(), "", &whole)), ["secret"]);
}

#[test]
fn of_a_programs_text_that_is_cut_off_only_the_visible_part_is_compared() {
    let whole = received();
    let answer = in_json(&format!("{SENTENCE}{whole}"));
    for end in (10..whole.len()).step_by(3) {
        let visible = whole.get(..end).unwrap();
        for mark in ["", "...", "…", " (truncated...)", "[truncated]"] {
            let found = conclusions(&format!("{visible}{mark}"), "", &answer);
            let is_part = rules(&found) == ["part-read"];
            assert!(is_part, "{visible}{mark} {:?}", rules(&found));
        }
    }
    for (from, to, rule) in [
        ("Action%3DInitFaceVerify%26", "", "not-signed"),
        ("InitFaceVerify", "DescribeFaceVerify", "value-changed"),
        ("%25E5%25BC%25A0", "%25e5%25bc%25a0", "encoding"),
    ] {
        let own = whole.replace(from, to);
        let own = own.get(..own.find("%26MetaInfo").unwrap() + 20).unwrap();
        for mark in ["", "..."] {
            let found = conclusions(&format!("{own}{mark}"), "", &answer);
            assert_eq!(rules(&found), [rule], "{own}");
        }
    }
}

#[test]
fn a_programs_text_may_be_cut_off_after_its_version() {
    let whole = received();
    let answer = in_json(&format!("{SENTENCE}{whole}%26VideoEvidence%3DT"));
    for mark in ["...", "…", " (truncated...)", "[truncated]"] {
        let found = conclusions(&format!("{whole}{mark}"), "", &answer);
        assert_eq!(rules(&found), ["part-read"], "{mark}");
    }
    for mark in [
        "...(truncated)",
        "…[truncated]",
        "...<truncated>",
        "...[35 more]",
        "... 35 more",
    ] {
        let found = conclusions(&format!("stringToSign: {whole}{mark}"), "", &answer);
        assert_eq!(rules(&found), ["part-read"], "{mark}");
    }
    let quoted = conclusions(&format!("stringToSign: \"{whole}\"..."), "", &answer);
    assert_eq!(rules(&quoted), ["part-read"]);
    assert_eq!(rules(&conclusions(&whole, "", &answer)), ["not-signed"]);
    let quoted = format!("stringToSign: \"{whole}\"\n\t... 35 more");
    assert_eq!(rules(&conclusions(&quoted, "", &answer)), ["not-signed"]);
}

#[test]
fn a_programs_text_need_not_end_with_its_version() {
    let whole = format!("{}%26VideoEvidence%3Dtrue", received());
    let answer = in_json(&format!("{SENTENCE}{whole}"));
    for (before, after) in [
        ("stringToSign=", " ok"),
        ("stringToSign=", ", signature=abc"),
        ("stringToSign=[", "]"),
        ("待签名串：", "，签名：abc"),
        ("<p>", "</p>"),
        ("stringToSign=", "\"}"),
    ] {
        let found = conclusions(&format!("{before}{whole}{after}"), "", &answer);
        assert_eq!(rules(&found), ["secret"], "{after}");
        let found = conclusions(&format!("{before}{whole}{after}"), "", "");
        assert_eq!(rules(&found), [""; 0], "{after}");
    }
    // In a text that was not encoded, a value may contain white space.
    let plain = "POST&%2F&CertName=a b&Version=2019-03-07&VideoEvidence=T";
    let found = examined(plain, "", "");
    assert!(found.stages.signed_text().contains("VideoEvidence"));
}

#[test]
fn a_signature_that_was_signed_is_one_mistake() {
    let whole = received();
    let answer = in_json(&format!("{SENTENCE}{whole}"));
    for value in ["", "K%252FQkZMtwnLsF1e9d3WmbdP00Ix8%253D"] {
        let own = whole.replace(
            "%26SignatureMethod",
            &format!("%26Signature%3D{value}%26SignatureMethod"),
        );
        for (secret, answer) in [("", answer.as_str()), (SECRET, &answer), (SECRET, "")] {
            let found = examined(&own, secret, answer);
            assert_eq!(rules(&found.conclusions), ["signature-signed"], "{value}");
            assert_eq!(found.given_signature, None);
            assert!(found.findings.is_empty(), "{:?}", found.findings);
        }
    }
}

#[test]
fn an_incomplete_signature_with_a_quotation_may_be_a_wrong_secret() {
    let request = Program::default().request();
    let answer = in_json(&format!("{SENTENCE}{}", received()));
    let answer = answer.replace("SignatureDoesNotMatch", "IncompleteSignature");
    for (secret, rule) in [
        ("", "program-unknown"),
        (SECRET, "servers-secret-differs"),
        ("another", "arrived-but-not-signed"),
    ] {
        assert_eq!(rules(&conclusions(&request, secret, &answer)), [rule]);
    }
    let whole = conclusions(&received(), "", &answer);
    assert_eq!(rules(&whole), ["secret"]);
}

#[test]
fn names_the_headers_that_are_not_signed() {
    let nonce = "x-acs-signature-nonce:n1";
    let (canonical, _, request) = acs3("CertifyId=91707dc2", SECRET);
    for (omitted, line) in [
        ("x-acs-signature-nonce;", nonce),
        ("host;", "host:cloudauth.aliyuncs.com"),
    ] {
        let canonical = canonical
            .replace(omitted, "")
            .replace(&format!("{line}\n"), "");
        let text = format!(
            "ACS3-HMAC-SHA256\n{}",
            hex(&Sha256::digest(canonical.as_bytes()))
        );
        let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
        mac.update(text.as_bytes());
        let signature = hex(&mac.finalize().into_bytes());
        let (before, _) = request.split_once("Signature=").unwrap();
        let request = format!("{}Signature={signature}\n\n", before.replace(omitted, ""));
        for answer in ["", "IncompleteSignature"] {
            let found = examined(&request, SECRET, answer);
            assert_eq!(found.right, Some(true));
            assert_eq!(rules(&found.conclusions), ["headers-not-signed"]);
            let name = omitted.trim_end_matches(';');
            assert!(found.findings[0].message.en.contains(name));
        }
    }
    let sent = request.replace(&format!("{}\n", nonce.replace(':', ": ")), "");
    for secret in ["", SECRET, "another"] {
        for answer in ["", &acs3_answer(&canonical)] {
            let found = examined(&sent, secret, answer);
            assert_eq!(rules(&found.conclusions), ["signed-header-missing"]);
            // It may only not have been pasted.
            assert_eq!(found.conclusions[0].standing, Standing::Unknown);
            assert!(found.findings.iter().all(|one| !one.fatal));
        }
    }
    // Without `SignedHeaders`, the header is missing.
    let (before, _) = sent.split_once("Authorization").unwrap();
    let unsigned = examined(&format!("{before}x-acs-signature-method: x\n\n"), "", "");
    assert_eq!(unsigned.findings[0].rule, "missing");
    let incomplete = conclusions(&request, "", "IncompleteSignature");
    assert_eq!(rules(&incomplete), ["incomplete-signature"]);
    assert!(!incomplete[0].message.en.contains("SignatureMethod"));
}

#[test]
fn a_header_on_one_side_only_is_named() {
    let (canonical, _, _) = acs3("CertifyId=91707dc2", SECRET);
    let without = canonical.replace("x-acs-date:2023-10-26T10:22:32Z\n", "");
    let end = canonical.find("n1\n").unwrap();
    for (ours, theirs) in [
        (&*canonical, &*without),
        (&without, &canonical),
        (&without, canonical.get(..end).unwrap()),
    ] {
        let found = conclusions(ours, "", &acs3_answer(theirs));
        assert_eq!(rules(&found), ["header"]);
        assert!(found[0].message.en.contains("x-acs-date"), "{found:?}");
    }
}

#[test]
fn a_parameter_added_after_signing_occurs_with_another_mistake() {
    for (key, expected) in [
        (
            "testsecret",
            vec!["key-without-ampersand", "parameter-not-signed"],
        ),
        ("testsecret&", vec!["space-as-plus", "parameter-not-signed"]),
    ] {
        let program = Program {
            key,
            encode: if expected.contains(&"space-as-plus") {
                |text| escape(text.as_bytes(), "-_.~ ").replace(' ', "+")
            } else {
                right_encoder
            },
            ..Program::default()
        };
        for added in ["SecurityToken=a%2Fb", "RegionId=cn-hangzhou"] {
            let request = format!("{}&{added}", program.request());
            let found = conclusions(&request, SECRET, "");
            assert_eq!(rules(&found), expected, "{added}");
        }
    }
    let format = Program {
        key: "testsecret",
        leaves_out: "Format",
        ..Program::default()
    };
    let found = conclusions(&format.request(), SECRET, "");
    assert_eq!(
        rules(&found),
        ["key-without-ampersand", "parameter-not-signed"]
    );
    assert!(found[1].message.en.contains("Format"));
}

#[test]
fn a_foreign_member_of_the_pasted_text_is_not_called_a_parameter() {
    let signature = Program::default().signature();
    let all = PARAMETERS.iter().copied();
    let all = all.chain([("Signature", &*signature), ("endpoint", "a.aliyuncs.com")]);
    let lines: Vec<_> = all
        .clone()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let json: serde_json::Map<_, _> = all
        .map(|(name, value)| (name.to_owned(), value.into()))
        .collect();
    let whole = in_json(&format!("{SENTENCE}{}", received()));
    for text in [lines.join("\n"), serde_json::Value::from(json).to_string()] {
        let found = conclusions(&text, SECRET, "");
        assert_eq!(rules(&found), ["parameter-not-signed"]);
        let message = &found[0].message.en;
        assert!(message.starts_with("endpoint is in the pasted text"));
        // The server did not receive it.
        let found = conclusions(&text, SECRET, &whole);
        assert_eq!(rules(&found), ["servers-text-signed", "not-received"]);
    }
}

#[test]
fn a_mistake_may_be_in_the_first_encoding_only() {
    for (kept, expected) in [("-_.~*", "asterisk-kept"), ("-_.~/", "slash-kept")] {
        let pairs = PARAMETERS
            .iter()
            .map(|(name, value)| format!("{name}={}", escape(value.as_bytes(), kept)));
        let query = pairs.collect::<Vec<_>>().join("&");
        let text = format!("POST&%2F&{}", right_encoder(&query));
        let signature = STANDARD.encode(hmac_sha1("testsecret&", &text));
        let right = Program::default();
        let request = right.request().replace(
            &right_encoder(&right.signature()),
            &right_encoder(&signature),
        );
        assert_eq!(rules(&conclusions(&request, SECRET, "")), [expected]);
    }
}

#[test]
fn what_was_used_for_the_secret_is_named() {
    for (key, expected) in [
        ("testsecret\r&", "secret-white-space"),
        ("testsecret\t&", "secret-white-space"),
        (" testsecret&", "secret-white-space"),
        ("\"testsecret\"&", "secret-quoted"),
        ("'testsecret'&", "secret-single-quoted"),
        ("testsecret&&", "key-with-two-ampersands"),
        ("testid&", "key-is-id"),
        ("&", "key-empty"),
    ] {
        let program = Program {
            key,
            ..Program::default()
        };
        let found = conclusions(&program.request(), SECRET, "");
        assert_eq!(rules(&found), [expected], "{key}");
    }
    let program = Program {
        key: "testsecret\n&",
        ..Program::default()
    };
    let found = conclusions(&program.request(), " testsecret ", "");
    assert_eq!(rules(&found), ["secret-white-space"]);
    let program = Program {
        key: "&",
        ..Program::default()
    };
    let text = program.string_to_sign().replace("testid", "");
    let without_id = program.request().replace("testid", "").replace(
        &right_encoder(&program.signature()),
        &right_encoder(&STANDARD.encode(hmac_sha1("&", &text))),
    );
    assert_eq!(rules(&conclusions(&without_id, SECRET, "")), ["key-empty"]);
}

#[test]
fn a_right_signature_and_a_wrong_secret() {
    let request = Program::default().request();
    for (kind, answer) in answers() {
        let right = match kind {
            "no answer" => "right",
            "whole" => "servers-secret-differs",
            _ => "right-but-refused",
        };
        let found = conclusions(&request, SECRET, &answer);
        assert_eq!(rules(&found), [right], "{kind}: {answer}");
        let wrong = match kind {
            "whole" => "arrived-but-not-signed",
            _ => "unknown-mistake",
        };
        let found = conclusions(&request, "another", &answer);
        assert_eq!(rules(&found), [wrong], "{kind}: {answer}");
        assert_eq!(found[0].standing, Standing::Unknown);
    }
}

#[test]
fn the_form_of_a_signature_shows_how_it_was_made() {
    let written: [(Write, &str); 8] = [
        (hex, "signature-hex"),
        (
            |bytes| STANDARD.encode(hex(bytes)),
            "signature-hex-in-base64",
        ),
        (
            |bytes| STANDARD.encode(Sha256::digest(bytes)),
            "signature-sha256",
        ),
        (
            |bytes| right_encoder(&STANDARD.encode(bytes)),
            "signature-encoded-twice",
        ),
        (
            |bytes| STANDARD.encode(hex(&Sha256::digest(bytes))),
            "signature-hex-sha256-in-base64",
        ),
        (|_| "TODO".to_owned(), "signature-form"),
        (
            |_| "K/QkZMtwnLsF1e9d3WmbdP00Ix8%".to_owned(),
            "signature-form",
        ),
        (
            |_| "K/QkZMtwnLsF1e9d3WmbdP00Ix8%3".to_owned(),
            "signature-form",
        ),
    ];
    for (write, rule) in written {
        let program = Program {
            write,
            ..Program::default()
        };
        for (kind, answer) in answers() {
            let found = conclusions(&program.request(), "", &answer);
            assert_eq!(rules(&found), [rule], "{kind}: {answer}");
            assert_eq!(found[0].rests_on, [Evidence::SignatureForm]);
        }
    }
}

#[test]
fn a_form_that_the_secret_explains_is_named_once() {
    let sha256 = |text: &str| {
        let mut mac = Hmac::<Sha256>::new_from_slice(b"testsecret&").unwrap();
        mac.update(text.as_bytes());
        mac.finalize().into_bytes().to_vec()
    };
    let right = Program::default();
    let sha1 = hmac_sha1(right.key, &right.string_to_sign());
    let sha256 = sha256(&right.string_to_sign());
    for (signature, expected) in [
        (hex(&sha1), &["signature-hex"][..]),
        (hex(&sha1).to_uppercase(), &["signature-hex"]),
        (STANDARD.encode(hex(&sha1)), &["signature-hex-in-base64"]),
        (
            right_encoder(&STANDARD.encode(&sha1)),
            &["signature-encoded-twice"],
        ),
        (STANDARD.encode(&sha256), &["sha256"]),
        (hex(&sha256), &["sha256", "signature-hex-sha256"]),
        (
            STANDARD.encode(hex(&sha256)),
            &["sha256", "signature-hex-sha256-in-base64"],
        ),
    ] {
        let request = right.request().replace(
            &right_encoder(&right.signature()),
            &right_encoder(&signature),
        );
        let found = conclusions(&request, SECRET, "");
        assert_eq!(rules(&found), expected, "{signature}");
        assert!(
            found
                .iter()
                .all(|one| one.rests_on == [Evidence::Calculation])
        );
    }
    let (_, text, request) = acs3("CertifyId=91707dc2", SECRET);
    let (before, signature) = request.trim_end().split_once("Signature=").unwrap();
    let bytes = hex::decode(signature).unwrap();
    for (signature, expected) in [
        (STANDARD.encode(bytes), "signature-base64"),
        (signature.to_uppercase(), "signature-upper-case"),
        (hex(&hmac_sha1(SECRET, &text)), "sha1"),
    ] {
        let found = conclusions(&format!("{before}Signature={signature}\n\n"), SECRET, "");
        assert_eq!(rules(&found), [expected], "{signature}");
    }
}

#[test]
fn an_answer_that_is_cut_off_anywhere_accuses_nobody() {
    let request = Program::default().request();
    let whole = format!("{SENTENCE}{}", received());
    for answer in [in_json(&whole), in_xml(&whole), in_log(&whole)] {
        for end in 1..answer.len() {
            let answer = answer.get(..end).unwrap();
            for conclusion in conclusions(&request, "", answer) {
                assert_eq!(conclusion.standing, Standing::Unknown, "{answer}");
            }
        }
    }
}

#[test]
fn what_is_left_of_an_answer_counts() {
    let request = Program::default().request();
    let changed = received().replace("SceneId%3D1000000006", "SceneId%3D7");
    let answer = in_log(&format!("{SENTENCE}{changed}"));
    let at = answer.find("SceneId%3D7").unwrap();
    for end in 1..=answer.len() {
        let found = conclusions(&request, "", answer.get(..end).unwrap());
        let wrong: Vec<&Conclusion> = found
            .iter()
            .filter(|one| one.standing == Standing::Wrong)
            .collect();
        // The difference is visible from the end of the value.
        let is_seen = end >= at + "SceneId%3D7%26".len();
        assert_eq!(wrong.len(), usize::from(is_seen), "{end} {wrong:?}");
        assert!(wrong.iter().all(|one| one.message.en.contains("SceneId")));
    }
}

#[test]
fn an_answer_that_is_masked_anywhere_accuses_nobody() {
    let request = Program::default().request();
    let received = received();
    for mask in ["***", "[REDACTED]", "<masked>", "••••", "…"] {
        for at in (0..received.len()).step_by(5) {
            for length in [3, 20] {
                let end = (at + length).min(received.len());
                let mut text = received.clone();
                text.replace_range(at..end, mask);
                let answer = in_json(&format!("{SENTENCE}{text}"));
                for conclusion in conclusions(&request, "", &answer) {
                    assert_eq!(conclusion.standing, Standing::Unknown, "{text}");
                }
            }
        }
    }
}

#[test]
fn a_digest_in_the_place_of_the_text_is_compared() {
    let request = Program::default().request();
    let digest = |text: &str| {
        let hash = hex(&Sha256::digest(text.as_bytes()));
        in_json(&format!("{SENTENCE}(SHA-256) {hash}"))
    };
    let found = conclusions(&request, "", &digest(&received()));
    assert_eq!(rules(&found), ["program-unknown"]);
    let found = conclusions(&request, SECRET, &digest(&received()));
    assert_eq!(rules(&found), ["servers-secret-differs"]);
    let found = conclusions(&request, "", &digest("another"));
    assert_eq!(rules(&found), ["other-digest"]);
}

#[test]
fn reports_a_missing_or_incomplete_signature() {
    let request = Program::default().request();
    let (unsigned, _) = request.split_once("&Signature=").unwrap();
    let incomplete = r#"{"Code":"IncompleteSignature","Message":"The request signature does not conform to Aliyun standards."}"#;
    for request in [unsigned.to_owned(), format!("{unsigned}&Signature=")] {
        for secret in ["", SECRET, "another"] {
            for answer in [
                "",
                incomplete,
                &in_log(&format!("{SENTENCE}{}", received())),
            ] {
                let found = conclusions(&request, secret, answer);
                assert_eq!(rules(&found), ["no-signature"], "{secret} {answer}");
            }
        }
    }
    for secret in ["", "another"] {
        let found = conclusions(&request, secret, incomplete);
        assert_eq!(found[0].rule, "incomplete-signature");
        assert_eq!(found[0].rests_on, [Evidence::ServersCode]);
    }
    // The signature is too short, which explains the mismatch.
    for (end, rule) in [("%3D", "signature-unpadded"), ("8%3D", "signature-form")] {
        let short = request.strip_suffix(end).unwrap();
        assert_eq!(rules(&conclusions(short, "", incomplete)), [rule]);
    }
}

#[test]
fn a_code_with_another_cause_comes_first() {
    for (program, expected) in programs() {
        let found = conclusions(&program.request(), SECRET, "InvalidTimeStamp.Expired");
        assert_eq!(found[0].rule, "refused");
        assert_eq!(rules(&found[1..]), expected);
    }
    let sdk = "com.aliyuncs.exceptions.ClientException: InvalidAccessKeySecret : Specified Access Key Secret is not valid.";
    let found = conclusions(&Program::default().request(), "", sdk);
    assert_eq!(rules(&found), ["secret-by-sdk"]);
    // The calculation proves that the SDK is mistaken about this secret.
    let found = conclusions(&Program::default().request(), SECRET, sdk);
    assert!(
        !rules(&found).contains(&"secret-by-sdk"),
        "{:?}",
        rules(&found)
    );
}

#[test]
fn a_plus_that_was_not_encoded_spoils_a_right_signature() {
    // This nonce results in a signature that contains a +.
    let program = Program::default();
    let nonces = (0..).map(|number| format!("{number:032}"));
    let request = nonces
        .map(|nonce| {
            let text = program.string_to_sign().replace(PARAMETERS[8].1, &nonce);
            let signature = STANDARD.encode(hmac_sha1(program.key, &text));
            let request = program.request().replace(PARAMETERS[8].1, &nonce);
            let (unsigned, _) = request.split_once("&Signature=").unwrap();
            format!("{unsigned}&Signature={signature}")
        })
        .find(|request| request.contains('+') && !request.ends_with("+="))
        .unwrap();
    for (secret, first) in [
        (SECRET, vec![Evidence::Calculation, Evidence::Request]),
        ("", vec![Evidence::Request]),
    ] {
        let found = conclusions(&request, secret, "SignatureDoesNotMatch");
        assert_eq!(rules(&found), ["signature-not-encoded"]);
        assert_eq!(found[0].rests_on, first);
    }
}

/// Signatures over `PARAMETERS`, made by real programs with the encoders and serializers of their
/// standard libraries: Node 24, Python 3.11, Java 17, Go.
#[test]
fn encoders_of_real_programs_are_named() {
    let right = Program::default();
    assert_eq!(right.signature(), "K/QkZMtwnLsF1e9d3WmbdP00Ix8=");
    for (signature, expected) in [
        // Java: URLEncoder.encode(text, "UTF-8"); Node: URLSearchParams.
        ("/TxISrI+HtAekgrDUaLgLinVXHM=", &["url-encoder"][..]),
        // Java: URLEncoder.encode(text, "GBK").
        ("Twdxc2F8gAV99zuNnam8WfkFRjs=", &["url-encoder", "gbk"]),
        // Node: encodeURIComponent, encodeURI, escape.
        ("WBRxzBB9tuA6kfmYNTf4VtqMrHc=", &["encode-uri-component"]),
        ("gAR2RWNinC/oiv+srgdd6DQKuCI=", &["encode-uri"]),
        ("LnFiVcCkqexb72AWQZejwWpK2LQ=", &["escape"]),
        // Python: quote(text), quote_plus(text), quote(text, safe="~", encoding="gbk").
        ("gN7C7WJ0Br+wICULzhBu1JM8m4c=", &["slash-kept"]),
        ("mpPYcV8H6lyvwcT+qrmXR9wVOoA=", &["space-as-plus"]),
        ("8WoQ8gluux+C2SFDmeMj72DdlGw=", &["gbk"]),
        // MetaInfo through JSON.stringify, json.dumps, json.Marshal.
        ("4wVJ6/axnqBWuQdAvx8s76E4a84=", &["json-rewritten"]),
        ("gnfYwRfqNz1NGNhZvQds0a1PexM=", &["json-rewritten-python"]),
        ("cZvR1v4Fv2bBX+EsjKpxMJhniAM=", &["json-rewritten-go"]),
        // Python: quote(text) and json.dumps.
        (
            "6XeobtShXWR9pmMAVPW6qkspfNE=",
            &["slash-kept", "json-rewritten-python"],
        ),
    ] {
        let request = right.request().replace(
            &right_encoder(&right.signature()),
            &right_encoder(signature),
        );
        let found = conclusions(&request, SECRET, "SignatureDoesNotMatch");
        assert_eq!(rules(&found), expected, "{signature}");
    }
}

const ACS3_HEADERS: &str = "host:cloudauth.aliyuncs.com\nx-acs-action:DescribeFaceVerify\n\
    x-acs-content-sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n\
    x-acs-date:2023-10-26T10:22:32Z\nx-acs-signature-nonce:n1\nx-acs-version:2019-03-07";
const ACS3_NAMES: &str =
    "host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version";

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A canonical request, its string to sign, and a request with a signature over it.
fn acs3(query: &str, secret: &str) -> (String, String, String) {
    let nothing = hex(&Sha256::digest(b""));
    let canonical = format!("POST\n/\n{query}\n{ACS3_HEADERS}\n\n{ACS3_NAMES}\n{nothing}");
    let text = format!(
        "ACS3-HMAC-SHA256\n{}",
        hex(&Sha256::digest(canonical.as_bytes()))
    );
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(text.as_bytes());
    let signature = hex(&mac.finalize().into_bytes());
    let headers = ACS3_HEADERS
        .replace(':', ": ")
        .replace(": 22: 32", ":22:32");
    let request = format!(
        "POST /?{query} HTTP/1.1\n{headers}\nAuthorization: ACS3-HMAC-SHA256 Credential=k,SignedHeaders={ACS3_NAMES},Signature={signature}\n\n"
    );
    (canonical, text, request)
}

/// The server's error with this canonical request.
fn acs3_answer(canonical: &str) -> String {
    let hash = hex(&Sha256::digest(canonical.as_bytes()));
    in_json(&format!(
        "Specified signature does not match our calculation. server StringToSign is [ACS3-HMAC-SHA256\n{hash}] server CanonicalRequest is [{canonical}]"
    ))
}

#[test]
fn under_acs3_nothing_is_made_of_what_cannot_be_seen() {
    let (canonical, text, request) = acs3("CertifyId=91707dc2&SceneId=1000000006", SECRET);
    let message = |canonical: &str| {
        in_json(&format!(
            "Specified signature does not match our calculation. server StringToSign is [{text}] server CanonicalRequest is [{canonical}]"
        ))
    };
    let whole = acs3_answer(&canonical);
    assert_eq!(rules(&conclusions(&request, "", "")), [""; 0]);
    assert_eq!(
        rules(&conclusions(&request, "", &whole)),
        ["program-unknown"]
    );
    assert_eq!(
        rules(&conclusions(&request, SECRET, &whole)),
        ["servers-secret-differs"]
    );
    assert_eq!(
        rules(&conclusions(&request, "another", &whole)),
        ["arrived-but-not-signed"]
    );
    for end in 1..whole.len() {
        for conclusion in conclusions(&request, "", whole.get(..end).unwrap()) {
            assert_eq!(conclusion.standing, Standing::Unknown, "{end}");
        }
    }
    for mask in ["***", "[REDACTED]"] {
        for at in (0..canonical.len()).step_by(3) {
            let mut masked = canonical.clone();
            masked.replace_range(at..(at + 12).min(canonical.len()), mask);
            for conclusion in conclusions(&request, "", &message(&masked)) {
                assert_eq!(conclusion.standing, Standing::Unknown, "{masked}");
            }
        }
    }
    let masked = canonical.replace("91707dc2", "***");
    for end in 1..=whole.len() {
        for conclusion in conclusions(&masked, "", whole.get(..end).unwrap()) {
            assert_eq!(conclusion.standing, Standing::Unknown, "{end}");
        }
    }
    // encodeURIComponent without corrections, in the query.
    let (_, _, wrong) = acs3("SceneId=a*b(c)", SECRET);
    let sent = wrong.replace("a*b(c)", "a%2Ab%28c%29");
    assert_eq!(
        rules(&conclusions(&sent, SECRET, "")),
        ["encode-uri-component"]
    );
}

#[test]
fn a_body_that_was_not_pasted_accuses_nobody() {
    let request = Program::default().request();
    let (headers, body) = request.split_once("\n\n").unwrap();
    let head = format!("{headers}\nContent-Length: {}", body.len());
    for secret in ["", SECRET, "another"] {
        for (kind, answer) in answers() {
            let found = conclusions(&head, secret, &answer);
            assert_eq!(rules(&found), ["body-not-pasted"], "{kind} {secret}");
            assert_eq!(found[0].standing, Standing::Unknown);
        }
    }
    let findings = examined(&head, "", "").findings;
    let rules: Vec<_> = findings.iter().map(|finding| finding.rule).collect();
    assert_eq!(rules, ["body-not-pasted"]);
    // Under RPC, the query may hold everything.
    let query = head.replace("POST /", &format!("POST /?{body}"));
    assert_eq!(conclusions(&query, SECRET, "")[0].rule, "right");
}

#[test]
fn under_acs3_the_declared_hash_stands_for_a_body_that_was_not_pasted() {
    let body = "CertName=%E5%BC%A0";
    let hash = hex(&Sha256::digest(body.as_bytes()));
    let empty = hex(&Sha256::digest(b""));
    let (canonical, _, request) = acs3("SceneId=1000000006", SECRET);
    let canonical = canonical.replace(&empty, &hash);
    let text = format!(
        "ACS3-HMAC-SHA256\n{}",
        hex(&Sha256::digest(canonical.as_bytes()))
    );
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(text.as_bytes());
    let signature = hex(&mac.finalize().into_bytes());
    let (before, _) = request.split_once("Signature=").unwrap();
    let head = before.replace(&empty, &hash);
    let head = format!(
        "{head}Signature={signature}\nContent-Length: {}",
        body.len()
    );
    assert_eq!(rules(&conclusions(&head, SECRET, "")), ["right"]);
    assert_eq!(
        rules(&conclusions(&format!("{head}\n\n{body}"), SECRET, "")),
        ["right"]
    );
    assert_eq!(
        rules(&conclusions(&head, "another", "")),
        ["unknown-mistake"]
    );
    for secret in ["", "another"] {
        let findings = examined(&head, secret, "").findings;
        let rules: Vec<_> = findings.iter().map(|finding| finding.rule).collect();
        assert_eq!(rules, ["body-not-pasted"]);
    }
}

#[test]
fn a_request_that_was_masked_accuses_nobody() {
    let whole = in_json(&format!("{SENTENCE}{}", received()));
    let cut = whole.get(..whole.find("002X").unwrap()).unwrap();
    let digest = hex(&Sha256::digest(received().as_bytes()));
    let digest = in_json(&format!("{SENTENCE}(SHA-256) {digest}"));
    let request = Program::default().request();
    for mask in ["1101**********002X", "***", "[REDACTED]"] {
        let masked = request.replace("11010519491231002X", mask);
        for secret in ["", SECRET, "another"] {
            for answer in ["", &whole, cut, &digest] {
                let found = conclusions(&masked, secret, answer);
                assert_eq!(rules(&found), ["masked-values"], "{mask} {secret} {answer}");
                assert_eq!(found[0].standing, Standing::Unknown);
            }
        }
        // What is visible still counts.
        let changed = whole.replace("SceneId%3D1000000006", "SceneId%3D7");
        let found = conclusions(&masked, "", &changed);
        assert_eq!(rules(&found), ["value-changed"], "{mask}");
        assert!(found[0].message.en.contains("SceneId"));
    }
    let masked = request.replace("11010519491231002X", "1101xxxxxxxxxx002X");
    for secret in ["", "another"] {
        let found = conclusions(&masked, secret, &whole);
        assert!(found.iter().all(|one| one.standing == Standing::Unknown));
    }
    let (unsigned, _) = request.split_once("&Signature=").unwrap();
    for mask in ["***", "***%20***", "[masked%20by%20gateway]"] {
        let found = conclusions(&format!("{unsigned}&Signature={mask}"), SECRET, "");
        assert_eq!(rules(&found), ["masked-values"], "{mask}");
    }
}

#[test]
fn a_request_of_which_a_part_was_read_accuses_nobody() {
    let request = Program::default().request();
    let (_, pairs) = request.split_once("\n\n").unwrap();
    let (query, body) = pairs.split_once("&CertName=").unwrap();
    let body = format!("CertName={body}");
    let url = format!("https://cloudauth.aliyuncs.com/?{query}");
    let all = format!("https://cloudauth.aliyuncs.com/?{pairs}");
    for pasted in [
        format!("INFO request url={url}, body={body}"),
        format!("requests.post(\"{url}\",\n  data=\"{body}\")"),
        format!("{{\"url\":\"{url}\",\"body\":\"{body}\"}}"),
        format!("--> POST {url} http/1.1\nContent-Length: 1\n\n{body}"),
        format!("{url}&Signature=\nstatus=400"),
        format!("INFO url={all}&x=1 status=400"),
        format!(
            "INFO url={}... status=400",
            all.get(..all.len() - 9).unwrap()
        ),
    ] {
        for secret in ["", SECRET, "another"] {
            for (kind, answer) in answers() {
                let found = conclusions(&pasted, secret, &answer);
                // The server may have received just that.
                let known = ["part-read", "program-unknown"];
                assert!(known.contains(&found[0].rule), "{kind} {secret} {pasted}");
                assert_eq!(found.len(), 1);
                assert_eq!(found[0].standing, Standing::Unknown);
            }
            let found = examined(&pasted, secret, "").findings;
            assert!(found.iter().all(|one| !one.fatal), "{found:?}");
        }
    }
    // What was read may be everything.
    let found = |pasted: &str, secret| rules(&conclusions(pasted, secret, ""));
    let program = Program {
        key: "testsecret",
        ..Program::default()
    };
    let request = program.request();
    let (_, signed) = request.split_once("\n\n").unwrap();
    for pasted in [
        format!("INFO url=https://cloudauth.aliyuncs.com/?{signed} status=400"),
        format!("INFO body={signed}"),
    ] {
        assert_eq!(found(&pasted, SECRET), ["key-without-ampersand"]);
        assert_eq!(found(&pasted, "another"), ["part-read"]);
    }
    for pasted in [
        format!("POST failed: {all}"),
        format!("{all}\nstatus=400"),
        format!("{all}\nInvalidTimeStamp.Expired"),
        format!("{{\"url\":\"{}\"}}", all.replace('&', "\\u0026")),
    ] {
        assert_eq!(found(&pasted, SECRET), ["right"], "{pasted}");
        assert_eq!(found(&pasted, "another"), ["part-read"], "{pasted}");
    }
    assert_eq!(
        found(&format!("POST {all} HTTP/1.1"), "another"),
        ["unknown-mistake"]
    );
    let html = all.replace('&', "&amp;");
    let examined = examined(&html, SECRET, "");
    assert_eq!(rules(&examined.conclusions), ["right"]);
    assert_eq!(examined.findings[0].rule, "from-html");
    assert_ne!(found(&format!("curl -X POST '{html}'"), SECRET), ["right"]);
}

#[test]
fn a_body_that_was_not_signed_and_breaks_off_is_not_compared() {
    let pairs = right_pairs();
    let (query, _) = pairs.split_once("&Signature=").unwrap();
    let (query, after) = query.split_once("&CertName=").unwrap();
    let (body, after) = after.split_once("&SceneId=").unwrap();
    let query = format!("{query}&SceneId={after}");
    let text = format!("POST&%2F&{}", right_encoder(&query));
    let signature = STANDARD.encode(hmac_sha1("testsecret&", &text));
    let url = format!(
        "https://cloudauth.aliyuncs.com/?{query}&Signature={}",
        right_encoder(&signature)
    );
    let answer = in_json(&format!("{SENTENCE}{}", received()));
    let cut = body.get(..body.len() - 20).unwrap();
    let found = examined(&format!("{url}\nCertName={cut}..."), SECRET, &answer);
    assert_eq!(rules(&found.conclusions), ["body-not-signed"]);
    assert!(found.comparison.is_none());
    assert_eq!(found.findings[0].rule, "part-read");
    let found = examined(&format!("{url}\nCertName={body}"), SECRET, &answer);
    assert_eq!(rules(&found.conclusions), ["body-not-signed"]);
    assert!(found.comparison.is_some());
    assert!(found.findings.is_empty());
}

#[test]
fn under_acs3_a_request_that_breaks_off_accuses_nobody() {
    let (canonical, _, request) = acs3("CertifyId=91707dc2", SECRET);
    let (before, signature) = request.trim_end().split_once("Signature=").unwrap();
    let (head, _) = before.split_once(";x-acs-date").unwrap();
    for text in [
        format!("{before}Signature={}...", signature.get(..20).unwrap()),
        format!("{head};x-acs..."),
        format!("{before}Signature={signature}\n\nCertName=a&Crop..."),
        request.replace("CertifyId=", "Sce...&CertifyId="),
    ] {
        for secret in ["", "another"] {
            for answer in ["", &acs3_answer(&canonical.replace("n1", "n2"))] {
                let found = examined(&text, secret, answer);
                assert_eq!(rules(&found.conclusions), ["part-read"], "{text}");
                assert!(found.findings.iter().all(|one| !one.fatal), "{text}");
            }
        }
    }
}

/// The parameters of a right request.
fn right_pairs() -> String {
    let request = Program::default().request();
    request.split_once("\n\n").unwrap().1.to_owned()
}

#[test]
fn what_follows_or_precedes_a_request_accuses_nobody() {
    let pairs = right_pairs();
    let url = format!("https://cloudauth.aliyuncs.com/?{pairs}");
    let head = format!("POST /?{pairs} HTTP/1.1\nHost: cloudauth.aliyuncs.com");
    let form = "POST / HTTP/1.1\nHost: cloudauth.aliyuncs.com";
    let mut texts = Vec::new();
    for after in [
        "HTTP/1.1 400 Bad Request\nDate: x",
        "HTTP/1.1 400 Bad Request\n\nCode=x&Date=%D5",
        "{\"Code\":\"InvalidTimeStamp.Expired\"}",
        "{\"Code\":\"=\"}",
        "<Error><Code>x=1</Code></Error>",
        "# what does this mean?",
    ] {
        texts.push(format!("{head}\n\n{after}"));
        texts.push(format!("{head}\n{after}"));
        texts.push(format!("{form}\n\n{pairs}\n\n{after}"));
    }
    for label in [
        "body=",
        "data=",
        "query=",
        "postData=",
        "request=?",
        "url=/?",
        "body: ",
        "req.URL.RawQuery=",
        "request\n",
    ] {
        texts.push(format!("{label}{pairs}"));
        texts.push(format!("{form}\n\n{label}{pairs}"));
    }
    texts.push(format!("payload='{pairs}'"));
    texts.push(format!("{url}\n{url}"));
    texts.push(format!("{url}\n{}", url.replace("CertName", "Name")));
    for text in texts {
        let examination = examined(&text, SECRET, "");
        assert_eq!(rules(&examination.conclusions), ["right"], "{text}");
        let examination = examined(&text, "another", "");
        assert_eq!(rules(&examination.conclusions), ["part-read"], "{text}");
        assert!(examination.findings.iter().all(|one| !one.fatal), "{text}");
    }
    // What the headers prove is certain.
    for (text, rule) in [
        (
            format!("{head}\nContent-Length: 0\n\nHTTP/1.1 400 Bad Request\nDate: x"),
            "unknown-mistake",
        ),
        (
            format!(
                "{form}\nContent-Length: {}\n\n{pairs}\n\n{{\"Code\":\"x\"}}",
                pairs.len()
            ),
            "unknown-mistake",
        ),
    ] {
        assert_eq!(rules(&conclusions(&text, SECRET, "")), ["right"], "{text}");
        assert_eq!(rules(&conclusions(&text, "another", "")), [rule], "{text}");
    }
    let (_, _, request) = acs3("CertifyId=91707dc2", SECRET);
    for headers in ["", "\nContent-Length: 0"] {
        for after in ["HTTP/1.1 400 Bad Request\nDate: x", "{\"Code\":\"x=1\"}"] {
            let text = format!("{}{headers}\n\n{after}", request.trim_end());
            assert_eq!(rules(&conclusions(&text, SECRET, "")), ["right"], "{text}");
            let found = examined(&text, SECRET, "").findings;
            assert!(found.iter().all(|one| !one.fatal), "{found:?}");
        }
    }
}

#[test]
fn a_request_that_breaks_off_accuses_nobody() {
    let pairs = right_pairs();
    let (query, _) = pairs.split_once("&SignatureVersion=").unwrap();
    let (_, body) = pairs.split_once("&CertNo=").unwrap();
    let (before, after) = pairs.split_once("&CertName=").unwrap();
    let (_, after) = after.split_once('&').unwrap();
    let meta = serde_json::from_str::<serde_json::Value>(META).unwrap();
    let mut json: serde_json::Map<_, _> = PARAMETERS
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).into()))
        .collect();
    json.insert(
        "Signature".to_owned(),
        Program::default().signature().into(),
    );
    json.insert("MetaInfo".to_owned(), meta);
    let url = format!("https://cloudauth.aliyuncs.com/?{before}&{after}");
    let mut texts = vec![
        format!("https://cloudauth.aliyuncs.com/?{query}&Signature=abc"),
        format!("Timestamp={body}"),
        format!("POST {url}\nbody: CertName=%E5%BC%A0&Model=LIVENESS"),
        format!("POST {url}\nbody: {{'CertName': '张三'}}"),
        serde_json::Value::from(json).to_string(),
        format!(
            "POST /?{before}&{after} HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\ne\r\nModel=LIVENESS\r\n0\r\n\r\n"
        ),
    ];
    for dots in ["...", "…"] {
        let cut = pairs.get(..pairs.len() - 9).unwrap();
        texts.push(format!("https://cloudauth.aliyuncs.com/?{cut}{dots}"));
        texts.push(format!("{cut}{dots}"));
        texts.push(format!(
            "curl 'https://cloudauth.aliyuncs.com/' -d '{cut}{dots}'"
        ));
        texts.push(format!("https://cloudauth.aliyuncs.com/?{query}{dots}"));
        for name in ["", "Sign", "Signature"] {
            let cut = format!("https://cloudauth.aliyuncs.com/?{query}&{name}{dots}");
            texts.push(format!("GET {cut}"));
            texts.push(cut);
        }
    }
    texts.push(format!("{before}&{after}&Video..."));
    for text in texts {
        for secret in ["", SECRET, "another"] {
            for (kind, answer) in answers() {
                let found = rules(&conclusions(&text, secret, &answer));
                // The server may have received just that.
                let arrived = kind == "whole" && found == ["program-unknown"];
                assert!(
                    found == ["part-read"] || arrived,
                    "{found:?} {kind} {secret} {text}"
                );
            }
            let found = examined(&text, secret, "").findings;
            assert!(found.iter().all(|one| !one.fatal), "{text}: {found:?}");
        }
    }
}

#[test]
fn a_url_does_not_show_a_body() {
    let pairs = right_pairs();
    let (before, after) = pairs.split_once("&CertName=").unwrap();
    let (name, after) = after.split_once('&').unwrap();
    let url = format!("https://cloudauth.aliyuncs.com/?{before}&{after}");
    for pasted in [url.clone(), format!("POST {url}")] {
        for secret in [SECRET, "another"] {
            for (kind, answer) in answers() {
                let found = conclusions(&pasted, secret, &answer);
                assert_eq!(rules(&found), ["body-not-pasted"], "{kind} {secret}");
            }
        }
        let whole = in_json(&format!("{SENTENCE}{}", received()));
        assert_eq!(
            rules(&conclusions(&pasted, "", &whole)),
            ["body-not-pasted"]
        );
        assert_eq!(rules(&conclusions(&pasted, "", "")), [""; 0]);
        let with_body = format!("{pasted}\nCertName={name}");
        assert_eq!(rules(&conclusions(&with_body, SECRET, "")), ["right"]);
        assert_eq!(
            rules(&conclusions(&with_body, "another", "")),
            ["unknown-mistake"]
        );
    }
    // GET has none.
    let get = in_json(&format!("{SENTENCE}{}", received().replace("POST", "GET")));
    assert_eq!(rules(&conclusions(&url, "another", &get)), ["not-pasted"]);
    assert_eq!(
        rules(&conclusions(&format!("GET {url}"), "another", "")),
        ["unknown-mistake"]
    );
    // A signature that is explained needs no body.
    let program = Program {
        key: "testsecret",
        ..Program::default()
    };
    let request = program.request();
    let (_, pairs) = request.split_once("\n\n").unwrap();
    let url = format!("https://cloudauth.aliyuncs.com/?{pairs}");
    assert_eq!(
        rules(&conclusions(&url, SECRET, "")),
        ["key-without-ampersand"]
    );
}

#[test]
fn a_text_that_differs_is_not_taken_for_a_masked_one() {
    let right = Program::default().request();
    let whole = received();
    for (ours, theirs) in [
        (r#"{"k":"b&c","apps":["a"]}"#, r#"{"k":"b"#),
        (r#"{"a":["x"]}"#, r#"{"a":"x"}"#),
        ("a..b...", "ab"),
    ] {
        let request = right.replace(&right_encoder(META), &right_encoder(ours));
        let twice = |text: &str| right_encoder(&right_encoder(text));
        let text = whole.replace(&twice(META), &twice(ours));
        let signature = STANDARD.encode(hmac_sha1("testsecret&", &text));
        let (unsigned, _) = request.split_once("&Signature=").unwrap();
        let request = format!("{unsigned}&Signature={}", right_encoder(&signature));
        assert_eq!(rules(&conclusions(&request, SECRET, "")), ["right"]);
        let answer = whole.replace(&twice(META), &twice(theirs));
        let answer = in_json(&format!("{SENTENCE}{answer}"));
        let found = conclusions(&request, SECRET, &answer);
        assert!(
            ["truncated", "value-changed"].contains(&found[0].rule),
            "{ours} {found:?}"
        );
    }
}
