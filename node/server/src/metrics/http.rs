//! Durations of requests.

use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};

/// Labels of a request: the route that it matched, never its path, which is the client's word.
#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
pub struct Request {
    /// Route as the router has it; `none` if the request matched none.
    pub route: String,
    /// Method of the request; `other` for those that no route takes.
    pub method: &'static str,
    /// Status of the answer.
    pub status: u16,
}

pub(super) struct HttpDurations(Family<Request, Histogram, fn() -> Histogram>);

impl HttpDurations {
    pub(super) fn new(to: &mut Registry) -> Self {
        let family = Family::new_with_constructor(durations as fn() -> Histogram);
        let help = "From a request's head to its answer's head, by route, method and status";
        to.register_with_unit("http_request_duration", help, Unit::Seconds, family.clone());
        Self(family)
    }

    pub(super) fn answered(&self, request: Request, time: Duration) {
        self.0.get_or_create(&request).observe(time.as_secs_f64());
    }
}

/// Buckets from a millisecond to sixteen seconds; there is one histogram for each route, method and
/// status.
fn durations() -> Histogram {
    Histogram::new(exponential_buckets(0.001, 4.0, 8))
}
