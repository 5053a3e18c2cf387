//! Compares two signed texts: the local one, and the one that Alibaba Cloud quotes in
//! SignatureDoesNotMatch.
//!
//! Reports only names, never values: the texts contain names of persons and identity numbers.

use super::SignatureVersion;
use percent_encoding::percent_decode_str;

/// The first difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// The method, a parameter, a header or another part; the name is safe to show.
    Part(String),
    /// An unnamed part.
    Unknown,
}

/// Compares the string to sign (RPC) or the canonical request (ACS3). `None` if they are equal.
pub fn first_difference(version: SignatureVersion, ours: &str, theirs: &str) -> Option<Difference> {
    if ours == theirs {
        return None;
    }
    let part = match version {
        SignatureVersion::Rpc => rpc_part(ours, theirs),
        SignatureVersion::Acs3 => acs3_part(ours, theirs),
    };
    Some(part.map_or(Difference::Unknown, Difference::Part))
}

fn rpc_part(ours: &str, theirs: &str) -> Option<String> {
    let mut ours = ours.splitn(3, '&');
    let mut theirs = theirs.splitn(3, '&');
    if ours.next() != theirs.next() {
        return Some("HTTP method".to_owned());
    }
    if ours.next() != theirs.next() {
        return Some("path".to_owned());
    }
    let [ours, theirs] = [ours.next()?, theirs.next()?].map(percent_decode_str);
    parameter(&ours.decode_utf8().ok()?, &theirs.decode_utf8().ok()?)
}

fn acs3_part(ours: &str, theirs: &str) -> Option<String> {
    let (our_lines, their_lines): (Vec<&str>, Vec<&str>) =
        (ours.split('\n').collect(), theirs.split('\n').collect());
    let at = our_lines
        .iter()
        .zip(&their_lines)
        .position(|(ours, theirs)| ours != theirs)?;
    let (ours, theirs) = (our_lines.get(at)?, their_lines.get(at)?);
    match at {
        0 => Some("HTTP method".to_owned()),
        1 => Some("path".to_owned()),
        2 => parameter(ours, theirs),
        _ if at.saturating_add(1) == our_lines.len() => Some("body".to_owned()),
        _ => {
            let (name, _) = ours.split_once(':')?;
            Some(["header ", name].concat())
        }
    }
}

/// The name of the first parameter that differs between two canonicalized queries. It is the local
/// name, because the other one could be anything.
fn parameter(ours: &str, theirs: &str) -> Option<String> {
    let their_pairs: Vec<&str> = theirs.split('&').collect();
    let changed = ours.split('&').find(|pair| !their_pairs.contains(pair));
    match changed {
        Some(pair) => pair
            .split_once('=')
            .map(|(name, _)| ["parameter ", name].concat()),
        // All local parameters were received, so one was added or moved.
        None if their_pairs.len() > ours.split('&').count() => {
            Some("number of parameters".to_owned())
        }
        None => Some("order of parameters".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rpc(ours: &str, theirs: &str) -> Option<Difference> {
        first_difference(SignatureVersion::Rpc, ours, theirs)
    }

    fn part(name: &str) -> Option<Difference> {
        Some(Difference::Part(name.to_owned()))
    }

    #[test]
    fn names_the_first_part_that_differs() {
        let ours = "POST&%2F&CertName%3D%25E5%25BC%25A0%26SceneId%3D1";
        assert_eq!(rpc(ours, ours), None);
        assert_eq!(
            rpc(ours, "GET&%2F&CertName%3D%25E5%25BC%25A0%26SceneId%3D1"),
            part("HTTP method")
        );
        assert_eq!(
            rpc(ours, "POST&%2Fx&CertName%3D%25E5%25BC%25A0%26SceneId%3D1"),
            part("path")
        );
        assert_eq!(
            rpc(ours, "POST&%2F&CertName%3D%253F%26SceneId%3D1"),
            part("parameter CertName")
        );
        assert_eq!(
            rpc(ours, "POST&%2F&CertName%3D%25E5%25BC%25A0"),
            part("parameter SceneId")
        );
        assert_eq!(
            rpc(
                ours,
                "POST&%2F&A%3D1%26CertName%3D%25E5%25BC%25A0%26SceneId%3D1"
            ),
            part("number of parameters")
        );
        assert_eq!(
            rpc(ours, "POST&%2F&SceneId%3D1%26CertName%3D%25E5%25BC%25A0"),
            part("order of parameters")
        );
        assert!(rpc(ours, "").is_some());
    }

    #[test]
    fn reads_canonical_requests_line_by_line() {
        let ours = "POST\n/\nA=1&B=2\nhost:a\nx-acs-date:d\n\nhost;x-acs-date\nhash";
        let acs3 = |theirs: &str| first_difference(SignatureVersion::Acs3, ours, theirs);
        assert_eq!(acs3(ours), None);
        assert_eq!(acs3(&ours.replace("B=2", "B=3")), part("parameter B"));
        assert_eq!(acs3(&ours.replace("host:a", "host:b")), part("header host"));
        assert_eq!(acs3(&ours.replace("hash", "other")), part("body"));
        assert_eq!(acs3(""), part("HTTP method"));
        assert_eq!(acs3(&ours.replace("\n/\n", "\n//\n")), part("path"));
    }
}
