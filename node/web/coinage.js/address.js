/** Addresses as text: bech32m with the prefix `coin` (SPEC K-5, BIP-350). */

import { fromHex, toHex } from "./bytes.js";
import { encode } from "./codec.js";
import { addressHash } from "./hash.js";
import { Lock } from "./types.js";

const PREFIX = "coin";
const ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
const GENERATOR = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];
/** What the check of BIP-350 comes to. */
const CONSTANT = 0x2bc830a3;
const CHECK_DIGITS = 6;
/** Digits of five bits that 32 bytes take. */
const DIGITS = 52;

/**
 * The remainder of the code over digits of five bits.
 * @param {number[]} digits
 */
function remainder(digits) {
  let rest = 1;
  for (const digit of digits) {
    const top = rest >>> 25;
    rest = ((rest & 0x1ffffff) << 5) ^ digit;
    GENERATOR.forEach((term, bit) => {
      if ((top >>> bit) & 1) rest ^= term;
    });
  }
  return rest;
}

/** The prefix as digits. */
function prefixed() {
  const codes = Array.from(PREFIX, (letter) => letter.charCodeAt(0));
  return [...codes.map((code) => code >>> 5), 0, ...codes.map((code) => code & 31)];
}

/**
 * Writes an address of 32 bytes, given in hexadecimal digits.
 * @param {string} hex
 */
export function writeAddress(hex) {
  const bytes = fromHex(hex);
  if (bytes.length !== 32) throw new TypeError("an address has 32 bytes");
  const digits = regroup(Array.from(bytes), 8, 5, true) ?? [];
  const check = remainder([...prefixed(), ...digits, ...Array(CHECK_DIGITS).fill(0)]) ^ CONSTANT;
  const checks = Array.from({ length: CHECK_DIGITS }, (_, at) => (check >>> (5 * (5 - at))) & 31);
  return `${PREFIX}1${[...digits, ...checks].map((digit) => ALPHABET[digit]).join("")}`;
}

/**
 * Reads an address to hexadecimal digits; throws if it is none.
 * @param {string} text
 */
export function readAddress(text) {
  const wrong = new TypeError("not an address of Coinage");
  if (!text.startsWith(`${PREFIX}1`)) throw wrong;
  const digits = Array.from(text.slice(PREFIX.length + 1), (letter) => ALPHABET.indexOf(letter));
  if (digits.length !== DIGITS + CHECK_DIGITS || digits.includes(-1)) throw wrong;
  if (remainder([...prefixed(), ...digits]) !== CONSTANT) throw wrong;
  const bytes = regroup(digits.slice(0, DIGITS), 5, 8, false);
  if (!bytes || bytes.length !== 32) throw wrong;
  return toHex(Uint8Array.from(bytes));
}

/**
 * True for the one spelling of an address.
 * @param {string} text
 */
export function isAddress(text) {
  try {
    readAddress(text);
    return true;
  } catch {
    return false;
  }
}

/**
 * The address of a lock, as text.
 * @param {import("./codec.js").ValueOf<typeof Lock>} lock
 */
export async function addressOf(lock) {
  return writeAddress(await addressHash(encode(Lock, lock)));
}

/**
 * Digits of so many bits as digits of others; null if what is left over is not zero.
 * @param {number[]} digits
 * @param {number} from
 * @param {number} to
 * @param {boolean} pads
 */
function regroup(digits, from, to, pads) {
  let held = 0;
  let bits = 0;
  const made = [];
  for (const digit of digits) {
    held = (held << from) | digit;
    bits += from;
    while (bits >= to) {
      bits -= to;
      made.push((held >>> bits) & ((1 << to) - 1));
    }
    held &= (1 << bits) - 1;
  }
  if (pads && bits > 0) made.push((held << (to - bits)) & ((1 << to) - 1));
  return !pads && (bits >= from || held !== 0) ? null : made;
}
