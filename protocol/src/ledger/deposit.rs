//! Deposits: the price of a place in the state when places run out (SPEC L-10).

use crate::amount::Amount;
use crate::limits::FREE_PART;
use crate::lock::Address;

/// The address where deposits lie: no lock has it, so only the ledger takes from it.
pub const DEPOSITS: Address = Address::new([0; 32]);

/// The price of the next place when `used` of `max` are taken, of a token with this supply.
///
/// Nothing at first. From then on the k-th of the n places that are left takes `3 k^2 / n^3` of the
/// supply, rounded up and at least one unit, so that all of them together take all of it, and none
/// is free however small the supply.
pub fn place_price(supply: Amount, used: u64, max: u64) -> Amount {
    let free = max.checked_div(FREE_PART).unwrap_or_default();
    let Some(before) = used.checked_sub(free) else { return Amount::ZERO };
    let (k, n) = (u128::from(before).saturating_add(1), u128::from(max.saturating_sub(free)));
    if n == 0 {
        return Amount::MAX;
    }
    // At most 10^30 * 2^27, which fits (SPEC G-3).
    let part = |units: u128, times| units.saturating_mul(times).div_ceil(n);
    let units = part(part(part(supply.units(), k), k), 3).max(1);
    Amount::try_from(units).unwrap_or(Amount::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::PLACES_MAX;
    use crate::samples::amount;

    #[test]
    fn the_first_quarter_is_free_and_all_others_take_the_supply() {
        // SPEC L-10
        let supply = 300_000_000;
        let price = |used| place_price(amount(supply), used, 100_000).units();
        assert_eq!((price(0), price(24_999), price(25_000)), (0, 0, 1));
        assert_eq!(price(99_999), supply * 3 / 75_000);
        let all: u128 = (0..100_000).map(price).sum();
        assert!((supply..=supply + 150_000).contains(&all), "{all}");
        assert!((0..99_999).all(|used| price(used) <= price(used + 1)));
    }

    #[test]
    fn beyond_the_first_quarter_no_place_is_free_however_small_the_supply() {
        // SPEC L-10: votes of an assembly, shares of a house.
        for supply in [0, 1, 7, 20_000] {
            let price = |used| place_price(amount(supply), used, 100_000).units();
            assert!((25_000..100_000).all(|used| price(used) >= 1), "{supply}");
        }
    }

    #[test]
    fn no_supply_and_no_number_of_places_overflows() {
        // SPEC L-10, A-1
        let most = place_price(Amount::MAX, PLACES_MAX - 1, PLACES_MAX);
        assert!(most < Amount::MAX && !most.is_zero());
        assert_eq!(place_price(Amount::MAX, 1, 1), Amount::MAX);
        assert_eq!(place_price(Amount::ZERO, 9, 10), amount(1), "nobody has it");
        assert_eq!(place_price(amount(1), 0, 0), Amount::MAX);
    }
}
