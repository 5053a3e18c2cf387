//! Draws conclusions from the evidence, strongest first.
//!
//! If a calculation with the entered secret reproduces the request's signature, that proves what
//! was signed. A program's string to sign shows it, too. The form of a signature shows how it was
//! created. The text that the laboratory calculates from a request shows none of this: if it equals
//! the server's text, the request arrived as pasted, and nothing more follows.

use super::answer::{Extent, SDK_SECRET, ServerError};
use super::comparison::{Agreement, Comparison, Origin};
use super::{Finding, Role, Said, signature_form};
use crate::signing::SignatureVersion;
use crate::text::Text;
use serde::Serialize;

/// What a conclusion is based on, strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Evidence {
    /// The server's code, which names the cause.
    ServersCode,
    /// A calculation with the entered secret that reproduces the request's signature.
    Calculation,
    /// The text that the program signed.
    ProgramsText,
    /// The form of the signature.
    SignatureForm,
    /// The pasted request.
    Request,
    /// The server's text.
    ServersText,
}

/// The kind of a conclusion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// The signature is correct.
    Right,
    /// The cause is known.
    Wrong,
    /// The cause is unknown.
    Unknown,
}

/// One conclusion.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Conclusion {
    /// Stable name.
    pub rule: &'static str,
    /// The conclusion and the remedy.
    pub message: Text,
    /// Its kind.
    pub standing: Standing,
    /// Its evidence, strongest first; empty if the cause is unknown.
    pub rests_on: Vec<Evidence>,
}

/// What the conclusions are drawn from.
#[derive(Debug)]
pub struct Facts<'a> {
    /// The scheme.
    pub scheme: SignatureVersion,
    /// The request's signature, with `+` restored where it arrived as a space.
    pub given: Option<&'a str>,
    /// Whether the secret reproduces the signature; `None` if either is missing.
    pub right: Option<bool>,
    /// The mistakes with which the secret reproduces the signature.
    pub mistakes: &'a [Finding],
    /// Whether the secret, applied to the server's text, reproduces the signature.
    pub signs_servers_text: bool,
    /// Errors in the request.
    pub findings: &'a [Finding],
    /// Errors in the program's string to sign, found without the server's text.
    pub own_causes: &'a [Finding],
    /// The server's error.
    pub refusal: Option<&'a ServerError>,
    /// The comparison with the server's text.
    pub comparison: Option<&'a Comparison>,
}

use Evidence::{Calculation, ProgramsText, Request, ServersCode, ServersText, SignatureForm};
use Standing::{Right, Unknown, Wrong};

/// All conclusions, strongest evidence first. Empty if the user supplied nothing to conclude from.
pub fn conclude(facts: &Facts<'_>) -> Vec<Conclusion> {
    let mut found = Found(Vec::new());
    let agreement = facts.comparison.map(|comparison| comparison.agreement);
    let incomplete = facts.refusal.is_some_and(is_incomplete);
    let mismatch = facts.refusal.is_some_and(is_mismatch);
    if let Some(refusal) = facts.refusal {
        found.by_code(refusal, facts.findings);
        // What the calculation or the strings show is stronger than what the SDK concludes.
        let is_contradicted = facts.right == Some(true)
            || !facts.mistakes.is_empty()
            || agreement == Some(Agreement::Different);
        if is_sdk_secret(refusal) && !is_contradicted {
            found.push(SDK_COMPARED, Wrong, &[ServersCode]);
        }
    }
    for finding in facts.findings {
        if finding.role == Role::Cause {
            // This proves that only the rest of the request is wrong.
            let rests_on: &[Evidence] = if facts.right == Some(true) {
                &[Calculation, Request]
            } else {
                &[Request]
            };
            found.causes(std::slice::from_ref(finding), rests_on);
        }
    }
    let spoilt = !found.0.is_empty();
    match facts.right {
        Some(true) => {
            // The same string at the server proves more than an odd request.
            let is_open = !spoilt || agreement == Some(Agreement::Same);
            found.of_right_signature(facts, mismatch && is_open);
        }
        Some(false) => {
            // A program that signed what the server received made no mistake.
            if facts.signs_servers_text {
                found.push(SERVERS_TEXT_SIGNED, Wrong, &[Calculation, ServersText]);
            } else {
                found.causes(facts.mistakes, &[Calculation]);
            }
        }
        None => {}
    }
    if facts.right != Some(true) {
        if let Some(comparison) = facts.comparison {
            found.of_comparison(comparison);
        }
        if found.0.is_empty() {
            found.causes(facts.own_causes, &[ProgramsText]);
        }
        // The mistakes explain the form, too.
        let given = facts.given.filter(|_| facts.mistakes.is_empty());
        let form = given.and_then(|given| signature_form::wrong(facts.scheme, given));
        found.causes(form.as_slice(), &[SignatureForm]);
    }
    let Found(mut found) = found;
    let any_wrong = found.iter().any(|one| one.standing == Wrong);
    if incomplete && !any_wrong {
        found.insert(0, conclusion(INCOMPLETE, Wrong, &[ServersCode]));
    }
    if found.is_empty() {
        found.extend(unseen(facts).or_else(|| unknown(facts, mismatch, agreement)));
    }
    found
}

/// The conclusions so far, strongest evidence first.
struct Found(Vec<Conclusion>);

impl Found {
    fn push(&mut self, said: Said, standing: Standing, rests_on: &[Evidence]) {
        let weaker = |one: &Conclusion| one.rests_on.as_slice() > rests_on;
        let at = self.0.iter().position(weaker).unwrap_or(self.0.len());
        self.0.insert(at, conclusion(said, standing, rests_on));
    }

    /// Adds each cause once, with its strongest evidence.
    fn causes(&mut self, causes: &[Finding], rests_on: &[Evidence]) {
        for cause in causes {
            let said = (cause.rule, cause.message.clone());
            if !self
                .0
                .iter()
                .any(|known| known.rule == said.0 && known.message == said.1)
            {
                self.push(said, Wrong, rests_on);
            }
        }
    }

    fn by_code(&mut self, refusal: &ServerError, findings: &[Finding]) {
        let code = refusal.code.as_deref().unwrap_or_default();
        if code.starts_with("InvalidTimeStamp.Expired") {
            let is_cause = |finding: &&Finding| finding.role == Role::Expired;
            match findings.iter().find(is_cause) {
                Some(cause) => self.causes(std::slice::from_ref(cause), &[ServersCode, Request]),
                None => self.push(EXPIRED, Wrong, &[ServersCode]),
            }
        } else if code.starts_with("SignatureNonceUsed") {
            self.push(NONCE_USED, Wrong, &[ServersCode]);
        } else if !is_mismatch(refusal)
            && let Some(meaning) = refusal.meaning
        {
            self.push(("refused", meaning.text.clone()), Wrong, &[ServersCode]);
        }
    }

    /// Concludes from a calculation that proves that the pasted request was signed.
    fn of_right_signature(&mut self, facts: &Facts<'_>, mismatch: bool) {
        let agreement = facts.comparison.map(|comparison| comparison.agreement);
        match agreement {
            _ if !mismatch => {
                if !self
                    .0
                    .iter()
                    .any(|one| one.rests_on == [Calculation, Request])
                {
                    self.push(RIGHT, Right, &[Calculation]);
                }
            }
            Some(Agreement::Same) => {
                self.push(SERVERS_SECRET, Wrong, &[Calculation, ServersText]);
            }
            Some(Agreement::Different) => {
                let causes = facts
                    .comparison
                    .map_or(&[][..], |comparison| &comparison.causes);
                self.causes(causes, &[Calculation, ServersText]);
                if causes.is_empty() {
                    self.push(OTHER_DIGEST, Wrong, &[Calculation, ServersText]);
                }
            }
            _ => {
                let extent = facts
                    .refusal
                    .map_or(Extent::Absent, |refusal| refusal.extent);
                let (rule, text) = RIGHT_BUT_REFUSED;
                let said = (rule, text.then(&missing_text(extent)));
                self.push(said, Unknown, &[Calculation]);
            }
        }
    }

    fn of_comparison(&mut self, comparison: &Comparison) {
        let rests_on: &[Evidence] = match comparison.origin {
            Origin::Signed => &[ProgramsText, ServersText],
            Origin::Sent => &[Request, ServersText],
        };
        self.causes(&comparison.causes, rests_on);
        match (comparison.agreement, comparison.origin) {
            (Agreement::Different, _) if comparison.causes.is_empty() => {
                self.push(OTHER_DIGEST, Wrong, rests_on);
            }
            (Agreement::Same, Origin::Signed) => self.push(SECRET, Unknown, rests_on),
            _ => {}
        }
    }
}

pub(super) fn conclusion(
    (rule, message): Said,
    standing: Standing,
    rests_on: &[Evidence],
) -> Conclusion {
    Conclusion {
        rule,
        message,
        standing,
        rests_on: rests_on.to_vec(),
    }
}

/// The conclusion that the cause is unknown because part of the request is not visible.
fn unseen(facts: &Facts<'_>) -> Option<Conclusion> {
    let is_unread = |finding: &&Finding| finding.role == Role::Unread;
    let finding = facts.findings.iter().find(is_unread)?;
    let said = (finding.rule, finding.message.clone());
    let arrived = facts
        .comparison
        .is_some_and(|comparison| comparison.agreement == Agreement::Same);
    (facts.right.is_none() && !arrived).then(|| conclusion(said, Unknown, &[]))
}

/// The conclusion that the cause is unknown, and what would reveal it.
fn unknown(facts: &Facts<'_>, mismatch: bool, agreement: Option<Agreement>) -> Option<Conclusion> {
    if !mismatch {
        let tried = facts.right == Some(false);
        return tried.then(|| conclusion(UNKNOWN_MISTAKE, Unknown, &[]));
    }
    let refusal = facts.refusal?;
    let rests_on: &[Evidence] = match agreement {
        Some(Agreement::Same) => &[Request, ServersText],
        _ => &[],
    };
    let (rule, text) = match (agreement, facts.right) {
        (Some(Agreement::Same), Some(false)) => ARRIVED_BUT_NOT_SIGNED,
        (Some(Agreement::Same), _) => ARRIVED,
        (_, Some(false)) => (
            "unknown-mistake",
            UNKNOWN_MISTAKE.1.then(&missing_text(refusal.extent)),
        ),
        _ => ("refused-without-reason", missing_text(refusal.extent)),
    };
    Some(conclusion((rule, text), Unknown, rests_on))
}

/// The conclusions from the server's error without a request. `is_shown` states whether the text that it
/// quotes is shown in stages.
pub(super) fn of_answer_alone(
    refusal: &ServerError,
    findings: &[Finding],
    is_shown: bool,
) -> Vec<Conclusion> {
    let mut found = conclude(&Facts {
        scheme: SignatureVersion::Rpc,
        given: None,
        right: None,
        mistakes: &[],
        signs_servers_text: false,
        findings,
        own_causes: &[],
        refusal: Some(refusal),
        comparison: None,
    });
    if is_shown {
        found.retain(|conclusion| conclusion.standing == Wrong);
        if found.is_empty() {
            let (rule, whole) = ANSWER_ALONE;
            let text = match refusal.extent {
                Extent::Cut | Extent::Masked => missing_text(refusal.extent),
                _ => whole,
            };
            found.push(conclusion((rule, text), Unknown, &[]));
        }
    }
    found
}

/// Whether the server reports an incomplete signature. If it quotes what it signed, some services report a
/// wrong signature in this way.
fn is_incomplete(refusal: &ServerError) -> bool {
    refusal.code.as_deref() == Some("IncompleteSignature") && refusal.extent == Extent::Absent
}

/// Whether an SDK reports that the secret is wrong, because the strings to sign are equal.
fn is_sdk_secret(refusal: &ServerError) -> bool {
    let code = refusal.code.as_deref();
    code.is_some_and(|code| code.contains(SDK_SECRET))
}

/// Whether the response reports a wrong signature.
fn is_mismatch(refusal: &ServerError) -> bool {
    match refusal.code.as_deref() {
        Some(code) => {
            is_sdk_secret(refusal)
                || matches!(code, "SignatureDoesNotMatch" | "IncompleteSignature")
        }
        None => {
            refusal.server_text.is_some()
                || refusal.digest.is_some()
                || refusal.extent != Extent::Absent
        }
    }
}

const RIGHT: Said = (
    "right",
    Text::new(
        "签名正确：与这个 AccessKeySecret 算出的一致。",
        "The signature is correct: this AccessKeySecret produces the same one.",
    ),
);
const SERVERS_SECRET: Said = (
    "servers-secret-differs",
    Text::new(
        "这个 AccessKeySecret 算出的正是请求里的签名，服务端收到的也是这个请求，却拒绝：该 AccessKeyId 在服务端对应的是另一个密钥。请核对 AccessKey。",
        "This AccessKeySecret produces the request's signature, and the server received this request but rejected it: on the server, a different secret belongs to this AccessKeyId. Check the key pair.",
    ),
);
const SERVERS_TEXT_SIGNED: Said = (
    "servers-text-signed",
    Text::new(
        "这个 AccessKeySecret 对服务端的待签名字符串算出的正是请求里的签名：程序签名无误，粘贴的请求不是它签名的那一个，而该 AccessKeyId 在服务端对应的是另一个密钥。",
        "For the server's text, this AccessKeySecret produces the request's signature: the program signed correctly, the pasted request is not the one it signed, and on the server a different secret belongs to this AccessKeyId.",
    ),
);
const ANSWER_ALONE: Said = (
    "answer-alone",
    Text::new(
        "这里只有服务端的响应：下面的步骤是服务端收到并据以验证签名的内容。要找出原因，请再贴上程序打印的待签名字符串，或发出的请求和 AccessKeySecret。",
        "This is the server's response alone: the steps below show what the server received and verified. To find the cause, also paste the string to sign that the program printed, or the request together with the AccessKeySecret.",
    ),
);
/// Nothing distinguishes the program's string from a copy of the server's.
pub(super) const SECRET: Said = (
    "secret",
    Text::new(
        "粘贴的字符串与服务端的完全一致。如果它是从响应中复制的，则说明不了原因，请改贴程序打印的待签名字符串；如果它是程序打印的，则错在密钥或 HMAC：AccessKeySecret 不对或带了空白，RPC 的 HMAC 密钥漏了结尾的 &，或者 HMAC 算错了。",
        "The pasted string equals the server's. If it was copied from the response, it shows nothing: paste the string to sign that the program printed. If the program printed it, the signing key or the HMAC is wrong: a different AccessKeySecret, white space around it, a missing & at the end of the key under RPC, or a wrong HMAC.",
    ),
);
const SDK_COMPARED: Said = (
    "secret-by-sdk",
    Text::new(
        "SDK 已将自己的待签名字符串与服务端的作过比对，两者一致，所以 AccessKeySecret 不对，或者带了空白。",
        "The SDK compared its string to sign with the server's and found them equal, so the AccessKeySecret is wrong or has white space around it.",
    ),
);
const OTHER_DIGEST: Said = (
    "other-digest",
    Text::new(
        "服务端待签名字符串的 SHA-256 与此处的不同：服务端收到的不是这个请求，或者签名的字符串不同。从响应中看不出哪里不同。",
        "The SHA-256 of the server's signed text differs: the server did not receive this request, or the strings differ. The response does not show where.",
    ),
);
const RIGHT_BUT_REFUSED: Said = (
    "right-but-refused",
    Text::new(
        "就粘贴的请求和这个 AccessKeySecret 而言，签名正确，服务端却拒绝：要么该 AccessKeyId 在服务端对应另一个密钥，要么服务端收到的不是这个请求。目前无法判断是哪一种。",
        "For the pasted request and this AccessKeySecret, the signature is correct, but the server rejected it: either a different secret belongs to this AccessKeyId, or the server received a different request. It is unknown which.",
    ),
);
const ARRIVED: Said = (
    "program-unknown",
    Text::new(
        "请求原样到达了服务端，此外无法得出其他结论：上面的字符串由实验室根据发出的请求算出，并不是程序签名的字符串。原因可能是密钥，也可能是程序的编码或排序。请填写 AccessKeySecret，或贴上程序打印的待签名字符串。",
        "The request reached the server as pasted. Nothing more follows: the laboratory calculated the string from the request, and the string that the program signed is unknown. The cause may be the secret, or the program's encoding or sorting. Enter the AccessKeySecret, or paste the string to sign that the program printed.",
    ),
);
const ARRIVED_BUT_NOT_SIGNED: Said = (
    "arrived-but-not-signed",
    Text::new(
        "请求原样到达了服务端，但用这个 AccessKeySecret，无论正确签名还是按已知的错误写法，都算不出请求里的签名：程序用的是另一个密钥，或者有实验室无法识别的错误，目前无法判断。请贴上程序打印的待签名字符串。",
        "The request reached the server as pasted, but this AccessKeySecret does not produce its signature, neither correctly nor with the known mistakes: the program used a different secret, or made a mistake that the laboratory does not know. It is unknown which; paste the string to sign that the program printed.",
    ),
);
const UNKNOWN_MISTAKE: Said = (
    "unknown-mistake",
    Text::new(
        "原因不明：用这个 AccessKeySecret，无论正确签名还是按已知的错误写法，都算不出请求里的签名。可能密钥不同，可能请求在签名之后被改过，也可能有实验室无法识别的错误。请贴上程序打印的待签名字符串，或服务端完整的 SignatureDoesNotMatch 响应。",
        "The cause is unknown: this AccessKeySecret does not produce the request's signature, neither correctly nor with the known mistakes. The secret may be wrong, the request may have been changed after signing, or the program made a mistake that the laboratory does not know. Paste the string to sign that the program printed, or the server's complete SignatureDoesNotMatch response.",
    ),
);
const EXPIRED: Said = (
    "refused",
    Text::new(
        "请求的时间与服务端时钟相差超过 15 分钟：本机时钟不准，把当地时间写成了 UTC，或者请求在签名很久之后才发出（例如重试时没有重新签名）。",
        "The request's time differs from the server's clock by more than 15 minutes: this machine's clock is wrong, local time was written as UTC, or the request was sent long after it was signed (for example, by a retry that did not sign again).",
    ),
);
const NONCE_USED: Said = (
    "refused",
    Text::new(
        "SignatureNonce 以前用过：程序生成的值会重复（例如以秒计的时间），或者重试时没有重新签名。每次请求（包括重试）都应使用新的 UUID。",
        "The SignatureNonce was used before: the program's values repeat (for example, a time in seconds), or a retry did not sign again. Use a new UUID for each request, also for a retry.",
    ),
);
const INCOMPLETE: Said = (
    "incomplete-signature",
    Text::new(
        "服务端认为签名不完整（IncompleteSignature）：通常是签名缺失、为空、被截断或在传输途中被改动，或者 ACS3 的 SignedHeaders 与请求头不符；有的服务在密钥不对时也返回它。请核对实际发出的请求。",
        "The server reports an incomplete signature (IncompleteSignature): usually, the signature is missing, empty, truncated, or was changed in transit, or ACS3's SignedHeaders do not match the headers; some services also report a wrong secret in this way. Check the request that is actually sent.",
    ),
);

/// Why the server's response reveals no more, and what would reveal it.
const fn missing_text(extent: Extent) -> Text {
    match extent {
        Extent::Cut => Text::new(
            "服务端的响应被截断（日志、SDK 或 HTTP 库常常如此），可见部分说明不了原因。请贴上完整的响应，并填写 AccessKeySecret 或贴上程序打印的待签名字符串。",
            "The server's response is truncated, which logs, SDKs and HTTP libraries often do, and the visible part does not reveal the cause. Paste the whole response, and enter the AccessKeySecret or paste the string to sign that the program printed.",
        ),
        Extent::Masked => Text::new(
            "服务端的响应被日志脱敏，遮住的部分无法比对，可见部分说明不了原因。请贴上未脱敏的响应，并填写 AccessKeySecret 或贴上程序打印的待签名字符串。",
            "A log masked parts of the server's response; these cannot be compared, and the others do not reveal the cause. Paste the unmasked response, and enter the AccessKeySecret or paste the string to sign that the program printed.",
        ),
        Extent::Whole | Extent::Digest | Extent::Absent => Text::new(
            "服务端的响应只说明签名不一致，没有给出原因。请贴上带有 string to sign 的完整响应，并填写 AccessKeySecret 或贴上程序打印的待签名字符串。",
            "The server's response reports a signature mismatch without the cause. Paste the whole response with its string to sign, and enter the AccessKeySecret or paste the string to sign that the program printed.",
        ),
    }
}
