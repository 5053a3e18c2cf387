//! Compares two signed texts: the first difference, and its cause.
//!
//! `signing::difference` hides values, because its texts are logged. This module shows them: it
//! serves the user who pasted both texts.

use super::answer::{Extent, ServerError};
use super::{Finding, mask, mistakes};
use crate::signing::SignatureVersion;
use crate::signing::acs3::hex_sha256;
use crate::signing::encode::percent_encode;
use crate::text::Text;
use percent_encoding::percent_decode_str;
use serde::Serialize;
use serde_json::Value;

/// A text, split at its first difference from another text.
#[derive(PartialEq, Eq, Serialize)]
pub struct Marked {
    /// The common prefix.
    pub same: String,
    /// From the first difference to the last one in its parameter or line.
    pub different: String,
    /// The rest.
    pub rest: String,
}
redacted_debug!(Marked);

/// The result of a comparison.
#[derive(Debug, Serialize)]
pub struct Comparison {
    /// The relation of the texts.
    pub agreement: Agreement,
    /// The origin of the first text.
    pub origin: Origin,
    /// The text calculated from the request, or signed by the program.
    pub ours: Marked,
    /// The server's text.
    pub theirs: Marked,
    /// The likely causes, most likely first; empty without a visible difference.
    #[serde(skip)]
    pub causes: Vec<Finding>,
}

/// How two signed texts relate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Agreement {
    /// They are equal.
    Same,
    /// They differ.
    Different,
    /// The visible part of the server's text is the same.
    SameAsFarAsVisible,
    /// The server's text is not visible.
    Unknown,
}

/// The origin of the text that is compared with the server's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// A program signed it.
    Signed,
    /// The laboratory calculated it from the request that was sent. It may differ from the text
    /// that the program signed.
    Sent,
}

/// The text that is compared with the server's.
#[derive(Clone, Copy)]
pub(super) struct Ours<'a> {
    pub(super) text: &'a str,
    pub(super) origin: Origin,
    /// Whether its end is missing.
    pub(super) is_cut: bool,
}

/// Compares a text with the server's signed text.
pub(super) fn compare(
    scheme: SignatureVersion,
    own: Ours<'_>,
    refusal: &ServerError,
) -> Comparison {
    let Ours {
        text: ours,
        origin,
        is_cut,
    } = own;
    let theirs = refusal.server_text.as_deref().unwrap_or_default();
    let separator = match scheme {
        SignatureVersion::Rpc => "%26",
        SignatureVersion::Acs3 => "\n",
    };
    // Without an end marker, the text may continue.
    let goes_on = !refusal.ends && ours != theirs && ours.starts_with(theirs);
    let extent = match refusal.extent {
        Extent::Whole if goes_on => Extent::Cut,
        extent => extent,
    };
    let same = match &refusal.digest {
        Some(digest) => {
            let is_same = *digest == hex_sha256(ours.as_bytes());
            // A mask changes the digest.
            (is_same || !is_cut && !was_masked(ours)).then_some(is_same)
        }
        None if is_cut => None,
        None => (extent == Extent::Whole).then_some(ours == theirs),
    };
    let causes = match (same, extent) {
        (Some(true), _) | (_, Extent::Digest | Extent::Absent) => Vec::new(),
        _ => {
            let texts = Texts {
                ours,
                theirs,
                extent,
                origin,
                is_cut,
            };
            match scheme {
                SignatureVersion::Rpc => texts.rpc_causes(),
                SignatureVersion::Acs3 => texts.acs3_causes(),
            }
        }
    };
    // A difference without a cause is a mask in the pasted text.
    let hides = extent == Extent::Whole && causes.is_empty() && ours != theirs;
    let agreement = match same {
        Some(true) => Agreement::Same,
        _ if hides => Agreement::SameAsFarAsVisible,
        Some(false) => Agreement::Different,
        None if !causes.is_empty() => Agreement::Different,
        None if theirs.is_empty() => Agreement::Unknown,
        None => Agreement::SameAsFarAsVisible,
    };
    let common = common_prefix(ours, theirs);
    let (mut ours, mut theirs) = (
        mark(ours, common, separator),
        mark(theirs, common, separator),
    );
    if extent == Extent::Whole {
        leave_out_common_end(&mut ours, &mut theirs);
    }
    Comparison {
        agreement,
        origin,
        ours,
        theirs,
        causes,
    }
}

/// Two different texts. Parts that are truncated or masked are not compared.
struct Texts<'a> {
    ours: &'a str,
    theirs: &'a str,
    extent: Extent,
    origin: Origin,
    /// Whether the end of `ours` is missing.
    is_cut: bool,
}

impl Texts<'_> {
    fn rpc_causes(&self) -> Vec<Finding> {
        let is_whole = self.extent == Extent::Whole && !self.is_cut;
        if self.extent != Extent::Whole && self.theirs.matches('&').count() < 2 {
            return Vec::new();
        }
        let (our_method, our_path, our_query) = rpc_parts(self.ours);
        let (their_method, their_path, their_query) = rpc_parts(self.theirs);
        if our_method != their_method && !self.is_hidden(our_method, their_method) {
            return vec![wrong_method(our_method, their_method, self.origin)];
        }
        if our_path != their_path && !self.is_hidden(our_path, their_path) {
            return vec![wrong_path()];
        }
        let (ours, theirs) = (decoded(our_query), decoded(their_query));
        let is_encoded_once = if is_whole {
            theirs.as_deref() == Some(our_query)
        } else {
            our_query.contains('=')
        };
        if is_encoded_once {
            return Vec::from_iter(mistakes::named("encoded-once"));
        }
        let causes = match (ours, theirs) {
            (Some(ours), Some(theirs)) if ours != theirs => {
                return self.query_causes(&ours, &theirs, self.extent == Extent::Cut);
            }
            (Some(_), Some(_)) => vec![encoded_differently()],
            _ => vec![unexplained()],
        };
        if is_whole { causes } else { Vec::new() }
    }

    fn acs3_causes(&self) -> Vec<Finding> {
        let ours: Vec<&str> = self.ours.split('\n').collect();
        let theirs: Vec<&str> = self.theirs.split('\n').collect();
        for (at, (our_line, their_line)) in ours.iter().zip(&theirs).enumerate() {
            let is_cut = self.extent == Extent::Cut && at.saturating_add(1) == theirs.len();
            if our_line == their_line {
                continue;
            }
            let causes = match at {
                2 => self.query_causes(our_line, their_line, is_cut),
                _ if is_cut || self.is_hidden(our_line, their_line) => Vec::new(),
                0 => vec![wrong_method(our_line, their_line, self.origin)],
                1 => vec![wrong_path()],
                _ if at.saturating_add(1) == ours.len() => vec![wrong_body(self.origin)],
                _ => {
                    let line = match (theirs.contains(our_line), ours.contains(their_line)) {
                        _ if our_line.is_empty() => their_line,
                        (true, false) => their_line,
                        // Both sides are sorted, so the other one lacks the smaller name.
                        (false, false) => our_line.min(their_line),
                        (_, true) => our_line,
                    };
                    vec![wrong_header(line)]
                }
            };
            if !causes.is_empty() {
                return causes;
            }
        }
        Vec::new()
    }

    /// Compares two canonicalized queries. If `is_cut`, the last pair of `theirs` may be truncated, so it
    /// is ignored.
    fn query_causes(&self, ours: &str, theirs: &str, is_cut: bool) -> Vec<Finding> {
        let mut ours: Vec<&str> = ours.split('&').collect();
        let mut theirs: Vec<&str> = theirs.split('&').collect();
        if is_cut {
            theirs.pop();
        }
        if self.is_cut {
            ours.pop();
            let names: Vec<&str> = ours.iter().map(|pair| halves(pair).0).collect();
            // What follows in an unsorted text is not known.
            let last = names.last().filter(|_| names.is_sorted());
            theirs.retain(|pair| {
                let name = halves(pair).0;
                names.contains(&name) || last.is_some_and(|last| name < *last)
            });
        }
        let is_masked = |pair: &str| {
            let (name, value) = halves(pair);
            let mut ours = ours.iter().map(|pair| halves(pair));
            let our_value = ours.find(|(our_name, _)| *our_name == name);
            self.hides(our_value.map_or("", |(_, value)| value), value) || self.hides("", name)
        };
        let any_masked = theirs.iter().any(|pair| is_masked(pair));
        let seen: Vec<&str> = theirs.into_iter().filter(|pair| !is_masked(pair)).collect();
        let last = seen.iter().map(|pair| halves(pair).0).max();
        let ours_seen: Vec<&str> = ours
            .iter()
            .copied()
            .filter(|pair| {
                let name = halves(pair).0;
                // A masked pair could be any of the local pairs.
                if any_masked {
                    seen.iter().any(|seen| halves(seen).0 == name)
                } else {
                    !is_cut || last.is_some_and(|last| name <= last)
                }
            })
            .collect();
        if ours_seen == seen {
            Vec::new()
        } else {
            query_causes(&ours_seen, &seen, self.origin)
        }
    }

    fn is_hidden(&self, ours: &str, theirs: &str) -> bool {
        was_masked(ours) || self.hides(ours, theirs)
    }

    /// Whether a log masked the server's value. A complete text has no masks.
    fn hides(&self, ours: &str, theirs: &str) -> bool {
        self.extent != Extent::Whole && mask::hides(&shown(ours), &shown(theirs))
    }
}

/// Whether the local text, encoded up to twice, was masked before it was pasted.
fn was_masked(ours: &str) -> bool {
    mask::in_value(&shown(&shown(ours)))
}

/// Whether the local value was probably masked before it was pasted. An `xxxx` may be part of a value,
/// so the rest must be equal.
fn is_mask_of(ours: &str, theirs: &str) -> bool {
    let crossed_out = ours.find("xxxx").and_then(|at| {
        let (before, crosses) = ours.split_at_checked(at)?;
        let after = crosses.trim_start_matches('x');
        Some(ours.len() == theirs.len() && theirs.starts_with(before) && theirs.ends_with(after))
    });
    was_masked(ours) || crossed_out == Some(true)
}

/// The length of the common prefix, which does not end inside a single or double escape.
fn common_prefix(a: &str, b: &str) -> usize {
    let pairs = escapes(a).zip(escapes(b));
    pairs
        .take_while(|(a, b)| a == b)
        .map(|(a, _)| a.len())
        .sum()
}

fn mark(text: &str, common: usize, separator: &str) -> Marked {
    let (same, tail) = text.split_at_checked(common).unwrap_or((text, ""));
    let end = tail.find(separator).unwrap_or(tail.len());
    let (different, rest) = tail.split_at_checked(end).unwrap_or((tail, ""));
    Marked {
        same: same.to_owned(),
        different: different.to_owned(),
        rest: rest.to_owned(),
    }
}

/// Moves the common end of both differences out of them, in whole escape sequences.
fn leave_out_common_end(ours: &mut Marked, theirs: &mut Marked) {
    let from_end = |text| {
        let all: Vec<&str> = escapes(text).collect();
        all.into_iter().rev()
    };
    let pairs = from_end(&ours.different).zip(from_end(&theirs.different));
    let common: usize = pairs
        .take_while(|(a, b)| a == b)
        .map(|(a, _)| a.len())
        .sum();
    for side in [ours, theirs] {
        let end = side.different.len().saturating_sub(common);
        let same = side.different.split_off(end);
        side.rest.insert_str(0, &same);
    }
}

/// Splits a text into characters; an escape sequence counts as one character.
fn escapes(mut text: &str) -> impl Iterator<Item = &str> {
    std::iter::from_fn(move || {
        let length = match text.chars().next()? {
            '%' if text.starts_with("%25") => 5,
            '%' => 3,
            other => other.len_utf8(),
        };
        let (one, rest) = text.split_at_checked(length).unwrap_or((text, ""));
        text = rest;
        Some(one)
    })
}

fn rpc_parts(text: &str) -> (&str, &str, &str) {
    let mut parts = text.splitn(3, '&');
    let mut next = || parts.next().unwrap_or_default();
    (next(), next(), next())
}

fn wrong_header(line: &str) -> Finding {
    let name = line.split(':').next().unwrap_or_default();
    if name == "host" {
        return Finding::fatal(
            "host",
            Text::new(
                "host 头不同：签名用的域名或端口与实际发送的不一致，或者被代理改写。",
                "The host header differs: the signed host or port is not the one that was sent, or a proxy rewrote it.",
            ),
        );
    }
    Finding::fatal(
        "header",
        Text::composed(
            format!("参与签名的请求头 {name} 与服务端收到的不一致（值不同、缺失或顺序不同）。"),
            format!(
                "The signed header {name} differs from the one that the server received (a different value, missing, or in a different order)."
            ),
        ),
    )
}

fn wrong_body(origin: Origin) -> Finding {
    Finding::fatal(
        "body",
        match origin {
            Origin::Signed => Text::new(
                "请求体的 SHA-256 不同：签名时的请求体与实际发送的不是同一串字节（例如发送前又被重新编码）。",
                "The body's SHA-256 differs: the signed bytes are not those that were sent (for example, encoded again before sending).",
            ),
            Origin::Sent => Text::new(
                "请求体的 SHA-256 不同：服务端收到的请求体与这里粘贴的不是同一串字节。",
                "The body's SHA-256 differs: the server received different bytes than those pasted here.",
            ),
        },
    )
}

fn encoded_differently() -> Finding {
    Finding::fatal(
        "encoding",
        Text::new(
            "规范化请求字符串第二次编码的写法不同：除 A-Z a-z 0-9 - _ . ~ 外，每个字节都应写成大写的 %XX。",
            "The canonicalized query was encoded differently the second time: every byte except A-Z a-z 0-9 - _ . ~ must be %XX, in upper case.",
        ),
    )
}

/// Why the pairs of two canonicalized queries differ. A value that was masked before it was pasted is
/// no difference.
fn query_causes(ours: &[&str], theirs: &[&str], origin: Origin) -> Vec<Finding> {
    let only_ours: Vec<(&str, &str)> = missing_from(ours, theirs);
    let only_theirs: Vec<(&str, &str)> = missing_from(theirs, ours);
    if only_ours.is_empty() && only_theirs.is_empty() {
        return vec![other_arrangement(ours, theirs)];
    }
    let mut causes = Vec::new();
    for (name, our_value) in &only_ours {
        let their_value = only_theirs
            .iter()
            .find(|(other, _)| other == name)
            .map(|(_, value)| *value);
        causes.push(match their_value {
            Some(their_value) if is_mask_of(our_value, their_value) => continue,
            Some(their_value) => wrong_value(&shown(name), our_value, their_value, origin),
            None => not_received(&shown(name), our_value, origin),
        });
    }
    for (name, _) in &only_theirs {
        if !only_ours.iter().any(|(other, _)| other == name) {
            causes.push(not_signed(&shown(name), origin));
        }
    }
    // A different request explains all other differences.
    let (mut another, others): (Vec<_>, Vec<_>) = causes
        .into_iter()
        .partition(|cause: &Finding| cause.rule == "another-request");
    another.truncate(1);
    another.extend(others);
    another
}

/// How two lists of the same pairs differ.
fn other_arrangement(ours: &[&str], theirs: &[&str]) -> Finding {
    let is_pair = |pair: &&&str| !pair.is_empty();
    let (our_pairs, their_pairs) = (ours.iter().filter(is_pair), theirs.iter().filter(is_pair));
    if our_pairs.clone().eq(their_pairs.clone()) {
        return Finding::fatal(
            "empty-pair",
            Text::new(
                "多了一个 &：拼接后的参数以 & 开头或结尾，或者有两个 & 连在一起；& 只应出现在两个参数之间。",
                "There is a superfluous &: the joined parameters begin or end with one, or have two in a row. Only put one between two parameters.",
            ),
        );
    }
    if our_pairs.count() == their_pairs.count() {
        return Finding::fatal(
            "order",
            Text::new(
                "参数相同但顺序不同：应按参数名的字节序排列（大写字母在小写之前）。",
                "The parameters are the same but in a different order: sort them by the bytes of their names, upper case first.",
            ),
        );
    }
    Finding::fatal(
        "repeated",
        Text::new(
            "有参数在双方出现的次数不同；每个参数应只签名一次、只发送一次。",
            "A parameter occurs more often on one side than on the other; sign and send each parameter once.",
        ),
    )
}

fn missing_from<'a>(pairs: &[&'a str], others: &[&str]) -> Vec<(&'a str, &'a str)> {
    pairs
        .iter()
        .filter(|pair| !pair.is_empty() && !others.contains(pair))
        .map(|pair| halves(pair))
        .collect()
}

/// A pair's name and value.
fn halves(pair: &str) -> (&str, &str) {
    pair.split_once('=').unwrap_or((pair, ""))
}

/// The text, decoded; unchanged if it cannot be decoded.
fn shown(text: &str) -> String {
    decoded(text).unwrap_or_else(|| text.to_owned())
}

/// Decodes escapes only: a plus sign does not mean a space here.
fn decoded(text: &str) -> Option<String> {
    let decoded = percent_decode_str(text).decode_utf8().ok()?;
    Some(decoded.into_owned())
}

fn wrong_value(name: &str, ours: &str, theirs: &str, origin: Origin) -> Finding {
    let (Some(our_text), Some(their_text)) = (decoded(ours), decoded(theirs)) else {
        return changed(name, origin);
    };
    if let Some(mistakes) =
        mistakes::of_value(ours, &their_text).filter(|_| origin == Origin::Signed)
    {
        return about_mistakes(name, &mistakes);
    }
    if our_text == their_text {
        return about(
            "encoding",
            name,
            "的编码不对：除 A-Z a-z 0-9 - _ . ~ 外，每个 UTF-8 字节都应写成大写的 %XX。",
            "is encoded incorrectly: every UTF-8 byte except A-Z a-z 0-9 - _ . ~ must be %XX, in upper case.",
        );
    }
    if our_text.replace('+', " ") == their_text {
        return about(
            "plus-became-space",
            name,
            "里的 + 到达服务端后变成了空格：发送时没有把 + 编码为 %2B。",
            "contains a + that reached the server as a space: it was not sent as %2B.",
        );
    }
    if percent_encode(&our_text) == their_text
        || decoded(&their_text).as_deref() == Some(&*our_text)
    {
        return about(
            "sent-encoded-twice",
            name,
            "在发送时被编码了两次，服务端解码一次后仍带有百分号编码。",
            "was encoded twice when it was sent, so that the server still sees escapes after decoding once.",
        );
    }
    if origin == Origin::Signed && decoded(&our_text).as_deref() == Some(&*their_text) {
        return about(
            "signed-encoded",
            name,
            "在签名前已经编码过一次，应以原值参与签名。",
            "was already encoded when it was signed; sign the plain value.",
        );
    }
    if matches!(name, "SignatureNonce" | "Timestamp") {
        return Finding::fatal(
            "another-request",
            Text::new(
                "双方的 SignatureNonce 或 Timestamp 不同：比较的不是同一次请求，或者发送前又生成了一遍。",
                "SignatureNonce or Timestamp differ: these are two different requests, or the values were regenerated between signing and sending.",
            ),
        );
    }
    if !our_text.is_ascii() && (their_text.contains('?') || their_text.contains('\u{FFFD}')) {
        return about(
            "charset",
            name,
            "里的中文到达服务端后成了乱码：发送时的字符集不是 UTF-8。",
            "lost its Chinese characters in transit: it was not sent as UTF-8.",
        );
    }
    if same_json(&our_text, &their_text) {
        return about(
            "json-rewritten",
            name,
            "里的 JSON 在双方之间被解析后重新序列化（空格或字段顺序变了）；应原样传递同一个字符串。",
            "contains JSON that was parsed and serialized again in between (different spaces or order); pass the same string unchanged.",
        );
    }
    if our_text.trim() == their_text.trim() {
        return about(
            "white-space",
            name,
            "首尾的空白只在其中一方有；请在签名和发送之前就去掉。",
            "has white space around it on one side only; remove it before signing and sending.",
        );
    }
    if our_text.starts_with(&their_text) && !their_text.is_empty() {
        return about(
            "truncated",
            name,
            "到达服务端时被截断：值里可能有没有编码的 & 或 #。",
            "reached the server truncated: most likely it contains a & or # that was not encoded.",
        );
    }
    changed(name, origin)
}

/// Describes the mistakes that turn one value into the other.
fn about_mistakes(name: &str, mistakes: &[Finding]) -> Finding {
    let (mut zh, mut en) = (String::new(), String::new());
    for mistake in mistakes {
        zh.push_str(&mistake.message.zh);
        en.push(' ');
        en.push_str(&mistake.message.en);
    }
    Finding::fatal(
        mistakes.first().map_or("encoding", |mistake| mistake.rule),
        Text::composed(
            format!("参数 {name}：{zh}"),
            format!("Parameter {name}:{en}"),
        ),
    )
}

fn same_json(a: &str, b: &str) -> bool {
    match (
        serde_json::from_str::<Value>(a),
        serde_json::from_str::<Value>(b),
    ) {
        (Ok(a), Ok(b)) => (a.is_object() || a.is_array()) && a == b,
        _ => false,
    }
}

fn changed(name: &str, origin: Origin) -> Finding {
    match origin {
        Origin::Signed => about(
            "value-changed",
            name,
            "的值与服务端收到的不同：签名之后被改过，或在传输途中被改写。",
            "differs from the value that the server received: it was changed after signing, or in transit.",
        ),
        Origin::Sent => about(
            "value-changed",
            name,
            "的值与服务端收到的不同：在传输途中被改写，或者粘贴的不是这一次请求。",
            "differs from the value that the server received: it was changed in transit, or a different request was pasted.",
        ),
    }
}

fn not_received(name: &str, value: &str, origin: Origin) -> Finding {
    if name == "Signature"
        && origin == Origin::Signed
        && let Some(mistake) = mistakes::named("signature-signed")
    {
        return mistake;
    }
    match (value.is_empty(), origin) {
        (true, Origin::Signed) => about(
            "empty-not-sent",
            name,
            "为空，参与了签名却没有发出去；空参数应既签名又发送，或两者都不做。",
            "is empty and was signed but not sent; sign and send an empty parameter, or do neither.",
        ),
        (false, Origin::Signed) => about(
            "not-received",
            name,
            "参与了签名，服务端却没有收到：没有发送，或在传输途中丢失。",
            "was signed, but the server did not receive it: it was not sent, or was lost in transit.",
        ),
        (_, Origin::Sent) => about(
            "not-received",
            name,
            "在粘贴的请求里，服务端却没有收到：在传输途中丢失，或者粘贴的不是这一次请求。",
            "is in the pasted request, but the server did not receive it: it was lost in transit, or a different request was pasted.",
        ),
    }
}

fn not_signed(name: &str, origin: Origin) -> Finding {
    match origin {
        Origin::Signed => about(
            "not-signed",
            name,
            "发给了服务端，却没有参与签名；URL 和表单请求体里的所有参数（Signature 除外）都要签名。",
            "reached the server but was not signed; sign every parameter of the URL and the form body except Signature.",
        ),
        Origin::Sent => about(
            "not-pasted",
            name,
            "到达了服务端，却不在粘贴的请求里：粘贴之后才加上，或在传输途中加上；加在签名之后的参数会使签名不对。",
            "reached the server but is not in the pasted request: it was added later, or in transit; a parameter added after signing invalidates the signature.",
        ),
    }
}

fn wrong_method(ours: &str, theirs: &str, origin: Origin) -> Finding {
    if ours.eq_ignore_ascii_case(theirs)
        && let Some(mistake) = mistakes::named("lower-case-method")
    {
        return mistake;
    }
    Finding::fatal(
        "other-method",
        match origin {
            Origin::Signed => Text::new(
                "HTTP 方法不同：签名时的方法与实际发送的不一致（GET 与 POST 混用）。",
                "The method differs: the signed method is not the one that was sent (GET and POST confused).",
            ),
            Origin::Sent => Text::new(
                "HTTP 方法不同：服务端收到的方法与粘贴的请求不一致（例如重定向把 POST 变成了 GET）。",
                "The method differs: the server received a different one than the pasted request has (for example, after a redirect that turned POST into GET).",
            ),
        },
    )
}

fn wrong_path() -> Finding {
    Finding::fatal(
        "path",
        Text::new(
            "路径不同：RPC 接口的路径固定为 /（在待签名字符串中写作 %2F）。",
            "The path differs: RPC actions have the path / (%2F in the string to sign).",
        ),
    )
}

fn unexplained() -> Finding {
    Finding::fatal(
        "unreadable",
        Text::new(
            "其中一方无法解码，请确认双方内容均已完整复制。",
            "One of the texts cannot be decoded; make sure that both were copied completely.",
        ),
    )
}

fn about(rule: &'static str, name: &str, zh: &str, en: &str) -> Finding {
    Finding::fatal(
        rule,
        Text::composed(
            format!("参数 {name} {zh}"),
            format!("Parameter {name} {en}"),
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signing::rpc;

    /// A text that a program signed.
    fn whole(text: &str) -> Ours<'_> {
        Ours {
            text,
            origin: Origin::Signed,
            is_cut: false,
        }
    }

    /// Compares what a program signed with the server's complete text.
    fn compare(scheme: SignatureVersion, ours: &str, theirs: &str) -> Comparison {
        let refusal = ServerError {
            server_text: Some(theirs.to_owned()),
            extent: Extent::Whole,
            ends: true,
            ..ServerError::default()
        };
        super::compare(scheme, whole(ours), &refusal)
    }

    fn rules(ours: &str, theirs: &str) -> Vec<&'static str> {
        let comparison = compare(
            SignatureVersion::Rpc,
            &rpc::string_to_sign("POST", ours),
            &rpc::string_to_sign("POST", theirs),
        );
        comparison.causes.iter().map(|cause| cause.rule).collect()
    }

    #[test]
    fn names_the_cause() {
        for (ours, theirs, rule) in [
            ("A=a+b", "A=a%20b", "space-as-plus"),
            ("A=*", "A=%2A", "asterisk-kept"),
            ("A=%7E", "A=~", "tilde-escaped"),
            ("A=%e5%bc%a0", "A=%E5%BC%A0", "lower-case-escapes"),
            ("A=%e5%BC%a0", "A=%E5%BC%A0", "encoding"),
            ("A=张", "A=%E5%BC%A0", "encoding"),
            ("A=a%2Bb", "A=a%20b", "plus-became-space"),
            ("A=%E5%BC%A0", "A=%25E5%25BC%25A0", "sent-encoded-twice"),
            ("A=%25E5%25BC%25A0", "A=%E5%BC%A0", "signed-encoded"),
            ("A=%E5%BC%A0", "A=%3F", "charset"),
            (
                "A=%7B%22a%22%3A%201%7D",
                "A=%7B%22a%22%3A1%7D",
                "json-rewritten",
            ),
            ("A=k%20", "A=k", "white-space"),
            ("A=ab%26c", "A=ab", "truncated"),
            ("A=1", "A=2", "value-changed"),
            (
                "CertNo=11010519491231002x",
                "CertNo=11010519491231002X",
                "value-changed",
            ),
            ("A=1&B=", "A=1", "empty-not-sent"),
            ("A=1&B=2", "A=1", "not-received"),
            ("A=1", "A=1&B=2", "not-signed"),
            ("B=2&A=1", "A=1&B=2", "order"),
            ("&A=1&B=2", "A=1&B=2", "empty-pair"),
            ("A=1&B=2&", "A=1&B=2", "empty-pair"),
            ("A=1&&B=2", "A=1&B=2", "empty-pair"),
            ("&B=2&A=1", "A=1&B=2", "order"),
            ("A=1&A=1", "A=1", "repeated"),
            (
                "A=%7B%22b%22%3A%5B1%5D%7D",
                "A=%7B%22b%22%3A1%7D",
                "value-changed",
            ),
            ("A=%5B%22b%26c%22%5D", "A=%5B%22b", "truncated"),
            ("A=a%3Cb%3E", "A=a", "truncated"),
            ("A=5%2A3", "A=53", "value-changed"),
            ("A=hidden", "A=shown", "value-changed"),
            ("A=a..b...", "A=ab", "value-changed"),
            ("A=xxxx1234", "A=yyyy1235", "value-changed"),
        ] {
            assert_eq!(rules(ours, theirs), [rule], "{ours} {theirs}");
        }
        assert_eq!(
            rules(
                "A=1&SignatureNonce=1&Timestamp=1",
                "A=2&SignatureNonce=2&Timestamp=2"
            ),
            ["another-request", "value-changed"]
        );
        for (ours, rule) in [
            ("Timestamp=10%3a22", "lower-case-escapes"),
            ("Timestamp=10%253A22", "signed-encoded"),
            ("Timestamp=10:22", "encoding"),
            ("Timestamp=10%3A23", "another-request"),
        ] {
            assert_eq!(rules(ours, "Timestamp=10%3A22"), [rule], "{ours}");
        }
    }

    #[test]
    fn a_masked_value_is_no_difference() {
        for (ours, theirs) in [
            ("A=1%2A%2A%2A2", "A=1342"),
            ("A=%5BREDACTED%5D", "A=1"),
            ("A=1xxxx2", "A=134562"),
        ] {
            assert_eq!(rules(ours, theirs), [""; 0], "{ours}");
        }
        let ours = "POST\n/\n\nhost:<masked>\n\nhost\nff";
        let theirs = ours.replace("<masked>", "a");
        let comparison = compare(SignatureVersion::Acs3, ours, &theirs);
        assert_eq!(comparison.agreement, Agreement::SameAsFarAsVisible);
        let ours = ours.replace("<masked>", "[::1]");
        let comparison = compare(SignatureVersion::Acs3, &ours, &theirs);
        assert_eq!(comparison.causes[0].rule, "host");
    }

    #[test]
    fn the_digest_of_a_masked_text_is_no_difference() {
        let theirs = "POST\n/\nA=1&CertNo=2\nhost:a\n\nhost\nff";
        let agreement = |ours: &str, server_text: &str, extent: Extent| {
            let refusal = ServerError {
                server_text: Some(server_text.to_owned()).filter(|text| !text.is_empty()),
                extent,
                digest: Some(hex_sha256(theirs.as_bytes())),
                ..ServerError::default()
            };
            let comparison = super::compare(SignatureVersion::Acs3, whole(ours), &refusal);
            (comparison.agreement, comparison.causes.len())
        };
        let answers = [
            (theirs, Extent::Whole, Agreement::SameAsFarAsVisible),
            (
                "POST\n/\nA=1&CertNo=2\nhost:a\n\nho",
                Extent::Cut,
                Agreement::SameAsFarAsVisible,
            ),
            (
                "POST\n/\nA=***&CertNo=2\nhost:a\n\nhost\nff",
                Extent::Masked,
                Agreement::SameAsFarAsVisible,
            ),
            ("", Extent::Cut, Agreement::Unknown),
            ("", Extent::Digest, Agreement::Unknown),
        ];
        for (server_text, extent, expected) in answers {
            assert_eq!(
                agreement(theirs, server_text, extent),
                (Agreement::Same, 0),
                "{extent:?}"
            );
            for ours in [
                theirs.replace("CertNo=2", "CertNo=***"),
                theirs.replace("host:a", "host:<masked>"),
            ] {
                assert_eq!(
                    agreement(&ours, server_text, extent),
                    (expected, 0),
                    "{ours} {extent:?}"
                );
            }
            // Without a mask, the digest shows that the end differs.
            let ours = theirs.replace("ff", "ee");
            assert_eq!(
                agreement(&ours, server_text, extent).0,
                Agreement::Different
            );
        }
    }

    #[test]
    fn names_method_path_and_single_encoding() {
        let rpc =
            |ours: &str, theirs: &str| compare(SignatureVersion::Rpc, ours, theirs).causes[0].rule;
        assert_eq!(rpc("GET&%2F&A%3D1", "POST&%2F&A%3D1"), "other-method");
        assert_eq!(rpc("post&%2F&A%3D1", "POST&%2F&A%3D1"), "lower-case-method");
        assert_eq!(rpc("POST&/&A%3D1", "POST&%2F&A%3D1"), "path");
        assert_eq!(
            rpc("POST&%2F&A=1&B=%20", "POST&%2F&A%3D1%26B%3D%2520"),
            "encoded-once"
        );
        assert_eq!(rpc("POST&%2F&A%3d1", "POST&%2F&A%3D1"), "encoding");
    }

    #[test]
    fn marks_the_first_difference_to_the_end_of_its_parameter() {
        let ours = rpc::string_to_sign("POST", "A=1&B=%E5%BC%A0&C=3");
        let theirs = rpc::string_to_sign("POST", "A=1&B=%20&C=3");
        let comparison = compare(SignatureVersion::Rpc, &ours, &theirs);
        assert_eq!(comparison.ours.same, "POST&%2F&A%3D1%26B%3D");
        assert_eq!(comparison.ours.different, "%25E5%25BC%25A0");
        assert_eq!(comparison.theirs.different, "%2520");
        assert_eq!(comparison.theirs.rest, "%26C%3D3");
        let plain = compare(SignatureVersion::Rpc, "POST&%2F&A%3D1", "POST&%2F&A%3D2");
        assert_eq!(
            (&*plain.ours.same, &*plain.ours.different),
            ("POST&%2F&A%3D", "1")
        );
        let equal = compare(SignatureVersion::Rpc, &ours, &ours);
        assert_eq!(equal.agreement, Agreement::Same);
        assert!(equal.causes.is_empty() && equal.ours.different.is_empty());
    }

    #[test]
    fn marks_no_more_of_a_parameter_than_differs() {
        let marked = |ours: &str, theirs: &str| {
            let [ours, theirs] = [ours, theirs].map(|text| rpc::string_to_sign("POST", text));
            let comparison = compare(SignatureVersion::Rpc, &ours, &theirs);
            let whole = |side: &Marked| [&*side.same, &side.different, &side.rest].concat();
            assert_eq!(whole(&comparison.ours), ours);
            assert_eq!(whole(&comparison.theirs), theirs);
            (comparison.ours.different, comparison.theirs.different)
        };
        for (ours, theirs, different) in [
            ("A=%3A%20%22x%22&B=2", "A=%3A%22x%22&B=2", ("%2520", "")),
            ("A=%3Ax&B=2", "A=%3Bx&B=2", ("%253A", "%253B")),
            ("A=aa&B=2", "A=aaa&B=2", ("", "a")),
            ("A=%E5%BC%A0x", "A=%E5%BC%A1x", ("%25A0", "%25A1")),
            ("A=1xyz", "A=2xy1", ("1xyz", "2xy1")),
        ] {
            assert_eq!(
                marked(ours, theirs),
                (different.0.to_owned(), different.1.to_owned()),
                "{ours}"
            );
        }
    }

    #[test]
    fn compares_canonical_requests_line_by_line() {
        let ours = "POST\n/\nA=1\nhost:a\nx-acs-date:d\n\nhost;x-acs-date\nff";
        let rule = |theirs: &str| compare(SignatureVersion::Acs3, ours, theirs).causes[0].rule;
        assert_eq!(rule(&ours.replace("POST", "GET")), "other-method");
        assert_eq!(rule(&ours.replace("\n/\n", "\n/x\n")), "path");
        assert_eq!(rule(&ours.replace("A=1", "A=%201")), "white-space");
        assert_eq!(rule(&ours.replace("host:a", "host:b")), "host");
        assert_eq!(rule(&ours.replace("date:d", "date:e")), "header");
        assert_eq!(rule(&ours.replace("ff", "ee")), "body");
    }

    #[test]
    fn before_the_end_of_a_truncated_canonical_request_all_is_compared() {
        let rules = |ours: &str, theirs: &str| {
            let refusal = ServerError {
                server_text: Some(theirs.to_owned()),
                extent: Extent::Cut,
                ..ServerError::default()
            };
            let comparison = super::compare(SignatureVersion::Acs3, whole(ours), &refusal);
            let causes = comparison.causes.iter();
            causes.map(|cause| cause.rule).collect::<Vec<_>>()
        };
        let ours = "POST\n/\nA=1&B=2\nhost:a\nx-acs-date:d\n\nhost;x-acs-date\nff";
        assert_eq!(rules(ours, "POST\n/\nA=1\nhost:"), ["not-received"]);
        assert_eq!(rules(ours, "POST\n/\nA=1"), [""; 0]);
        let masked = ours.replace("host:a", "host:<masked>");
        assert_eq!(rules(&masked, "POST\n/\nA=1&B=2\nhost:a\nx-"), [""; 0]);
    }
}
