//! Splits an identity number into its parts, even if it is invalid.

use crate::identity::RuleViolation;
use crate::identity::cert_no::{self, Documents};
use crate::text::Text;
use crate::timestamp::Date;
use serde::Serialize;

/// The kind of part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Six digits of the administrative division.
    Division,
    /// Eight digits of the date of birth.
    BirthDate,
    /// Three digits of the sequence number.
    Sequence,
    /// The check character.
    Check,
}

/// The state of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// The part is correct.
    Right,
    /// The part is wrong.
    Wrong,
    /// The part was not checked, because a preceding part is wrong.
    Open,
}

/// A part of a number.
#[derive(PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Part {
    /// Which part.
    pub kind: Kind,
    /// Its characters, as typed.
    pub text: String,
    /// Its state.
    pub state: State,
    /// Its meaning, or the expected value.
    pub meaning: Option<Text>,
}
redacted_debug!(Part);

/// Splits a number into its parts; empty if it is malformed.
pub fn parts(text: &str, documents: Documents, today: Date) -> Vec<Part> {
    let broken = match cert_no::check(text, documents, today) {
        Ok(_) => None,
        Err(RuleViolation { rule, .. }) => match rule {
            "division" | "document" => Some(Kind::Division),
            "birth-date" | "birth-date-future" => Some(Kind::BirthDate),
            "check-digit" => Some(Kind::Check),
            _ => return Vec::new(),
        },
    };
    let cuts = [
        (Kind::Division, 0..6),
        (Kind::BirthDate, 6..14),
        (Kind::Sequence, 14..17),
        (Kind::Check, 17..18),
    ];
    let mut open = false;
    cuts.into_iter()
        .map(|(kind, range)| {
            let state = if broken == Some(kind) {
                open = true;
                State::Wrong
            } else if open {
                State::Open
            } else {
                State::Right
            };
            let own = text.get(range).unwrap_or_default();
            Part {
                kind,
                text: own.to_owned(),
                state,
                meaning: meaning(kind, state, own, text),
            }
        })
        .collect()
}

fn meaning(kind: Kind, state: State, part: &str, number: &str) -> Option<Text> {
    match (kind, state) {
        (Kind::Division, State::Right) => {
            let (_, zh, en) = cert_no::province(part)?;
            Some(Text::new(zh, en))
        }
        (Kind::BirthDate, State::Right) => {
            let date = Date::parse_compact(part.as_bytes())?.to_string();
            Some(Text::composed(date.clone(), date))
        }
        (Kind::Sequence, State::Right) => Some(match part.bytes().last()? % 2 {
            1 => Text::new("奇数：男", "odd: male"),
            _ => Text::new("偶数：女", "even: female"),
        }),
        (Kind::Check, State::Right) => Some(Text::new(
            "与前 17 位相符",
            "as required by the first 17 digits",
        )),
        (Kind::Check, State::Wrong) => {
            let expected = char::from(cert_no::check_character(number.as_bytes())?);
            Some(Text::composed(
                format!("前 17 位对应的校验码是 {expected}"),
                format!("the first 17 digits require {expected}"),
            ))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn states(text: &str) -> Vec<State> {
        let today = Date::new(2026, 1, 1).unwrap();
        parts(text, Documents::ResidentIdentityCard, today)
            .iter()
            .map(|part| part.state)
            .collect()
    }

    #[test]
    fn says_which_part_is_wrong() {
        use State::{Open, Right, Wrong};
        assert_eq!(states("11010519491231002X"), [Right; 4]);
        assert_eq!(states("11010519491231002x"), [Right; 4]);
        assert_eq!(states("99"), []);
        assert_eq!(states("00010519491231002X"), [Wrong, Open, Open, Open]);
        assert_eq!(states("11010519491331002X"), [Right, Wrong, Open, Open]);
        assert_eq!(states("110105194912310021"), [Right, Right, Right, Wrong]);
    }

    #[test]
    fn says_what_each_part_means() {
        let today = Date::new(2026, 1, 1).unwrap();
        let meanings = |text: &str| {
            parts(text, Documents::All, today)
                .into_iter()
                .map(|part| part.meaning.map(|meaning| meaning.en.into_owned()))
                .collect::<Vec<_>>()
        };
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(
            meanings("11010519491231002X"),
            [
                some("Beijing"),
                some("1949-12-31"),
                some("even: female"),
                some("as required by the first 17 digits"),
            ]
        );
        assert_eq!(
            meanings("110105194912310021")[3],
            some("the first 17 digits require X")
        );
        assert_eq!(meanings("810000199408230021")[0], some("Hong Kong"));
        assert_eq!(meanings("11010519491331002X")[1..], [None, None, None]);
    }
}
