//! An action's table of parameters: names, positions, rules.

use super::rule::Rule;
use crate::vendor::codes::{Code, UsedBy};
use std::cmp::Ordering;

/// The position of a parameter in Alibaba Cloud's API metadata. It matters only under ACS3; the RPC
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
    /// Its rule.
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

    /// Orders this parameter relative to `name`, a wire name or a field name.
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

/// Which of the two actions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActionKind {
    /// InitFaceVerify, which starts a verification.
    Init,
    /// DescribeFaceVerify, which queries one.
    Describe,
}

/// One of the two actions.
#[derive(Debug)]
pub struct Action {
    /// Which of the two it is.
    pub kind: ActionKind,
    /// Value of the `Action` parameter and the `x-acs-action` header.
    pub name: &'static str,
    /// All parameters currently documented, sorted by name as for signing.
    pub parameters: &'static [Parameter],
}

impl ActionKind {
    /// Whether the action returns this Code.
    pub const fn returns(self, code: &Code) -> bool {
        match code.used_by {
            UsedBy::Init => matches!(self, Self::Init),
            UsedBy::Describe => matches!(self, Self::Describe),
            UsedBy::Both => true,
        }
    }
}

impl Action {
    /// Whether executing it has a side effect, so that it must not be retried blindly.
    pub const fn starts_something(&self) -> bool {
        matches!(self.kind, ActionKind::Init)
    }

    /// The parameter with this wire name or field name.
    pub fn parameter(&self, name: &str) -> Option<&'static Parameter> {
        self.find(name).map(|(_, parameter)| parameter)
    }

    /// The parameter and its index in the table.
    pub(super) fn find(&self, name: &str) -> Option<(usize, &'static Parameter)> {
        let found = self
            .parameters
            .binary_search_by(|parameter| parameter.order(name));
        let place = found.ok()?;
        Some((place, self.parameters.get(place)?))
    }

    /// The index of the parameter with this wire name. In a constant, an unknown name is a compile
    /// error.
    #[allow(clippy::indexing_slicing, clippy::arithmetic_side_effects)] // evaluated at compile time
    pub(super) const fn place(&self, name: &str) -> usize {
        let mut place = 0;
        while !is_equal(self.parameters[place].name.as_bytes(), name.as_bytes()) {
            place += 1;
        }
        place
    }

    /// The indexes of several parameters.
    #[allow(clippy::indexing_slicing, clippy::arithmetic_side_effects)] // evaluated at compile time
    pub(super) const fn places(&self, names: &[&str]) -> Places {
        let mut places = Places(0);
        let mut at = 0;
        while at < names.len() {
            places = places.with(self.place(names[at]));
            at += 1;
        }
        places
    }
}

/// A set of indexes into an action's table.
#[derive(Clone, Copy, Default)]
pub(super) struct Places(u64);

impl Places {
    pub(super) const fn with(self, place: usize) -> Self {
        Self(self.0 | Self::bit(place))
    }

    pub(super) const fn has(self, place: usize) -> bool {
        self.0 & Self::bit(place) != 0
    }

    pub(super) const fn has_any(self, others: Self) -> bool {
        self.0 & others.0 != 0
    }

    /// The set difference.
    pub(super) const fn without(self, others: Self) -> Self {
        Self(self.0 & !others.0)
    }

    #[allow(clippy::cast_possible_truncation)] // below 64
    const fn bit(place: usize) -> u64 {
        1_u64.wrapping_shl(place as u32)
    }
}

/// Sorts a table by the bytes of the names, at compile time.
#[allow(clippy::indexing_slicing, clippy::arithmetic_side_effects)] // evaluated at compile time
pub(super) const fn by_name<const N: usize>(mut table: [Parameter; N]) -> [Parameter; N] {
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

#[allow(clippy::indexing_slicing, clippy::arithmetic_side_effects)] // evaluated at compile time
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

/// Defines an action's table of parameters, their texts in Chinese and English, and its builder for
/// Rust programs.
macro_rules! action_parameters {
    (
        $(#[$doc:meta])* $builder:ident, $table:ident, $texts:ident:
        $( $setter:ident $name:literal $position:ident $rule:expr, $zh:literal, $en:literal; )*
    ) => {
        static $table: &[$crate::actions::parameter::Parameter] = &$crate::actions::parameter::by_name([
            $( $crate::actions::parameter::Parameter {
                name: $name,
                position: $crate::actions::parameter::Position::$position,
                rule: $rule,
            }, )*
        ]);

        /// What each parameter means, in the order of the documentation. Apart from the table, so
        /// that it is not part of the modules.
        #[cfg(feature = "schema")]
        pub(super) static $texts: &[(&str, $crate::text::Text)] =
            &[$( ($name, $crate::text::Text::new($zh, $en)), )*];

        $(#[$doc])*
        #[derive(Clone, Default)]
        pub struct $builder {
            values: Vec<(&'static str, $crate::actions::value::Value<'static>)>,
        }

        impl $builder {
            /// An empty request.
            pub fn new() -> Self {
                Self::default()
            }

            $(
                #[doc = $en]
                #[doc = ""]
                #[doc = $zh]
                #[doc = ""]
                #[doc = concat!("Format: `", stringify!($rule), "`, see [`Rule`](crate::actions::Rule).")]
                #[must_use]
                pub fn $setter<'a>(mut self, value: impl Into<$crate::actions::value::Value<'a>>) -> Self {
                    self.values.retain(|(name, _)| *name != $name);
                    self.values.push(($name, value.into().into_owned()));
                    self
                }
            )*

            /// Names and values, in the order in which they were last set.
            pub(super) fn into_values(
                self,
            ) -> Vec<(&'static str, $crate::actions::value::Value<'static>)> {
                self.values
            }
        }

        /// Parameters contain personal data, so they are not printed.
        impl std::fmt::Debug for $builder {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                let names = self.values.iter().map(|(name, _)| name);
                f.debug_list().entries(names).finish()
            }
        }
    };
}
pub(super) use action_parameters;
