/** The HTTP API of a node, as far as a wallet needs it. */

import { toBase64 } from "./bytes.js";

/** What a node refused, with its stable code (RFC 9457). */
export class Refusal extends Error {
  /** @param {{ code: string, detail: string, hint?: string, status: number, retry?: boolean }} problem */
  constructor(problem) {
    super(problem.detail);
    this.code = problem.code;
    this.hint = problem.hint ?? "";
    this.status = problem.status;
    /** True if sending the same bytes again, later, can help. */
    this.retry = problem.retry ?? false;
  }
}

/** A node. */
export class Client {
  /** @param {string} node where it answers, such as `http://localhost:8600` */
  constructor(node) {
    this.node = node.replace(/\/$/, "");
  }

  /**
   * What a route answers.
   * @param {string} path
   * @param {RequestInit} [request]
   * @returns {Promise<any>}
   */
  async ask(path, request) {
    const answer = await fetch(`${this.node}${path}`, request);
    const body = await answer.json();
    if (!answer.ok) throw new Refusal(body);
    return body;
  }

  /** The status of the node; `chain_id` is what transactions are signed for. */
  status() {
    return this.ask("/v1/status");
  }

  /**
   * What an address has.
   * @param {string} address
   */
  account(address) {
    return this.ask(`/v1/accounts/${address}`);
  }

  /**
   * Submits signed bytes. The same bytes again are no second payment.
   * @param {Uint8Array} bytes
   */
  submit(bytes) {
    const headers = { "content-type": "application/json" };
    const body = JSON.stringify({ bytes: toBase64(bytes) });
    return this.ask("/v1/transactions", { method: "POST", headers, body });
  }

  /**
   * What became of a transaction.
   * @param {string} id
   */
  transaction(id) {
    return this.ask(`/v1/transactions/${id}`);
  }

  /**
   * Waits until a transaction is included or final, or so many milliseconds have passed.
   * @param {string} id
   * @param {"included" | "final"} goal
   * @param {number} [timeoutMs]
   */
  wait(id, goal, timeoutMs = 30_000) {
    return this.ask(`/v1/transactions/${id}/wait?for=${goal}&timeout_ms=${timeoutMs}`);
  }
}
