//! The two actions of Cloudauth 2019-03-07.
//!
//! | file | contents |
//! |---|---|
//! | `parameter` | the table of parameters |
//! | `init_face_verify`, `describe_face_verify` | the tables, and the builders for Rust programs |
//! | `value` | a value of a parameter or an option, as a program gave it |
//! | `rule` | the rule for a single value |
//! | `validate` | validates a whole request: names, mandatory parameters, the products' rules |
//! | `spelling` | suggests the parameter that a misspelt name means |
//! | `outgoing` | the signed request |
//! | `schema` | the tables as JSON, for the generator of the TypeScript interfaces and the OpenAPI schema |

pub mod describe_face_verify;
pub mod init_face_verify;
pub mod outgoing;
pub mod parameter;
pub mod rule;
#[cfg(feature = "schema")]
#[doc(hidden)]
pub mod schema;
pub(crate) mod spelling;
pub mod validate;
pub mod value;

use crate::signing::rpc;

pub use describe_face_verify::{DESCRIBE_FACE_VERIFY, DescribeFaceVerify};
pub use init_face_verify::{INIT_FACE_VERIFY, InitFaceVerify};
pub use outgoing::{SigningContext, VERSION, ValidRequest};
pub use parameter::{Action, ActionKind, Parameter, Position};
pub use rule::{IDENTITY_CARD, LR_FR, Rule};
pub use validate::{ValidationOptions, validate};
pub use value::Value;

/// Both actions.
pub static ACTIONS: [&Action; 2] = [&INIT_FACE_VERIFY, &DESCRIBE_FACE_VERIFY];

/// The action with this name, if any.
pub fn by_name(name: &str) -> Option<&'static Action> {
    ACTIONS.into_iter().find(|action| action.name == name)
}

/// The name on the wire of a parameter of the protocol or of an action, if any.
pub fn known_name(name: &str) -> Option<&'static str> {
    let parameter = ACTIONS.iter().find_map(|action| action.parameter(name));
    parameter
        .map(|parameter| parameter.name)
        .or_else(|| rpc::COMMON.into_iter().find(|common| *common == name))
}

const _: () = assert!(
    INIT_FACE_VERIFY.parameters.len() <= 64 && DESCRIBE_FACE_VERIFY.parameters.len() <= 64,
    "a set of places has 64 bits"
);

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
    fn has_every_documented_parameter() {
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
