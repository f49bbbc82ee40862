/**
 * Makes and signs transactions of Coinage, in browsers and under Node, with nothing but what they
 * have: WebCrypto (Ed25519, SHA-2, HMAC, PBKDF2). The rules are those of protocol/SPEC.md, which
 * the comments cite.
 *
 * Read codec.js, then types.js, then transaction.js.
 */

export { addressOf, isAddress, readAddress, writeAddress } from "./address.js";
export { formatAmount, parseAmount } from "./amount.js";
export { fromHex, toHex } from "./bytes.js";
export { Client, Refusal } from "./client.js";
export { Malformed, decode, encode } from "./codec.js";
export { chainIdHash, idOf } from "./hash.js";
export { Key } from "./key.js";
export { derive, keyOfPhrase, seedOf } from "./phrase.js";
export { draft, sign, transfer } from "./transaction.js";
export { Action, Body, Lock, Transaction, Witness } from "./types.js";
