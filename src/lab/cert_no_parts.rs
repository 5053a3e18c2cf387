//! An identity number part by part, also one that is not valid.

use crate::identity::Problem;
use crate::identity::cert_no::{self, Documents};
use crate::timestamp::Date;
use serde::Serialize;

/// Which part of a number.
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

/// What is known of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It is right.
    Right,
    /// It is wrong.
    Wrong,
    /// It was not looked at, because a part before it is wrong.
    Open,
}

/// A part of a number.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Part {
    /// Which part.
    pub kind: Kind,
    /// Its characters, as typed.
    pub text: String,
    /// What is known of it.
    pub state: State,
    /// Of the check character: the one that belongs behind the first 17 digits.
    pub expected: Option<char>,
}

/// Cuts a number into its parts; empty when it is not of the form of one.
pub fn parts(text: &str, documents: Documents, today: Date) -> Vec<Part> {
    let broken = match cert_no::check(text, documents, today) {
        Ok(_) => None,
        Err(Problem { rule, .. }) => match rule {
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
            let expected = match (kind, state) {
                (Kind::Check, State::Wrong) => {
                    cert_no::check_character(text.as_bytes()).map(char::from)
                }
                _ => None,
            };
            Part {
                kind,
                text: text.get(range).unwrap_or_default().to_owned(),
                state,
                expected,
            }
        })
        .collect()
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
    fn tells_the_check_character_that_belongs_there() {
        let today = Date::new(2026, 1, 1).unwrap();
        let parts = parts("110105194912310021", Documents::ResidentIdentityCard, today);
        assert_eq!(parts[3].expected, Some('X'));
        assert_eq!(parts[1].text, "19491231");
    }
}
