//! Tests the identity rules with published sample numbers and their variations.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use cloudauth_edge::identity::cert_no::{self, Document, Documents};
use cloudauth_edge::identity::{cert_name, mobile};
use cloudauth_edge::timestamp::Date;
use proptest::prelude::*;

/// The examples in GB 11643-1999.
const STANDARD: [&str; 2] = ["11010519491231002X", "440524188001010014"];
/// Sample cards published by the Beijing police.
const PERMITS: [&str; 2] = ["810000199408230021", "830000199201300022"];

fn today() -> Date {
    Date::new(2026, 11, 23).unwrap()
}

fn rule(number: &str) -> &'static str {
    match cert_no::check(number, Documents::All, today()) {
        Ok(_) => "accepted",
        Err(problem) => problem.rule,
    }
}

#[test]
fn accepts_the_standards_examples() {
    for (number, male) in STANDARD.into_iter().zip([false, true]) {
        let accepted = cert_no::check(number, Documents::ResidentIdentityCard, today()).unwrap();
        assert_eq!(accepted.normalized, number);
        assert_eq!(accepted.details.document, Document::ResidentIdentityCard);
        assert_eq!(accepted.details.male, male);
    }
    let beijing = cert_no::check(STANDARD[0], Documents::default(), today()).unwrap();
    let spelled = serde_json::to_value(&beijing).unwrap();
    assert_eq!(
        (&spelled["provinceZh"], &spelled["provinceEn"]),
        (&"北京".into(), &"Beijing".into())
    );
    assert_eq!(beijing.details.birth_date.to_string(), "1949-12-31");
    assert!(beijing.notices.is_empty());
    let born_1880 = cert_no::check(STANDARD[1], Documents::default(), today()).unwrap();
    assert_eq!(born_1880.notices[0].rule, "age");
}

#[test]
fn makes_a_final_x_upper_case_and_says_so() {
    let accepted = cert_no::check("11010519491231002x", Documents::default(), today()).unwrap();
    assert_eq!(accepted.normalized, STANDARD[0]);
    assert_eq!(accepted.notices[0].rule, "upper-case-x");
}

#[test]
fn takes_residence_permits_only_where_allowed() {
    for number in PERMITS {
        let accepted = cert_no::check(number, Documents::All, today()).unwrap();
        assert_eq!(accepted.details.document, Document::ResidencePermit);
        let refused = cert_no::check(number, Documents::default(), today()).unwrap_err();
        assert_eq!(refused.rule, "document");
    }
}

#[test]
fn refuses_every_single_wrong_character_and_every_swap() {
    for number in STANDARD {
        for at in 0..18 {
            for other in "0123456789X".chars() {
                let mut changed: Vec<char> = number.chars().collect();
                if changed[at] == other {
                    continue;
                }
                changed[at] = other;
                let changed: String = changed.iter().collect();
                assert_ne!(rule(&changed), "accepted", "character {at}");
            }
        }
        for at in 0..17 {
            let mut changed: Vec<char> = number.chars().collect();
            if changed[at] == changed[at + 1] {
                continue;
            }
            changed.swap(at, at + 1);
            let changed: String = changed.iter().collect();
            assert_ne!(rule(&changed), "accepted", "swap at {at}");
        }
    }
}

#[test]
fn says_what_is_wrong_with_a_number() {
    for (number, expected) in [
        ("", "missing"),
        ("330103xxxxxxxxxxxx", "masked"),
        ("330103************", "masked"),
        ("110105491231002", "fifteen-digits"),
        ("1101051949123100", "length"),
        ("11010519491231002XX", "length"),
        ("11010519491231002X11010519491231002X", "length"),
        ("11010519491231002X ", "white-space"),
        ("11010519491231002X\n", "white-space"),
        ("110105\u{200B}19491231002X", "invisible"),
        ("\u{FEFF}11010519491231002X", "invisible"),
        ("11010519491231002Ｘ", "full-width"),
        ("330103＊＊＊＊＊＊＊＊＊＊＊＊", "masked"),
        ("USA110019870113", "foreign-card-2017"),
        ("usa110019870113", "foreign-card-2017"),
        ("US1110019870113", "length"),
        ("1101051949123100２X", "full-width"),
        ("1101O519491231002X", "characters"),
        ("张三张三张三张三张三张三张三张三张三", "characters"),
        ("110105194912310 2X", "white-space"),
        ("010105194912310029", "division"),
        ("710000199201300022", "division"),
        ("810001199408230021", "division"),
        ("110105194902290020", "birth-date"),
        ("110105203012310020", "birth-date-future"),
        ("110105194912310021", "check-digit"),
        // A public library's page shows it as valid, but the check character should be 2.
        ("15000019970319128X", "check-digit"),
    ] {
        assert_eq!(rule(number), expected, "{number}");
    }
}

#[test]
fn names_an_invisible_character_and_its_position() {
    let said = |number: &str| {
        cert_no::check(number, Documents::All, today())
            .unwrap_err()
            .message
            .en
            .into_owned()
    };
    for (number, expected) in [
        (
            "110105\u{200B}19491231002X",
            "has U+200B ZERO WIDTH SPACE at position 7; remove it.",
        ),
        (
            "11010519491231002X\n",
            "has U+000A LINE FEED at position 19; remove it.",
        ),
        (
            " 11010519491231002X",
            "has a space at position 1; remove it.",
        ),
        (
            "11010519491231002X\u{A0}",
            "has U+00A0 NO-BREAK SPACE at position 19; remove it.",
        ),
        (
            "11010519491231002X\u{1}",
            "has U+0001 at position 19; remove it.",
        ),
        // Naming the digit would reveal part of the number.
        (
            "1101051949123100２X",
            "has a full-width digit at position 17; use ASCII digits.",
        ),
        (
            "11010519491231002Ｘ",
            "has the full-width character U+FF38 at position 18; use ASCII characters.",
        ),
        (
            "1101O519491231002X",
            "has an invalid character at position 5: it must consist of 17 digits and a digit or X.",
        ),
    ] {
        assert_eq!(said(number), expected);
    }
    assert_eq!(
        cert_no::check("110105\u{200B}19491231002X", Documents::All, today())
            .unwrap_err()
            .message
            .zh,
        "第 7 个字符是不可见字符 U+200B ZERO WIDTH SPACE，请删除。"
    );
    assert_eq!(
        mobile::check("+86 130\t00000000").unwrap_err().message.en,
        "has U+0009 CHARACTER TABULATION at position 8; remove it."
    );
    assert_eq!(
        cert_name::check("张三\u{3000}", Documents::default())
            .unwrap_err()
            .message
            .en,
        "has U+3000 IDEOGRAPHIC SPACE at position 3; remove it."
    );
}

#[test]
fn takes_names_as_the_register_writes_them() {
    for name in [
        "张三",
        "欧阳〇",
        "阿卜杜拉·买买提",
        "𠮷野",
        "䶮",
        &"汉".repeat(50),
    ] {
        let accepted = cert_name::check(name, Documents::default()).unwrap();
        assert_eq!(accepted.normalized, *name);
        assert!(accepted.notices.is_empty());
    }
}

#[test]
fn writes_separators_as_the_register_does_and_says_so() {
    for separator in [
        '\u{2022}', '\u{2027}', '\u{30FB}', '\u{FF65}', '\u{22C5}', '\u{2219}', '\u{FF0E}', '.',
        '\u{FE52}', '\u{A78F}',
    ] {
        let accepted =
            cert_name::check(&format!("阿卜杜拉{separator}买买提"), Documents::default()).unwrap();
        assert_eq!(accepted.normalized, "阿卜杜拉·买买提");
        assert_eq!(accepted.notices[0].rule, "separator-folded");
        assert!(accepted.notices[0].message.zh.starts_with("间隔点"));
    }
}

#[test]
fn never_changes_an_ideograph() {
    // NFC would replace it with U+9686.
    let accepted = cert_name::check("\u{F9DC}", Documents::default()).unwrap();
    assert_eq!(accepted.normalized, "\u{F9DC}");
    assert_eq!(accepted.notices[0].rule, "compatibility-ideograph");
    assert!(
        cert_name::check("\u{FA11}", Documents::default())
            .unwrap()
            .notices
            .is_empty()
    );
    assert_eq!(
        cert_name::check("\u{E863}", Documents::default())
            .unwrap()
            .notices[0]
            .rule,
        "private-use"
    );
}

#[test]
fn says_what_is_wrong_with_a_name() {
    for (name, expected) in [
        ("", "missing"),
        ("  ", "missing"),
        ("张*", "masked"),
        ("Zhang San", "latin-letter"),
        ("张3", "digit"),
        ("张 三", "white-space"),
        ("张三\u{200B}", "invisible"),
        ("\u{202E}张三", "invisible"),
        ("张三\u{FE00}", "invisible"),
        ("张三\n", "white-space"),
        ("张\u{0}三", "invisible"),
        ("·张三", "separator"),
        ("张三·", "separator"),
        ("张··三", "separator"),
        ("张三😀", "not-han"),
        ("김", "not-han"),
        ("\u{2EE2}云", "radical"),
        ("\u{2F6F}三", "radical"),
        ("张\u{FFFD}", "not-han"),
        (&"汉".repeat(51), "too-long"),
    ] {
        assert_eq!(
            cert_name::check(name, Documents::default())
                .unwrap_err()
                .rule,
            expected,
            "{name}"
        );
    }
}

#[test]
fn takes_a_name_in_latin_letters_only_with_all_documents() {
    for name in ["JOHN SMITH", "Li, Xiao Ming", "O'NEIL-SMITH", "SMITH J."] {
        let accepted = cert_name::check(name, Documents::All).unwrap();
        assert_eq!(accepted.normalized, name);
        assert!(accepted.notices.is_empty());
        let refused = cert_name::check(name, Documents::ResidentIdentityCard).unwrap_err();
        assert_eq!(refused.rule, "latin-letter", "{name}");
    }
    for (name, expected) in [
        (" JOHN", "white-space"),
        ("JOHN ", "white-space"),
        ("JOHN  SMITH", "white-space"),
        ("JOHN\u{200B}", "invisible"),
        ("J*** SMITH", "masked"),
        ("JOHN 2", "digit"),
        ("JÖHN", "not-latin"),
        ("张 JOHN", "white-space"),
        ("JOHN 张", "latin-letter"),
        ("张三x", "latin-letter"),
        (&"A".repeat(51), "too-long"),
    ] {
        let refused = cert_name::check(name, Documents::All).unwrap_err();
        assert_eq!(refused.rule, expected, "{name}");
    }
    let han = cert_name::check("阿卜杜拉.买买提", Documents::All).unwrap();
    assert_eq!(han.normalized, "阿卜杜拉·买买提");
}

#[test]
fn white_space_inside_of_a_name_may_stand_for_a_separator() {
    let message = |name: &str| {
        cert_name::check(name, Documents::default())
            .unwrap_err()
            .message
    };
    assert_eq!(
        message("阿卜杜拉 买买提").en,
        "has a space at position 5; remove it or, if the card has a dot there, enter · instead."
    );
    for name in [" 张三", "张三 "] {
        assert!(!message(name).en.contains('·'), "{name}");
    }
}

#[test]
fn punctuation_inside_of_a_name_may_stand_for_a_separator() {
    let refused = |name: &str| cert_name::check(name, Documents::default()).unwrap_err();
    for mark in "。、，,－-—˙˚°".chars() {
        let inside = refused(&format!("阿卜杜拉{mark}买买提"));
        assert_eq!(inside.rule, "not-han", "{mark}");
        assert_eq!(
            inside.message.zh,
            "第 5 个字符不是汉字，姓名须与证件一致；若证件上此处有点，请改为“·”。"
        );
        assert!(inside.message.en.contains('·'), "{mark}");
        for name in [format!("{mark}张三"), format!("张三{mark}")] {
            let refused = refused(&name);
            assert_eq!(refused.rule, "not-han", "{mark}");
            assert!(!refused.message.zh.contains('·'), "{mark}");
        }
    }
}

#[test]
fn takes_mobile_numbers_of_the_mainland() {
    for (number, normalized) in [
        ("13000000000", "13000000000"),
        ("+8613000000000", "13000000000"),
        ("0086 13000000000", "13000000000"),
        ("+86-13000000000", "13000000000"),
    ] {
        assert_eq!(mobile::check(number).unwrap().normalized, normalized);
    }
    for (number, expected) in [
        ("", "missing"),
        ("130xxxxxxxx", "masked"),
        ("130****0000", "masked"),
        ("12000000000", "not-mobile"),
        ("1300000000", "not-mobile"),
        ("130000000000", "not-mobile"),
        ("１3000000000", "full-width"),
        ("130 0000 0000", "white-space"),
        ("13000000000\r\n", "white-space"),
        ("+86 130 0000 0000", "white-space"),
        ("\u{202D}13000000000\u{202C}", "invisible"),
        ("+1 2025550100", "not-mobile"),
    ] {
        assert_eq!(
            mobile::check(number).unwrap_err().rule,
            expected,
            "{number}"
        );
    }
}

proptest! {
    #[test]
    fn nothing_panics_and_nothing_is_repeated(text in "\\PC{1,40}") {
        let shown = [
            format!("{:?}", cert_no::check(&text, Documents::All, today())),
            format!("{:?}", cert_name::check(&text, Documents::default())),
            format!("{:?}", mobile::check(&text)),
        ];
        if text.chars().count() > 4 && !text.is_ascii() {
            prop_assert!(shown.iter().all(|shown| !shown.contains(&text)));
        }
    }

    #[test]
    fn the_check_character_decides_alone(digits in "[0-9]{17}") {
        let check = cert_no::check_character(digits.as_bytes()).unwrap();
        let weighted: u32 = digits
            .bytes()
            .enumerate()
            .map(|(at, digit)| u32::from(digit - b'0') * (2_u32.pow(17 - u32::try_from(at).unwrap()) % 11))
            .sum();
        // ISO 7064: the weighted sum including the check character (X is 10) is 1 modulo 11.
        let value = if check == b'X' { 10 } else { u32::from(check - b'0') };
        prop_assert_eq!((weighted + value) % 11, 1);
    }
}

#[test]
fn a_province_has_two_digits() {
    assert_eq!(cert_no::province("110105").map(|(code, ..)| code), Some(11));
    for other in ["0;", "*w", "1", "", "1A", "京京", "00"] {
        assert_eq!(cert_no::province(other), None, "{other}");
    }
}
