//! Refusals as RFC 9457 problems.

use std::fmt::Display;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::code::{Code, Coded, Row};
use super::schema;

/// A problem (RFC 9457): why a request was refused, as `application/problem+json`.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct Problem {
    /// URN of the problem: `urn:coinage:problem:` and the code.
    #[serde(rename = "type")]
    pub kind: String,
    /// HTTP status of the answer, in words.
    pub title: String,
    /// HTTP status of the answer.
    pub status: u16,
    /// Stable name of what is wrong.
    #[schema(value_type = schema::ProblemCode)]
    pub code: String,
    /// Description of what is wrong in this very case.
    pub detail: String,
    /// Advice on what to do about the problem.
    pub hint: String,
    /// True if sending the same bytes again, later, can help.
    pub retry: bool,
    /// Values that were seen and that were needed.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub details: Value,
}

impl Problem {
    /// Returns the problem with this code and these words.
    pub fn new(title: &str, code: Code, detail: impl Display) -> Self {
        let Row { status, name, hint, retry } = code.row();
        Self {
            kind: format!("urn:coinage:problem:{}", name),
            title: title.into(),
            status,
            code: name.into(),
            detail: detail.to_string(),
            hint: hint.into(),
            retry,
            details: json!({}),
        }
    }

    /// Returns the problem for a refusal.
    pub fn of<E: Coded + Display>(title: &str, error: &E) -> Self {
        let (retry, details) = (error.retry(), error.details());
        let detail = error.worded().unwrap_or_else(|| error.to_string());
        Self { retry, details, ..Self::new(title, error.code(), detail) }
    }
}

/// Reason why a transaction waits, or is no longer held: a code with its words.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct Reason {
    /// Stable name of the reason.
    #[schema(value_type = schema::ProblemCode)]
    pub code: String,
    /// Description of the reason, in words.
    pub detail: String,
    /// Advice on what to do about the reason.
    pub hint: String,
    /// Values that were seen and that were needed.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub details: Value,
}

impl<E: Coded + Display> From<&E> for Reason {
    fn from(error: &E) -> Self {
        let Row { name, hint, .. } = error.code().row();
        let detail = error.worded().unwrap_or_else(|| error.to_string());
        Self { code: name.into(), detail, hint: hint.into(), details: error.details() }
    }
}
