//! JSON in which objects are written as objects.

use serde::Serialize;
use serde::de::{DeserializeOwned, Error};
use serde_json::Value;

/// Reads a value whose JSON has one shape. The libraries would also take a list of its fields for
/// an object, which no description mentions.
///
/// # Errors
///
/// Where and why the text is not such a value.
pub fn read<T: DeserializeOwned + Serialize>(text: &[u8]) -> serde_json::Result<T> {
    let value: T = serde_json::from_slice(text)?;
    let (written, meant) = (serde_json::from_slice(text)?, serde_json::to_value(&value)?);
    match difference(&written, &meant) {
        None => Ok(value),
        Some(place) => Err(serde_json::Error::custom(format!("a list stands for {place}"))),
    }
}

/// Finds the place where a list stands for an object. What was left out is not compared.
fn difference(written: &Value, meant: &Value) -> Option<String> {
    match (written, meant) {
        (Value::Object(written), Value::Object(meant)) => {
            let mut shared =
                written.iter().filter_map(|(name, one)| Some((name, one, meant.get(name)?)));
            shared.find_map(|(name, one, meant)| {
                difference(one, meant).map(|inner| format!("{inner} in {name:?}"))
            })
        }
        (Value::Array(written), Value::Array(meant)) => {
            written.iter().zip(meant).find_map(|(one, meant)| difference(one, meant))
        }
        (Value::Array(_), _) => Some("an object".to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::submission::SubmitOne;
    use crate::transaction::TransactionJson;

    fn transaction() -> Value {
        let body = json!({
            "sender": coinage_protocol::Address::new([1; 32]).to_string(), "salt": "1",
            "expires_at": "2026-11-22T00:00:00.000Z", "actions": [], "memo": "",
        });
        json!({ "body": body, "witnesses": [] })
    }

    fn refusal<T: DeserializeOwned + Serialize>(value: &Value) -> Option<String> {
        read::<T>(value.to_string().as_bytes()).err().map(|error| error.to_string())
    }

    #[test]
    fn a_list_does_not_stand_for_an_object_wherever_it_is() {
        assert_eq!(refusal::<TransactionJson>(&transaction()), None);
        let all = transaction();
        let field = |name: &str| all["body"][name].clone();
        let list = json!(["sender", "salt", "expires_at", "actions", "memo"].map(field));
        let within = refusal::<TransactionJson>(&json!({ "body": list, "witnesses": [] }));
        assert_eq!(within.as_deref(), Some("a list stands for an object in \"body\""));
        for outside in [json!([[null, null]]), json!([[all, null, false]])] {
            let refusal = refusal::<Vec<SubmitOne>>(&outside);
            assert_eq!(refusal.as_deref(), Some("a list stands for an object"), "{outside}");
        }
    }

    #[test]
    fn what_may_be_left_out_may_be_left_out() {
        assert_eq!(refusal::<SubmitOne>(&json!({ "bytes": "AA==" })), None);
        assert_eq!(refusal::<Vec<SubmitOne>>(&json!([{ "transaction": transaction() }])), None);
    }
}
