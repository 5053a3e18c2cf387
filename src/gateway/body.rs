//! Reads the JSON body of a request, without building values that the actions do not need.

use super::problem::{Problem, ProblemKind};
use crate::actions::Value;
use crate::http::header;
use crate::json::read::{MAX_DEPTH, items, string, value};

/// Maximum number of members; the actions have fewer than 50 parameters.
const MEMBERS_MAX: usize = 100;

/// The members of the body's object in order, including duplicates. An empty body has no members.
///
/// # Errors
/// If the content type is not JSON, or the body is not a single object within the limit of members.
pub fn members(
    headers: &[(String, String)],
    body: &[u8],
) -> Result<Vec<(String, Value<'static>)>, Problem> {
    let content_type = header(headers, "content-type").unwrap_or_default();
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    let coding = header(headers, "content-encoding").unwrap_or("identity");
    if !media_type.eq_ignore_ascii_case("application/json")
        || !coding.eq_ignore_ascii_case("identity")
    {
        return Err(Problem::new(ProblemKind::UnsupportedMediaType)
            .with_header("accept", "application/json"));
    }
    std::str::from_utf8(body)
        .ok()
        // Some editors and languages put a byte order mark before UTF-8.
        .map(|text| text.strip_prefix('\u{FEFF}').unwrap_or(text))
        .and_then(read)
        .ok_or_else(|| Problem::new(ProblemKind::MalformedBody))
}

fn read(body: &str) -> Option<Vec<(String, Value<'static>)>> {
    let object = value(body, MAX_DEPTH).filter(|value| value.starts_with('{'))?;
    let members = items(object)?;
    if members.len() > MEMBERS_MAX {
        return None;
    }
    let read = |(name, value)| Some((string(name)?, Value::of_json(value)?));
    members.into_iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &[u8]) -> Result<Vec<(String, Value<'static>)>, &'static str> {
        let headers = [(
            "Content-Type".to_owned(),
            "application/json; charset=utf-8".to_owned(),
        )];
        members(&headers, body).map_err(|problem| problem.code())
    }

    #[test]
    fn keeps_what_a_map_would_lose() {
        assert_eq!(
            read(br#"{"sceneId":9007199254740993,"a":1.5,"b":null,"a":[{}]}"#).unwrap(),
            [
                ("sceneId".to_owned(), Value::Integer(9_007_199_254_740_993)),
                ("a".to_owned(), Value::Inexact),
                ("b".to_owned(), Value::Absent),
                ("a".to_owned(), Value::Unusable),
            ]
        );
        assert_eq!(read(b"{}"), Ok(Vec::new()));
        assert_eq!(read(b"\xEF\xBB\xBF{}"), Ok(Vec::new()));
        assert_eq!(
            read(b"\xEF\xBB\xBF\r\n{\"a\":1}").unwrap(),
            [("a".to_owned(), Value::Integer(1))]
        );
    }

    #[test]
    fn refuses_the_rest_with_one_problem() {
        let deep = "[".repeat(100_000);
        let deep_member = format!("{{\"a\":{}1{}}}", "[".repeat(500), "]".repeat(500));
        let wide = format!("{{{}\"z\":1}}", "\"a\":1,".repeat(100));
        for body in [
            b"".as_slice(),
            b"null",
            b"\xEF\xBB\xBF",
            b"\xEF\xBB\xBF\xEF\xBB\xBF{}",
            b"{\xEF\xBB\xBF}",
            b"\xFE\xFF\0{\0}",
            b"[]",
            b"\"text\"",
            b"{\"a\":1",
            b"{\"a\":1}}",
            b"{\"a\":\"\xFF\xFE\"}",
            deep.as_bytes(),
            wide.as_bytes(),
        ] {
            assert_eq!(read(body), Err("malformed-body"));
        }
        // Deep nesting is accepted or rejected, but never crashes.
        let _ = read(deep_member.as_bytes());
        for content_type in [
            "",
            "text/plain",
            "application/x-www-form-urlencoded",
            "application/jsonp",
        ] {
            let headers = [("content-type".to_owned(), content_type.to_owned())];
            assert_eq!(
                members(&headers, b"{}").unwrap_err().code(),
                "unsupported-media-type"
            );
        }
        let gzip = [
            ("content-type".to_owned(), "application/json".to_owned()),
            ("content-encoding".to_owned(), "gzip".to_owned()),
        ];
        assert_eq!(
            members(&gzip, b"{}").unwrap_err().code(),
            "unsupported-media-type"
        );
    }
}
