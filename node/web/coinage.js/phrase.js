/** Recovery phrases: BIP-39 words, and the keys of SLIP-10 that come of them (SPEC, Files). */

import { concat } from "./bytes.js";
import { Key } from "./key.js";

/** Rounds of PBKDF2 between a phrase and its seed (BIP-39). */
const ROUNDS = 2048;
/** The purpose of BIP-43, and the letters `COIN`. */
const [PURPOSE, COIN] = [44, 0x434f494e];
const HARDENED = 0x80000000;

/** @param {string} text */
const utf8 = (text) => new TextEncoder().encode(text.normalize("NFKD"));

/**
 * The seed of a phrase. Wallets of Coinage have no passphrase besides.
 * @param {string} phrase
 * @param {string} [passphrase]
 */
export async function seedOf(phrase, passphrase = "") {
  const words = phrase.trim().toLowerCase().split(/\s+/).join(" ");
  const key = await crypto.subtle.importKey("raw", utf8(words), "PBKDF2", false, ["deriveBits"]);
  const method = { name: "PBKDF2", hash: "SHA-512", salt: utf8(`mnemonic${passphrase}`), iterations: ROUNDS };
  return new Uint8Array(await crypto.subtle.deriveBits(method, key, 512));
}

/**
 * The secret at a path of hardened numbers (SLIP-10 for Ed25519).
 * @param {Uint8Array<ArrayBuffer>} seed
 * @param {number[]} path
 */
export async function derive(seed, path) {
  let node = await hmac(new TextEncoder().encode("ed25519 seed"), seed);
  for (const number of path) {
    const place = new Uint8Array(4);
    new DataView(place.buffer).setUint32(0, (number | HARDENED) >>> 0);
    node = await hmac(node.slice(32), concat([Uint8Array.of(0), node.slice(0, 32), place]));
  }
  return node.slice(0, 32);
}

/**
 * The key of an account of a phrase: `m/44'/1129269582'/index'/0'`.
 * @param {string} phrase
 * @param {number} [index]
 */
export async function keyOfPhrase(phrase, index = 0) {
  return Key.of(await derive(await seedOf(phrase), [PURPOSE, COIN, index, 0]));
}

/**
 * @param {Uint8Array<ArrayBuffer>} key
 * @param {Uint8Array<ArrayBuffer>} message
 */
async function hmac(key, message) {
  const method = { name: "HMAC", hash: "SHA-512" };
  const own = await crypto.subtle.importKey("raw", key, method, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", own, message));
}
