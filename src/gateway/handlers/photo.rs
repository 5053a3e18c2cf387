//! Passes a photo through the gateway, so that callers never receive its address.

use crate::gateway::problem::{Problem, ProblemKind};
use crate::gateway::reply::{Language, Reply};
use crate::http::IncomingRequest;

/// Raster images only: an SVG is a document that can contain scripts.
const PHOTO_TYPES: &[&str] = &[
    "image/jpeg",
    "image/jpg",
    "image/png",
    "image/webp",
    "image/bmp",
    "image/gif",
];

/// The response with a photo, or a problem if Alibaba Cloud's response is not a photo. A status of
/// 0 means that there was no response.
pub fn photo(
    status: u16,
    content_type: &str,
    request: &IncomingRequest,
    request_id: &str,
) -> Reply {
    let media_type = content_type.split(';').next().unwrap_or_default();
    let media_type = media_type.trim().to_ascii_lowercase();
    let kind = match status {
        200 if PHOTO_TYPES.contains(&media_type.as_str()) => {
            return Reply::text(200, &media_type, String::new()).with_outcome("photo");
        }
        1..500 => ProblemKind::PhotoUnavailable,
        _ => ProblemKind::UpstreamFailed,
    };
    Problem::new(kind).reply(Language::accepted(&request.headers), request_id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::header;

    #[test]
    fn passes_on_pictures_alone() {
        let request = IncomingRequest {
            method: "GET".to_owned(),
            path: "/".to_owned(),
            query: String::new(),
            headers: Vec::new(),
            body: Vec::new(),
        };
        let checked = |status, content_type| {
            let reply = photo(status, content_type, &request, "r");
            let content_type = header(&reply.headers, "content-type").unwrap().to_owned();
            (reply.status, reply.outcome, content_type)
        };
        for (given, passed_on) in [
            ("image/jpeg", "image/jpeg"),
            ("IMAGE/JPEG", "image/jpeg"),
            ("Image/PNG; charset=binary", "image/png"),
            (" image/webp ", "image/webp"),
        ] {
            let photo = (200, "photo".to_owned(), passed_on.to_owned());
            assert_eq!(checked(200, given), photo, "{given}");
        }
        for given in [
            "image/svg+xml",
            "IMAGE/SVG+XML",
            "image/svg+xml; charset=utf-8",
            "image/jpeg+xml",
            "image/",
            "image/*",
            "images/jpeg",
            "text/html",
            "text/html; image/jpeg",
            "",
        ] {
            assert_eq!(checked(200, given).1, "photo-unavailable", "{given}");
        }
        assert_eq!(checked(403, "image/jpeg").1, "photo-unavailable");
        assert_eq!(checked(0, "image/jpeg").1, "upstream-failed");
        assert_eq!(checked(503, "image/jpeg").1, "upstream-failed");
    }
}
