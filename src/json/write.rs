//! Writes JSON.

use serde::{Serialize, Serializer};
use serde_json::value::{RawValue, to_raw_value};

/// Serializes a value; `null` if it cannot be represented in JSON, which does not occur for this
/// crate's types.
pub fn to_json<T: Serialize + ?Sized>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| "null".to_owned())
}

/// An object under construction.
#[derive(Clone, Default)]
pub struct Object(Vec<(String, Box<RawValue>)>);
redacted_debug!(Object);

impl Object {
    /// An object without members.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a member; the name must be new.
    pub fn put<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) {
        if let Ok(value) = to_raw_value(value) {
            self.0.push((name.to_owned(), value));
        }
    }

    /// Adds a member if the value is set.
    pub fn put_some<T: Serialize>(&mut self, name: &str, value: Option<&T>) {
        if let Some(value) = value {
            self.put(name, value);
        }
    }

    /// Adds a member whose value is JSON text.
    pub fn put_text(&mut self, name: &str, value: &str) {
        if let Ok(value) = RawValue::from_string(value.to_owned()) {
            self.0.push((name.to_owned(), value));
        }
    }

    /// Adds a member whose name and value are JSON text.
    pub fn put_quoted(&mut self, name: &str, value: &str) {
        if let Some(name) = super::read::string(name) {
            self.put_text(&name, value);
        }
    }

    /// Returns the object with one more member.
    #[must_use]
    pub fn with<T: Serialize + ?Sized>(mut self, name: &str, value: &T) -> Self {
        self.put(name, value);
        self
    }

    /// Whether it has no members.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Its text.
    pub fn text(&self) -> String {
        to_json(self)
    }
}

impl Serialize for Object {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;

    #[test]
    fn puts_objects_together_in_order() {
        let mut inner = Object::new();
        inner.put_text("z", "1.50");
        inner.put_quoted(r#""\u5f20""#, r#"{"a" : 1}"#);
        inner.put_some("absent", None::<&u8>);
        let outer = Object::new()
            .with("inner", &inner)
            .with("none", &None::<u8>);
        assert_eq!(
            outer.text(),
            r#"{"inner":{"z":1.50,"张":{"a" : 1}},"none":null}"#
        );
    }
}
