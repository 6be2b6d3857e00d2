//! What a program sends to the API, and which of its fields cannot be read.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::subscribers::Frequency;

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

#[derive(Debug, Deserialize)]
pub(super) struct ApiRequest {
    pub email: String,
    #[serde(default)]
    pub topics: Vec<String>,
    /// each, daily or weekly
    #[serde(default)]
    pub frequency: String,
    pub language: Option<String>,
    /// The address is right although it looks mistyped.
    #[serde(default)]
    pub as_typed: bool,
    /// Where the form stood, on a site of the office's own.
    #[serde(default)]
    pub page: String,
    #[serde(default)]
    pub zip: String,
    /// Answers to the office's own questions, in the order of `questions`; where that is empty, in the office's.
    #[serde(default)]
    pub answers: Vec<String>,
    /// The questions that were asked.
    #[serde(default)]
    pub questions: Vec<String>,
    /// The mark of what was agreed to, as the widget has it.
    #[serde(default)]
    pub consent: String,
}

/// What cannot be read, and what to send instead.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct WrongField {
    /// `None`: the body as a whole.
    pub field: Option<&'static str>,
    pub error: String,
}

impl WrongField {
    /// The answer's body.
    pub fn told(&self) -> Value {
        let mut told = json!({
            "error": self.error,
            "example": { "email": "name@example.org" },
        });
        if let Some(field) = self.field {
            told["field"] = json!(field);
        }
        told
    }
}

/// What a field holds.
#[derive(Debug, Clone, Copy)]
enum Holds {
    Text,
    Texts,
    YesOrNo,
}

const FIELDS: [(&str, Holds); 10] = [
    ("email", Holds::Text),
    ("topics", Holds::Texts),
    ("frequency", Holds::Text),
    ("language", Holds::Text),
    ("as_typed", Holds::YesOrNo),
    ("page", Holds::Text),
    ("zip", Holds::Text),
    ("answers", Holds::Texts),
    ("questions", Holds::Texts),
    ("consent", Holds::Text),
];

/// What the form calls them: whoever makes a request of the form's snippet must not ask for everything.
const FIELDS_OF_FORM: [(&str, &str); 2] = [("topic", "topics"), ("lang", "language")];

impl Holds {
    fn fits(self, value: &Value) -> bool {
        match self {
            Self::Text => value.is_string(),
            Self::Texts => value
                .as_array()
                .is_some_and(|values| values.iter().all(Value::is_string)),
            Self::YesOrNo => value.is_boolean(),
        }
    }

    fn as_written(self) -> &'static str {
        match self {
            Self::Text => "text in double quotes",
            Self::Texts => "a list of texts, such as [\"press\"]",
            Self::YesOrNo => "true or false",
        }
    }
}

impl ApiRequest {
    /// Reads the body of a request. What is `null` is not said.
    ///
    /// # Errors
    /// The first field that is missing or holds something else than it must.
    pub fn read(body: &[u8]) -> Result<Self, WrongField> {
        let whole = |error: String| WrongField { field: None, error };
        // RFC 8259 §8.1: it may be passed over, and some programs write it.
        let body = body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body);
        let mut given: Map<String, Value> = serde_json::from_slice(body).map_err(|error| {
            whole(format!(
                "send a JSON object with the field `email`; this is none: {error}"
            ))
        })?;
        given.retain(|_, value| !value.is_null());
        for (of_form, field) in FIELDS_OF_FORM {
            if let Some(value) = given.remove(of_form) {
                let value = match value {
                    one @ Value::String(_) if field == "topics" => Value::Array(vec![one]),
                    value => value,
                };
                given.entry(field).or_insert(value);
            }
        }
        for (field, holds) in FIELDS {
            let error = match given.get(field) {
                None if field == "email" => "send the address in the field `email`".to_owned(),
                Some(value) if !holds.fits(value) => {
                    format!("`{field}` must be {}", holds.as_written())
                }
                _ => continue,
            };
            return Err(WrongField {
                field: Some(field),
                error,
            });
        }
        let read: Self = serde_json::from_value(Value::Object(given))
            .map_err(|error| whole(format!("send a JSON object as described: {error}")))?;
        if !read.frequency.is_empty() && Frequency::of_word(&read.frequency).is_none() {
            return Err(WrongField {
                field: Some("frequency"),
                error: "`frequency` must be each, daily or weekly".to_owned(),
            });
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_of_the_forms_fields_are_read_too() {
        for body in [
            r#"{"email":"a@example.org","topic":["veterans"],"lang":"es"}"#,
            r#"{"email":"a@example.org","topic":"veterans","lang":"es","topics":null}"#,
            r#"{"email":"a@example.org","topic":["all"],"lang":"en","topics":["veterans"],"language":"es"}"#,
        ] {
            let read = ApiRequest::read(body.as_bytes()).unwrap();
            assert_eq!(read.topics, ["veterans"], "{body}");
            assert_eq!(read.language.as_deref(), Some("es"), "{body}");
        }
        let wrong = ApiRequest::read(br#"{"email":"a@example.org","topic":7}"#);
        assert_eq!(wrong.unwrap_err().field, Some("topics"));
    }

    #[test]
    fn the_field_that_is_wrong_is_the_one_that_is_named() {
        for (body, field, says) in [
            ("", None, "JSON object"),
            ("[]", None, "JSON object"),
            ("{\"email\":\"a@example.org\"", None, "at line 1 column 2"),
            ("{}", Some("email"), "in the field `email`"),
            ("{\"email\":null}", Some("email"), "in the field `email`"),
            ("{\"email\":1}", Some("email"), "text in double quotes"),
            (
                "{\"email\":\"a@example.org\",\"topics\":\"press\"}",
                Some("topics"),
                "a list of texts",
            ),
            (
                "{\"email\":\"a@example.org\",\"topics\":[1]}",
                Some("topics"),
                "a list of texts",
            ),
            (
                "{\"email\":\"a@example.org\",\"frequency\":\"monthly\"}",
                Some("frequency"),
                "each, daily or weekly",
            ),
            (
                "{\"email\":\"a@example.org\",\"as_typed\":\"yes\"}",
                Some("as_typed"),
                "true or false",
            ),
            (
                "{\"email\":\"a@example.org\",\"zip\":92780}",
                Some("zip"),
                "text in double quotes",
            ),
            (
                "{\"email\":\"a@example.org\",\"answers\":{}}",
                Some("answers"),
                "a list of texts",
            ),
        ] {
            let wrong = ApiRequest::read(body.as_bytes()).unwrap_err();
            assert_eq!(wrong.field, field, "{body}");
            assert!(wrong.error.contains(says), "{body}: {}", wrong.error);
        }
    }

    #[test]
    fn a_byte_order_mark_before_the_object_says_nothing() {
        let read = ApiRequest::read("\u{feff}{\"email\":\"a@example.org\"}".as_bytes());
        assert_eq!(read.unwrap().email, "a@example.org");
    }

    #[test]
    fn what_is_null_or_unknown_is_not_said() {
        let read = ApiRequest::read(
            b"{\"email\":\"a@example.org\",\"topics\":null,\"language\":null,\"x\":1}",
        );
        let read = read.unwrap();
        assert_eq!(read.email, "a@example.org");
        assert!(read.topics.is_empty() && read.language.is_none());
    }
}
