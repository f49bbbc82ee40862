/** Signing keys (SPEC K-1, K-2): Ed25519 by WebCrypto. */

import { concat, fromHex, toHex } from "./bytes.js";

/** What stands before the 32 bytes of a secret in PKCS #8 (RFC 8410). */
const PKCS8 = fromHex("302e020100300506032b657004220420");

/** A key that signs. Its secret cannot be read back. */
export class Key {
  /**
   * @param {CryptoKey} secret
   * @param {string} publicKey
   */
  constructor(secret, publicKey) {
    this.secret = secret;
    /** The public key, in hexadecimal digits. */
    this.publicKey = publicKey;
  }

  /**
   * The key of a secret of 32 bytes.
   * @param {Uint8Array} secret
   */
  static async of(secret) {
    if (secret.length !== 32) throw new TypeError("a secret has 32 bytes");
    const encoded = concat([PKCS8, secret]);
    // The public half is only told of a key that can be read: that one is forgotten at once.
    const readable = await crypto.subtle.importKey("pkcs8", encoded, "Ed25519", true, ["sign"]);
    const { x } = await crypto.subtle.exportKey("jwk", readable);
    const own = await crypto.subtle.importKey("pkcs8", encoded, "Ed25519", false, ["sign"]);
    encoded.fill(0);
    const base64 = (x ?? "").replaceAll("-", "+").replaceAll("_", "/");
    return new Key(own, toHex(Uint8Array.from(atob(base64), (byte) => byte.charCodeAt(0))));
  }

  /** The lock that this key alone opens (SPEC K-3). */
  get lock() {
    return { Key: this.publicKey };
  }

  /**
   * Signs a message; the signature is in hexadecimal digits.
   *
   * Some browsers sign the same message otherwise each time. Keep what was signed, and send that
   * again.
   * @param {Uint8Array<ArrayBuffer>} message
   */
  async sign(message) {
    return toHex(new Uint8Array(await crypto.subtle.sign("Ed25519", this.secret, message)));
  }
}
