//! The tables of parameters as JSON: what each means, whether it is mandatory, and the values that
//! it can have, as JSON Schema. `npm run generate` makes the TypeScript interfaces and the OpenAPI
//! schema from it.

use super::parameter::{Action, ActionKind, Places};
use super::rule::{
    CERT_MAX, IDENTITY_CARD, META_INFO_MAX, MODELS, PRODUCTS, Product, Rule, URL_MAX,
};
use super::validate::{DEFAULTS, DESCRIBE_MANDATORY, PICTURE_SOURCES, init_mandatory};
use super::{DESCRIBE_FACE_VERIFY, INIT_FACE_VERIFY, describe_face_verify, init_face_verify};
use crate::text::Text;
use crate::vendor::values::{CERTIFY_ID_MAX, PICTURE_BASE64_MAX, WORD_MAX};
use serde_json::{Map, Value, json};

/// Both actions, and the shared schemas to which those of the parameters refer by name.
pub fn describe() -> Value {
    let (init, query) = (&INIT_FACE_VERIFY, &DESCRIBE_FACE_VERIFY);
    let sources = PICTURE_SOURCES.map(|source| fields(init, source));
    json!({
        "actions": [
            action(init, init_face_verify::TEXTS, &PRODUCTS.map(|product| {
                (product, init_mandatory(Product::of(product)))
            }), init_mandatory(Product::Other)),
            action(query, describe_face_verify::TEXTS, &[], DESCRIBE_MANDATORY),
        ],
        // At most one of them, and its parameters go together.
        "pictureSources": sources,
        "shared": {
            "Text": {
                "type": "string",
                "description": "Text without control characters.",
                "minLength": 1,
                "pattern": r"^[^\u0000-\u001f\u007f-\u009f\ufffd]*$",
            },
            "Word": {
                "type": "string",
                "description": "A value that Alibaba Cloud defines.",
                "minLength": 1,
                "maxLength": WORD_MAX,
                "pattern": "^[A-Z0-9_]*$",
            },
            "WebAddress": {
                "type": "string",
                "description": "An absolute URL in ASCII.",
                "minLength": 1,
                "maxLength": URL_MAX,
                "pattern": r##"^https?://[!"$-.0->@-~][!-~]*$"##,
            },
            "Day": {
                "type": "string",
                "description": "An existing date, as yyyy-MM-dd.",
                "format": "date",
                "minLength": 1,
                "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
            },
        },
    })
}

/// `mandatory` are the products with their mandatory parameters, and `always` those of every product.
fn action(
    action: &Action,
    texts: &[(&str, Text)],
    mandatory: &[(&str, Places)],
    always: Places,
) -> Value {
    let parameters = texts.iter().filter_map(|(name, text)| {
        let (place, parameter) = action.find(name)?;
        let rule = parameter.rule;
        let products = mandatory.iter().filter(|(_, places)| places.has(place));
        let mut described = Map::from_iter([
            ("field".to_owned(), json!(parameter.field())),
            ("text".to_owned(), json!(text)),
            ("limit".to_owned(), json!(limit(rule))),
            ("mandatory".to_owned(), json!(always.has(place))),
            (
                "mandatoryFor".to_owned(),
                products.map(|(product, _)| *product).collect(),
            ),
            ("integer".to_owned(), json!(rule == Rule::SceneId)),
            ("values".to_owned(), json!(values(rule))),
            ("open".to_owned(), json!(!matches!(rule, Rule::OneOf(_)))),
            ("schema".to_owned(), schema(rule)),
        ]);
        let default = DEFAULTS.iter().find(|(other, _)| *other == place);
        if let (true, Some((_, value))) = (action.kind == ActionKind::Init, default) {
            described.insert("default".to_owned(), json!(value));
        }
        Some(Value::Object(described))
    });
    json!({ "name": action.name, "parameters": parameters.collect::<Vec<_>>() })
}

fn fields(action: &Action, places: Places) -> Vec<String> {
    let parameters = action.parameters.iter().enumerate();
    parameters
        .filter(|(place, _)| places.has(*place))
        .map(|(_, parameter)| parameter.field())
        .collect()
}

/// The documented values; without [`Rule::OneOf`], Alibaba Cloud may accept others.
fn values(rule: Rule) -> Vec<&'static str> {
    match rule {
        Rule::ProductCode => PRODUCTS.to_vec(),
        Rule::Model => MODELS.to_vec(),
        Rule::CertType => vec![IDENTITY_CARD],
        Rule::OneOf(words) => words.to_vec(),
        _ => Vec::new(),
    }
}

/// The rule in words, unless the type says it.
fn limit(rule: Rule) -> Option<Text> {
    let limit = match rule {
        Rule::SceneId => Text::new("64 位正整数。", "A positive 64-bit integer."),
        Rule::OuterOrderNo => Text::new("32 位字母和数字。", "32 letters and digits."),
        Rule::ProductCode | Rule::Model | Rule::CertType | Rule::OneOf(_) => return None,
        Rule::CertName => Text::new(
            "符合国家标准的姓名；只有外国人永久居留身份证可含英文字母。",
            "A name by the national standard; with Latin letters only for a foreign permanent resident card.",
        ),
        Rule::CertNo => Text::new(
            "18 位，含校验码。",
            "18 characters with a valid check digit.",
        ),
        Rule::MetaInfo => Text::composed(
            format!("JSON 对象字符串，最多 {META_INFO_MAX} 字节（UTF-8）。"),
            format!("The text of a JSON object, at most {META_INFO_MAX} bytes in UTF-8."),
        ),
        Rule::Mobile => Text::new("11 位数字，可带 +86。", "11 digits, with or without +86."),
        Rule::Ip => Text::new("IPv4 或 IPv6 地址。", "An IPv4 or IPv6 address."),
        Rule::CertifyId => at_most_characters(CERTIFY_ID_MAX),
        Rule::Url { https: true } => Text::composed(
            format!("https:// 开头的完整地址，最多 {URL_MAX} 字节。"),
            format!("An absolute HTTPS URL of at most {URL_MAX} bytes."),
        ),
        Rule::Url { https: false } => Text::composed(
            format!("https:// 或 http:// 开头的完整地址，最多 {URL_MAX} 字节。"),
            format!("An absolute HTTPS or HTTP URL of at most {URL_MAX} bytes."),
        ),
        Rule::Picture => Text::composed(
            format!("小于 1 MB 的图片的 Base64，最多 {PICTURE_BASE64_MAX} 个字符。"),
            format!(
                "Base64 of a picture smaller than 1 MB, at most {PICTURE_BASE64_MAX} characters."
            ),
        ),
        Rule::Date => Text::new("yyyy-MM-dd 形式的日期。", "A date as yyyy-MM-dd."),
        Rule::StringList => Text::new("JSON 字符串数组。", "A JSON list of strings."),
        Rule::Text { max } => at_most_characters(max),
    };
    Some(limit)
}

fn at_most_characters(max: usize) -> Text {
    Text::composed(
        format!("最多 {max} 个字符。"),
        format!("At most {max} characters."),
    )
}

/// The rule as JSON Schema, as far as a pattern can express it: it rejects nothing that
/// [`super::rule`] accepts.
fn schema(rule: Rule) -> Value {
    match rule {
        Rule::SceneId => json!({ "oneOf": [
            { "type": "integer", "format": "int64", "minimum": 1 },
            { "type": "string", "pattern": "^0*[1-9][0-9]{0,18}$" },
        ] }),
        Rule::OuterOrderNo => json!({ "type": "string", "pattern": "^[0-9A-Za-z]{32}$" }),
        Rule::ProductCode | Rule::CertType | Rule::Model => json!({ "$ref": "Word" }),
        Rule::CertName | Rule::CertNo => {
            json!({ "type": "string", "minLength": 1, "maxLength": CERT_MAX })
        }
        Rule::MetaInfo => json!({
            "type": "string",
            "minLength": 1,
            "maxLength": META_INFO_MAX,
            "contentMediaType": "application/json",
            "pattern": r"^[ \t\n\r]*\{[\s\S]*\}[ \t\n\r]*$",
        }),
        Rule::Mobile => json!({
            "type": "string",
            "minLength": 1,
            "pattern": r"^((\+86|0086)[ -]*)?1[3-9][0-9]{9}$",
        }),
        Rule::Ip => json!({
            "type": "string",
            "minLength": 1,
            "anyOf": [{ "format": "ipv4" }, { "format": "ipv6" }],
        }),
        Rule::CertifyId => json!({
            "type": "string",
            "minLength": 1,
            "maxLength": CERTIFY_ID_MAX,
            "pattern": "^[!-~]+$",
        }),
        Rule::Url { https: true } => json!({ "$ref": "WebAddress", "pattern": "^https:" }),
        Rule::Url { https: false } => json!({ "$ref": "WebAddress" }),
        Rule::Picture => json!({
            "type": "string",
            "minLength": 1,
            "maxLength": PICTURE_BASE64_MAX,
            "contentEncoding": "base64",
            "pattern": "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?$",
        }),
        Rule::Date => json!({ "$ref": "Day" }),
        Rule::StringList => json!({
            "type": "string",
            "minLength": 1,
            "contentMediaType": "application/json",
            "pattern": r#"^[ \t\n\r]*\[[ \t\n\r]*"[\s\S]*"[ \t\n\r]*\][ \t\n\r]*$"#,
        }),
        Rule::OneOf(words) => json!({ "type": "string", "enum": words }),
        Rule::Text { max } => json!({ "$ref": "Text", "maxLength": max }),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;

    #[test]
    fn every_parameter_is_described_in_both_languages() {
        let described = describe();
        for (action, at) in [(&INIT_FACE_VERIFY, 0), (&DESCRIBE_FACE_VERIFY, 1)] {
            let parameters = described["actions"][at]["parameters"].as_array().unwrap();
            assert_eq!(parameters.len(), action.parameters.len());
            for parameter in parameters {
                let text = |language: &str| parameter["text"][language].as_str().unwrap();
                assert!(
                    text("zh").ends_with('。') && text("en").ends_with('.'),
                    "{parameter}"
                );
            }
        }
    }

    #[test]
    fn shared_schemas_exist() {
        let described = describe();
        for action in described["actions"].as_array().unwrap() {
            for parameter in action["parameters"].as_array().unwrap() {
                if let Some(shared) = parameter["schema"]["$ref"].as_str() {
                    assert!(described["shared"][shared].is_object(), "{shared}");
                }
            }
        }
    }
}
