//! Examines a pasted request together with the secret and the server's error.

use super::answer::{self, Extent, ServerError};
use super::calculation::{Stages, access_key_id, calculate, signed_headers};
use super::comparison::{Agreement, Comparison, Origin, Ours, compare};
use super::conclusion::{
    Conclusion, Facts, SECRET, Standing, conclude, conclusion, of_answer_alone,
};
use super::reading::{self, Completeness, Form, Parameter, Reading};
use super::{Finding, Role, mask, mistakes, signature_form};
use crate::signing::{SignatureVersion, TIMESTAMP_WINDOW_MILLIS, acs3, rpc};
use crate::text::Text;
use crate::timestamp::Timestamp;
use crate::vendor::credentials::{Credentials, Secret};
use serde::Serialize;

/// The user's input.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    /// The pasted request.
    pub request: &'a str,
    /// The scheme; `None` to detect it.
    pub scheme: Option<SignatureVersion>,
    /// The method; `None` to detect it.
    pub method: Option<&'a str>,
    /// The AccessKeySecret; empty if not given.
    pub secret: &'a str,
    /// The pasted error; empty if not given.
    pub answer: &'a str,
    /// The host's decoding of [`mistakes::gbk_pairs`]; empty if the host cannot decode GBK.
    pub gbk: &'a str,
}

/// The input contains a secret, so it is not printed.
impl std::fmt::Debug for Subject<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Subject").finish_non_exhaustive()
    }
}

/// The result of an examination.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Examination {
    /// The form of the pasted request.
    pub form: Form,
    /// How much of the request was read.
    pub completeness: Completeness,
    /// Its signature, stage by stage.
    pub stages: Stages,
    /// The signature that the request contains.
    pub given_signature: Option<String>,
    /// Whether that signature is correct; `None` if it or the secret is missing.
    pub right: Option<bool>,
    /// Errors and peculiarities of the request itself.
    pub findings: Vec<Finding>,
    /// How much of the server's signed text the error shows, if one was pasted.
    pub extent: Option<Extent>,
    /// The comparison with the server's signed text.
    pub comparison: Option<Comparison>,
    /// The conclusions, strongest evidence first.
    pub conclusions: Vec<Conclusion>,
}
redacted_debug!(Examination);

/// Examines a request.
///
/// # Errors
/// If the request is unreadable.
pub fn examine(subject: &Subject<'_>, now: Timestamp) -> Result<Examination, Finding> {
    if let Some(result) = examine_answer_alone(subject, now) {
        return result;
    }
    let refusal = (!subject.answer.trim().is_empty()).then(|| answer::read(subject.answer));
    let reading = match reading::read(subject.request) {
        Ok(reading) if reading.form != Form::FormBody => reading,
        other => match hash_alone(subject.request, refusal.as_ref()) {
            Some(finding) => return Err(finding),
            None => other?,
        },
    };
    let scheme = subject.scheme.unwrap_or_else(|| reading.scheme());
    let is_own_cut = reading.signed_text.is_some() && reading.completeness == Completeness::Part;
    let breaks_off = breaks_off(&reading);
    let reading = reading.partial(breaks_off);
    let (secret, has_ampersand) = without_ampersand(subject.secret);
    let secret = (!secret.is_empty()).then(|| Secret::new(secret));
    let given_signature = reading.given_signature(scheme).map(ToOwned::to_owned);
    let given = given_signature
        .as_deref()
        .map(signature_form::with_plus)
        .filter(|given| !mask::in_value(given) && !mask::ends_with_ellipsis(given));
    let known = Known {
        scheme,
        secret: secret.as_ref(),
        given: given.as_deref(),
        refusal: refusal.as_ref(),
    };
    let method = subject.method.or_else(|| known.method(&reading));
    let stages = calculate(&reading, scheme, method, known.secret);
    let signature = known.given.zip(stages.signature());
    let matches = signature.map(|(given, signature)| given == signature);
    let mistakes = match matches {
        Some(false) => known.mistakes(&reading, method, subject.gbk),
        _ => None,
    };
    let comparison = known.comparison(&reading, &stages, matches == Some(true));
    let agreement = comparison.as_ref().map(|comparison| comparison.agreement);
    let masked = masked_values(&reading);
    let is_different = match agreement {
        Some(Agreement::Same) => false,
        Some(Agreement::Different) => true,
        _ => matches == Some(false) && masked.is_none(),
    };
    let is_explained = matches == Some(true) || mistakes.is_some();
    // What was read and explains the signature is all that was signed, but not all that was sent.
    let leaves_out = |one: &Finding| ["body-not-signed", "query-not-signed"].contains(&one.rule);
    let is_whole = matches == Some(true)
        || mistakes
            .as_ref()
            .is_some_and(|mistakes| !mistakes.iter().any(leaves_out));
    let completeness = if is_whole {
        reading.completeness
    } else {
        completeness(&reading, scheme, method, is_different)
    };
    let is_unknown = !is_whole
        && (is_part_unknown(&reading, completeness, scheme)
            || !absent_headers(&reading).is_empty());
    // A mismatch shows nothing if a value is masked, unless a mistake explains it.
    let right = matches.filter(|_| is_explained || !is_unknown && masked.is_none());
    // Without its body, a request cannot be compared, unless it turns out to be complete. Of a string to
    // sign, the visible part is compared.
    let comparison = comparison.filter(|comparison| {
        comparison.agreement == Agreement::Same || !is_unknown || is_own_cut && !breaks_off
    });
    // A method that the user chose is not the program's mistake.
    let own_causes = match subject.method {
        None => own_causes(&reading, &stages, scheme),
        Some(_) => Vec::new(),
    };
    let mut findings = findings(&reading, completeness, &stages, scheme, is_whole, now);
    findings.extend(has_ampersand.then(secret_with_ampersand));
    findings.extend(masked.filter(|_| right != Some(true)));
    findings.extend(known.secret.and_then(secret_finding));
    let mut conclusions = conclude(&Facts {
        scheme,
        // The form of a value whose end is a guess shows nothing.
        given: known.given.filter(|_| completeness != Completeness::Part),
        right,
        mistakes: mistakes.as_deref().unwrap_or_default(),
        signs_servers_text: known.signs_servers_text(),
        findings: &findings,
        own_causes: &own_causes,
        refusal: known.refusal,
        comparison: comparison.as_ref(),
    });
    let is_unquoted = refusal
        .as_ref()
        .is_some_and(|refusal| refusal.extent == Extent::Absent);
    if conclusions.is_empty() && is_unquoted {
        let Finding { rule, message, .. } = nothing_quoted();
        conclusions.push(conclusion((rule, message), Standing::Unknown, &[]));
    }
    Ok(Examination {
        form: reading.form,
        completeness,
        stages,
        given_signature,
        right,
        findings,
        extent: refusal.map(|refusal| refusal.extent),
        comparison,
        conclusions,
    })
}

/// Examines the server's error if nothing else was pasted.
fn examine_answer_alone(
    subject: &Subject<'_>,
    now: Timestamp,
) -> Option<Result<Examination, Finding>> {
    match (subject.request.trim(), subject.answer.trim()) {
        ("", "") => None,
        ("", text) => Some(examine_answer(&answer::read(text), subject, now)),
        // It is in the wrong field.
        (text, "") if answer::is_quoted_in(text) => {
            let misplaced = reading::read(text).err();
            let misplaced = misplaced.filter(|finding| finding.rule == reading::SERVERS_ANSWER)?;
            let mut examined = examine_answer(&answer::read(text), subject, now).ok()?;
            examined.findings.insert(0, misplaced);
            Some(Ok(examined))
        }
        _ => None,
    }
}

/// Shows the text that the server's error quotes, stage by stage.
fn examine_answer(
    refusal: &ServerError,
    subject: &Subject<'_>,
    now: Timestamp,
) -> Result<Examination, Finding> {
    let quoted = refusal.server_text.as_deref().map(reading::read);
    let Some(Ok(reading)) = quoted else {
        let conclusions = of_answer_alone(refusal, &[], false);
        let known = conclusions.into_iter().next();
        return Err(known.map_or_else(nothing_quoted, |known| {
            Finding::notice(known.rule, known.message)
        }));
    };
    let scheme = subject.scheme.unwrap_or_else(|| reading.scheme());
    let (secret, _) = without_ampersand(subject.secret);
    let secret = (!secret.is_empty()).then(|| Secret::new(secret));
    let stages = calculate(&reading, scheme, None, secret.as_ref());
    let findings = match reading.completeness {
        Completeness::Whole => findings(&reading, Completeness::Whole, &stages, scheme, true, now),
        _ => Vec::new(),
    };
    Ok(Examination {
        form: Form::ServersText,
        completeness: reading.completeness,
        stages,
        given_signature: None,
        right: None,
        conclusions: of_answer_alone(refusal, &findings, true),
        findings,
        extent: Some(refusal.extent),
        comparison: None,
    })
}

/// The secret without the `&` of RPC's signing key, and whether it had one.
fn without_ampersand(secret: &str) -> (&str, bool) {
    let trimmed = secret.trim_end();
    if trimmed.ends_with('&') {
        (trimmed.trim_end_matches('&'), true)
    } else {
        (secret, false)
    }
}

/// How much of the request was read, if its signature is not explained. `is_different` states whether the
/// server received or the program signed something else.
fn completeness(
    reading: &Reading,
    scheme: SignatureVersion,
    method: Option<&str>,
    is_different: bool,
) -> Completeness {
    if may_be_part(reading, scheme) && !reading.missing().is_empty() {
        return Completeness::Part;
    }
    // A URL does not show a body, whose parameters are signed, too.
    let may_have_body = reading.form == Form::Url
        && reading.body.is_none()
        && method.or(reading.method.as_deref()) != Some("GET");
    if is_different && may_have_body {
        return reading.completeness.max(Completeness::BodyMissing);
    }
    reading.completeness
}

/// What ACS3's string to sign shows without the canonical request, of which it contains the hash.
fn hash_alone(request: &str, refusal: Option<&ServerError>) -> Option<Finding> {
    let (_, rest) = request.split_once(acs3::ALGORITHM)?;
    let hash = answer::hash_of(answer::with_line_feeds(rest).trim_start())?;
    let theirs = refusal?.digest.as_ref()?;
    if *theirs == hash {
        let (rule, text) = SECRET;
        return Some(Finding::notice(rule, text));
    }
    Some(Finding::fatal(
        "other-hash",
        Text::new(
            "程序的待签名字符串里的哈希与服务端的不同，所以规范化请求不同；请贴上程序的规范化请求，才能看出哪里不同。",
            "The hash in the program's string to sign differs from the server's, so the canonical requests differ; paste the program's to see where.",
        ),
    ))
}

/// Whether a text that lacks parameters of every request may be a part of one. A curl command or an HTTP
/// message would show them.
fn may_be_part(reading: &Reading, scheme: SignatureVersion) -> bool {
    let is_form = match reading.form {
        Form::Url | Form::FormBody => true,
        Form::Lines | Form::Json => reading.value("Signature").is_some(),
        _ => false,
    };
    scheme == SignatureVersion::Rpc && is_form
}

/// The parameters of RPC that the request lacks, each with the one that it has in another letter case.
fn lacking(reading: &Reading) -> Option<String> {
    let mut names: Vec<String> = Vec::new();
    for name in reading.missing() {
        let is_other = |one: &&Parameter| one.name != name && one.name.eq_ignore_ascii_case(name);
        let other = reading.parameters.iter().find(is_other);
        names.push(other.map_or(name.to_owned(), |other| {
            [name, " (≠ ", &other.name, ")"].concat()
        }));
    }
    (!names.is_empty()).then(|| names.join(", "))
}

/// Whether a parameter or a header ends with a mark of truncation.
fn breaks_off(reading: &Reading) -> bool {
    let mut parameters = reading.parameters.iter();
    !names(reading, mask::ends_with_ellipsis).is_empty()
        || parameters.any(|one| mask::ends_with_ellipsis(&one.name))
}

/// Whether a part of what is signed was not pasted. ACS3 signs the body's hash, which a header holds; what
/// else is missing from a text that breaks off is not known.
fn is_part_unknown(
    reading: &Reading,
    completeness: Completeness,
    scheme: SignatureVersion,
) -> bool {
    let has_hash = scheme == SignatureVersion::Acs3
        && reading.header("x-acs-content-sha256").is_some()
        && !breaks_off(reading);
    completeness != Completeness::Whole && !has_hash
}

/// How the text that a program signed differs from the one that its parameters give.
fn own_causes(reading: &Reading, stages: &Stages, scheme: SignatureVersion) -> Vec<Finding> {
    let signed = reading.signed_text.as_deref();
    let Some(signed) = signed.filter(|_| reading.completeness != Completeness::Part) else {
        return Vec::new();
    };
    let right = ServerError {
        server_text: Some(stages.signed_text().to_owned()),
        extent: Extent::Whole,
        ends: true,
        ..ServerError::default()
    };
    let own = Ours {
        text: signed,
        origin: Origin::Signed,
        is_cut: false,
    };
    compare(scheme, own, &right).causes
}

const METHODS: [&str; 2] = ["GET", "POST"];

/// What is known in addition to the request.
struct Known<'a> {
    scheme: SignatureVersion,
    secret: Option<&'a Secret>,
    given: Option<&'a str>,
    refusal: Option<&'a ServerError>,
}

impl Known<'_> {
    /// The method of a request that does not state one: the one that the server received, or the
    /// one for which the signature is correct.
    fn method(&self, reading: &Reading) -> Option<&'static str> {
        if reading.method.is_some() {
            return None;
        }
        let theirs = self
            .refusal
            .and_then(|refusal| refusal.server_text.as_deref());
        let received = theirs.and_then(|text| {
            let (method, _) = text.split_once(['&', '\n'])?;
            METHODS.into_iter().find(|one| *one == method)
        });
        received.or_else(|| {
            METHODS.into_iter().find(|method| {
                let stages = calculate(reading, self.scheme, Some(method), self.secret);
                stages.signature().is_some() && stages.signature() == self.given
            })
        })
    }

    /// The mistakes that explain the request's signature.
    fn mistakes(&self, reading: &Reading, method: Option<&str>, gbk: &str) -> Option<Vec<Finding>> {
        let signed = self.given.zip(self.secret)?;
        let is_part = is_part_unknown(reading, reading.completeness, self.scheme);
        let has_method = method.is_some() || reading.method.is_some();
        let find = |method| mistakes::find(reading, is_part, self.scheme, method, signed, gbk);
        let mut mistakes = if is_part && !has_method {
            METHODS.into_iter().find_map(|method| find(Some(method)))
        } else {
            find(method)
        }?;
        // Without a method, none can be the wrong one.
        mistakes.retain(|mistake| has_method || mistake.rule != "other-method");
        Some(mistakes)
    }

    /// Compares the text that was signed with the server's. A correct signature proves that the
    /// calculated text was signed.
    fn comparison(&self, reading: &Reading, stages: &Stages, is_right: bool) -> Option<Comparison> {
        let signed = reading.signed_text.as_deref();
        let origin = if signed.is_some() || is_right {
            Origin::Signed
        } else {
            Origin::Sent
        };
        let own = Ours {
            text: signed.unwrap_or(stages.signed_text()),
            origin,
            is_cut: signed.is_some() && reading.completeness == Completeness::Part,
        };
        Some(compare(self.scheme, own, self.refusal?))
    }

    /// Whether the request's signature was calculated over the server's text.
    fn signs_servers_text(&self) -> bool {
        let theirs = self
            .refusal
            .and_then(|refusal| refusal.server_text.as_deref());
        let (Some(secret), Some(given), Some(theirs)) = (self.secret, self.given, theirs) else {
            return false;
        };
        let signature = match self.scheme {
            SignatureVersion::Rpc => rpc::signature(secret, theirs),
            SignatureVersion::Acs3 => acs3::signature(secret, &acs3::string_to_sign(theirs)),
        };
        signature == given
    }
}

/// The parameters and headers with such values.
fn names(reading: &Reading, is_one: fn(&str) -> bool) -> Vec<&str> {
    let parameters = reading.parameters.iter();
    let parameters = parameters.map(|one| (one.name.as_str(), one.value.as_str()));
    let headers = reading.headers.iter();
    let headers = headers.map(|(name, value)| (name.as_str(), value.as_str()));
    parameters
        .chain(headers)
        .filter(|(_, value)| is_one(value))
        .map(|(name, _)| name)
        .collect()
}

fn findings(
    reading: &Reading,
    completeness: Completeness,
    stages: &Stages,
    scheme: SignatureVersion,
    is_whole: bool,
    now: Timestamp,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    match scheme {
        SignatureVersion::Rpc => rpc_findings(reading, completeness, now, &mut findings),
        SignatureVersion::Acs3 => acs3_findings(reading, stages, now, &mut findings),
    }
    for (at, parameter) in reading.parameters.iter().enumerate() {
        let name = &parameter.name;
        let earlier = reading.parameters.iter().take(at);
        if earlier.clone().any(|earlier| earlier.name == *name) {
            findings.push(Finding::fatal(
                "given-twice",
                Text::composed(
                    format!("参数 {name} 出现了两次。"),
                    format!("Parameter {name} is duplicated."),
                ),
            ));
        }
    }
    if access_key_id(reading).is_some_and(|id| id.trim() != id) {
        findings.push(Finding::fatal(
            "key-id-white-space",
            Text::new(
                "AccessKeyId 首尾有空白，通常是复制时带入的。",
                "The AccessKeyId has white space around it, probably from copying.",
            ),
        ));
    }
    if !is_whole {
        let unread = match completeness {
            Completeness::Whole => None,
            Completeness::BodyMissing if reading.form == Form::Url => Some(body_not_shown()),
            Completeness::BodyMissing => Some(body_missing(scheme)),
            Completeness::Part => {
                findings.retain(|finding| !finding.fatal);
                let lacking = lacking(reading).filter(|_| may_be_part(reading, scheme));
                Some(part_read(lacking))
            }
        };
        findings.splice(0..0, unread);
    }
    if reading.from_html {
        findings.insert(0, from_html());
    }
    findings
}

fn rpc_findings(
    reading: &Reading,
    completeness: Completeness,
    now: Timestamp,
    findings: &mut Vec<Finding>,
) {
    // The body may hold what the query lacks.
    let is_whole = completeness == Completeness::Whole;
    findings.extend(lacking(reading).filter(|_| is_whole).map(missing_parts));
    if is_whole && reading.value("Format").is_none() {
        findings.push(Finding::notice(
            "format",
            Text::new(
                "没有 Format，服务端默认返回 XML；需要 JSON 请加上 Format=JSON。",
                "Format is missing, so the server responds in XML; add Format=JSON for JSON.",
            ),
        ));
    }
    let method = reading.value("SignatureMethod");
    let version = reading.value("SignatureVersion");
    if method.is_some_and(|method| !method.eq_ignore_ascii_case(rpc::SIGNATURE_METHOD))
        || version.is_some_and(|version| version != rpc::SIGNATURE_VERSION)
    {
        findings.push(Finding::fatal(
            "signature-method",
            Text::new(
                "SignatureMethod 应为 HMAC-SHA1，SignatureVersion 应为 1.0。",
                "SignatureMethod must be HMAC-SHA1 and SignatureVersion 1.0.",
            ),
        ));
    }
    if let Some(timestamp) = reading.value("Timestamp") {
        clock(SignatureVersion::Rpc, timestamp, "Timestamp", now, findings);
    }
    if reading
        .value("Signature")
        .filter(|signature| !mask::in_value(signature))
        .is_some_and(|signature| signature_form::with_plus(signature) != signature)
    {
        findings.push(Finding::cause(
            "signature-not-encoded",
            Text::new(
                "Signature 里的 + 没有编码为 %2B，到达服务端会变成空格；发送前应对签名做百分号编码。",
                "The Signature's + was not encoded as %2B and reaches the server as a space; percent-encode the signature before sending.",
            ),
        ));
    }
    let empty_signature = completeness != Completeness::Part
        && reading.signed_text.is_none()
        && reading.value("Signature").is_some_and(str::is_empty);
    let is_request =
        is_whole && !matches!(reading.form, Form::StringToSign | Form::Lines | Form::Json);
    if empty_signature || (is_request && reading.value("Signature").is_none()) {
        findings.push(no_signature());
    }
}

fn acs3_findings(reading: &Reading, stages: &Stages, now: Timestamp, findings: &mut Vec<Finding>) {
    if reading.headers.is_empty() {
        findings.push(Finding::notice(
            "acs3-made",
            Text::new(
                "粘贴的内容没有请求头，以下是官方 SDK 用这些参数构造的 ACS3 请求。",
                "The pasted text has no headers; this is the ACS3 request that the official SDKs create from these parameters.",
            ),
        ));
    } else {
        let absent = absent_headers(reading);
        let missing: Vec<&str> = acs3::MANDATORY_HEADERS
            .into_iter()
            .filter(|name| reading.header(name).is_none_or(str::is_empty))
            .filter(|name| !absent.iter().any(|absent| absent == name))
            .collect();
        if !missing.is_empty() {
            findings.push(missing_parts(missing.join(", ")));
        }
        findings.extend(not_signed_headers(reading));
        let authorized = reading.header("authorization");
        let signature = reading.given_signature(SignatureVersion::Acs3);
        let names_scheme = authorized.is_none_or(|value| value.starts_with(acs3::ALGORITHM));
        let is_request = reading.form != Form::CanonicalRequest;
        if is_request && names_scheme && signature.is_none_or(str::is_empty) {
            findings.push(no_signature());
        }
        if let Some(value) = authorized.filter(|value| !value.starts_with(acs3::ALGORITHM)) {
            let empty = value.is_empty();
            findings.push(Finding::cause(
                "authorization",
                if empty {
                    Text::new(
                        "Authorization 头为空。",
                        "The Authorization header is empty.",
                    )
                } else {
                    Text::new(
                        "Authorization 头应以 ACS3-HMAC-SHA256 开头。",
                        "The Authorization header must start with ACS3-HMAC-SHA256.",
                    )
                },
            ));
        }
        if let Stages::Acs3 { payload_hash, .. } = stages
            && reading.form != Form::CanonicalRequest
            && reading.completeness == Completeness::Whole
            && !reading.body.as_deref().is_some_and(mask::in_value)
            && reading
                .header("x-acs-content-sha256")
                .is_some_and(|given| !given.eq_ignore_ascii_case(payload_hash))
        {
            findings.push(Finding::cause(
                "payload-hash",
                Text::new(
                    "x-acs-content-sha256 与请求体的 SHA-256 不符。",
                    "x-acs-content-sha256 is not the SHA-256 of the body.",
                ),
            ));
        }
    }
    let date = reading
        .header("x-acs-date")
        .map(|date| ("x-acs-date", date))
        .or(reading.value("Timestamp").map(|date| ("Timestamp", date)));
    if let Some((name, date)) = date {
        clock(SignatureVersion::Acs3, date, name, now, findings);
    }
}

fn clock(
    scheme: SignatureVersion,
    timestamp: &str,
    name: &str,
    now: Timestamp,
    findings: &mut Vec<Finding>,
) {
    let Some(time) = scheme.read_timestamp(timestamp) else {
        findings.push(Finding::fatal(
            "timestamp-format",
            Text::composed(
                format!("{name} 的格式应为 UTC 的 yyyy-MM-ddTHH:mm:ssZ，不带毫秒和时区偏移。"),
                format!(
                    "{name} must be UTC as yyyy-MM-ddTHH:mm:ssZ, without milliseconds or offset."
                ),
            ),
        ));
        return;
    };
    if timestamp.contains('.') {
        findings.push(Finding::notice(
            "timestamp-millis",
            Text::composed(
                format!(
                    "{name} 带毫秒；阿里云文档只规定了精确到秒的 yyyy-MM-ddTHH:mm:ssZ，建议去掉毫秒。"
                ),
                format!(
                    "{name} has milliseconds; Alibaba Cloud documents only whole seconds, yyyy-MM-ddTHH:mm:ssZ, so leave them out."
                ),
            ),
        ));
    }
    let off = time.millis_since(now);
    if off.saturating_abs() <= TIMESTAMP_WINDOW_MILLIS {
        return;
    }
    if off.saturating_sub(CHINA_MILLIS).saturating_abs() <= TIMESTAMP_WINDOW_MILLIS {
        findings.push(Finding::notice(
            "local-time",
            Text::composed(
                format!("{name} 比现在晚大约 8 小时：很可能把北京时间（UTC+8）写成了 UTC，因此会得到 InvalidTimeStamp.Expired。"),
                format!("{name} is about 8 hours after now: it is probably China's local time (UTC+8) written as UTC, which results in InvalidTimeStamp.Expired."),
            ),
        ).in_role(Role::Expired));
        return;
    }
    let minutes = rounded(off.saturating_abs(), 60_000);
    let (count, zh_unit, en_unit) = match minutes {
        0..120 => (minutes, "分钟", "minutes"),
        120..2_880 => (rounded(minutes, 60), "小时", "hours"),
        _ => (rounded(minutes, 1_440), "天", "days"),
    };
    let (zh, en) = if off < 0 {
        ("早", "before")
    } else {
        ("晚", "after")
    };
    findings.push(Finding::notice(
        "clock",
        Text::composed(
            format!("{name} 比现在{zh} {count} {zh_unit}；发送时若与服务端时钟相差超过 15 分钟，会得到 InvalidTimeStamp.Expired。"),
            format!("{name} is {count} {en_unit} {en} now; if it differed by more than 15 minutes from the server's clock when sent, the response is InvalidTimeStamp.Expired."),
        ),
    ));
}

/// How much China's local time is ahead of UTC.
const CHINA_MILLIS: i64 = 8 * 3_600_000;

/// `value` in units, rounded.
fn rounded(value: i64, unit: i64) -> i64 {
    value.saturating_add(unit / 2).div_euclid(unit)
}

/// The names of the request's headers, in lower case.
fn sent_headers(reading: &Reading) -> Vec<String> {
    let host = reading.host.as_ref().map(|_| "host".to_owned());
    let names = reading.headers.iter();
    let names = names.map(|(name, _)| name.to_ascii_lowercase());
    names.chain(host).collect()
}

/// The headers that `SignedHeaders` lists although the request does not have them. They may only not
/// have been pasted.
fn absent_headers(reading: &Reading) -> Vec<String> {
    let sent = sent_headers(reading);
    let is_absent = |name: &String| {
        // curl adds headers such as content-type.
        let is_added = reading.form == Form::Curl && !name.starts_with("x-acs-");
        !name.is_empty() && !sent.contains(name) && !is_added && !mask::in_value(name)
    };
    let signed = signed_headers(reading).unwrap_or_default();
    signed.into_iter().filter(is_absent).collect()
}

/// The headers that `SignedHeaders` omits although they must be signed, and those that it lists although
/// the request does not have them.
fn not_signed_headers(reading: &Reading) -> Vec<Finding> {
    let Some(signed) = signed_headers(reading) else {
        return Vec::new();
    };
    if signed.iter().any(|name| mask::in_value(name)) {
        return Vec::new();
    }
    let sent = sent_headers(reading);
    let has_body = reading.body.is_some() || reading.completeness != Completeness::Whole;
    let mut omitted: Vec<&str> = Vec::new();
    for name in &sent {
        let must_be = acs3::must_be_signed(name) && (has_body || name != "content-type");
        if must_be && !signed.contains(name) && !omitted.contains(&name.as_str()) {
            omitted.push(name);
        }
    }
    let mut findings = Vec::new();
    if !omitted.is_empty() {
        let names = omitted.join(", ");
        findings.push(Finding::cause(
            "headers-not-signed",
            Text::composed(
                format!("SignedHeaders 缺少 {names}：host、所有 x-acs- 请求头和有请求体时的 content-type 都必须签名，否则会得到 IncompleteSignature。"),
                format!("SignedHeaders lacks {names}: sign host, every x-acs- header and, with a body, content-type; otherwise, the response is IncompleteSignature."),
            ),
        ));
    }
    let absent = absent_headers(reading);
    if !absent.is_empty() && reading.completeness != Completeness::Part {
        let names = absent.join(", ");
        findings.push(Finding::unread(
            "signed-header-missing",
            Text::composed(
                format!("SignedHeaders 列出了 {names}，而粘贴的请求没有这样的请求头：没有发送、被代理去掉，或者没有粘贴。"),
                format!("SignedHeaders lists {names}, which the pasted request does not have: the header was not sent, a proxy removed it, or it was not pasted."),
            ),
        ));
    }
    findings
}

fn no_signature() -> Finding {
    Finding::cause(
        "no-signature",
        Text::new(
            "请求里没有签名（Signature 缺失或为空），服务端会以 IncompleteSignature 或 MissingParameter 拒绝；这与密钥无关。",
            "The request has no signature (missing or empty); the server rejects it with IncompleteSignature or MissingParameter, regardless of the secret.",
        ),
    )
}

fn nothing_quoted() -> Finding {
    Finding::notice(
        "nothing-quoted",
        Text::new(
            "响应中没有待签名字符串，也没有可识别的错误码；请把完整的响应与请求一起贴上。",
            "The response contains neither a string to sign nor a known code; paste all of it together with the request.",
        ),
    )
}

fn body_missing(scheme: SignatureVersion) -> Finding {
    Finding::unread(
        "body-not-pasted",
        match scheme {
            SignatureVersion::Rpc => Text::new(
                "请求头表明有请求体，但没有粘贴，或没有粘贴完整；请求体里的参数也参与签名，请把请求体一并粘贴（如果确实没有请求体，请在请求头里写明 Content-Length: 0）。",
                "The headers announce a body, but it was not pasted, or not all of it. Its parameters are signed, too: paste the body as well; if there is none, add the header Content-Length: 0.",
            ),
            SignatureVersion::Acs3 => Text::new(
                "请求头表明有请求体，但没有粘贴，或没有粘贴完整；这里改用 x-acs-content-sha256 里的哈希计算。请把请求体一并粘贴，才能核对哈希。",
                "The headers announce a body, but it was not pasted, or not all of it. The hash in x-acs-content-sha256 is used instead; paste the body as well, so that the hash can be checked.",
            ),
        },
    )
}

fn body_not_shown() -> Finding {
    Finding::unread(
        "body-not-pasted",
        Text::new(
            "单凭 URL 看不出请求有没有请求体；请求体里的参数也参与签名，因此无法判断签名是否正确。请把请求体一并粘贴在下一行；如果确实没有请求体，请把请求方法选为 GET。",
            "A URL does not show whether the request has a body. Its parameters are signed, too, so the signature cannot be judged: paste the body as well, on the next line; if there is none, choose the method GET.",
        ),
    )
}

fn part_read(lacking: Option<String>) -> Finding {
    let text = Text::new(
        "粘贴的内容只有一部分被识别为请求（见下面的参数），或者本身不完整；其余部分可能有请求体或参数值的剩余部分，它们也参与签名，因此无法判断签名是否正确。请只粘贴请求：写在一行里的 URL、完整的 curl 命令，或请求行、请求头和请求体。",
        "Only a part of the pasted text was read as the request (see the parameters below), or the text is incomplete. The rest may hold a body or the end of a value, which are signed, too, so the signature cannot be judged. Paste the request alone: a URL on one line, the whole curl command, or request line, headers and body.",
    );
    let Some(names) = lacking else {
        return Finding::unread("part-read", text);
    };
    let lacking = Text::composed(
        format!("如果请求已粘贴完整，则它缺少 {names}。"),
        format!("If this is the whole request, it lacks {names}."),
    );
    Finding::unread("part-read", text.then(&lacking))
}

fn from_html() -> Finding {
    Finding::notice(
        "from-html",
        Text::new(
            "参数之间的分隔符都写成了 &amp;（从 HTML 复制时常见），这里按 & 读取；如果程序实际发送的就是 &amp;，应改为 &。",
            "Every separator is &amp;, as in a text copied from HTML, and was read as &. If the program does send &amp;, replace it by &.",
        ),
    )
}

/// Names the parameters and headers whose values were probably masked before they were pasted.
fn masked_values(reading: &Reading) -> Option<Finding> {
    let names = names(reading, mask::in_value);
    if names.is_empty() {
        return None;
    }
    let names = names.join(", ");
    Some(Finding::unread(
        "masked-values",
        Text::composed(
            format!(
                "{names} 的值看起来已脱敏，因此无法核对签名，也无法与服务端比对；请贴上未脱敏的请求（内容不会离开本页）。"
            ),
            format!(
                "The value of {names} looks masked, so the signature cannot be checked, nor the value compared with the server's; paste the unmasked request (it does not leave this page)."
            ),
        ),
    ))
}

fn missing_parts(names: String) -> Finding {
    Finding::fatal(
        "missing",
        Text::composed(format!("缺少 {names}。"), format!("Missing: {names}.")),
    )
}

fn secret_with_ampersand() -> Finding {
    Finding::notice(
        "secret-ampersand",
        Text::new(
            "填写的 AccessKeySecret 以 & 结尾；& 属于 RPC 的 HMAC 密钥，不属于 AccessKeySecret，这里已去掉。",
            "The AccessKeySecret entered here ends with &, which belongs to RPC's signing key, not to the secret, and was removed.",
        ),
    )
}

fn secret_finding(secret: &Secret) -> Option<Finding> {
    let problems = Credentials::new("id", secret.expose()).format_problems();
    let problem = problems.into_iter().next()?;
    Some(Finding::fatal(
        "secret-shape",
        Text::composed(
            format!("AccessKeySecret {}", problem.message.zh),
            format!("The AccessKeySecret {}", problem.message.en),
        ),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject(request: &str, secret: &str, answer: &str) -> Examination {
        let subject = Subject {
            request,
            scheme: None,
            method: None,
            secret,
            answer,
            gbk: "",
        };
        examine(
            &subject,
            Timestamp::parse_iso8601("2023-03-13T08:34:31Z").unwrap(),
        )
        .unwrap()
    }

    fn rule(examination: &Examination) -> &'static str {
        examination.conclusions[0].rule
    }

    const REQUEST: &str = "https://ecs.aliyuncs.com/?AccessKeyId=testid&Action=DescribeDedicatedHosts\
        &Format=JSON&RegionId=cn-beijing&SignatureMethod=HMAC-SHA1\
        &SignatureNonce=edb2b34af0af9a6d14deaf7c1a5315eb&SignatureVersion=1.0\
        &Timestamp=2023-03-13T08%3A34%3A30Z&Version=2014-05-26";
    const SIGNED: &str = "&Signature=9NaGiOspFP5UPcwX8Iwt2YJXXuk%3D";

    fn refusal(server_text: &str) -> String {
        serde_json::json!({
            "Code": "SignatureDoesNotMatch",
            "Message": format!("Specified signature is not matched with our calculation. server string to sign is:{server_text}"),
        })
        .to_string()
    }

    #[test]
    fn distinguishes_right_from_wrong() {
        let signed = format!("{}{}", REQUEST, SIGNED);
        let right = subject(&signed, "testsecret", "");
        assert_eq!((right.right, rule(&right)), (Some(true), "right"));
        assert!(right.findings.is_empty());
        let get = signed.replace("https://", "GET https://");
        let wrong = subject(&get, "another", "");
        assert_eq!(
            (wrong.right, rule(&wrong)),
            (Some(false), "unknown-mistake")
        );
        let unsigned = subject(REQUEST, "", "");
        assert_eq!(rule(&unsigned), "no-signature");
        assert_eq!(unsigned.findings[0].rule, "no-signature");
    }

    #[test]
    fn weighs_the_servers_answer() {
        let signed = format!("{}{}", REQUEST, SIGNED);
        let text = subject(REQUEST, "", "").stages.signed_text().to_owned();
        for (secret, theirs, verdict) in [
            ("", text.clone(), "program-unknown"),
            ("another", text.clone(), "arrived-but-not-signed"),
            ("testsecret", text.clone(), "servers-secret-differs"),
            (
                "testsecret",
                text.replace("cn-beijing", "cn-shanghai"),
                "value-changed",
            ),
        ] {
            let examination = subject(&signed, secret, &refusal(&theirs));
            assert_eq!(rule(&examination), verdict);
        }
        // A URL does not state the method, but a request line does.
        let post = refusal(&text.replace("GET", "POST"));
        assert_eq!(rule(&subject(&signed, "", &post)), "program-unknown");
        let get = signed.replace("https://ecs.aliyuncs.com", "GET ");
        assert_eq!(rule(&subject(&get, "", &post)), "other-method");
        let other = subject(&signed, "", r#"{"Code":"InvalidAccessKeyId.NotFound"}"#);
        assert_eq!(rule(&other), "refused");
        let unknown = subject(&signed, "", "502 Bad Gateway");
        assert_eq!(rule(&unknown), "nothing-quoted");
    }

    #[test]
    fn shows_what_a_response_alone_quotes() {
        let text = "POST&%2F&AccessKeyId%3Dtestid%26Action%3DX%26CertName%3Da%2520b%26Version%3D2019-03-07";
        let response = refusal(text);
        for (request, answer) in [("", response.as_str()), (response.as_str(), "")] {
            let examination = subject(request, "", answer);
            assert_eq!(examination.form, Form::ServersText);
            assert_eq!(examination.stages.signed_text(), text);
            assert_eq!(rule(&examination), "answer-alone");
            assert!(examination.comparison.is_none());
        }
        let by_sdk = format!("InvalidAccessKeySecret: {text}");
        let by_sdk = subject("", "", &format!("server string to sign is:{text} {by_sdk}"));
        assert_eq!(rule(&by_sdk), "secret-by-sdk");
        let cut = subject(
            "",
            "",
            &refusal(text.trim_end_matches("26Version%3D2019-03-07")),
        );
        assert_eq!(rule(&cut), "answer-alone");
        assert!(cut.conclusions[0].message.en.contains("is truncated"));
        let masked = subject("", "", &refusal(&text.replace("testid", "******")));
        assert!(masked.conclusions[0].message.en.contains("A log masked"));
        let alone = |answer: &str| {
            let subject = Subject {
                request: "",
                scheme: None,
                method: None,
                secret: "",
                answer,
                gbk: "",
            };
            examine(&subject, Timestamp::from_unix_millis(0)).map_err(|finding| finding.rule)
        };
        let without = [
            (r#"{"Code":"SignatureNonceUsed"}"#, "refused"),
            (
                r#"{"Code":"SignatureDoesNotMatch"}"#,
                "refused-without-reason",
            ),
            ("502 Bad Gateway", "nothing-quoted"),
            (&refusal("GARBAGE"), "refused-without-reason"),
            (&refusal("******"), "refused-without-reason"),
        ];
        for (answer, rule) in without {
            assert_eq!(alone(answer).err(), Some(rule), "{answer}");
        }
    }

    #[test]
    fn an_equal_string_may_be_a_copy_of_the_servers() {
        let text = "POST&%2F&Action%3DX%26Version%3D2019-03-07";
        let examination = subject(text, "", &refusal(text));
        let [conclusion] = &examination.conclusions[..] else {
            panic!("{:?}", examination.conclusions);
        };
        assert_eq!(
            (conclusion.rule, conclusion.standing),
            ("secret", Standing::Unknown)
        );
        assert!(conclusion.message.en.contains("copied from the response"));
    }

    #[test]
    fn compares_what_the_program_signed_when_that_is_pasted() {
        let own = "GET&%2F&Action%3DX%26CertName%3Da%2Bb%26Version%3D2019-03-07";
        let examination = subject(own, "", &refusal(&own.replace("%2B", "%2520")));
        assert_eq!(rule(&examination), "space-as-plus");
    }

    #[test]
    fn a_hash_alone_is_compared() {
        let canonical = "POST\n/\n\nhost:a\n\nhost\nff";
        let text = acs3::string_to_sign(canonical);
        let answer = |text: &str| format!("server StringToSign is [{text}]");
        let rule = |answer: &str| {
            let subject = Subject {
                request: &format!("stringToSign=>\n{text}"),
                scheme: None,
                method: None,
                secret: "",
                answer,
                gbk: "",
            };
            examine(&subject, Timestamp::from_unix_millis(0))
                .err()
                .map(|finding| (finding.rule, finding.fatal))
        };
        // An equal hash may be a copy of the server's.
        assert_eq!(rule(&answer(&text)), Some(("secret", false)));
        assert_eq!(
            rule(&answer(&acs3::string_to_sign("x"))),
            Some(("other-hash", true))
        );
        assert_eq!(rule(""), None);
    }

    #[test]
    fn a_time_eight_hours_ahead_is_chinas_local_time() {
        let clock = |time: &str| {
            let request = REQUEST.replace("2023-03-13T08%3A34%3A30Z", time);
            let findings = subject(&request, "", "").findings;
            (findings[0].rule, findings[0].message.en.to_string())
        };
        // Now is 08:34:31.
        for time in ["2023-03-13T16:34:00Z", "2023-03-13T16:20:00Z"] {
            let (rule, text) = clock(time);
            assert_eq!(rule, "local-time", "{time}");
            assert!(text.contains("(UTC+8)"), "{text}");
        }
        for (time, count) in [
            ("2023-03-13T16:10:00Z", "8 hours after"),
            ("2023-03-13T09:34:00Z", "59 minutes after"),
            ("2023-03-13T00:35:00Z", "8 hours before"),
            ("2023-03-13T08:10:00Z", "25 minutes before"),
            ("2023-03-16T08:10:00Z", "3 days after"),
        ] {
            let (rule, text) = clock(time);
            assert_eq!(rule, "clock", "{time}");
            assert!(text.contains(count), "{text}");
        }
        let signed = REQUEST.replace("T08%3A34", "T16%3A34");
        let expired = r#"{"Code":"InvalidTimeStamp.Expired"}"#;
        assert_eq!(rule(&subject(&signed, "", expired)), "local-time");
        assert_eq!(rule(&subject(REQUEST, "", expired)), "refused");
    }

    #[test]
    fn a_request_that_lacks_a_parameter_is_whole_if_its_signature_is_explained() {
        let misnamed = REQUEST.replace("&Timestamp=", "&TimeStamp=");
        let found = subject(&misnamed, "testsecret", "");
        let request = |signature: &str| {
            format!(
                "{misnamed}&Signature={}",
                signature
                    .replace('=', "%3D")
                    .replace('+', "%2B")
                    .replace('/', "%2F")
            )
        };
        let right = found.stages.signature().unwrap().to_owned();
        let text = found.stages.signed_text().to_owned();
        let key = Secret::new("testsecret");
        let wrong = rpc::signature(&key, &text.replace("GET", "get"));
        for (signature, expected) in [(&right, "right"), (&wrong, "lower-case-method")] {
            let found = subject(&request(signature), "testsecret", "");
            assert_eq!(rule(&found), expected);
            assert_eq!(found.findings[0].rule, "missing");
            let text = &found.findings[0].message.en;
            assert_eq!(text, "Missing: Timestamp (≠ TimeStamp).");
        }
        let unknown = subject(&request(&right), "another", "");
        assert_eq!(rule(&unknown), "part-read");
        assert!(
            unknown.findings[0]
                .message
                .en
                .ends_with("it lacks Timestamp (≠ TimeStamp).")
        );
    }

    #[test]
    fn an_ampersand_after_the_secret_is_not_part_of_it() {
        let signed = format!("{REQUEST}{SIGNED}");
        for secret in ["testsecret&", "testsecret&&"] {
            let found = subject(&signed, secret, "");
            assert_eq!((found.right, rule(&found)), (Some(true), "right"));
            assert_eq!(found.findings[0].rule, "secret-ampersand");
        }
    }

    #[test]
    fn the_form_of_a_right_signature_may_be_the_mistake() {
        let of = |signature: &str, secret: &str| {
            let found = subject(&format!("POST {REQUEST}&Signature={signature}"), secret, "");
            let rules: Vec<_> = found.conclusions.iter().map(|one| one.rule).collect();
            (found.right, rules)
        };
        let text = subject(&format!("POST {REQUEST}"), "", "")
            .stages
            .signed_text()
            .to_owned();
        // A secret whose signature contains both characters.
        let secret = (0..).map(|number| format!("secret{number}"));
        let (secret, right) = secret
            .map(|secret| (secret.clone(), rpc::signature(&Secret::new(secret), &text)))
            .find(|(_, right)| right.contains('+') && right.contains('/'))
            .unwrap();
        let sent = |signature: &str| signature.replace('+', "%2B");
        for (signature, rule) in [
            (format!("{}%0A", sent(&right)), "signature-white-space"),
            (format!("%20{}", sent(&right)), "signature-white-space"),
            (
                right.replace('+', "-").replace('/', "_"),
                "signature-url-safe",
            ),
            (
                right.replace('+', "-").replace('/', "_").replace('=', ""),
                "signature-url-safe",
            ),
            (sent(&right.replace('=', "")), "signature-unpadded"),
        ] {
            assert_eq!(
                of(&signature, &secret),
                (Some(false), vec![rule]),
                "{signature}"
            );
            assert_eq!(of(&signature, ""), (None, vec![rule]), "{signature}");
        }
        assert_eq!(of(&sent(&right), &secret), (Some(true), vec!["right"]));
    }

    #[test]
    fn finds_what_is_missing_or_odd() {
        let rules = |request: &str, secret: &str| {
            let found = subject(request, secret, "").findings;
            found.iter().map(|finding| finding.rule).collect::<Vec<_>>()
        };
        assert_eq!(rules("A=1\nB=2", ""), ["missing", "format"]);
        assert_eq!(
            rules(&REQUEST.replace("08%3A34", "09%3A34"), ""),
            ["clock", "no-signature"]
        );
        assert_eq!(
            rules(&REQUEST.replace("30Z", "30.000Z"), ""),
            ["timestamp-millis", "no-signature"]
        );
        assert_eq!(
            rules(&REQUEST.replace("30Z", "30.00Z"), ""),
            ["timestamp-format", "no-signature"]
        );
        assert_eq!(
            rules(&REQUEST.replace("HMAC-SHA1", "HMAC-SHA256"), ""),
            ["signature-method", "no-signature"]
        );
        assert_eq!(
            rules(&format!("{}&Signature=a+b%3D", REQUEST), ""),
            ["signature-not-encoded"]
        );
        assert_eq!(
            rules(&format!("GET {}{}&Action=X", REQUEST, SIGNED), "secret "),
            ["given-twice", "secret-shape"]
        );
        assert_eq!(
            rules(&REQUEST.replace("testid", "testid%20"), ""),
            ["no-signature", "key-id-white-space"]
        );
        let milliseconds = subject(&REQUEST.replace("30Z", "30.000Z"), "", "");
        assert!(!milliseconds.findings[0].fatal);
        let acs3 = "POST / HTTP/1.1\nhost: a\nx-acs-signature-nonce: n\nx-acs-date: 2023\nx-acs-content-sha256: 00\nauthorization: x\n\nCrop=T";
        assert_eq!(
            rules(acs3, ""),
            [
                "missing",
                "authorization",
                "payload-hash",
                "timestamp-format"
            ]
        );
        let milliseconds = acs3.replace("x-acs-date: 2023", "x-acs-date: 2023-03-13T08:34:31.000Z");
        assert!(rules(&milliseconds, "").contains(&"timestamp-format"));
    }
}
