//! Limit on the requests that one address may send.

use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use coinage_model::code::Code;
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use super::App;
use super::failure::Failure;
use super::guard::Ends;

/// Addresses that are remembered before those whose quota is full again are forgotten.
const ADDRESSES_MAX: usize = 10_000;

/// Quota that each address has used. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Rates(Arc<DefaultKeyedRateLimiter<IpAddr>>);

impl Rates {
    /// Allows so many requests in a second, and as many at once.
    pub(super) fn new(per_second: NonZeroU32) -> Self {
        Self(RateLimiter::keyed(Quota::per_second(per_second)).into())
    }

    /// Counts a request; how long to wait if it is one too many.
    fn count(&self, from: IpAddr) -> Result<(), Duration> {
        if self.0.len() >= ADDRESSES_MAX {
            self.0.retain_recent();
        }
        let refused = self.0.check_key(&whole(from)).err();
        refused.map_or(Ok(()), |until| Err(until.wait_time_from(DefaultClock::default().now())))
    }
}

/// Refuses what is more than an address may ask, except for the health of the node.
pub(super) async fn limit(State(app): State<App>, request: Request, next: Next) -> Response {
    let from = request.extensions().get::<Ends>().map(|ends| ends.there);
    let counted = match from {
        Some(from) if !request.uri().path().starts_with("/health/") => app.rates.count(from),
        _ => Ok(()),
    };
    let Err(wait) = counted else { return next.run(request).await };
    let seconds = wait.as_secs().saturating_add(1);
    let detail = format!("too many requests from this address; wait {seconds} s");
    let failure = Failure::new(Code::Rate, detail);
    failure.retry_after(seconds).into_response()
}

/// Returns an address as it counts: who has one IPv6 address has a whole network of them.
pub(super) fn whole(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(six) => {
            let network = u128::from(six) & !u128::from(u64::MAX);
            Ipv6Addr::from(network).into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_address_has_a_quota_of_its_own() {
        let rates = Rates::new(NonZeroU32::MIN);
        let address = |text: &str| text.parse::<IpAddr>().expect("an address");
        assert!(rates.count(address("192.0.2.1")).is_ok());
        let wait = rates.count(address("192.0.2.1")).expect_err("too soon");
        assert!(wait <= Duration::from_secs(1), "{wait:?}");
        assert!(rates.count(address("192.0.2.2")).is_ok());
        assert!(rates.count(address("2001:db8::1")).is_ok());
        assert!(rates.count(address("2001:db8::2")).is_err());
        assert!(rates.count(address("2001:db8:0:1::2")).is_ok());
    }
}
