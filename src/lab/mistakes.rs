//! Which mistake gives the signature that a request carries: the usual ones are made on purpose,
//! alone and in pairs, until the result is that signature.

use super::calculation::{Acs3Parts, RpcParts, pair};
use super::reading::{Parameter, Place, Reading};
use super::{Finding, sort_few};
use crate::credentials::Secret;
use crate::prelude::*;
use crate::signing::SignatureVersion;
use crate::signing::acs3::{self, hmac_sha256};
use crate::signing::encode::{hex, percent_encode};
use crate::text::Text;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

/// What a signer does; the default is what it should do.
#[derive(Clone, Default)]
struct Habits {
    key_without_ampersand: bool,
    key_with_ampersand: bool,
    key_ends_with: &'static str,
    key_is_trimmed: bool,
    other_method: bool,
    lower_case_method: bool,
    encodes_once: bool,
    plain_slash: bool,
    space_is_plus: bool,
    keeps_asterisk: bool,
    escapes_tilde: bool,
    lower_case_escapes: bool,
    encodes_nothing: bool,
    encodes_values_twice: bool,
    non_ascii_is_question_mark: bool,
    order: Order,
    drops_empty: bool,
    leaves_out: &'static [&'static str],
    leaves_out_place: Option<Place>,
    digest: Digest,
    hashes_nothing_of_the_body: bool,
    misses_empty_line: bool,
    signs_canonical_request: bool,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Order {
    #[default]
    ByBytes,
    IgnoringCase,
    AsTheyStand,
}

/// What becomes of the message; the default is the scheme's own.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Digest {
    #[default]
    Right,
    OtherHash,
    HexInBase64,
    Hex,
    Base64,
}

struct Mistake {
    rule: &'static str,
    text: Text,
    make: fn(&mut Habits),
}

const fn mistake(
    rule: &'static str,
    make: fn(&mut Habits),
    zh: &'static str,
    en: &'static str,
) -> Mistake {
    Mistake {
        rule,
        text: Text::new(zh, en),
        make,
    }
}

#[rustfmt::skip]
static COMMON: &[Mistake] = &[
    mistake("space-as-plus", |habits| habits.space_is_plus = true,
        "空格被编码成了 +，应为 %20（不要用表单编码器，如 URLEncoder.encode 的原始结果）。",
        "A space was encoded as + instead of %20: a form encoder was used (the bare result of URLEncoder.encode, for one)."),
    mistake("asterisk-kept", |habits| habits.keeps_asterisk = true,
        "* 没有编码，应为 %2A。",
        "An asterisk was left as it is instead of %2A."),
    mistake("tilde-escaped", |habits| habits.escapes_tilde = true,
        "~ 被编码成了 %7E，应保持原样。",
        "A tilde was encoded as %7E instead of being left as it is."),
    mistake("lower-case-escapes", |habits| habits.lower_case_escapes = true,
        "百分号编码用了小写十六进制（%e5），应为大写（%E5）。",
        "Percent-encoding was written in lower case (%e5) instead of upper case (%E5)."),
    mistake("not-encoded", |habits| habits.encodes_nothing = true,
        "参数名和参数值没有做百分号编码。",
        "Names and values were not percent-encoded."),
    mistake("values-encoded-twice", |habits| habits.encodes_values_twice = true,
        "参数值在签名前已经编码过一次，又被编码了一次。",
        "Values had been encoded already when they were encoded for signing."),
    mistake("charset", |habits| habits.non_ascii_is_question_mark = true,
        "中文被当作 ? 参与签名：字符集不对，应使用 UTF-8。",
        "Chinese characters were signed as ?: a wrong charset, use UTF-8."),
    mistake("not-sorted", |habits| habits.order = Order::AsTheyStand,
        "参数没有排序，应按参数名的字节序排列。",
        "Parameters were not sorted; sort them by the bytes of their names."),
    mistake("sorted-ignoring-case", |habits| habits.order = Order::IgnoringCase,
        "参数按不区分大小写排序，应按字节序（大写字母在小写之前）。",
        "Parameters were sorted without regard to case; sort by bytes, where upper case comes first."),
    mistake("empty-dropped", |habits| habits.drops_empty = true,
        "值为空的参数发出去了却没有参与签名；空值应写成 Name= 参与签名，或者不发送。",
        "Parameters with an empty value were sent but not signed; sign them as Name= or do not send them."),
    mistake("other-method", |habits| habits.other_method = true,
        "待签名字符串里的 HTTP 方法与实际发送的不一致（GET 与 POST 混用）。",
        "The method that was signed is not the one that was sent (GET and POST mixed up)."),
    mistake("lower-case-method", |habits| habits.lower_case_method = true,
        "HTTP 方法用了小写，应为大写。",
        "The method was signed in lower case instead of upper case."),
    mistake("secret-new-line", |habits| habits.key_ends_with = "\n",
        "AccessKeySecret 末尾多了一个换行（多半是从文件读取时带入的）。",
        "The AccessKeySecret ended with a line feed, most likely read from a file."),
    mistake("secret-carriage-return", |habits| habits.key_ends_with = "\r\n",
        "AccessKeySecret 末尾多了回车换行（多半是从文件读取时带入的）。",
        "The AccessKeySecret ended with a carriage return and line feed, most likely read from a file."),
    mistake("secret-space", |habits| habits.key_ends_with = " ",
        "AccessKeySecret 末尾多了一个空格（多半是复制时带入的）。",
        "The AccessKeySecret ended with a space, most likely copied along."),
    mistake("secret-trimmed", |habits| habits.key_is_trimmed = true,
        "填在这里的 AccessKeySecret 首尾有空白，而程序用的没有。",
        "The AccessKeySecret typed here has white space around it, the one your program uses has not."),
];

#[rustfmt::skip]
static RPC: &[Mistake] = &[
    mistake("key-without-ampersand", |habits| habits.key_without_ampersand = true,
        "HMAC 的密钥漏了 &：应为 AccessKeySecret 后面再加一个 &。",
        "The HMAC key lacked its &: it is the AccessKeySecret with a & behind it."),
    mistake("encoded-once", |habits| habits.encodes_once = true,
        "规范化请求串没有再编码一次就拼进了待签名字符串。",
        "The canonicalized query was put into the string-to-sign without being encoded a second time."),
    mistake("plain-slash", |habits| habits.plain_slash = true,
        "待签名字符串里的路径写成了 /，应为 %2F。",
        "The path in the string-to-sign was / instead of %2F."),
    mistake("body-not-signed", |habits| habits.leaves_out_place = Some(Place::Form),
        "表单正文里的参数没有参与签名；应与网址里的参数合并后一起签名。",
        "The parameters of the form body were not signed; they are signed together with those of the URL."),
    mistake("query-not-signed", |habits| habits.leaves_out_place = Some(Place::Query),
        "网址里的参数没有参与签名；应与表单正文里的参数合并后一起签名。",
        "The parameters of the URL were not signed; they are signed together with those of the form body."),
    mistake("token-not-signed", |habits| habits.leaves_out = &["SecurityToken"],
        "SecurityToken 发出去了却没有参与签名。",
        "The SecurityToken was sent but not signed."),
    mistake("region-not-signed", |habits| habits.leaves_out = &["RegionId"],
        "RegionId 发出去了却没有参与签名。",
        "RegionId was sent but not signed."),
    mistake("format-not-signed", |habits| habits.leaves_out = &["Format"],
        "Format 发出去了却没有参与签名。",
        "Format was sent but not signed."),
    mistake("sha256", |habits| habits.digest = Digest::OtherHash,
        "用了 HMAC-SHA256，而请求声明的是 HMAC-SHA1。",
        "HMAC-SHA256 was used, while the request says HMAC-SHA1."),
    mistake("hex-in-base64", |habits| habits.digest = Digest::HexInBase64,
        "把十六进制文本做了 Base64；应直接对 HMAC 的 20 个字节做 Base64。",
        "The hexadecimal text was put into Base64 instead of the 20 bytes of the HMAC."),
    mistake("hex", |habits| habits.digest = Digest::Hex,
        "签名写成了十六进制，应为 Base64。",
        "The signature was written in hexadecimal instead of Base64."),
];

#[rustfmt::skip]
static ACS3: &[Mistake] = &[
    mistake("key-with-ampersand", |habits| habits.key_with_ampersand = true,
        "HMAC 的密钥多了 &：ACS3 直接用 AccessKeySecret。",
        "The HMAC key had a & behind it: ACS3 takes the AccessKeySecret as it is."),
    mistake("body-not-hashed", |habits| habits.hashes_nothing_of_the_body = true,
        "按空正文计算了摘要，而请求带有正文。",
        "The hash was that of an empty body, while the request has one."),
    mistake("empty-line-missing", |habits| habits.misses_empty_line = true,
        "规范化请求里，头部之后、SignedHeaders 之前少了一个空行。",
        "The canonical request lacked the empty line between the headers and the names of the signed headers."),
    mistake("canonical-request-signed", |habits| habits.signs_canonical_request = true,
        "直接对规范化请求做了 HMAC；应先取 SHA-256，再拼成待签名字符串。",
        "The canonical request itself was signed; its SHA-256 goes into the string-to-sign first."),
    mistake("sha1", |habits| habits.digest = Digest::OtherHash,
        "用了 HMAC-SHA1，ACS3 应使用 HMAC-SHA256。",
        "HMAC-SHA1 was used; ACS3 takes HMAC-SHA256."),
    mistake("base64", |habits| habits.digest = Digest::Base64,
        "签名写成了 Base64，应为小写十六进制。",
        "The signature was written in Base64 instead of lower-case hexadecimal."),
];

/// The mistakes, one or two, with which `secret` gives the signature that the request carries.
/// `None` when no pair of them does; empty when the signature is right.
pub fn find(
    reading: &Reading,
    scheme: SignatureVersion,
    method: Option<&str>,
    secret: &Secret,
) -> Option<Vec<Finding>> {
    let given = reading.given_signature(scheme)?.replace(' ', "+");
    let own = match scheme {
        SignatureVersion::Rpc => RPC,
        SignatureVersion::Acs3 => ACS3,
    };
    let signer: &dyn Fn(&Habits) -> String = match scheme {
        SignatureVersion::Rpc => {
            let parts = RpcParts::of(reading, method);
            &move |habits: &Habits| rpc_signature(&parts, habits, secret)
        }
        SignatureVersion::Acs3 => {
            let parts = Acs3Parts::of(reading, method);
            &move |habits: &Habits| acs3_signature(&parts, habits, secret)
        }
    };
    let made = |mistakes: &[&Mistake]| {
        let mut habits = Habits::default();
        for mistake in mistakes {
            (mistake.make)(&mut habits);
        }
        signer(&habits) == given
    };
    let told = |mistakes: &[&Mistake]| {
        let finding = |mistake: &&Mistake| Finding::fatal(mistake.rule, mistake.text.clone());
        mistakes.iter().map(finding).collect()
    };
    if made(&[]) {
        return Some(Vec::new());
    }
    let all: Vec<&Mistake> = own.iter().chain(COMMON).collect();
    if let Some(one) = all.iter().find(|one| made(&[one])) {
        return Some(told(&[one]));
    }
    for (at, first) in all.iter().enumerate() {
        for second in all.iter().skip(at.saturating_add(1)) {
            if made(&[first, second]) {
                return Some(told(&[first, second]));
            }
        }
    }
    None
}

fn rpc_signature(parts: &RpcParts, habits: &Habits, secret: &Secret) -> String {
    let kept = parts.parameters.iter().filter(|parameter| {
        !habits.leaves_out.contains(&parameter.name.as_str())
            && habits.leaves_out_place != Some(parameter.place)
    });
    let query = query(kept.map(|parameter: &Parameter| pair(parameter)), habits);
    let path = if habits.plain_slash { "/" } else { "%2F" };
    let query = if habits.encodes_once {
        query
    } else {
        encode(&query, habits)
    };
    let message = [method(&parts.method, habits).as_str(), path, &query].join("&");
    let key = key(secret, habits, !habits.key_without_ampersand);
    let (key, message) = (key.expose().as_bytes(), message.as_bytes());
    match habits.digest {
        Digest::OtherHash => STANDARD.encode(hmac_sha256(key, message)),
        Digest::HexInBase64 => STANDARD.encode(hex(&hmac_sha1(key, message)).as_bytes()),
        Digest::Hex => hex(&hmac_sha1(key, message)),
        Digest::Right | Digest::Base64 => STANDARD.encode(hmac_sha1(key, message)),
    }
}

fn acs3_signature(parts: &Acs3Parts, habits: &Habits, secret: &Secret) -> String {
    // With no query, the query's line is built here alone.
    let without_query = Acs3Parts {
        method: method(&parts.method, habits),
        query: Vec::new(),
        payload_hash: if habits.hashes_nothing_of_the_body {
            acs3::hex_sha256(b"")
        } else {
            parts.payload_hash.clone()
        },
        ..parts.clone()
    };
    let pairs = parts
        .query
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()));
    let query = query(pairs, habits);
    let (request, signed_headers) = without_query.canonical_request();
    let mut lines: Vec<&str> = request.split('\n').collect();
    if let Some(line) = lines.get_mut(2) {
        *line = &query;
    }
    if habits.misses_empty_line {
        let at = lines.iter().rposition(|line| *line == signed_headers);
        if let Some(empty) = at.and_then(|at| at.checked_sub(1)) {
            lines.remove(empty);
        }
    }
    let request = lines.join("\n");
    let message = if habits.signs_canonical_request {
        request
    } else {
        acs3::string_to_sign(&request)
    };
    let key = key(secret, habits, habits.key_with_ampersand);
    let (key, message) = (key.expose().as_bytes(), message.as_bytes());
    match habits.digest {
        Digest::OtherHash => hex(&hmac_sha1(key, message)),
        Digest::Base64 => STANDARD.encode(hmac_sha256(key, message)),
        _ => hex(&hmac_sha256(key, message)),
    }
}

fn query<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>, habits: &Habits) -> String {
    let mut pairs: Vec<(&str, &str)> = pairs
        .filter(|(_, value)| !(habits.drops_empty && value.is_empty()))
        .collect();
    match habits.order {
        Order::ByBytes => sort_few(&mut pairs, |a, b| a < b),
        Order::IgnoringCase => sort_few(&mut pairs, |(a, _), (b, _)| {
            a.to_ascii_lowercase() < b.to_ascii_lowercase()
        }),
        Order::AsTheyStand => {}
    }
    let written: Vec<String> = pairs
        .into_iter()
        .map(|(name, value)| {
            let value = encode(value, habits);
            let value = if habits.encodes_values_twice {
                encode(&value, habits)
            } else {
                value
            };
            [encode(name, habits), value].join("=")
        })
        .collect();
    written.join("&")
}

fn encode(text: &str, habits: &Habits) -> String {
    if habits.encodes_nothing {
        return text.to_owned();
    }
    let text = if habits.non_ascii_is_question_mark {
        text.chars()
            .map(|character| if character.is_ascii() { character } else { '?' })
            .collect()
    } else {
        text.to_owned()
    };
    let mut encoded = percent_encode(&text);
    if habits.space_is_plus {
        encoded = encoded.replace("%20", "+");
    }
    if habits.keeps_asterisk {
        encoded = encoded.replace("%2A", "*");
    }
    if habits.escapes_tilde {
        encoded = encoded.replace('~', "%7E");
    }
    if habits.lower_case_escapes {
        encoded = lower_case_escapes(&encoded);
    }
    encoded
}

fn lower_case_escapes(encoded: &str) -> String {
    let mut left = 0_u8;
    encoded
        .chars()
        .map(|character| {
            if character == '%' {
                left = 2;
            } else if left > 0 {
                left = left.saturating_sub(1);
                return character.to_ascii_lowercase();
            }
            character
        })
        .collect()
}

fn method(method: &str, habits: &Habits) -> String {
    let method = match (habits.other_method, method) {
        (true, "GET") => "POST",
        (true, _) => "GET",
        (false, method) => method,
    };
    if habits.lower_case_method {
        method.to_ascii_lowercase()
    } else {
        method.to_owned()
    }
}

fn key(secret: &Secret, habits: &Habits, ampersand: bool) -> Secret {
    let secret = if habits.key_is_trimmed {
        secret.expose().trim()
    } else {
        secret.expose()
    };
    let ampersand = if ampersand { "&" } else { "" };
    Secret::new([secret, habits.key_ends_with, ampersand].concat())
}

fn hmac_sha1(key: &[u8], message: &[u8]) -> Vec<u8> {
    // HMAC takes keys of every length (RFC 2104), so the error arm is never reached.
    Hmac::<Sha1>::new_from_slice(key).map_or_else(
        |_| Vec::new(),
        |mut mac| {
            mac.update(message);
            mac.finalize().into_bytes().to_vec()
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::calculation::calculate;
    use crate::lab::reading::read;

    // Every mistake makes a difference to this request.
    const REQUEST: &str = "POST /?Format=JSON&RegionId=cn-hangzhou&a=1&UserId= HTTP/1.1\n\
        Host: cloudauth.aliyuncs.com\nx-acs-date: d\n\n\
        SecurityToken=t%2Fk&CertName=%E5%BC%A0+%2A~&SceneId=1&Action=X";

    fn habits(mistakes: &[&Mistake]) -> Habits {
        let mut habits = Habits::default();
        for mistake in mistakes {
            (mistake.make)(&mut habits);
        }
        habits
    }

    fn rules(scheme: SignatureVersion, secret: &str, signature: &str) -> Option<Vec<&'static str>> {
        let mut reading = read(REQUEST).unwrap();
        match scheme {
            SignatureVersion::Rpc => reading.parameters.push(Parameter {
                name: "Signature".to_owned(),
                value: signature.to_owned(),
                place: Place::Form,
            }),
            SignatureVersion::Acs3 => {
                reading.headers.push((
                    "Authorization".to_owned(),
                    acs3::authorization("k", "host;x-acs-date", signature),
                ));
            }
        }
        let found = find(&reading, scheme, None, &Secret::new(secret))?;
        Some(found.into_iter().map(|finding| finding.rule).collect())
    }

    #[test]
    fn a_right_signature_has_no_mistake() {
        let reading = read(REQUEST).unwrap();
        for scheme in [SignatureVersion::Rpc, SignatureVersion::Acs3] {
            let stages = calculate(&reading, scheme, None, Some(&Secret::new("secret")));
            // A signature that was sent without its + being encoded still counts as right.
            let sent = stages.signature().unwrap().replace('+', " ");
            assert_eq!(rules(scheme, "secret", &sent), Some(vec![]));
            assert_eq!(rules(scheme, "another", &sent), None);
        }
    }

    #[test]
    fn every_mistake_and_every_pair_is_found_out() {
        let reading = read(REQUEST).unwrap();
        let secret = Secret::new(" secret");
        let parts = RpcParts::of(&reading, None);
        let all: Vec<_> = RPC.iter().chain(COMMON).collect();
        for (at, first) in all.iter().enumerate() {
            let signature = rpc_signature(&parts, &habits(&[first]), &secret);
            assert_eq!(
                rules(SignatureVersion::Rpc, " secret", &signature),
                Some(vec![first.rule])
            );
            for second in &all[at + 1..] {
                // A pair may cancel out, or be the same as another; it is always explained.
                let signature = rpc_signature(&parts, &habits(&[first, second]), &secret);
                let found = rules(SignatureVersion::Rpc, " secret", &signature).unwrap();
                assert!(found.len() <= 2, "{} {}", first.rule, second.rule);
            }
        }
    }

    #[test]
    fn every_mistake_under_acs3_is_found_out() {
        let mut reading = read(REQUEST).unwrap();
        reading.headers.push((
            "Authorization".to_owned(),
            acs3::authorization("k", "host;x-acs-date", ""),
        ));
        reading.parameters.push(Parameter {
            name: "CertName".to_owned(),
            value: "张 *~".to_owned(),
            place: Place::Query,
        });
        let secret = Secret::new(" secret");
        let parts = Acs3Parts::of(&reading, None);
        for mistake in ACS3.iter().chain(COMMON) {
            let signature = acs3_signature(&parts, &habits(&[mistake]), &secret);
            let mut sent = reading.clone();
            sent.headers.pop();
            sent.headers.push((
                "Authorization".to_owned(),
                acs3::authorization("k", "host;x-acs-date", &signature),
            ));
            let found = find(&sent, SignatureVersion::Acs3, None, &secret).unwrap();
            let rules: Vec<_> = found.iter().map(|finding| finding.rule).collect();
            assert_eq!(rules, [mistake.rule]);
        }
    }
}
