//! A YAML text as a tree in which every scalar is the text that was written: numbers never pass through floats.

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_yaml::Value;
use std::fmt;

/// A node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Node {
    Text(String),
    List(Vec<Node>),
    /// In the order written.
    Map(Vec<(String, Node)>),
}

/// Reads a text: first its shape, then, along that shape, its scalars as texts.
pub(super) fn read(text: &str) -> Result<Node, String> {
    crate::yaml::bounded(text)?;
    let worded = |error: serde_yaml::Error| {
        let told = error.to_string();
        let twice =
            told.split_once("duplicate entry with key ").map(|(_, name)| name.split(" at line").next().unwrap_or(name).trim_matches('"'));
        twice.map_or_else(
            || format!("this is not YAML that can be read: {told}"),
            |name| format!("`{name}` is said twice: keep one of them."),
        )
    };
    let shape: Value = serde_yaml::from_str(text).map_err(worded)?;
    Shape(&shape).deserialize(serde_yaml::Deserializer::from_str(text)).map_err(worded)
}

/// What stands at a place.
#[derive(Clone, Copy)]
struct Shape<'a>(&'a Value);

impl<'de> DeserializeSeed<'de> for Shape<'_> {
    type Value = Node;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        match self.0 {
            Value::Mapping(_) => deserializer.deserialize_map(self),
            Value::Sequence(_) => deserializer.deserialize_seq(self),
            Value::Null => deserializer.deserialize_unit(self),
            Value::Tagged(_) => Err(D::Error::custom("tags such as !x mean nothing here")),
            Value::Bool(_) | Value::Number(_) | Value::String(_) => deserializer.deserialize_str(self),
        }
    }
}

impl<'de> Visitor<'de> for Shape<'_> {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value, a list, or names with values")
    }

    fn visit_unit<E: Error>(self) -> Result<Node, E> {
        Ok(Node::Text(String::new()))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Node, E> {
        Ok(Node::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Node, A::Error> {
        let mut list = Vec::new();
        for shape in self.0.as_sequence().into_iter().flatten() {
            list.extend(seq.next_element_seed(Shape(shape))?);
        }
        Ok(Node::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let mut fields = Vec::new();
        for (key, shape) in self.0.as_mapping().into_iter().flatten() {
            let Some(key) = map.next_key_seed(Shape(key))? else { break };
            let Node::Text(key) = key else { return Err(A::Error::custom("a name must be a word")) };
            fields.push((key, map.next_value_seed(Shape(shape))?));
        }
        Ok(Node::Map(fields))
    }
}
