//! Reading JSON into types, as `serde` describes them.
//!
//! A struct is handed over as the sequence of its fields, each looked up by its name. So the code that
//! derive makes for reading objects is never instantiated; it is most of what reading costs in a module.
//! There are no floating-point numbers, and no enum but those that derive writes without a tag.

use super::read::{self, MAX_DEPTH};
use crate::prelude::*;
use crate::strings::joined;
use core::fmt;
use serde::de::{
    self, DeserializeOwned, DeserializeSeed, EnumAccess, Expected, MapAccess, SeqAccess,
    Unexpected, VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;

/// Reads a value; members that its type does not know are left out of account.
///
/// # Errors
/// Where it is not JSON or not of the type's form.
pub fn from_json<T: DeserializeOwned>(text: &str) -> Result<T, Unreadable> {
    from_value(text, false)
}

/// Reads a value that a person wrote: a member that its type does not know is a mistake.
///
/// # Errors
/// Where it is not JSON or not of the type's form.
pub fn from_json_strictly<T: DeserializeOwned>(text: &str) -> Result<T, Unreadable> {
    from_value(text, true)
}

fn from_value<T: DeserializeOwned>(text: &str, strict: bool) -> Result<T, Unreadable> {
    let text = read::value(text, MAX_DEPTH).ok_or_else(form)?;
    T::deserialize(Reader { text, strict })
}

/// Why a value could not be read, and which part of it. Holds nothing of the value itself but, of one
/// that was read strictly, the name of a member that nobody knows.
#[derive(Debug)]
pub struct Unreadable(Box<(String, Reason)>);

#[derive(Debug)]
enum Reason {
    /// It is not of the form that it should be.
    Form,
    Missing,
    Unknown(String),
    /// What a type says of its own rules.
    Rule(String),
}

impl Unreadable {
    fn new(reason: Reason) -> Self {
        Self(Box::new((String::new(), reason)))
    }

    /// Which part it is, by names that the type knows, such as `[0].keyPairs`; nothing for the whole.
    pub fn place(&self) -> &str {
        let (place, _) = &*self.0;
        place.strip_prefix('.').unwrap_or(place)
    }

    /// The place in brackets, for a Chinese and for an English sentence; nothing for the whole.
    pub fn bracketed(&self) -> (String, String) {
        match self.place() {
            "" => (String::new(), String::new()),
            place => (joined(&["（", place, "）"]), joined(&[" (at ", place, ")"])),
        }
    }

    fn within(mut self, place: &str) -> Self {
        self.0.0.insert_str(0, place);
        self
    }

    #[inline(never)]
    fn within_field(self, name: &str) -> Self {
        self.within(name).within(".")
    }

    #[inline(never)]
    fn within_item(self, index: usize) -> Self {
        self.within(&joined(&["[", &index.to_string(), "]"]))
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.place() {
            "" => "the whole",
            place => place,
        })?;
        match &self.0.1 {
            Reason::Form => f.write_str(" is not what it should be"),
            Reason::Missing => f.write_str(" is missing"),
            Reason::Unknown(name) => {
                f.write_str(" has an unknown member ")?;
                f.write_str(name)
            }
            Reason::Rule(rule) => {
                f.write_str(": ")?;
                f.write_str(rule)
            }
        }
    }
}

impl core::error::Error for Unreadable {}

/// What serde would say of each in its own words is code for texts that nobody needs.
impl de::Error for Unreadable {
    fn custom<T: fmt::Display>(rule: T) -> Self {
        Self::new(Reason::Rule(rule.to_string()))
    }
    fn invalid_type(_: Unexpected<'_>, _: &dyn Expected) -> Self {
        Self::new(Reason::Form)
    }
    fn invalid_value(_: Unexpected<'_>, _: &dyn Expected) -> Self {
        Self::new(Reason::Form)
    }
    fn invalid_length(_: usize, _: &dyn Expected) -> Self {
        Self::new(Reason::Form)
    }
    fn unknown_variant(_: &str, _: &'static [&'static str]) -> Self {
        Self::new(Reason::Form)
    }
    fn unknown_field(_: &str, _: &'static [&'static str]) -> Self {
        Self::new(Reason::Form)
    }
    fn missing_field(_: &'static str) -> Self {
        Self::new(Reason::Form)
    }
    fn duplicate_field(_: &'static str) -> Self {
        Self::new(Reason::Form)
    }
}

/// A value, without white space around it.
#[derive(Clone, Copy)]
struct Reader<'de> {
    text: &'de str,
    strict: bool,
}

#[inline(never)]
fn form() -> Unreadable {
    Unreadable::new(Reason::Form)
}

impl<'de> Reader<'de> {
    fn string(self) -> Result<String, Unreadable> {
        read::string(self.text).ok_or_else(form)
    }

    /// The members of an object or the items of a list, by the character that begins it.
    #[inline(never)]
    fn level(self, start: char) -> Result<Vec<(&'de str, &'de str)>, Unreadable> {
        let level = read::items(self.text).filter(|_| self.text.starts_with(start));
        level.ok_or_else(form)
    }

    fn items(self, start: char) -> Result<Items<'de>, Unreadable> {
        Ok(Items {
            items: self.level(start)?.into_iter(),
            index: 0,
            value: "",
            strict: self.strict,
        })
    }

    #[inline(never)]
    fn fields(self, names: &'static [&'static str]) -> Result<Fields<'de>, Unreadable> {
        let members = self.level('{')?;
        let known = |quoted: &str| names.iter().any(|name| is_name(quoted, name));
        let unknown = members.iter().find(|(name, _)| !known(name));
        if let (true, Some((name, _))) = (self.strict, unknown) {
            let name = read::string(name).unwrap_or_default();
            return Err(Unreadable::new(Reason::Unknown(name)));
        }
        Ok(Fields {
            members,
            names: names.iter(),
            missing: None,
            strict: self.strict,
        })
    }

    fn record<V: Visitor<'de>>(
        self,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        let mut fields = self.fields(names)?;
        let record = visitor.visit_seq(&mut fields);
        record.map_err(|wrong| fields.explain(wrong))
    }
}

/// Whether that is the quoted name of a field: nobody writes escapes in these.
fn is_name(quoted: &str, name: &str) -> bool {
    quoted
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
        == Some(name)
}

impl<'de> de::Deserializer<'de> for Reader<'de> {
    type Error = Unreadable;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        match self.text.as_bytes().first() {
            Some(b'"') => self.deserialize_str(visitor),
            Some(b'{') => self.deserialize_map(visitor),
            Some(b'[') => self.deserialize_seq(visitor),
            Some(b'n') => visitor.visit_unit(),
            Some(b't' | b'f') => self.deserialize_bool(visitor),
            _ => match self.text.parse() {
                Ok(number) => visitor.visit_i64(number),
                // Whoever takes any value asks only whether it is a whole number of 64 bits.
                Err(_) => visitor.visit_f64(0.0),
            },
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        match self.text {
            "true" => visitor.visit_bool(true),
            "false" => visitor.visit_bool(false),
            _ => Err(form()),
        }
    }

    fn deserialize_i64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        match self.text.parse() {
            Ok(number) => visitor.visit_i64(number),
            Err(_) => Err(form()),
        }
    }

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        self.deserialize_i64(visitor)
    }
    fn deserialize_u32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        self.deserialize_i64(visitor)
    }
    fn deserialize_u16<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        self.deserialize_i64(visitor)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        visitor.visit_string(self.string()?)
    }
    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        self.deserialize_str(visitor)
    }

    /// Bytes are the text of a value, as they are for `write`.
    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        visitor.visit_borrowed_str(self.text)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        if self.text == "null" {
            visitor.visit_none()
        } else {
            visitor.visit_some(self)
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        visitor.visit_seq(self.items('[')?)
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        let items = self.items('[')?;
        if items.items.len() == length {
            visitor.visit_seq(items)
        } else {
            Err(form())
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        visitor.visit_map(self.items('{')?)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        self.record(names, visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        let (variant, value) = if self.text.starts_with('"') {
            (self.text, None)
        } else {
            let mut items = self.items('{')?.items;
            match (items.next(), items.next()) {
                (Some((variant, value)), None) => (variant, Some(value)),
                _ => return Err(form()),
            }
        };
        visitor.visit_enum(Variant {
            name: Reader {
                text: variant,
                ..self
            },
            value: value.map(|text| Reader { text, ..self }),
        })
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        visitor.visit_str(&self.string()?)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i128 u8 u128 f32 f64 char byte_buf unit unit_struct tuple_struct
    }
}

/// The items of a list, or the members of a map.
struct Items<'de> {
    items: alloc::vec::IntoIter<(&'de str, &'de str)>,
    index: usize,
    /// The value that belongs to the key that was read.
    value: &'de str,
    strict: bool,
}

impl<'de> SeqAccess<'de> for Items<'de> {
    type Error = Unreadable;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Unreadable> {
        let Some((_, text)) = self.items.next() else {
            return Ok(None);
        };
        let index = self.index;
        self.index = index.wrapping_add(1);
        let strict = self.strict;
        match seed.deserialize(Reader { text, strict }) {
            Ok(item) => Ok(Some(item)),
            Err(wrong) => Err(wrong.within_item(index)),
        }
    }
}

impl<'de> MapAccess<'de> for Items<'de> {
    type Error = Unreadable;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Unreadable> {
        let Some((text, value)) = self.items.next() else {
            return Ok(None);
        };
        self.value = value;
        let strict = self.strict;
        seed.deserialize(Reader { text, strict }).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(
        &mut self,
        seed: V,
    ) -> Result<V::Value, Unreadable> {
        let (text, strict) = (self.value, self.strict);
        seed.deserialize(Reader { text, strict })
    }
}

/// The fields of a struct, in the struct's order.
struct Fields<'de> {
    members: Vec<(&'de str, &'de str)>,
    names: core::slice::Iter<'static, &'static str>,
    /// The last field that was not there.
    missing: Option<&'static str>,
    strict: bool,
}

impl<'de> Fields<'de> {
    /// The next field's name and value. Of two members with one name the later counts.
    #[inline(never)]
    fn next(&mut self) -> Option<(&'static str, Option<&'de str>)> {
        let name = self.names.next()?;
        let found = self
            .members
            .iter()
            .rfind(|(quoted, _)| is_name(quoted, name));
        self.missing = found.is_none().then_some(*name);
        Some((name, found.map(|(_, value)| *value)))
    }

    /// What serde says when it could not do without a field.
    #[inline(never)]
    fn explain(&self, wrong: Unreadable) -> Unreadable {
        match self.missing {
            Some(name) => Unreadable::new(Reason::Missing).within_field(name),
            None => wrong,
        }
    }
}

impl<'de> SeqAccess<'de> for Fields<'de> {
    type Error = Unreadable;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Unreadable> {
        let Some((name, found)) = self.next() else {
            return Ok(None);
        };
        let strict = self.strict;
        // A missing Option is none. Of anything else serde learns that it is missing.
        let text = found.unwrap_or("null");
        match seed.deserialize(Reader { text, strict }) {
            Ok(field) => Ok(Some(field)),
            Err(_) if found.is_none() => Ok(None),
            Err(wrong) => Err(wrong.within_field(name)),
        }
    }
}

/// A variant of an enum: its name, and what it holds if it holds something.
struct Variant<'de> {
    name: Reader<'de>,
    value: Option<Reader<'de>>,
}

impl<'de> EnumAccess<'de> for Variant<'de> {
    type Error = Unreadable;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(
        self,
        seed: V,
    ) -> Result<(V::Value, Self), Unreadable> {
        Ok((seed.deserialize(self.name)?, self))
    }
}

impl<'de> Variant<'de> {
    fn value(self) -> Result<Reader<'de>, Unreadable> {
        self.value.ok_or_else(form)
    }
}

impl<'de> VariantAccess<'de> for Variant<'de> {
    type Error = Unreadable;

    fn unit_variant(self) -> Result<(), Unreadable> {
        self.value.map_or(Ok(()), |_| Err(form()))
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(
        self,
        seed: T,
    ) -> Result<T::Value, Unreadable> {
        seed.deserialize(self.value()?)
    }

    fn tuple_variant<V: Visitor<'de>>(
        self,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        de::Deserializer::deserialize_tuple(self.value()?, length, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        self.value()?.record(names, visitor)
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use crate::json::Json;
    use crate::json::write::to_json;
    use alloc::collections::BTreeMap;
    use proptest::prelude::*;
    use serde::{Deserialize, Serialize};

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Everything {
        some_text: String,
        number: i64,
        small: Option<u16>,
        flag: bool,
        #[serde(default)]
        list: Vec<(String, Option<u32>)>,
        map: BTreeMap<String, Option<String>>,
        kind: Kind,
        inner: Box<Option<Everything>>,
    }

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    #[serde(rename_all = "lowercase", rename_all_fields = "camelCase")]
    enum Kind {
        Unit,
        Newtype(Option<i64>),
        Record {
            first_field: String,
            #[serde(default, skip_serializing_if = "Option::is_none")]
            second: Option<bool>,
        },
    }

    fn kind() -> impl Strategy<Value = Kind> {
        prop_oneof![
            Just(Kind::Unit),
            any::<Option<i64>>().prop_map(Kind::Newtype),
            (".*", any::<Option<bool>>()).prop_map(|(first_field, second)| Kind::Record {
                first_field,
                second
            }),
        ]
    }

    fn everything() -> impl Strategy<Value = Everything> {
        let flat = (
            (".*", any::<i64>(), any::<Option<u16>>(), any::<bool>()),
            prop::collection::vec((".*", any::<Option<u32>>()), 0..3),
            prop::collection::btree_map(".*", any::<Option<String>>(), 0..3),
            kind(),
        );
        let flat =
            flat.prop_map(
                |((some_text, number, small, flag), list, map, kind)| Everything {
                    some_text,
                    number,
                    small,
                    flag,
                    list,
                    map,
                    kind,
                    inner: Box::new(None),
                },
            );
        (flat.boxed(), prop::option::of(flat_again())).prop_map(|(outer, inner)| Everything {
            inner: Box::new(inner),
            ..outer
        })
    }

    fn flat_again() -> impl Strategy<Value = Everything> {
        (kind(), any::<i64>()).prop_map(|(kind, number)| Everything {
            some_text: String::new(),
            number,
            small: None,
            flag: true,
            list: Vec::new(),
            map: BTreeMap::new(),
            kind,
            inner: Box::new(None),
        })
    }

    proptest! {
        #[test]
        fn reads_what_is_written_here_and_elsewhere(value in everything()) {
            for text in [
                to_json(&value),
                serde_json::to_string(&value).unwrap(),
                serde_json::to_string_pretty(&value).unwrap(),
                // Its members are in another order.
                serde_json::to_value(&value).unwrap().to_string(),
            ] {
                prop_assert_eq!(&from_json_strictly::<Everything>(&text).unwrap(), &value);
            }
            prop_assert_eq!(&serde_json::from_str::<Everything>(&to_json(&value)).unwrap(), &value);
        }

        #[test]
        fn never_panics(text in ".*") {
            let _ = from_json::<Everything>(&text);
            let _ = from_json::<Kind>(&text);
            let _ = from_json::<Vec<(String, i64)>>(&text);
        }
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Outer {
        #[allow(dead_code)]
        inner_list: Vec<Inner>,
    }

    #[derive(Debug, Deserialize)]
    struct Inner {
        #[allow(dead_code)]
        id: u16,
        #[allow(dead_code)]
        kind: Option<Kind>,
        #[allow(dead_code)]
        raw: Option<Json>,
    }

    #[test]
    fn says_where_it_is_wrong() {
        for (text, place, wording) in [
            ("", "", "the whole is not what it should be"),
            ("{", "", "the whole is not what it should be"),
            ("[]", "", "the whole is not what it should be"),
            ("{}", "innerList", "innerList is missing"),
            (
                r#"{"innerList":[{"id":1},{}]}"#,
                "innerList[1].id",
                "innerList[1].id is missing",
            ),
            (
                r#"{"innerList":[{"id":65536}]}"#,
                "innerList[0].id",
                "innerList[0].id is not what it should be",
            ),
            (
                r#"{"innerList":[{"id":null}]}"#,
                "innerList[0].id",
                "innerList[0].id is not what it should be",
            ),
            (
                r#"{"innerList":[{"id":1,"kind":"no"}]}"#,
                "innerList[0].kind",
                "innerList[0].kind is not what it should be",
            ),
            (
                r#"{"innerList":[{"id":1,"kind":{"record":{}}}]}"#,
                "innerList[0].kind.firstField",
                "innerList[0].kind.firstField is missing",
            ),
            (
                r#"{"innerList":[{"id":1,"kid":2}]}"#,
                "innerList[0]",
                "innerList[0] has an unknown member kid",
            ),
        ] {
            let error = from_json_strictly::<Outer>(text).unwrap_err();
            assert_eq!(
                (error.place(), error.to_string().as_str()),
                (place, wording),
                "{text}"
            );
        }
        assert!(from_json::<Outer>(r#"{"more":[],"innerList":[]}"#).is_ok());
    }

    #[test]
    fn keeps_the_text_of_what_is_to_be_passed_on() {
        let raw: Vec<Json> = from_json(r#" [ {"a" : 1.50}, null ,"x"] "#).unwrap();
        let texts: Vec<&str> = raw.iter().map(Json::as_str).collect();
        assert_eq!(texts, [r#"{"a" : 1.50}"#, "null", r#""x""#]);
    }
}
