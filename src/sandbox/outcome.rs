//! Scripted outcomes: an OuterOrderNo or a UserId determines how the verification proceeds.
//!
//! `sandboxinit415…`, `sandboxdescribe427…`, `sandboxsub205…`, `sandboxsub200after10s…`; in a
//! UserId, hyphens may separate the words (`sandbox-sub-205`). Identity numbers are never scripts:
//! they are always validated.

use super::ending::Ending;
use crate::actions::ActionKind;
use crate::vendor::codes;

/// The script of a verification.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Script {
    /// It proceeds as without a script.
    Usual,
    /// InitFaceVerify returns this Code.
    Init(&'static str),
    /// The user has opened it on the phone.
    Opened,
    /// It ends by itself after a delay in milliseconds.
    Ends(Ending, i64),
}

/// The note for an invalid delay.
const DELAY: &str = "the delay of a scripted outcome must be after and 0 to 1799 seconds, such as sandboxsub200after10s; only sandboxsub... can have one";

/// Parses the script. OuterOrderNo takes precedence over UserId; both are optional.
///
/// # Errors
/// A note for developers if the script names an unknown Code or an invalid delay.
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
    let after = rest.strip_prefix("after");
    let millis = match after.map(delay) {
        None => 0,
        Some(Some(millis)) if kind == "sub" => millis,
        Some(_) => return Err(DELAY.to_owned()),
    };
    let known = match kind {
        "init" if code == "200" => Some(Script::Usual),
        "init" => codes::code(code)
            .filter(|known| ActionKind::Init.returns(known))
            .map(|known| Script::Init(known.code)),
        "describe" if code == "403" => Some(Script::Opened),
        // Not submitted, which is the initial status of every verification.
        "describe" if matches!(code, "200" | "424") => Some(Script::Usual),
        "describe" => codes::code(code)
            .filter(|known| ActionKind::Describe.returns(known))
            .map(|known| Script::Ends(Ending::Code(known.code.to_owned()), 0)),
        _ => codes::sub_code(code)
            .map(|known| Script::Ends(Ending::SubCode(known.code.to_owned()), millis)),
    };
    known.map(Some).ok_or_else(|| {
        format!(
            "the scripted outcome must end in a three-digit code of its table (sandbox{kind}...)"
        )
    })
}

/// The milliseconds of a delay such as `10s`; `None` if it is not a number of seconds within the 30
/// minutes of a CertifyId.
fn delay(text: &str) -> Option<i64> {
    let (seconds, _) = text.split_once('s')?;
    let is_number = seconds.bytes().all(|byte| byte.is_ascii_digit());
    let seconds: i64 = seconds.parse().ok()?;
    (is_number && seconds < 1_800).then(|| seconds.saturating_mul(1_000))
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
            ("sandboxinit200xxxxxxxxxxxxxxxxxx", Some(Script::Usual)),
            ("sandboxdescribe403xxxxxxxxxxxxxx", Some(Script::Opened)),
            ("sandboxdescribe424xxxxxxxxxxxxxx", Some(Script::Usual)),
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
        for usual in ["sandboxinit200", "sandboxdescribe200", "sandboxdescribe424"] {
            let both = script(usual, Some("sandbox-sub-206"));
            assert_eq!(both, Ok(Some(Script::Usual)), "{usual}");
        }
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

    #[test]
    fn refuses_delays_that_it_cannot_keep() {
        for text in [
            "sandboxsub200after99999sxxxxxxxx",
            "sandboxsub200after1800sxxxxxxxxx",
            "sandboxsub200after5mxxxxxxxxxxxx",
            "sandboxsub200after10xxxxxxxxxxxx",
            "sandboxsub200afterxxxxxxxxxxxxxx",
            "sandboxsub200aftersxxxxxxxxxxxxx",
            "sandboxsub200after-1s",
            "sandboxsub200after+1s",
            "sandboxdescribe500after10sxxxxxx",
            "sandboxdescribe424after10sxxxxxx",
            "sandboxinit415after10sxxxxxxxxxx",
        ] {
            let note = script(text, None).unwrap_err();
            assert_eq!(note, DELAY, "{text}");
        }
        let last = Script::Ends(Ending::SubCode("200".to_owned()), 1_799_000);
        assert_eq!(script("sandboxsub200after1799s", None), Ok(Some(last)));
    }
}
