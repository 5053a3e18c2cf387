//! The gateway's routes: the path, the methods and the name of each.

/// A route of the gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Route<'a> {
    Alive,
    Ready,
    Vendor,
    Description,
    Console,
    Problem {
        code: &'a str,
    },
    Orders,
    Counts,
    Order {
        no: &'a str,
    },
    Photo {
        no: &'a str,
    },
    Callback {
        caller: &'a str,
        no: &'a str,
        proof: &'a str,
    },
}

/// Every route, with `{}` for each variable segment.
const ROUTES: [Route<'_>; 11] = [
    Route::Alive,
    Route::Ready,
    Route::Vendor,
    Route::Description,
    Route::Console,
    Route::Problem { code: "{}" },
    Route::Orders,
    Route::Counts,
    Route::Order { no: "{}" },
    Route::Photo { no: "{}" },
    Route::Callback {
        caller: "{}",
        no: "{}",
        proof: "{}",
    },
];

/// The paths of all routes, with `{}` for each variable segment, and their methods.
pub fn routes() -> impl Iterator<Item = (String, &'static [&'static str])> {
    ROUTES.iter().map(|route| (route.path(), route.methods()))
}

impl<'a> Route<'a> {
    /// The route that matches a path, if any.
    pub(super) fn of(path: &'a str) -> Option<Self> {
        let segments: Vec<&str> = path.strip_prefix('/')?.split('/').collect();
        if segments.iter().any(|segment| segment.is_empty()) {
            return None;
        }
        Some(match *segments {
            ["livez"] => Self::Alive,
            ["readyz"] => Self::Ready,
            ["readyz", "vendor"] => Self::Vendor,
            ["openapi.json"] => Self::Description,
            ["console.json"] => Self::Console,
            ["problems", code] => Self::Problem { code },
            ["v1", "face-verifications"] => Self::Orders,
            ["v1", "face-verification-counts"] => Self::Counts,
            ["v1", "face-verifications", no] => Self::Order { no },
            ["v1", "face-verifications", no, "photo"] => Self::Photo { no },
            ["v1", "callbacks", caller, no, proof] => Self::Callback { caller, no, proof },
            _ => return None,
        })
    }

    /// The path that leads to the route.
    pub(super) fn path(self) -> String {
        match self {
            Self::Alive => "/livez".to_owned(),
            Self::Ready => "/readyz".to_owned(),
            Self::Vendor => "/readyz/vendor".to_owned(),
            Self::Description => "/openapi.json".to_owned(),
            Self::Console => "/console.json".to_owned(),
            Self::Problem { code } => format!("/problems/{code}"),
            Self::Orders => "/v1/face-verifications".to_owned(),
            Self::Counts => "/v1/face-verification-counts".to_owned(),
            Self::Order { no } => format!("/v1/face-verifications/{no}"),
            Self::Photo { no } => format!("/v1/face-verifications/{no}/photo"),
            Self::Callback { caller, no, proof } => format!("/v1/callbacks/{caller}/{no}/{proof}"),
        }
    }

    /// The route's name in the log.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Alive => "livez",
            Self::Ready => "readyz",
            Self::Vendor => "readyz-vendor",
            Self::Description => "openapi",
            Self::Console => "console",
            Self::Problem { .. } => "problem",
            Self::Orders => "face-verifications",
            Self::Counts => "counts",
            Self::Order { .. } => "face-verification",
            Self::Photo { .. } => "photo",
            Self::Callback { .. } => "callback",
        }
    }

    /// The methods that the route supports.
    pub(super) const fn methods(self) -> &'static [&'static str] {
        match self {
            Self::Orders | Self::Callback { .. } => &["GET", "HEAD", "POST"],
            _ => &["GET", "HEAD"],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_leads_to_its_route() {
        for route in ROUTES {
            let path = route.path();
            assert_eq!(Route::of(&path), Some(route), "{path}");
        }
        for path in [
            "",
            "/",
            "livez",
            "/livez/",
            "//livez",
            "/problems/",
            "/v1/face-verifications/",
            "/v1/face-verifications//photo",
            "/v1/callbacks/a/b",
        ] {
            assert_eq!(Route::of(path), None, "{path}");
        }
    }
}
