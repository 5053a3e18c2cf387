//! The gateway's routes: the path, the methods and the name of each.

/// Each route with its variable segments, its name in the log, and the segments of its path.
macro_rules! routes {
    ($( $route:ident $({ $($field:ident),+ })? $name:literal [$($segment:tt),+]; )+) => {
        /// A route of the gateway.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Route<'a> {
            $( $route $({ $($field: &'a str),+ })?, )+
        }

        /// Every route, with `{}` for each variable segment.
        const ROUTES: &[Route<'_>] = &[ $( Route::$route $({ $($field: "{}"),+ })?, )+ ];

        impl<'a> Route<'a> {
            /// The route that matches a path, if any.
            pub(super) fn of(path: &'a str) -> Option<Self> {
                let segments: Vec<&str> = path.strip_prefix('/')?.split('/').collect();
                if segments.iter().any(|segment| segment.is_empty()) {
                    return None;
                }
                match *segments {
                    $( [$($segment),+] => Some(Self::$route $({ $($field),+ })?), )+
                    _ => None,
                }
            }

            /// The path that leads to the route.
            pub(super) fn path(self) -> String {
                match self {
                    $( Self::$route $({ $($field),+ })? => ["", $($segment),+].join("/"), )+
                }
            }

            /// The route's name in the log.
            pub(super) const fn name(self) -> &'static str {
                match self {
                    $( Self::$route $({ $($field: _),+ })? => $name, )+
                }
            }
        }
    };
}

routes! {
    Alive "livez" ["livez"];
    Ready "readyz" ["readyz"];
    Vendor "readyz-vendor" ["readyz", "vendor"];
    Description "openapi" ["openapi.json"];
    Console "console" ["console.json"];
    Problem { code } "problem" ["problems", code];
    Orders "face-verifications" ["v1", "face-verifications"];
    Counts "counts" ["v1", "face-verification-counts"];
    Order { no } "face-verification" ["v1", "face-verifications", no];
    Photo { no } "photo" ["v1", "face-verifications", no, "photo"];
    Callback { caller, no, proof } "callback" ["v1", "callbacks", caller, no, proof];
}

/// The paths of all routes, with `{}` for each variable segment, and their methods.
pub fn routes() -> impl Iterator<Item = (String, &'static [&'static str])> {
    ROUTES.iter().map(|route| (route.path(), route.methods()))
}

impl Route<'_> {
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
            assert_eq!(Route::of(&path), Some(*route), "{path}");
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
