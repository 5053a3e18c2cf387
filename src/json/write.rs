//! Writing JSON, as `serde` describes what is written. It has no floating-point numbers, so a module
//! that writes with it holds no tables for them.

use crate::prelude::*;
use crate::strings::{joined, push_decimal, push_signed};
use core::fmt;
use serde::ser::{self, Impossible, Serialize};

/// A value as JSON. Bytes are taken for JSON that is written already; what has a floating-point number
/// or a form that no type of this crate has is written as `null`.
pub fn to_json<T: Serialize + ?Sized>(value: &T) -> String {
    let mut json = String::new();
    match value.serialize(Writer(&mut json)) {
        Ok(()) => json,
        Err(Unwritable) => "null".to_owned(),
    }
}

/// An object that is put together member by member.
#[derive(Clone, Debug, Default)]
pub struct Object {
    /// What is written of it, without its braces.
    members: String,
}

impl Object {
    /// An object without members.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a member, which it does not have yet.
    pub fn put<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) {
        self.put_text(name, &to_json(value));
    }

    /// … if there is a value.
    pub fn put_some<T: Serialize>(&mut self, name: &str, value: Option<&T>) {
        if let Some(value) = value {
            self.put(name, value);
        }
    }

    /// Adds a member whose value is JSON already.
    pub fn put_text(&mut self, name: &str, value: &str) {
        self.put_quoted(&to_json(name), value);
    }

    /// Adds a member whose name and value are JSON already.
    pub fn put_quoted(&mut self, name: &str, value: &str) {
        if !self.is_empty() {
            self.members.push(',');
        }
        for part in [name, ":", value] {
            self.members.push_str(part);
        }
    }

    /// The same with one more member.
    #[must_use]
    pub fn with<T: Serialize + ?Sized>(mut self, name: &str, value: &T) -> Self {
        self.put(name, value);
        self
    }

    /// Whether it has no member yet.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// Its text.
    pub fn text(&self) -> String {
        joined(&["{", &self.members, "}"])
    }
}

impl Serialize for Object {
    fn serialize<S: ser::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.text().as_bytes())
    }
}

/// A value that JSON has no form for.
#[derive(Debug)]
pub struct Unwritable;

impl fmt::Display for Unwritable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON has no form for the value")
    }
}

impl core::error::Error for Unwritable {}

impl ser::Error for Unwritable {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

struct Writer<'a>(&'a mut String);

/// An object or a list that is being written.
struct Open<'a> {
    json: &'a mut String,
    end: &'static str,
}

type Written = Result<(), Unwritable>;

impl<'a> Writer<'a> {
    fn verbatim(self, json: &str) -> Written {
        self.0.push_str(json);
        Ok(())
    }

    fn open(self, start: &str, end: &'static str) -> Open<'a> {
        self.0.push_str(start);
        Open { json: self.0, end }
    }
}

impl Open<'_> {
    /// The comma between two items.
    fn separate(&mut self) {
        if !matches!(self.json.as_bytes().last(), Some(b'{' | b'[')) {
            self.json.push(',');
        }
    }

    /// Apart from the value, so that there is one of it and not one for each type.
    #[inline(never)]
    fn name(&mut self, name: &str) {
        self.separate();
        push_quoted(self.json, name);
        self.json.push(':');
    }

    fn member<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Written {
        self.name(name);
        value.serialize(Writer(self.json))
    }

    fn close(self) -> Written {
        self.json.push_str(self.end);
        Ok(())
    }
}

fn push_quoted(json: &mut String, text: &str) {
    let escapes = |byte| matches!(byte, b'"' | b'\\' | 0..b' ');
    json.push('"');
    let mut rest = text;
    while let Some(at) = rest.bytes().position(escapes) {
        // What must be escaped is ASCII, so nothing is cut in two.
        let (plain, escaped) = rest.split_at_checked(at).unwrap_or_default();
        json.push_str(plain);
        let mut behind = escaped.chars();
        match behind.next() {
            Some('"') => json.push_str("\\\""),
            Some('\\') => json.push_str("\\\\"),
            Some(control) => {
                let code = u32::from(control);
                json.push_str("\\u00");
                for digit in [code >> 4, code & 15] {
                    json.push(char::from_digit(digit, 16).unwrap_or('0'));
                }
            }
            None => break,
        }
        rest = behind.as_str();
    }
    json.push_str(rest);
    json.push('"');
}

type Other = Impossible<(), Unwritable>;

impl<'a> ser::Serializer for Writer<'a> {
    type Ok = ();
    type Error = Unwritable;
    type SerializeSeq = Open<'a>;
    type SerializeTuple = Open<'a>;
    type SerializeTupleStruct = Other;
    type SerializeTupleVariant = Other;
    type SerializeMap = Open<'a>;
    type SerializeStruct = Open<'a>;
    type SerializeStructVariant = Open<'a>;

    fn serialize_bool(self, value: bool) -> Written {
        self.verbatim(if value { "true" } else { "false" })
    }
    fn serialize_i8(self, value: i8) -> Written {
        self.serialize_i64(value.into())
    }
    fn serialize_i16(self, value: i16) -> Written {
        self.serialize_i64(value.into())
    }
    fn serialize_i32(self, value: i32) -> Written {
        self.serialize_i64(value.into())
    }
    fn serialize_i64(self, value: i64) -> Written {
        push_signed(self.0, value);
        Ok(())
    }
    fn serialize_u8(self, value: u8) -> Written {
        self.serialize_u64(value.into())
    }
    fn serialize_u16(self, value: u16) -> Written {
        self.serialize_u64(value.into())
    }
    fn serialize_u32(self, value: u32) -> Written {
        self.serialize_u64(value.into())
    }
    fn serialize_u64(self, value: u64) -> Written {
        push_decimal(self.0, value);
        Ok(())
    }
    fn serialize_f32(self, _: f32) -> Written {
        Err(Unwritable)
    }
    fn serialize_f64(self, _: f64) -> Written {
        Err(Unwritable)
    }
    fn serialize_char(self, value: char) -> Written {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }
    fn serialize_str(self, text: &str) -> Written {
        push_quoted(self.0, text);
        Ok(())
    }
    fn serialize_bytes(self, bytes: &[u8]) -> Written {
        self.verbatim(core::str::from_utf8(bytes).map_err(|_| Unwritable)?)
    }
    fn serialize_none(self) -> Written {
        self.verbatim("null")
    }
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Written {
        value.serialize(self)
    }
    fn serialize_unit(self) -> Written {
        self.verbatim("null")
    }
    fn serialize_unit_struct(self, _: &'static str) -> Written {
        self.verbatim("null")
    }
    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Written {
        self.serialize_str(variant)
    }
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Written {
        value.serialize(self)
    }
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Written {
        let mut object = self.open("{", "}");
        object.member(variant, value)?;
        object.close()
    }
    fn serialize_seq(self, _: Option<usize>) -> Result<Open<'a>, Unwritable> {
        Ok(self.open("[", "]"))
    }
    fn serialize_tuple(self, _: usize) -> Result<Open<'a>, Unwritable> {
        Ok(self.open("[", "]"))
    }
    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Other, Unwritable> {
        Err(Unwritable)
    }
    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Other, Unwritable> {
        Err(Unwritable)
    }
    fn serialize_map(self, _: Option<usize>) -> Result<Open<'a>, Unwritable> {
        Ok(self.open("{", "}"))
    }
    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Open<'a>, Unwritable> {
        Ok(self.open("{", "}"))
    }
    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Open<'a>, Unwritable> {
        let mut object = self.open("{", "}}");
        object.name(variant);
        object.json.push('{');
        Ok(object)
    }
}

impl ser::SerializeSeq for Open<'_> {
    type Ok = ();
    type Error = Unwritable;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, item: &T) -> Written {
        self.separate();
        item.serialize(Writer(self.json))
    }
    fn end(self) -> Written {
        self.close()
    }
}

impl ser::SerializeTuple for Open<'_> {
    type Ok = ();
    type Error = Unwritable;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, item: &T) -> Written {
        ser::SerializeSeq::serialize_element(self, item)
    }
    fn end(self) -> Written {
        self.close()
    }
}

impl ser::SerializeMap for Open<'_> {
    type Ok = ();
    type Error = Unwritable;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, name: &T) -> Written {
        self.separate();
        name.serialize(Writer(self.json))
    }
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Written {
        self.json.push(':');
        value.serialize(Writer(self.json))
    }
    fn end(self) -> Written {
        self.close()
    }
}

impl ser::SerializeStruct for Open<'_> {
    type Ok = ();
    type Error = Unwritable;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Written {
        self.member(name, value)
    }
    fn end(self) -> Written {
        self.close()
    }
}

impl ser::SerializeStructVariant for Open<'_> {
    type Ok = ();
    type Error = Unwritable;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Written {
        self.member(name, value)
    }
    fn end(self) -> Written {
        self.close()
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[derive(serde::Serialize)]
    struct Everything<'a> {
        text: &'a str,
        number: i64,
        flag: bool,
        nothing: Option<u16>,
        some: Option<u8>,
        list: Vec<&'a str>,
        result: Result<&'a str, u32>,
        unit: Unit,
    }

    #[derive(serde::Serialize)]
    enum Unit {
        One,
    }

    proptest! {
        #[test]
        fn writes_as_serde_json_does(text in ".*", number: i64, list in prop::collection::vec(".*", 0..4)) {
            let value = Everything {
                text: &text,
                number,
                flag: number > 0,
                nothing: None,
                some: Some(7),
                list: list.iter().map(String::as_str).collect(),
                result: if number > 0 { Ok(&text) } else { Err(1) },
                unit: Unit::One,
            };
            let ours: serde_json::Value = serde_json::from_str(&to_json(&value)).unwrap();
            prop_assert_eq!(ours, serde_json::to_value(&value).unwrap());
        }

        #[test]
        fn puts_objects_together(names in prop::collection::btree_set(".*", 0..4), text in ".*") {
            let (mut ours, mut theirs) = (Object::new(), serde_json::Map::new());
            for name in names {
                ours.put(&name, &text);
                theirs.insert(name, text.clone().into());
            }
            let outer = Object::new().with("inner", &ours).with("none", &None::<u8>);
            let read: serde_json::Value = serde_json::from_str(&outer.text()).unwrap();
            prop_assert_eq!(read, serde_json::json!({ "inner": theirs, "none": null }));
        }
    }
}
