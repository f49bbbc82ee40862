//! Charters as people write them in JSON: what is wrong, at which field, and what may stand there.

use coinage_model::charter::CharterJson;
use coinage_model::shape;
use coinage_protocol::Charter;
use serde_json::Value;
use serde_path_to_error::Segment;

/// Fields of an object that are looked at one by one to find the one that is wrong, at most.
const FIELDS_MAX: usize = 32;

/// The reason why a text is no charter in JSON.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct BadCharter {
    /// Path of the field, such as `clauses[2].amount`; empty for the whole.
    pub(super) path: String,
    /// Sentence about what is wrong there, and what may stand there.
    pub(super) message: String,
}

/// Reads a charter from JSON.
pub(super) fn read(text: &str) -> Result<Charter, BadCharter> {
    let mut json = serde_json::Deserializer::from_str(text);
    let read = serde_path_to_error::deserialize::<_, CharterJson>(&mut json);
    let read = read.map_err(|error| {
        let mut path: Vec<_> = error.path().iter().filter_map(step).collect();
        let error = error.into_inner();
        if !error.is_data() {
            return BadCharter { path: String::new(), message: shape::describe(&error) };
        }
        let reason = reason(&error);
        // Below a `type` the libraries do not say which field it was.
        if let Ok(whole) = serde_json::from_str(text) {
            descend(&whole, &mut path, &reason);
        }
        BadCharter { path: written(&path), message: plain(&reason) }
    })?;
    let whole = |message| BadCharter { path: String::new(), message };
    json.end().map_err(|error| whole(shape::describe(&error)))?;
    Charter::try_from(read).map_err(whole)
}

impl BadCharter {
    /// The sentence with the place, clauses and accounts counted as people count them.
    pub(super) fn sentence(&self) -> String {
        let Self { path, message } = self;
        match self.counted() {
            _ if path.is_empty() => message.clone(),
            Some(counted) => format!("{path} ({counted}): {message}"),
            None => format!("{path}: {message}"),
        }
    }

    fn counted(&self) -> Option<String> {
        let (list, rest) = self.path.split_once('[')?;
        let place: usize = rest.split_once(']')?.0.parse().ok()?;
        let one = list.strip_suffix('s')?;
        Some(format!("{one} {}", place.checked_add(1)?))
    }
}

/// A step of a path into JSON.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Step {
    Field(String),
    Place(usize),
}

fn step(segment: &Segment) -> Option<Step> {
    match segment {
        Segment::Seq { index } => Some(Step::Place(*index)),
        Segment::Map { key } => Some(Step::Field(key.clone())),
        Segment::Enum { .. } | Segment::Unknown => None,
    }
}

fn written(path: &[Step]) -> String {
    let mut text = String::new();
    for step in path {
        match step {
            Step::Place(place) => text.push_str(&format!("[{place}]")),
            Step::Field(name) if text.is_empty() => text.push_str(name),
            Step::Field(name) => text.push_str(&format!(".{name}")),
        }
    }
    text
}

/// Goes down from a path to the field that is wrong: the one without which something else is.
fn descend(whole: &Value, path: &mut Vec<Step>, reason: &str) {
    let about_field = ["missing field", "unknown field"].iter().any(|one| reason.starts_with(one));
    let about_type = reason.starts_with("unknown variant");
    while let Some(Value::Object(fields)) = at(whole, path) {
        let wrong = fields.iter().take(FIELDS_MAX).find(|(name, value)| {
            // A field that is missing or too much here may be one of a part.
            let may_be = (*name == "type") == about_type && (!about_field || value.is_object());
            let inner = about_type && value.is_object();
            (may_be || inner) && without(whole, path, name).as_deref() != Some(reason)
        });
        let Some((name, _)) = wrong else { return };
        path.push(Step::Field(name.clone()));
    }
}

/// The reason why the JSON without one field is no charter; `None` if it is one.
fn without(whole: &Value, path: &[Step], name: &str) -> Option<String> {
    let mut fewer = whole.clone();
    if let Some(Value::Object(fields)) = at_mut(&mut fewer, path) {
        fields.remove(name);
    }
    serde_json::from_value::<CharterJson>(fewer).err().map(|error| reason(&error))
}

fn at<'v>(whole: &'v Value, path: &[Step]) -> Option<&'v Value> {
    path.iter().try_fold(whole, |value, step| match step {
        Step::Field(name) => value.get(name),
        Step::Place(place) => value.get(place),
    })
}

fn at_mut<'v>(whole: &'v mut Value, path: &[Step]) -> Option<&'v mut Value> {
    path.iter().try_fold(whole, |value, step| match step {
        Step::Field(name) => value.get_mut(name),
        Step::Place(place) => value.get_mut(place),
    })
}

/// The text of an error without the place in the text.
fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    text.strip_suffix(&place).unwrap_or(&text).to_owned()
}

/// The library's reason in plain words.
fn plain(reason: &str) -> String {
    let reason = reason.replace('`', "\"");
    let kinds = |rest: &str| rest.replace("expected ", "").replace("one of ", "one of these: ");
    if let Some(name) = reason.strip_prefix("missing field ") {
        return format!("the field {name} is missing");
    }
    if let Some(name) = reason.strip_prefix("duplicate field ") {
        return format!("the field {name} stands twice");
    }
    if let Some((name, rest)) =
        reason.strip_prefix("unknown field ").and_then(|rest| rest.split_once(", "))
    {
        return format!("there is no field {name} here; expected is {}", kinds(rest));
    }
    if let Some((name, rest)) =
        reason.strip_prefix("unknown variant ").and_then(|rest| rest.split_once(", "))
    {
        return format!("nothing is of the type {name}; expected is {}", kinds(rest));
    }
    let wrong = ["invalid type: ", "invalid value: ", "invalid length "];
    let found = wrong.iter().find_map(|start| reason.strip_prefix(start));
    match found.and_then(|rest| rest.split_once(", expected ")) {
        Some((found, expected)) => format!("here is {found}, expected is {expected}"),
        None => reason,
    }
}

#[cfg(test)]
mod tests {
    use coinage_policy::charters;
    use coinage_policy::{Language, read as read_text};
    use serde_json::json;

    use super::*;

    /// An example in JSON, with one place changed.
    fn changed(change: impl FnOnce(&mut Value)) -> String {
        let shipped = charters().iter().find(|one| one.name == "regio").expect("it ships");
        let charter = read_text(shipped.text(Language::English)).expect("a policy");
        let mut json = serde_json::to_value(CharterJson::from(&charter)).expect("JSON");
        change(&mut json);
        json.to_string()
    }

    fn refused(change: impl FnOnce(&mut Value)) -> (String, String) {
        let bad = read(&changed(change)).expect_err("no charter");
        (bad.path, bad.message)
    }

    #[test]
    fn an_error_names_the_field_and_what_is_expected_there() {
        assert!(read(&changed(|_| {})).is_ok());
        let whole: Value = serde_json::from_str(&changed(|_| {})).expect("JSON");
        let of_type = |name: &str| {
            let clauses = whole["clauses"].as_array().expect("a list");
            clauses.iter().position(|one| one["type"] == name).expect("there is one")
        };
        let (send, role) = (of_type("send"), of_type("role"));
        let cases: [(&str, Value, String, &str); 9] = [
            ("/decimals", json!("2"), "decimals".into(), "expected is u8"),
            ("/anchor", json!("tomorrow"), "anchor".into(), "2027-01-01T00:00:00+09:00"),
            ("/accounts", json!({}), "accounts".into(), "expected is"),
            ("/accounts/0/name", json!(5), "accounts[0].name".into(), "expected is a string"),
            ("/clauses/0/type", json!("isue"), "clauses[0].type".into(), "one of these: "),
            (&format!("/clauses/{role}/max"), json!("many"), format!("clauses[{role}].max"), "u32"),
            (
                &format!("/clauses/{role}/officer"),
                json!("The Boss"),
                format!("clauses[{role}].officer"),
                "a name",
            ),
            (
                &format!("/clauses/{send}/from/type"),
                json!("rule"),
                format!("clauses[{send}].from.type"),
                "role",
            ),
            (
                &format!("/clauses/{send}/from"),
                json!({ "type": "role" }),
                format!("clauses[{send}].from"),
                "the field \"role\" is missing",
            ),
        ];
        for (pointer, value, path, part) in cases {
            let (found, message) = refused(|json| {
                *json.pointer_mut(pointer).expect(pointer) = value;
            });
            assert_eq!(found, path, "{message}");
            assert!(message.contains(part), "{path}: {message}");
            assert!(!message.contains(" at line "), "{message}");
        }
    }

    #[test]
    fn what_is_missing_or_too_much_is_said_where_it_is() {
        let remove = |pointer: &'static str, name: &'static str| {
            refused(move |json| {
                let object = json.pointer_mut(pointer).and_then(Value::as_object_mut);
                object.expect("an object").remove(name);
            })
        };
        assert_eq!(remove("", "name"), (String::new(), "the field \"name\" is missing".into()));
        let (path, message) = remove("/accounts/0", "holder");
        assert_eq!(
            (path.as_str(), message.as_str()),
            ("accounts[0]", "the field \"holder\" is missing")
        );
        let more = refused(|json| json["clauses"][0]["surplus"] = json!(1));
        assert_eq!(more.0, "clauses[0]");
        assert!(
            more.1.starts_with("there is no field \"surplus\" here; expected is "),
            "{}",
            more.1
        );
        let many = refused(|json| {
            let clause = json["clauses"][0].clone();
            json["clauses"] = json!(vec![clause; 33]);
        });
        assert_eq!(many.0, "clauses", "{}", many.1);
    }

    #[test]
    fn what_is_no_json_is_said_to_be_none_and_clauses_are_counted_from_one() {
        for (text, part) in [("{", "cut off"), ("{]", "line 1 is no JSON"), ("{} x", "missing")] {
            let bad = read(text).expect_err("no charter");
            assert!(bad.message.contains(part), "{bad:?}");
        }
        let twice = changed(|_| {}).replacen('{', "{\"decimals\":2,", 1);
        let bad = read(&twice).expect_err("twice");
        assert!(bad.sentence().contains("stands twice"), "{bad:?}");
        let bad =
            read(&changed(|json| json["clauses"][2]["type"] = json!(1))).expect_err("a number");
        assert!(bad.sentence().starts_with("clauses[2].type (clause 3): "), "{bad:?}");
        let bad = read(&changed(|json| json["clauses"][1] = json!([]))).expect_err("a list");
        assert!(bad.sentence().starts_with("clauses[1] (clause 2): "), "{bad:?}");
    }

    #[test]
    fn a_text_of_many_fields_is_refused_soon() {
        let many: Vec<_> = (0..10_000).map(|at| format!("\"f{at}\":{{}}")).collect();
        let begun = std::time::Instant::now();
        assert!(read(&format!("{{{}}}", many.join(","))).is_err());
        assert!(begun.elapsed() < std::time::Duration::from_secs(2));
    }
}
