/** Amounts as people write them; never by floating point. */

import { AMOUNT_MAX } from "./types.js";

/**
 * An amount in base units with its decimals and thousands: `5,000.00`.
 * @param {bigint} units
 * @param {number} decimals
 */
export function formatAmount(units, decimals) {
  const digits = units.toString().padStart(decimals + 1, "0");
  const whole = digits.slice(0, digits.length - decimals).replace(/\B(?=(\d{3})+$)/g, ",");
  return decimals === 0 ? whole : `${whole}.${digits.slice(-decimals)}`;
}

/**
 * The base units that a text names: digits, perhaps grouped by commas in threes, perhaps a point
 * with at most so many decimals. Null for whatever else.
 * @param {string} text
 * @param {number} decimals
 * @returns {bigint | null}
 */
export function parseAmount(text, decimals) {
  const parts = /^(\d+|\d{1,3}(?:,\d{3})+)(?:\.(\d+))?$/.exec(text);
  if (!parts || (parts[2]?.length ?? 0) > decimals) return null;
  const units = BigInt(parts[1].replaceAll(",", "") + (parts[2] ?? "").padEnd(decimals, "0"));
  return units <= AMOUNT_MAX ? units : null;
}
