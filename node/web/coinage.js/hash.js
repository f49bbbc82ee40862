/** Hashes (SPEC H-1): SHA-256 over `coinage`, a tag, and the parts. */

import { concat, fromHex, toHex } from "./bytes.js";
import { encode } from "./codec.js";
import { Body } from "./types.js";

const NAME = new TextEncoder().encode("coinage");

/** Tags of what is hashed. */
const TAG = { chainId: 1, address: 2, transactionId: 3 };

/**
 * @param {number} tag
 * @param {Uint8Array[]} parts
 */
async function tagged(tag, parts) {
  const message = concat([NAME, Uint8Array.of(tag), ...parts]);
  return new Uint8Array(await crypto.subtle.digest("SHA-256", message));
}

/**
 * The chain id of an encoded genesis (SPEC G-2), in hexadecimal digits.
 * @param {Uint8Array} genesis
 */
export async function chainIdHash(genesis) {
  return toHex(await tagged(TAG.chainId, [genesis]));
}

/**
 * The address of an encoded lock (SPEC K-4), in hexadecimal digits.
 * @param {Uint8Array} lock
 */
export async function addressHash(lock) {
  return toHex(await tagged(TAG.address, [lock]));
}

/**
 * The id of a transaction on a chain (SPEC T-2), in hexadecimal digits. This is what is signed.
 * @param {string} chainId
 * @param {import("./codec.js").ValueOf<typeof Body>} body
 */
export async function idOf(chainId, body) {
  return toHex(await tagged(TAG.transactionId, [fromHex(chainId), encode(Body, body)]));
}
