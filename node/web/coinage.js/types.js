/** The values that transactions are made of (SPEC K, A, T, R). */

import {
  bool, checked, fixed, i8, list, nothing, option, struct, text, u128, u32, u64, u8, union,
} from "./codec.js";

/** Base units of an amount at most (SPEC A-1). */
export const AMOUNT_MAX = 10n ** 30n;

const Address = fixed(32);
const PublicKey = fixed(32);
const Signature = fixed(64);
const Symbol_ = text(12, /^[A-Z][A-Z0-9]{1,11}$/);
const Amount = checked(u128, (units) => units <= AMOUNT_MAX);

/** Fields whose names are words of JavaScript stand in quotes, as SPEC has them. */
const Threshold = checked(
  struct({ required: u8, keys: list(PublicKey, 16) }),
  ({ required, keys }) => {
    const isSet = keys.every((key, at) => at === 0 || keys[at - 1] < key);
    return required >= 1 && required <= keys.length && isSet;
  },
);

/** Who must sign for an address (SPEC K-3). */
export const Lock = union({ Key: PublicKey, Threshold });

const Instant = struct({ minutes: u32, offset: i8 });
const Party = union({ Role: u8, Account: u8 });
const Term = union({
  Amount, Number: u32, Supply: nothing, Issued: nothing, Burned: nothing, Days: nothing,
  Periods: nothing, Members: u8, Add: nothing, Subtract: nothing, Multiply: nothing,
  Divide: nothing, Min: nothing, Max: nothing,
  Part: checked(u32, (part) => part > 0 && part <= 1_000_000),
});
const Ceiling = union({ Amount, Formula: list(Term, 32) });
const Clause = union({
  Creation: struct({ to: u8, amount: Amount }),
  Outstanding: struct({ amount: Ceiling }),
  Ever: struct({ amount: Ceiling }),
  Issue: struct({ officer: u8, amount: Ceiling, period: u32 }),
  IssueFreely: struct({ officer: u8 }),
  Growth: struct({ officer: u8, rate: u32, period: u32 }),
  Halving: struct({ account: u8, amount: Amount, period: u32, every: u32 }),
  Evenly: struct({ account: u8, total: Amount, days: u32, from: Instant, first_days: u32 }),
  Claim: struct({ role: u8, amount: Amount, period: u32, missed: u32 }),
  Receive: struct({ role: u8, amount: Amount, period: u32 }),
  NotBefore: struct({ from: Instant }),
  NotFrom: struct({ from: Instant }),
  Role: struct({ officer: u8, name: text(36), max: u32 }),
  Send: struct({ from: Party, to: Party }),
  Hold: struct({ role: u8, amount: Amount }),
  SendLimit: struct({ role: u8, amount: Amount, period: u32 }),
  Freeze: struct({ officer: u8 }),
  Move: struct({ officer: u8 }),
  End: struct({ from: Instant, to: u8 }),
  HandOver: struct({ account: u8 }),
  Amend: struct({ officer: u8, clause: u8, min: Amount, max: Amount, notice: u32 }),
  Owe: struct({ role: u8, amount: Amount }),
});
const Holder = union({ Address, Threshold });
const Charter = struct({
  token: Symbol_, name: text(64), decimals: u8, anchor: Instant,
  accounts: list(struct({ name: text(36), holder: Holder }), 16), clauses: list(Clause, 32),
});

/** What a transaction does (SPEC T-1). */
export const Action = union({
  CreateToken: struct({
    token: Symbol_, name: text(64), decimals: u8, cap: option(Amount), issuer: option(Address),
    supply: Amount, to: Address,
  }),
  Mint: struct({ token: Symbol_, issuer: Address, to: Address, amount: Amount }),
  Transfer: struct({ token: Symbol_, from: Address, to: Address, amount: Amount }),
  Burn: struct({ token: Symbol_, from: Address, amount: Amount }),
  SetIssuer: struct({ token: Symbol_, issuer: Address, new: option(Address) }),
  CreateWithCharter: Charter,
  Draw: struct({ token: Symbol_, account: Address, clause: u8, amount: Amount }),
  Claim: struct({ token: Symbol_, account: Address, clause: u8, amount: Amount }),
  SetRole: struct({ token: Symbol_, officer: Address, account: Address, role: option(u8) }),
  SetFrozen: struct({ token: Symbol_, officer: Address, account: Address, frozen: bool }),
  Move: struct({ token: Symbol_, officer: Address, from: Address, to: Address, amount: Amount }),
  HandOver: struct({ token: Symbol_, account: u8, from: Address, to: Address }),
  Amend: struct({ token: Symbol_, officer: Address, clause: u8, amount: Amount, in_force_at: u64 }),
});

/** What is signed of a transaction (SPEC T-1). */
export const Body = struct({
  sender: Address, salt: u64, expires_at: u64, actions: list(Action, 64), memo: text(256),
});

/** The signatures of a lock (SPEC T-3). */
export const Witness = struct({
  lock: Lock, signatures: list(struct({ key: u8, signature: Signature }), 16),
});

/** A transaction (SPEC T-1). */
export const Transaction = struct({ body: Body, witnesses: list(Witness, 65) });
