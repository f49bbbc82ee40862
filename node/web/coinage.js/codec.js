/**
 * The encoding of values (SPEC E): one value, one encoding; whatever else does not decode.
 *
 * A kind writes values into a list of parts and reads them from a cursor. Integers of 64 bits and
 * more are bigints; fixed bytes are hexadecimal digits; an enum is an object with one field, the
 * name of its variant.
 */

import { concat, fromHex, toHex } from "./bytes.js";

/** Bytes that are not the encoding of any value, or a value that has no encoding. */
export class Malformed extends Error {}

/**
 * A kind of value: how it is written and read.
 * @template T
 * @typedef {{ write(value: T, parts: Uint8Array[]): void, read(from: Cursor): T }} Kind
 */

/**
 * The type of the values of a kind.
 * @template K
 * @typedef {K extends Kind<infer T> ? T : never} ValueOf
 */

/** Bytes, and how many of them were read. */
export class Cursor {
  /** @param {Uint8Array} bytes */
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
  }

  /**
   * The next bytes.
   * @param {number} size
   */
  take(size) {
    if (this.bytes.length - this.at < size) throw new Malformed("too short");
    this.at += size;
    return this.bytes.subarray(this.at - size, this.at);
  }
}

/**
 * Encodes a value.
 * @template T
 * @param {Kind<T>} kind
 * @param {T} value
 */
export function encode(kind, value) {
  /** @type {Uint8Array[]} */
  const parts = [];
  kind.write(value, parts);
  return concat(parts);
}

/**
 * Decodes all bytes to a value (SPEC E-2).
 * @template T
 * @param {Kind<T>} kind
 * @param {Uint8Array} bytes
 * @returns {T}
 */
export function decode(kind, bytes) {
  const from = new Cursor(bytes);
  const value = kind.read(from);
  if (from.at !== bytes.length) throw new Malformed("bytes are left");
  return value;
}

/**
 * An integer of so many bytes, little-endian (SPEC E-1).
 * @param {number} size
 * @returns {Kind<bigint>}
 */
function big(size) {
  return {
    write(value, parts) {
      let rest = BigInt(value);
      if (rest < 0n || rest >> BigInt(8 * size)) throw new Malformed("the number does not fit");
      const bytes = new Uint8Array(size);
      for (let at = 0; at < size; at += 1, rest >>= 8n) bytes[at] = Number(rest & 255n);
      parts.push(bytes);
    },
    read(from) {
      return from.take(size).reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
    },
  };
}

/**
 * An integer of at most 32 bits.
 * @param {number} size
 * @returns {Kind<number>}
 */
function small(size) {
  const wide = big(size);
  return {
    write: (value, parts) => wide.write(BigInt(value), parts),
    read: (from) => Number(wide.read(from)),
  };
}

export const u8 = small(1);
export const u16 = small(2);
export const u32 = small(4);
export const u64 = big(8);
export const u128 = big(16);

/** @type {Kind<number>} */
export const i8 = {
  write: (value, parts) => u8.write(value & 255, parts),
  read: (from) => (u8.read(from) << 24) >> 24,
};

/** @type {Kind<boolean>} */
export const bool = {
  write: (value, parts) => u8.write(value ? 1 : 0, parts),
  read(from) {
    const flag = u8.read(from);
    if (flag > 1) throw new Malformed("neither 0 nor 1");
    return flag === 1;
  },
};

/** @type {Kind<null>} */
export const nothing = { write() {}, read: () => null };

/**
 * So many bytes, as hexadecimal digits.
 * @param {number} size
 * @returns {Kind<string>}
 */
export function fixed(size) {
  return {
    write(value, parts) {
      const bytes = fromHex(value);
      if (bytes.length !== size) throw new Malformed(`${size} bytes are needed`);
      parts.push(bytes);
    },
    read: (from) => toHex(from.take(size)),
  };
}

const UTF_8 = { writer: new TextEncoder(), reader: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }) };

/**
 * A text of at most so many bytes, without control characters (SPEC E-4).
 * @param {number} most
 * @param {RegExp} [pattern]
 * @returns {Kind<string>}
 */
export function text(most, pattern) {
  /** @param {string} value */
  const check = (value) => {
    // Control characters, and halves of characters, which are no text.
    if (/[\p{Cc}\p{Cs}]/u.test(value) || (pattern && !pattern.test(value))) {
      throw new Malformed("a forbidden text");
    }
  };
  return {
    write(value, parts) {
      const bytes = UTF_8.writer.encode(value);
      if (bytes.length > most) throw new Malformed("the text is too long");
      check(value);
      u64.write(BigInt(bytes.length), parts);
      parts.push(bytes);
    },
    read(from) {
      const size = u64.read(from);
      if (size > BigInt(most)) throw new Malformed("the text is too long");
      const bytes = from.take(Number(size));
      let value;
      try {
        value = UTF_8.reader.decode(bytes);
      } catch {
        throw new Malformed("not UTF-8");
      }
      check(value);
      return value;
    },
  };
}

/**
 * A value, or null.
 * @template T
 * @param {Kind<T>} kind
 * @returns {Kind<T | null>}
 */
export function option(kind) {
  return {
    write(value, parts) {
      bool.write(value !== null, parts);
      if (value !== null) kind.write(value, parts);
    },
    read: (from) => (bool.read(from) ? kind.read(from) : null),
  };
}

/**
 * A list of at most so many values (SPEC E-3).
 * @template T
 * @param {Kind<T>} kind
 * @param {number} most
 * @returns {Kind<T[]>}
 */
export function list(kind, most) {
  return {
    write(values, parts) {
      if (values.length > most) throw new Malformed("the list is too long");
      u64.write(BigInt(values.length), parts);
      for (const value of values) kind.write(value, parts);
    },
    read(from) {
      const count = u64.read(from);
      if (count > BigInt(most)) throw new Malformed("the list is too long");
      return Array.from({ length: Number(count) }, () => kind.read(from));
    },
  };
}

/**
 * A structure: its fields in order.
 * @template {Record<string, Kind<any>>} F
 * @param {F} fields
 * @returns {Kind<{ [N in keyof F]: ValueOf<F[N]> }>}
 */
export function struct(fields) {
  const all = Object.entries(fields);
  return {
    write(value, parts) {
      for (const [name, kind] of all) kind.write(value[name], parts);
    },
    read(from) {
      const read = all.map(([name, kind]) => [name, kind.read(from)]);
      return Object.fromEntries(read);
    },
  };
}

/**
 * An enum: a tag, counted from 0, then the value of the variant.
 * @template {Record<string, Kind<any>>} V
 * @param {V} variants
 * @returns {Kind<{ [N in keyof V]: { [M in N]: ValueOf<V[M]> } }[keyof V]>}
 */
export function union(variants) {
  const names = Object.keys(variants);
  return {
    write(value, parts) {
      const [[name, inner], ...more] = Object.entries(value);
      const tag = names.indexOf(name);
      if (tag < 0 || more.length > 0) throw new Malformed("an unknown variant");
      u32.write(tag, parts);
      variants[name].write(inner, parts);
    },
    read(from) {
      const name = names[u32.read(from)];
      if (name === undefined) throw new Malformed("an unknown tag");
      return /** @type {any} */ ({ [name]: variants[name].read(from) });
    },
  };
}

/**
 * A kind of which only some values are good.
 * @template T
 * @param {Kind<T>} kind
 * @param {(value: T) => boolean} isGood
 * @returns {Kind<T>}
 */
export function checked(kind, isGood) {
  /** @param {T} value */
  const check = (value) => {
    if (!isGood(value)) throw new Malformed("a value that breaks a rule");
    return value;
  };
  return {
    write: (value, parts) => kind.write(check(value), parts),
    read: (from) => check(kind.read(from)),
  };
}
