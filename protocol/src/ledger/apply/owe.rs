//! Mutual credit by a charter: accounts owe what they draw, and repay by burning (SPEC R-14).

use super::Step;
use super::policy::{Demand, Policy};
use crate::amount::Amount;
use crate::ledger::{LedgerError, Passes, PolicyReason, Standing, Token};
use crate::lock::Address;
use crate::policy::{ClauseId, RoleId};

impl Step<'_, '_> {
    /// SPEC R-14: an account with a role draws what it then owes.
    pub(super) fn draw_debt(
        &mut self,
        policy: &Policy,
        record: Token,
        account: Address,
        (id, role, written): (ClauseId, RoleId, Amount),
        need: Amount,
    ) -> Result<(), LedgerError> {
        let standing = self.standing(policy, account);
        if standing.role != Some(role) {
            return Err(policy.not_entitled(account));
        }
        policy.check_dates()?;
        self.check_not_frozen(policy, account)?;
        let allowed = self.in_force(policy, id, written);
        let demand = Demand { used: standing.owed, need, allowed };
        let Some(owed) = demand.granted() else {
            let passes = if need <= allowed { Passes::Later } else { policy.if_amended(id) };
            return Err(policy.refuse(Some(id), demand.reason(), passes));
        };
        self.write_standing(policy, account, Standing { owed, ..standing })?;
        self.bring(policy, record, account, need)?;
        self.check_hold(policy, account)
    }

    /// SPEC: an account burns coins; where accounts owe, only to repay.
    pub(super) fn give_up(
        &mut self,
        policy: &Policy,
        from: Address,
        amount: Amount,
    ) -> Result<(), LedgerError> {
        self.check_not_frozen(policy, from)?;
        self.burn(policy.token, from, amount)?;
        if !policy.charter.has_debts() {
            return Ok(());
        }
        let standing = self.standing(policy, from);
        let Some(owed) = standing.owed.checked_sub(amount) else {
            let reason = PolicyReason::OwesLess { address: from, owed: standing.owed };
            return Err(policy.refuse(None, reason, Passes::Later));
        };
        self.write_standing(policy, from, Standing { owed, ..standing })
    }
}
