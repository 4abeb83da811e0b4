//! An event's type and data, read as if they stood in one JSON object: `{"type": …, "data": …}`.

use serde::de::value::BorrowedStrDeserializer;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::Error;

/// A stored event, to be read as an enum that is tagged that way.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stored<'de> {
    pub(crate) event_type: &'de str,
    /// JSON.
    pub(crate) data: &'de [u8],
}

impl<'de> Deserializer<'de> for Stored<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_map(Members { event: self, next: Member::Type })
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

#[derive(Debug, Clone, Copy)]
enum Member {
    Type,
    Data,
    End,
}

struct Members<'de> {
    event: Stored<'de>,
    next: Member,
}

impl<'de> MapAccess<'de> for Members<'de> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        let key = match self.next {
            Member::Type => "type",
            Member::Data => "data",
            Member::End => return Ok(None),
        };
        seed.deserialize(BorrowedStrDeserializer::new(key)).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Error> {
        match self.next {
            Member::Type => {
                self.next = Member::Data;
                seed.deserialize(BorrowedStrDeserializer::new(self.event.event_type))
            }
            Member::Data | Member::End => {
                self.next = Member::End;
                let mut data = serde_json::Deserializer::from_slice(self.event.data);
                let value = seed.deserialize(&mut data)?;
                data.end().map(|()| value)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{DepartmentEvent, DomainEvent as _};

    #[test]
    fn what_is_read_in_one_pass_is_what_the_longer_way_reads() {
        let data = r#"{"notice":{"zh-CN":"暂停办理","en":"Closed"}}"#;
        let long = DepartmentEvent::from_data("Suspended", 1, serde_json::from_str(data).expect("JSON"));
        let short = DepartmentEvent::from_json("Suspended", 1, data.as_bytes());
        let short = short.expect("decodes").expect("known");
        assert_eq!(Some(short), long.expect("decodes"));
        assert!(matches!(DepartmentEvent::from_json("Unheard", 1, b"{"), Ok(None)));
        for bad in ["", "{}", "null", "{} ", r#"{"notice":{}},"type":"Resumed"#, &format!("{data}}}")] {
            assert!(DepartmentEvent::from_json("Suspended", 1, bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
