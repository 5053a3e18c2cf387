//! Reduces a pasted request to its structure, for a link: without secrets and without the values of
//! its parameters.

use super::Finding;
use super::http_message::is_method;
use super::reading::{self, Place, Reading};
use crate::actions::rule::{IDENTITY_CARD, MODELS, PRODUCTS};
use crate::actions::{self, Rule};
use crate::http::FORM_TYPE;
use crate::signing::canonical::encode_pairs;
use crate::signing::{SignatureVersion, rpc};
use crate::timestamp::Date;
use std::net::{IpAddr, SocketAddr};

/// The headers of a link, with kept or masked values; other headers are omitted.
const HEADERS: &[&str] = &[
    "content-type",
    "host",
    "x-acs-accesskey-id",
    "x-acs-action",
    "x-acs-content-sha256",
    "x-acs-credentials-provider",
    "x-acs-date",
    "x-acs-security-token",
    "x-acs-signature-method",
    "x-acs-signature-nonce",
    "x-acs-signature-type",
    "x-acs-signature-version",
    "x-acs-version",
];
/// Regions whose names a link keeps. A pattern would let other words through.
const REGIONS: &[&str] = &[
    "ap-southeast-1",
    "cn-beijing",
    "cn-hangzhou",
    "cn-hongkong",
    "cn-shanghai",
    "cn-shenzhen",
];
/// Maximum length of a value in a link, so that a picture does not make the link unusable.
const VALUE_MAX: usize = 120;
/// A longer sequence of digits could be a personal number; those in times and versions are shorter.
const DIGITS_MAX: usize = 8;

/// Returns the request with the same method, host, parameter names and positions. In each value,
/// every letter, digit or character beyond ASCII is replaced by one of its kind. Values that describe
/// the call, such as the action and the timestamp, are kept if they have their documented form.
///
/// # Errors
/// If the request is unreadable.
pub fn shareable(request: &str) -> Result<String, Finding> {
    let reading = reading::read(request)?;
    let pairs = |place: Place| -> Vec<(String, String)> {
        let placed = reading.parameters.iter().filter(|one| one.place == place);
        placed
            .map(|one| (name(&one.name), value(&one.name, &one.value)))
            .collect()
    };
    let unplaced = pairs(Place::Unknown);
    if !unplaced.is_empty() {
        let lines = unplaced
            .iter()
            .map(|(name, value)| format!("{name}={value}"));
        return Ok(lines.collect::<Vec<_>>().join("\n"));
    }
    let host = reading.host.as_deref().map(shown_host);
    let mut target = masked(&reading.path);
    let query = pairs(Place::Query);
    if !query.is_empty() {
        target = [target.as_str(), "?", &encode_pairs(&query)].concat();
    }
    let method = match reading.method.as_deref() {
        None => return Ok(format!("https://{}{target}", host.unwrap_or_default())),
        Some(method) if is_method(method) => method,
        // Any other word may be a secret.
        Some(_) => "POST",
    };
    let mut lines = vec![format!("{method} {target} HTTP/1.1")];
    lines.extend(host.map(|host| format!("Host: {host}")));
    lines.extend(headers(&reading));
    let form = pairs(Place::Form);
    if !form.is_empty() {
        lines.extend([String::new(), encode_pairs(&form)]);
    }
    Ok(lines.join("\n"))
}

fn headers(reading: &Reading) -> impl Iterator<Item = String> {
    reading.headers.iter().filter_map(|(given, text)| {
        let lower = given.to_ascii_lowercase();
        let shown = match lower.as_str() {
            "host" => return None,
            "authorization" => authorization(text)?,
            other if is_known_header(other) => value(other, text),
            _ => return None,
        };
        Some(format!("{given}: {shown}"))
    })
}

/// Reduces ACS3's header to the list of signed headers; anything else is omitted.
fn authorization(text: &str) -> Option<String> {
    let parts = text.strip_prefix("ACS3-HMAC-SHA256")?;
    let shown = parts.split(',').map(|part| {
        let (key, text) = part.split_once('=').unwrap_or((part, ""));
        match key.trim() {
            "SignedHeaders" => format!(
                "SignedHeaders={}",
                text.split(';').map(name).collect::<Vec<_>>().join(";")
            ),
            "Credential" => format!("Credential={}", masked(text)),
            _ => format!("Signature={}", masked(text)),
        }
    });
    Some(format!(
        "ACS3-HMAC-SHA256 {}",
        shown.collect::<Vec<_>>().join(",")
    ))
}

/// Keeps a host that says nothing about its owner: one of Alibaba Cloud, this machine, or an address.
/// Any other text may be a password, for example from a command with `-u`.
fn shown_host(host: &str) -> String {
    let (name, port) = host.split_once(':').unwrap_or((host, ""));
    let is_port = port.len() <= 5 && port.bytes().all(|byte| byte.is_ascii_digit());
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-.".contains(&byte);
    let is_known = name == "localhost"
        || (name.ends_with(".aliyuncs.com") && name.bytes().all(is_name) && !has_number(name));
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    if (is_known && is_port) || host.parse::<SocketAddr>().is_ok() || bare.parse::<IpAddr>().is_ok()
    {
        return host.to_owned();
    }
    masked(host)
}

fn is_known_header(lower: &str) -> bool {
    HEADERS.contains(&lower)
}

/// Keeps a known name, in whatever case. Any other may be a value without its name.
fn name(text: &str) -> String {
    let is_same = |known: &str| known.eq_ignore_ascii_case(text);
    let mut parameters = actions::ACTIONS.iter().flat_map(|action| action.parameters);
    let is_known = is_same("RegionId")
        || rpc::COMMON.iter().any(|known| is_same(known))
        || parameters.any(|parameter| is_same(parameter.name))
        || is_known_header(&text.to_ascii_lowercase());
    if is_known {
        return text.to_owned();
    }
    masked(text)
}

/// Keeps a value that describes the call only in its documented form: a program can confuse two
/// parameters, and any other word may be a secret.
fn value(name: &str, text: &str) -> String {
    if name == "content-type"
        && let Some(rest) = text.strip_prefix(FORM_TYPE)
    {
        return [FORM_TYPE, &masked(rest)].concat();
    }
    if is_documented(name, text) {
        text.to_owned()
    } else {
        masked(text)
    }
}

fn is_documented(name: &str, text: &str) -> bool {
    let is_one_of = |words: &[&str]| words.contains(&text);
    match name {
        "Action" | "x-acs-action" => actions::by_name(text).is_some(),
        "Version" | "x-acs-version" => Date::parse_dashed(text).is_some(),
        "CertType" => text == IDENTITY_CARD,
        "Format" => is_one_of(&["JSON", "XML", "json", "xml"]),
        "Model" => is_one_of(&MODELS),
        "ProductCode" => is_one_of(&PRODUCTS),
        "RegionId" => is_one_of(REGIONS),
        "SignatureMethod" => is_one_of(&[rpc::SIGNATURE_METHOD, "HMAC-SHA256"]),
        "SignatureVersion" => text == rpc::SIGNATURE_VERSION,
        "Timestamp" | "x-acs-date" => SignatureVersion::Rpc.read_timestamp(text).is_some(),
        _ => actions::ACTIONS.iter().any(|action| {
            let rule = action.parameter(name).map(|parameter| parameter.rule);
            matches!(rule, Some(Rule::OneOf(words)) if is_one_of(words))
        }),
    }
}

fn has_number(text: &str) -> bool {
    text.split(|character: char| !character.is_ascii_digit())
        .any(|digits| digits.len() > DIGITS_MAX)
}

/// Replaces each character by one that is encoded in the same way.
fn masked(text: &str) -> String {
    let like = |character: char| match character {
        '0'..='9' => '0',
        'a'..='z' => 'x',
        'A'..='Z' => 'X',
        control if control.is_control() => ' ',
        ascii if ascii.is_ascii() => ascii,
        _ => '某',
    };
    text.chars().take(VALUE_MAX).map(like).collect()
}

#[cfg(test)]
mod tests {
    use super::shareable;
    use crate::lab::reading::{Place, read};
    use proptest::prelude::*;

    #[test]
    fn keeps_the_shape_and_nothing_of_the_values() {
        for (request, expected) in [
            (
                "curl 'https://cloudauth.aliyuncs.com/' -d Action=InitFaceVerify -d AccessKeyId=testid-1 -d CertNo=11010519491231002X --data-urlencode CertName=张三 --data-urlencode 'MetaInfo={\"a\": \"x*y~z+/1\"}' -d Signature=aB3%2B%3D -H 'Cookie: session=1'",
                "POST / HTTP/1.1\nHost: cloudauth.aliyuncs.com\n\nAction=InitFaceVerify&AccessKeyId=xxxxxx-0&CertNo=00000000000000000X&CertName=%E6%9F%90%E6%9F%90&MetaInfo=%7B%22x%22%3A%20%22x%2Ax~x%2B%2F0%22%7D&Signature=xX0%2B%3D",
            ),
            (
                "https://user:pass@cloudauth.aliyuncs.com/?Timestamp=2023-10-26T10%3A22%3A32Z&UserId=u%201#personal",
                "https://cloudauth.aliyuncs.com/?Timestamp=2023-10-26T10%3A22%3A32Z&UserId=x%200",
            ),
            (
                "Action=DescribeFaceVerify\nTimestamp=11010519491231002X\n13800138000=CertifyId\nSecurityToken=CAIS",
                "Action=DescribeFaceVerify\nTimestamp=00000000000000000X\n00000000000=XxxxxxxXx\nSecurityToken=XXXX",
            ),
            (
                "curl -X Passw0rd https://localhost/ -d Passw0rd -d 'UserId=zhang&san.li' -d certName=li",
                "POST / HTTP/1.1\nHost: localhost\n\nXxxxx0xx=&UserId=xxxxx&xxx.xx=&certName=xx",
            ),
            (
                "https://localhost/?Action=X&eyJhbGci.eyJ1c2Vy.c2ln",
                "https://localhost/?Action=X&xxXxxXxx.xxX0x0Xx.x0xx=",
            ),
            (
                "GET /?a=1 HTTP/1.1\nx-acs-Passw0rd: a\nX-Acs-Signature-Nonce: n1",
                "GET /?x=0 HTTP/1.1\nX-Acs-Signature-Nonce: x0",
            ),
        ] {
            assert_eq!(shareable(request).unwrap(), expected);
        }
    }

    #[test]
    fn keeps_a_value_only_in_its_documented_form() {
        let masked = |request: &str| shareable(request).unwrap();
        for kept in [
            "Action=InitFaceVerify",
            "CertType=IDENTITY_CARD",
            "Format=JSON",
            "Model=PHOTINUS_LIVENESS",
            "ProductCode=ID_PRO",
            "RegionId=cn-shanghai",
            "CertifyUrlType=WEB",
            "SignatureMethod=HMAC-SHA1",
            "SignatureVersion=1.0",
            "Timestamp=2023-10-26T10:22:32.123Z",
            "Version=2019-03-07",
        ] {
            assert_eq!(
                masked(&format!("{kept}\nCrop=T")),
                format!("{kept}\nCrop=T")
            );
        }
        for (value, shown) in [
            ("Action=hunter2Pass", "Action=xxxxxx0Xxxx"),
            ("CertType=zhangsan", "CertType=xxxxxxxx"),
            ("Format=MySecret", "Format=XxXxxxxx"),
            ("Model=ZHANGSAN", "Model=XXXXXXXX"),
            ("ProductCode=zhangsan", "ProductCode=xxxxxxxx"),
            ("RegionId=cn-zhangsan", "RegionId=xx-xxxxxxxx"),
            ("SignatureMethod=hunter2", "SignatureMethod=xxxxxx0"),
            ("SignatureVersion=hunter2", "SignatureVersion=xxxxxx0"),
            (
                "Timestamp=2023-10-26 10:22:32 zhangsan",
                "Timestamp=0000-00-00 00:00:00 xxxxxxxx",
            ),
            ("Version=hunter2", "Version=xxxxxx0"),
            ("Crop=hunter2", "Crop=xxxxxx0"),
        ] {
            assert_eq!(
                masked(&format!("{value}\nUserId=")),
                format!("{shown}\nUserId=")
            );
        }
        let headers = "GET / HTTP/1.1\nContent-Type: application/x-www-form-urlencoded\nx-acs-date: 2023-10-26T10:22:32Z\nx-acs-version: 2019-03-07";
        assert_eq!(masked(headers), headers);
        assert_eq!(
            masked("GET / HTTP/1.1\nContent-Type: text/zhangsan\nx-acs-action: hunter2"),
            "GET / HTTP/1.1\nContent-Type: xxxx/xxxxxxxx\nx-acs-action: xxxxxx0"
        );
    }

    #[test]
    fn keeps_the_signed_headers_of_acs3() {
        let request = "POST /?OuterOrderNo=e0c34a HTTP/1.1\nhost: cloudauth.aliyuncs.com\nx-acs-action: InitFaceVerify\nx-acs-content-sha256: ab12\nCookie: a=b\nAuthorization: ACS3-HMAC-SHA256 Credential=testid,SignedHeaders=host;x-acs-action,Signature=06f\n\nCrop=T&AuthId=me";
        assert_eq!(
            shareable(request).unwrap(),
            "POST /?OuterOrderNo=x0x00x HTTP/1.1\nHost: cloudauth.aliyuncs.com\nx-acs-action: InitFaceVerify\nx-acs-content-sha256: xx00\nAuthorization: ACS3-HMAC-SHA256 Credential=xxxxxx,SignedHeaders=host;x-acs-action,Signature=00x\n\nCrop=T&AuthId=xx"
        );
        assert_eq!(
            shareable("GET /me HTTP/1.1\nHost: cloudauth.aliyuncs.com").unwrap(),
            "GET /xx HTTP/1.1\nHost: cloudauth.aliyuncs.com"
        );
        let signed = "POST&%2F&Action%3DInitFaceVerify%26CertName%3D%25E5%25BC%25A0";
        assert_eq!(
            shareable(signed).unwrap(),
            "Action=InitFaceVerify\nCertName=某"
        );
        let bearer = "GET /?a=1 HTTP/1.1\nAuthorization: Bearer eyJ";
        assert_eq!(shareable(bearer).unwrap(), "GET /?x=0 HTTP/1.1");
    }

    #[test]
    fn keeps_only_hosts_that_are_no_secret() {
        for (host, shown) in [
            ("cloudauth.aliyuncs.com", "cloudauth.aliyuncs.com"),
            (
                "cloudauth.cn-shanghai.aliyuncs.com:443",
                "cloudauth.cn-shanghai.aliyuncs.com:443",
            ),
            ("localhost:8788", "localhost:8788"),
            ("127.0.0.1:8788", "127.0.0.1:8788"),
            ("[::1]:8788", "[::1]:8788"),
            ("[::1]", "[::1]"),
            ("alice:Passw0rd", "xxxxx:Xxxxx0xx"),
            ("alice:Passw0rd.aliyuncs.com", "xxxxx:Xxxxx0xx.xxxxxxxx.xxx"),
            ("localhost:Passw0rd", "xxxxxxxxx:Xxxxx0xx"),
            ("gateway.example", "xxxxxxx.xxxxxxx"),
            (
                "u11010519491231002.aliyuncs.com",
                "x00000000000000000.xxxxxxxx.xxx",
            ),
        ] {
            let request = format!("GET /?a=1 HTTP/1.1\nHost: {host}");
            let expected = format!("GET /?x=0 HTTP/1.1\nHost: {shown}");
            assert_eq!(shareable(&request).unwrap(), expected);
        }
    }

    proptest! {
        #[test]
        fn no_value_survives(value in "[b-wB-W1-9张三]{4,20}( [b-w]{1,9})?", name in "(CertName|CertNo|MetaInfo|UserId|AccessKeyId|Signature|OuterOrderNo)") {
            let encoded = crate::signing::encode::percent_encode(&value);
            for request in [
                format!("https://cloudauth.aliyuncs.com/?Action=InitFaceVerify&{name}={encoded}"),
                format!("curl https://cloudauth.aliyuncs.com/ -d Action=InitFaceVerify -d {name}={encoded}"),
                format!("Action=InitFaceVerify\n{name}={value}"),
                format!("{{\"Action\":\"InitFaceVerify\",\"{name}\":\"{value}\"}}"),
            ] {
                let shared = shareable(&request).unwrap();
                prop_assert!(!shared.contains(value.trim()) && !shared.contains(&encoded), "{shared}");
                let again = read(&shared).unwrap();
                prop_assert_eq!(again.value("Action"), Some("InitFaceVerify"));
                prop_assert!(again.value(&name).is_some());
                prop_assert!(again.parameters.iter().all(|one| one.place == read(&request).unwrap().parameters[0].place || one.place == Place::Unknown));
                prop_assert_eq!(shareable(&shared).unwrap(), shared);
            }
        }
    }
}
