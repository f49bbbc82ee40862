/** Transactions: drafted, signed, encoded (SPEC T). */

import { readAddress } from "./address.js";
import { fromHex } from "./bytes.js";
import { encode } from "./codec.js";
import { addressHash, idOf } from "./hash.js";
import { Lock, Transaction } from "./types.js";

/**
 * @typedef {import("./codec.js").ValueOf<typeof import("./types.js").Body>} BodyValue
 * @typedef {import("./codec.js").ValueOf<typeof import("./types.js").Action>} ActionValue
 */

/**
 * The action by which an amount goes from one account to another.
 * @param {{ token: string, from: string, to: string, amount: bigint }} payment addresses as text,
 *   the amount in base units
 * @returns {ActionValue}
 */
export function transfer({ token, from, to, amount }) {
  return { Transfer: { token, from: readAddress(from), to: readAddress(to), amount } };
}

/**
 * The body of a transaction, with a salt by chance that makes it unlike any other.
 * @param {{ sender: string, actions: ActionValue[], expiresAt: number, memo?: string }} parts the
 *   sender's address as text; `expiresAt` in milliseconds since 1970, by the node's clock
 * @returns {BodyValue}
 */
export function draft({ sender, actions, expiresAt, memo = "" }) {
  const salt = crypto.getRandomValues(new BigUint64Array(1))[0];
  const expires_at = BigInt(Math.trunc(expiresAt));
  return { sender: readAddress(sender), salt, expires_at, actions, memo };
}

/**
 * Signs a body with keys, each of which opens the lock of one address. The bytes are what is
 * submitted: keep them, and send the same again if in doubt.
 * @param {string} chainId
 * @param {BodyValue} body
 * @param {import("./key.js").Key[]} keys
 */
export async function sign(chainId, body, keys) {
  const id = await idOf(chainId, body);
  const signed = keys.map(async (key) => ({
    address: await addressHash(encode(Lock, key.lock)),
    witness: {
      lock: key.lock,
      signatures: [{ key: 0, signature: await key.sign(fromHex(id)) }],
    },
  }));
  // By address (SPEC T-3).
  const sorted = (await Promise.all(signed)).sort((one, other) => (one.address < other.address ? -1 : 1));
  const witnesses = sorted.map(({ witness }) => witness);
  return { id, bytes: encode(Transaction, { body, witnesses }) };
}
