//! CertNo: the 18-character number of an identity document, GB 11643-1999.
//!
//! Six digits for an administrative division, eight for the birth date, three for a sequence (odd
//! for men, even for women), and a check character by ISO 7064 MOD 11-2.

use super::{Accepted, RuleViolation, character};
use crate::text::Text;
use crate::timestamp::Date;
use serde::Serialize;

/// Weight of each of the 17 digits: 2^(17-i) mod 11.
const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
/// The check character for each value of the weighted sum modulo 11.
const CHECK_CHARACTERS: [u8; 11] = *b"10X98765432";
/// Provinces by their first two digits (GB/T 2260), in order. Division codes below the province
/// level are not checked, because codes of abolished counties remain valid for life.
const PROVINCES: [u8; 34] = [
    11, 12, 13, 14, 15, 21, 22, 23, 31, 32, 33, 34, 35, 36, 37, 41, 42, 43, 44, 45, 46, 50, 51, 52,
    53, 54, 61, 62, 63, 64, 65, 81, 82, 83,
];
/// Names of the provinces; kept separate so that validation alone does not include them.
const PROVINCE_NAMES: [(&str, &str); 34] = [
    ("北京", "Beijing"),
    ("天津", "Tianjin"),
    ("河北", "Hebei"),
    ("山西", "Shanxi"),
    ("内蒙古", "Inner Mongolia"),
    ("辽宁", "Liaoning"),
    ("吉林", "Jilin"),
    ("黑龙江", "Heilongjiang"),
    ("上海", "Shanghai"),
    ("江苏", "Jiangsu"),
    ("浙江", "Zhejiang"),
    ("安徽", "Anhui"),
    ("福建", "Fujian"),
    ("江西", "Jiangxi"),
    ("山东", "Shandong"),
    ("河南", "Henan"),
    ("湖北", "Hubei"),
    ("湖南", "Hunan"),
    ("广东", "Guangdong"),
    ("广西", "Guangxi"),
    ("海南", "Hainan"),
    ("重庆", "Chongqing"),
    ("四川", "Sichuan"),
    ("贵州", "Guizhou"),
    ("云南", "Yunnan"),
    ("西藏", "Tibet"),
    ("陕西", "Shaanxi"),
    ("甘肃", "Gansu"),
    ("青海", "Qinghai"),
    ("宁夏", "Ningxia"),
    ("新疆", "Xinjiang"),
    ("香港", "Hong Kong"),
    ("澳门", "Macao"),
    ("台湾", "Taiwan"),
];

/// The kinds of documents whose numbers are accepted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Documents {
    /// Resident identity cards only, as in Alibaba Cloud's document for LR_FR.
    #[default]
    ResidentIdentityCard,
    /// Also residence permits of Hong Kong, Macao and Taiwan residents and the foreign permanent
    /// resident card of 2023, which some of Alibaba Cloud's other products accept.
    All,
}

impl Documents {
    /// All documents, or resident identity cards alone.
    pub const fn all_if(all: bool) -> Self {
        if all {
            Self::All
        } else {
            Self::ResidentIdentityCard
        }
    }

    /// The documents whose holder can have this number. Only the number of a foreign permanent resident card
    /// begins with 9, and only such a card has a name in Latin letters.
    pub(crate) fn of_number(self, number: Option<&str>) -> Self {
        match number {
            Some(number) if number.trim_start().starts_with(['9', '９']) => self,
            _ => Self::ResidentIdentityCard,
        }
    }
}

/// The kind of document to which a number belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Document {
    /// 居民身份证.
    ResidentIdentityCard,
    /// 港澳台居民居住证.
    ResidencePermit,
    /// 外国人永久居留身份证, 2023 edition.
    ForeignPermanentResidentCard,
}

/// The data that a number encodes.
#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(into = "Spelled")]
pub struct Details {
    /// The kind of document.
    pub document: Document,
    /// The first two digits; `None` for a foreign permanent resident card.
    pub province: Option<u8>,
    /// Date of birth.
    pub birth_date: Date,
    /// Whether the holder is male: the sequence number is odd.
    pub male: bool,
}

/// The same data with the province's names in Chinese and English.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Spelled {
    document: Document,
    province_zh: Option<&'static str>,
    province_en: Option<&'static str>,
    #[serde(serialize_with = "crate::timestamp::serialize_date")]
    birth_date: Date,
    male: bool,
}

impl From<Details> for Spelled {
    fn from(details: Details) -> Self {
        let names = details.province.and_then(province_names);
        Self {
            document: details.document,
            province_zh: names.map(|(zh, _)| zh),
            province_en: names.map(|(_, en)| en),
            birth_date: details.birth_date,
            male: details.male,
        }
    }
}

/// The details are personal data, so they are not printed.
impl std::fmt::Debug for Details {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Details")
            .field("document", &self.document)
            .finish_non_exhaustive()
    }
}

/// Validates a number; `today` is the date in China, to detect birth dates in the future.
///
/// # Errors
/// The first violated rule: `missing`, `foreign-card-2017`, `masked`, `white-space`, `invisible`,
/// `full-width`, `fifteen-digits`, `length`, `characters`, `division`, `document`, `birth-date`,
/// `birth-date-future` or `check-digit`.
pub fn check(
    text: &str,
    documents: Documents,
    today: Date,
) -> Result<Accepted<Details>, RuleViolation> {
    let mut notices = Vec::new();
    let mut number = to_ascii(text)?;
    let [.., last] = &mut number;
    if *last == b'x' {
        *last = b'X';
        notices.push(RuleViolation::new(
            "upper-case-x",
            "末位小写 x 已改为大写 X。",
            "had its final x changed to X.",
        ));
    }
    let (document, province) = division(&number)?;
    if documents == Documents::ResidentIdentityCard && document != Document::ResidentIdentityCard {
        return Err(RuleViolation::new(
            "document",
            "是居住证或外国人永久居留身份证号码，目前只支持居民身份证。",
            "is the number of a residence permit or a foreign permanent resident card; only resident identity cards are accepted.",
        ));
    }
    let Some(birth_date) = number.get(6..14).and_then(Date::parse_compact) else {
        return Err(RuleViolation::new(
            "birth-date",
            "第 7 至 14 位不是真实存在的日期，请核对号码。",
            "does not contain an existing date in characters 7 to 14; check the number.",
        ));
    };
    if birth_date > today {
        return Err(RuleViolation::new(
            "birth-date-future",
            "第 7 至 14 位的出生日期在今天之后，请核对号码。",
            "has a date of birth in the future; check the number.",
        ));
    }
    if check_character(&number) != number.last().copied() {
        return Err(RuleViolation::new(
            "check-digit",
            "校验码不符，通常是一位输错或相邻两位颠倒，请核对号码。",
            "has a wrong check digit: most likely one character is wrong or two are swapped; check the number.",
        ));
    }
    if today.year().saturating_sub(birth_date.year()) > 130 {
        notices.push(RuleViolation::new(
            "age",
            "按出生日期已超过 130 岁，请确认。",
            "belongs to a person older than 130 years; check it.",
        ));
    }
    let male = number.get(16).is_some_and(|digit| digit % 2 == 1);
    Ok(Accepted {
        normalized: text.to_ascii_uppercase(),
        notices,
        details: Details {
            document,
            province,
            birth_date,
            male,
        },
    })
}

/// The check character for the first 17 digits; `None` if they are not digits.
pub fn check_character(number: &[u8]) -> Option<u8> {
    let mut sum: u32 = 0;
    for (at, weight) in WEIGHTS.iter().enumerate() {
        let digit = char::from(*number.get(at)?).to_digit(10)?;
        sum = sum.saturating_add(digit.saturating_mul(*weight));
    }
    CHECK_CHARACTERS
        .get(usize::try_from(sum % 11).ok()?)
        .copied()
}

/// The 18 bytes of a well-formed number: 17 digits and a digit, `X` or `x`.
fn to_ascii(text: &str) -> Result<[u8; 18], RuleViolation> {
    if text.is_empty() {
        return Err(RuleViolation::new("missing", "不能为空。", "is empty."));
    }
    if is_foreign_card_of_2017(text) {
        return Err(RuleViolation::new(
            "foreign-card-2017",
            "是 2017 版外国人永久居留身份证的 15 位号码，不支持；2023 版证件的号码为 18 位。",
            "is a 15-character number of a foreign permanent resident card of the 2017 edition, which is not accepted; the number on a card of the 2023 edition has 18 digits.",
        ));
    }
    if is_masked(text) {
        return Err(RuleViolation::new(
            "masked",
            "是脱敏后的号码，请填写完整号码。",
            "is masked; enter the full number.",
        ));
    }
    if let Some(problem) = character::foreign(text, 0) {
        return Err(problem);
    }
    if text.len() == 15 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(RuleViolation::new(
            "fifteen-digits",
            "是第一代居民身份证的 15 位号码，已停用，请使用 18 位号码。",
            "is a 15-digit number of a first-generation card, invalid since 2013; use the 18-character number.",
        ));
    }
    let count = text.chars().count();
    if count != 18 {
        return Err(RuleViolation {
            rule: "length",
            message: Text::composed(
                format!("应为 18 位，实际 {count} 位。"),
                format!("must have 18 characters but has {count}."),
            ),
        });
    }
    let wrong = text.chars().enumerate().find(|(at, c)| {
        let x = *at == 17 && matches!(c, 'X' | 'x');
        !(c.is_ascii_digit() || x)
    });
    let number = <[u8; 18]>::try_from(text.as_bytes());
    match (number, wrong) {
        (Ok(number), None) => Ok(number),
        (_, wrong) => {
            let position = wrong.map_or(18, |(at, _)| at.saturating_add(1));
            Err(RuleViolation {
                rule: "characters",
                message: Text::composed(
                    format!("第 {position} 个字符有误：应为 17 位数字加 1 位数字或 X。"),
                    format!(
                        "has an invalid character at position {position}: it must consist of 17 digits and a digit or X."
                    ),
                ),
            })
        }
    }
}

/// Whether the text contains asterisks, or several letters X in place of digits.
pub(crate) fn is_masked(text: &str) -> bool {
    let asterisk = text.chars().any(|c| matches!(c, '*' | '＊'));
    let letters = text.bytes().filter(|byte| matches!(byte, b'x' | b'X'));
    // A longer one with several letters was pasted twice, or its end was.
    asterisk || letters.count() > 1 && text.len() <= 18
}

/// Whether the text consists of the three letters of a nationality and twelve digits.
fn is_foreign_card_of_2017(text: &str) -> bool {
    text.as_bytes()
        .split_at_checked(3)
        .is_some_and(|(nationality, digits)| {
            nationality.iter().all(u8::is_ascii_alphabetic)
                && digits.len() == 12
                && digits.iter().all(u8::is_ascii_digit)
        })
}

/// A province: the first two digits of its divisions, its name in Chinese and in English.
pub type Province = (u8, &'static str, &'static str);

/// The province to which a division code belongs, by its first two digits.
pub fn province(division: &str) -> Option<Province> {
    let [first, second, ..] = *division.as_bytes() else {
        return None;
    };
    let code = province_code(first, second)?;
    province_names(code).map(|(zh, en)| (code, zh, en))
}

fn province_code(first: u8, second: u8) -> Option<u8> {
    let digit = |byte| char::from(byte).to_digit(10);
    let code = digit(first)?.checked_mul(10)?.checked_add(digit(second)?)?;
    let code = u8::try_from(code).ok()?;
    place(code).map(|_| code)
}

fn province_names(code: u8) -> Option<(&'static str, &'static str)> {
    PROVINCE_NAMES.get(place(code)?).copied()
}

fn place(code: u8) -> Option<usize> {
    PROVINCES.iter().position(|province| *province == code)
}

fn division(number: &[u8; 18]) -> Result<(Document, Option<u8>), RuleViolation> {
    let [first, second, third, fourth, fifth, sixth, ..] = *number;
    if first == b'9' {
        return Ok((Document::ForeignPermanentResidentCard, None));
    }
    let province = province_code(first, second);
    match province {
        Some(81..=83) if [third, fourth, fifth, sixth] == *b"0000" => {
            Ok((Document::ResidencePermit, province))
        }
        Some(81..=83) | None => Err(RuleViolation::new(
            "division",
            "前 6 位不是有效的行政区划代码，请核对号码。",
            "does not start with the code of an administrative division; check the number.",
        )),
        Some(_) => Ok((Document::ResidentIdentityCard, province)),
    }
}
