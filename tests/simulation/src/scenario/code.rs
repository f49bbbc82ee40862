//! The names of refusals, as the API gives them.

use coinage_protocol::{Refusal, TransactionError};

use crate::audit::name_of;

/// The name of a reason for which a node does not take a transaction.
pub(super) fn refusal(refusal: &Refusal) -> String {
    name_of(refusal).replace(' ', "_")
}

/// The name of a fault that a transaction has whatever the state; a story can make only these.
pub(super) fn fault(error: &TransactionError) -> &'static str {
    match error {
        TransactionError::ZeroAmount => "zero_amount",
        TransactionError::ToSelf => "to_self",
        TransactionError::SupplyAboveCap { .. } => "supply_above_cap",
        TransactionError::NeverAnyUnits => "never_any_units",
        _ => "malformed",
    }
}
