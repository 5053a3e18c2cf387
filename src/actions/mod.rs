//! The two actions of Cloudauth 2019-03-07: their parameters as tables, one file an action.

pub mod describe_face_verify;
pub mod init_face_verify;
pub mod outgoing;
pub mod rules;
pub mod value;

pub use describe_face_verify::{DESCRIBE_FACE_VERIFY, DescribeFaceVerify};
pub use init_face_verify::{INIT_FACE_VERIFY, InitFaceVerify};
pub use outgoing::{SigningContext, ValidRequest};
pub use rules::{Rule, ValidationOptions};
pub use value::Value;

use crate::vendor::codes::UsedBy;
use std::cmp::Ordering;

/// Value of the `Version` parameter and the `x-acs-version` header.
pub const VERSION: &str = "2019-03-07";

/// Where the vendor's API metadata places a parameter. It matters under ACS3 alone; the RPC
/// signature covers query and body alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Position {
    /// In the URL's query.
    Query,
    /// In the form body.
    Form,
}

/// A parameter of an action.
#[derive(Clone, Copy, Debug)]
pub struct Parameter {
    /// The name on the wire, in PascalCase.
    pub name: &'static str,
    /// Its position under ACS3.
    pub position: Position,
    /// What it must be.
    pub rule: Rule,
}

impl Parameter {
    /// The name in the typed API: the wire name in camelCase.
    pub fn field(&self) -> String {
        let mut field = String::from(self.name);
        if let Some(first) = field.get_mut(..1) {
            first.make_ascii_lowercase();
        }
        field
    }

    /// Where this parameter stands before or behind `name`, a wire name or a field name.
    #[inline(always)]
    fn order(&self, name: &str) -> Ordering {
        match (
            self.name.as_bytes().split_first(),
            name.as_bytes().split_first(),
        ) {
            (Some((first, ours)), Some((initial, theirs))) => first
                .cmp(&initial.to_ascii_uppercase())
                .then_with(|| ours.cmp(theirs)),
            (ours, theirs) => ours.cmp(&theirs),
        }
    }
}

/// One of the two actions.
#[derive(Debug)]
pub struct Action {
    /// Value of the `Action` parameter and the `x-acs-action` header.
    pub name: &'static str,
    /// All parameters it has today, in the order of their names, in which they are signed.
    pub parameters: &'static [Parameter],
    /// Which of the shared Codes are its own.
    pub codes: UsedBy,
    /// Whether each execution starts something new, so that it must not be repeated blindly.
    pub starts_something: bool,
}

impl Action {
    /// The action of that name, `None` for every other name.
    pub fn by_name(name: &str) -> Option<&'static Self> {
        [&INIT_FACE_VERIFY, &DESCRIBE_FACE_VERIFY]
            .into_iter()
            .find(|action| action.name == name)
    }

    /// The parameter with that wire or field name.
    pub fn parameter(&self, name: &str) -> Option<&'static Parameter> {
        self.find(name).map(|(_, parameter)| parameter)
    }

    /// The same, and its place in the table.
    fn find(&self, name: &str) -> Option<(usize, &'static Parameter)> {
        let found = self
            .parameters
            .binary_search_by(|parameter| parameter.order(name));
        let place = found.ok()?;
        Some((place, self.parameters.get(place)?))
    }

    /// The place of the parameter with that wire name, for constants: without one, the crate does not compile.
    #[allow(clippy::indexing_slicing, clippy::arithmetic_side_effects)]
    const fn place(&self, name: &str) -> usize {
        let mut place = 0;
        while !is_equal(self.parameters[place].name.as_bytes(), name.as_bytes()) {
            place += 1;
        }
        place
    }

    /// The places of several.
    #[allow(clippy::indexing_slicing, clippy::arithmetic_side_effects)]
    const fn places(&self, names: &[&str]) -> Places {
        let mut places = Places(0);
        let mut at = 0;
        while at < names.len() {
            places = places.with(self.place(names[at]));
            at += 1;
        }
        places
    }
}

const _: () = assert!(
    INIT_FACE_VERIFY.parameters.len() <= 64 && DESCRIBE_FACE_VERIFY.parameters.len() <= 64,
    "Places has a bit for each of 64"
);

/// A set of places in an action's table.
#[derive(Clone, Copy, Default)]
struct Places(u64);

impl Places {
    const fn with(self, place: usize) -> Self {
        Self(self.0 | Self::bit(place))
    }

    const fn has(self, place: usize) -> bool {
        self.0 & Self::bit(place) != 0
    }

    const fn has_any(self, others: Self) -> bool {
        self.0 & others.0 != 0
    }

    /// Those of these that are not among the others.
    const fn without(self, others: Self) -> Self {
        Self(self.0 & !others.0)
    }

    #[allow(clippy::cast_possible_truncation)] // below 64
    const fn bit(place: usize) -> u64 {
        1_u64.wrapping_shl(place as u32)
    }
}

/// A table in the order of the names' bytes. For tables that are made when they are compiled.
#[allow(clippy::indexing_slicing, clippy::arithmetic_side_effects)]
const fn by_name<const N: usize>(mut table: [Parameter; N]) -> [Parameter; N] {
    let mut end = 1;
    while end < N {
        let mut at = end;
        while at > 0 && is_before(table[at].name.as_bytes(), table[at - 1].name.as_bytes()) {
            let parameter = table[at];
            table[at] = table[at - 1];
            table[at - 1] = parameter;
            at -= 1;
        }
        end += 1;
    }
    table
}

const fn is_equal(name: &[u8], other: &[u8]) -> bool {
    !is_before(name, other) && !is_before(other, name)
}

#[allow(clippy::indexing_slicing, clippy::arithmetic_side_effects)]
const fn is_before(name: &[u8], other: &[u8]) -> bool {
    let mut at = 0;
    while at < name.len() && at < other.len() {
        if name[at] != other[at] {
            return name[at] < other[at];
        }
        at += 1;
    }
    name.len() < other.len()
}

/// Defines an action's table of parameters, and the builder that Rust programs fill in.
macro_rules! action_parameters {
    (
        $(#[$doc:meta])* $builder:ident, $action:ident, $table:ident:
        $( $(#[$field_doc:meta])* $setter:ident $name:literal $position:ident $rule:expr; )*
    ) => {
        static $table: &[$crate::actions::Parameter] = &$crate::actions::by_name([
            $( $crate::actions::Parameter {
                name: $name,
                position: $crate::actions::Position::$position,
                rule: $rule,
            }, )*
        ]);

        $(#[$doc])*
        #[derive(Clone, Default)]
        pub struct $builder {
            values: Vec<(&'static str, $crate::actions::Value<'static>)>,
        }

        impl $builder {
            /// An empty request.
            pub fn new() -> Self {
                Self::default()
            }

            $(
                $(#[$field_doc])*
                #[must_use]
                pub fn $setter<'a>(mut self, value: impl Into<$crate::actions::Value<'a>>) -> Self {
                    self.values.retain(|(name, _)| *name != $name);
                    self.values.push(($name, value.into().into_owned()));
                    self
                }
            )*

            /// Checks everything, so that the request can be signed.
            ///
            /// # Errors
            /// Everything that is wrong, field by field, in one error of kind `validation`.
            pub fn validate(
                self,
                options: &$crate::actions::ValidationOptions,
            ) -> Result<$crate::actions::ValidRequest<'static>, $crate::error::Error> {
                $crate::actions::rules::validate(&$action, self.values, options)
            }
        }

        /// Parameters are personal data and are not printed.
        impl std::fmt::Debug for $builder {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                let names = self.values.iter().map(|(name, _)| name);
                f.debug_list().entries(names).finish()
            }
        }
    };
}
use action_parameters;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_answer_to_both_names_and_no_other() {
        let scene = INIT_FACE_VERIFY.parameter("sceneId").unwrap();
        assert_eq!((scene.name, scene.field().as_str()), ("SceneId", "sceneId"));
        assert!(INIT_FACE_VERIFY.parameter("SceneId").is_some());
        for other in ["", "sceneid", "SCENEID", "sceneI", "sceneIdd", "张三"] {
            assert!(INIT_FACE_VERIFY.parameter(other).is_none(), "{other}");
        }
    }

    #[test]
    fn has_every_parameter_of_the_vendor_document() {
        for name in [
            "SceneId",
            "OuterOrderNo",
            "ProductCode",
            "Model",
            "UserId",
            "CertType",
            "CertName",
            "CertNo",
            "MetaInfo",
            "Mobile",
            "Ip",
        ] {
            assert!(INIT_FACE_VERIFY.parameter(name).is_some(), "{name}");
        }
        for name in ["SceneId", "CertifyId"] {
            assert!(DESCRIBE_FACE_VERIFY.parameter(name).is_some(), "{name}");
        }
    }

    #[test]
    fn tables_are_in_the_order_of_the_names() {
        for action in [&INIT_FACE_VERIFY, &DESCRIBE_FACE_VERIFY] {
            assert!(
                action
                    .parameters
                    .is_sorted_by_key(|parameter| parameter.name)
            );
        }
    }
}
