//! Scripted outcomes: an OuterOrderNo or a UserId determines how the verification proceeds.
//!
//! `sandboxinit415…`, `sandboxdescribe427…`, `sandboxsub205…`, `sandboxsub200after10s…`; in a
//! UserId, hyphens may separate the words (`sandbox-sub-205`). Identity numbers are never scripts:
//! they are always validated.

use super::verification::Ending;
use crate::actions::ActionKind;
use crate::vendor::codes;

/// The script of a verification.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Script {
    /// InitFaceVerify returns this Code.
    Init(&'static str),
    /// The user has opened it on the phone.
    Opened,
    /// It ends by itself after a delay in milliseconds.
    Ends(Ending, i64),
}

/// Parses the script. OuterOrderNo takes precedence over UserId; both are optional.
///
/// # Errors
/// A note for developers if the script names an unknown Code.
pub(super) fn script(
    outer_order_no: &str,
    user_id: Option<&str>,
) -> Result<Option<Script>, String> {
    if let Some(script) = read(outer_order_no)? {
        return Ok(Some(script));
    }
    match user_id {
        Some(user_id) => read(&user_id.replace('-', "")),
        None => Ok(None),
    }
}

fn read(text: &str) -> Result<Option<Script>, String> {
    let Some(script) = text.strip_prefix("sandbox") else {
        return Ok(None);
    };
    let kinds = ["init", "describe", "sub"];
    let Some((kind, rest)) = kinds
        .iter()
        .find_map(|kind| Some((*kind, script.strip_prefix(kind)?)))
    else {
        return Ok(None);
    };
    let (code, rest) = rest.split_at_checked(3).unwrap_or((rest, ""));
    let known = match kind {
        "init" => codes::code(code)
            .filter(|known| ActionKind::Init.returns(known))
            .map(|known| (known.code != "200").then_some(Script::Init(known.code))),
        "describe" if code == "403" => Some(Some(Script::Opened)),
        // Not submitted, which is the initial status of every verification.
        "describe" if matches!(code, "200" | "424") => Some(None),
        "describe" => codes::code(code)
            .filter(|known| ActionKind::Describe.returns(known))
            .map(|known| Some(Script::Ends(Ending::Code(known.code.to_owned()), 0))),
        _ => codes::sub_code(code).map(|known| {
            Some(Script::Ends(
                Ending::SubCode(known.code.to_owned()),
                delay(rest),
            ))
        }),
    };
    known.ok_or_else(|| {
        format!(
            "the scripted outcome must end in a three-digit code of its table (sandbox{kind}...)"
        )
    })
}

/// The milliseconds that a suffix such as `after10s` denotes; 0 without one.
fn delay(text: &str) -> i64 {
    text.strip_prefix("after")
        .and_then(|text| text.split_once('s'))
        .and_then(|(seconds, _)| seconds.parse::<u16>().ok())
        .map_or(0, |seconds| i64::from(seconds).saturating_mul(1_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_scripts() {
        let ends =
            |code: &str, millis| Some(Script::Ends(Ending::SubCode(code.to_owned()), millis));
        for (text, expected) in [
            ("e0c34a77f5ac40a5aa5e6ed20c353888", None),
            ("sandbox0000000000000000000000000", None),
            ("sandboxsub205xxxxxxxxxxxxxxxxxxx", ends("205", 0)),
            ("sandboxsub200after10sxxxxxxxxxxx", ends("200", 10_000)),
            (
                "sandboxinit415xxxxxxxxxxxxxxxxxx",
                Some(Script::Init("415")),
            ),
            ("sandboxinit200xxxxxxxxxxxxxxxxxx", None),
            ("sandboxdescribe403xxxxxxxxxxxxxx", Some(Script::Opened)),
            ("sandboxdescribe424xxxxxxxxxxxxxx", None),
            (
                "sandboxdescribe427xxxxxxxxxxxxxx",
                Some(Script::Ends(Ending::Code("427".to_owned()), 0)),
            ),
        ] {
            assert_eq!(script(text, None), Ok(expected), "{text}");
        }
        assert_eq!(
            script(
                "e0c34a77f5ac40a5aa5e6ed20c353888",
                Some("sandbox-sub-206-after-3s")
            ),
            Ok(ends("206", 3_000))
        );
    }

    #[test]
    fn refuses_codes_that_do_not_exist() {
        for text in [
            "sandboxinit999",
            "sandboxinit424",
            "sandboxdescribe419",
            "sandboxsub",
            "sandboxsub2é0",
        ] {
            assert!(script(text, None).is_err(), "{text}");
        }
    }
}
