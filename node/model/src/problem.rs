//! Refusals as RFC 9457 problems.

use std::fmt::Display;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::code::{Code, Coded};
use super::schema;

/// Why a request was refused (RFC 9457), as `application/problem+json`.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct Problem {
    /// `urn:coinage:problem:` and the code.
    #[serde(rename = "type")]
    pub kind: String,
    /// The HTTP status in words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// The stable name of what is wrong.
    #[schema(value_type = schema::ProblemCode)]
    pub code: String,
    /// What is wrong, in this very case.
    pub detail: String,
    /// What to do about it.
    pub hint: String,
    /// Whether sending the same bytes again, later, can help.
    pub retry: bool,
    /// What was seen and what was needed.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub details: Value,
}

impl Problem {
    /// The problem with this code and these words.
    pub fn new(status: u16, title: &str, code: Code, detail: impl Display) -> Self {
        Self {
            kind: format!("urn:coinage:problem:{}", code.code),
            title: title.into(),
            status,
            code: code.code.into(),
            detail: detail.to_string(),
            hint: code.hint.into(),
            retry: code.retry,
            details: json!({}),
        }
    }

    /// The problem that a refusal is.
    pub fn of<E: Coded + Display>(status: u16, title: &str, error: &E) -> Self {
        Self { details: error.details(), ..Self::new(status, title, error.code(), error) }
    }
}

/// Why a transaction waits, or is no longer held: a code with its words.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct Reason {
    /// The stable name.
    #[schema(value_type = schema::ProblemCode)]
    pub code: String,
    /// In words.
    pub detail: String,
    /// What to do about it.
    pub hint: String,
    /// What was seen and what was needed.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub details: Value,
}

impl<E: Coded + Display> From<&E> for Reason {
    fn from(error: &E) -> Self {
        let Code { code, hint, .. } = error.code();
        let detail = error.to_string();
        Self { code: code.into(), detail, hint: hint.into(), details: error.details() }
    }
}
