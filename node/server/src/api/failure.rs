//! The one way from a refusal to an HTTP answer.

use std::fmt::Display;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use coinage_model::code::{Code, Coded};
use coinage_model::problem::Problem;

use crate::storage::StorageError;

/// Media type of problems (RFC 9457).
pub(super) const MEDIA_TYPE: &str = "application/problem+json";

/// Name of the detail that says after how many seconds to try again.
const RETRY_AFTER: &str = "retry_after";

/// A request that is not answered as asked.
#[derive(Debug)]
pub(super) struct Failure(Box<Problem>);

impl Failure {
    pub(super) fn new(code: Code, detail: impl Display) -> Self {
        Self(Problem::new(title(code), code, detail).into())
    }

    /// Returns the failure for what the ledger, the pool or the rules refuse.
    pub(super) fn refused<E: Coded + Display>(error: &E) -> Self {
        Self(Problem::of(title(error.code()), error).into())
    }

    /// Returns a fault of the node's own. What exactly stands in its log, not in the answer.
    pub(super) fn internal(error: impl Display) -> Self {
        tracing::error!(event = "api.failed", %error);
        let detail = "the node could not read its own data";
        Self::new(Code::Internal, detail)
    }

    /// Adds a fact to the details.
    pub(super) fn with(mut self, name: &str, value: impl Display) -> Self {
        if let Some(details) = self.0.details.as_object_mut() {
            details.insert(name.into(), value.to_string().into());
        }
        self
    }

    /// Says after how many seconds the same request may pass.
    pub(super) fn retry_after(self, seconds: u64) -> Self {
        self.with(RETRY_AFTER, seconds)
    }

    pub(super) fn into_problem(self) -> Problem {
        *self.0
    }

    pub(super) fn is_about(&self, code: Code) -> bool {
        self.0.code == code.name()
    }
}

impl From<StorageError> for Failure {
    fn from(error: StorageError) -> Self {
        Self::internal(error)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let problem = *self.0;
        let status =
            StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&problem).unwrap_or_default();
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        if is_temporary(status) {
            let told = problem.details.get(RETRY_AFTER).and_then(|text| text.as_str());
            let told = told.and_then(|text| HeaderValue::from_str(text).ok());
            headers.insert(header::RETRY_AFTER, told.unwrap_or(HeaderValue::from_static("1")));
        }
        response
    }
}

/// The HTTP status of answers with a code.
pub(super) fn status_of(code: Code) -> StatusCode {
    StatusCode::from_u16(code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

fn title(code: Code) -> &'static str {
    status_of(code).canonical_reason().unwrap_or_default()
}

/// True if the answer says when to try again.
pub(super) fn is_temporary(status: StatusCode) -> bool {
    matches!(status, StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS)
}
