/** Bytes: hexadecimal, concatenation, base64. */

/**
 * @typedef {Uint8Array<ArrayBuffer>} Bytes
 */

/**
 * Hexadecimal digits of bytes, in lower case.
 * @param {Uint8Array} bytes
 * @returns {string}
 */
export function toHex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * Bytes of hexadecimal digits in lower case; throws if they are none.
 * @param {string} digits
 * @returns {Bytes}
 */
export function fromHex(digits) {
  if (digits.length % 2 !== 0 || /[^0-9a-f]/.test(digits)) {
    throw new TypeError("not hexadecimal digits in lower case");
  }
  const bytes = new Uint8Array(digits.length / 2);
  for (let at = 0; at < bytes.length; at += 1) {
    bytes[at] = Number.parseInt(digits.slice(2 * at, 2 * at + 2), 16);
  }
  return bytes;
}

/**
 * All parts, one after the other.
 * @param {Uint8Array[]} parts
 * @returns {Bytes}
 */
export function concat(parts) {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/**
 * Bytes in base64, as the API takes them.
 * @param {Uint8Array} bytes
 * @returns {string}
 */
export function toBase64(bytes) {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}
