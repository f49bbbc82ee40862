// The browser: watches that no page complains, or asks anybody but its node for anything.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { chromium } from "playwright-core";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const PICTURES = process.env.PICTURES;

/** Time that anything may take at most, in milliseconds. */
export const PATIENCE = 30_000;

export async function launch() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM,
    args: ["--no-sandbox", "--disable-gpu"],
  });
}

/** A window whose complaints are failures: `done` throws them. */
export class Window {
  static async open(browser, options = {}) {
    const window = new Window();
    window.context = await browser.newContext(options);
    window.context.setDefaultTimeout(PATIENCE);
    window.page = await window.tab();
    return window;
  }

  constructor() {
    this.complaints = [];
    this.asked = [];
    this.expected = [];
  }

  async tab() {
    const page = await this.context.newPage();
    page.on("console", (line) => {
      if (line.type() === "error" || line.type() === "warning") this.complain(line.text());
    });
    page.on("pageerror", (error) => this.complain(String(error)));
    page.on("dialog", (dialog) => this.complain(`a dialog: ${dialog.message()}`));
    page.on("request", (request) => {
      this.asked.push(request.url());
      const url = new URL(request.url());
      if (url.hostname !== "localhost" && url.protocol !== "data:") {
        this.complain(`asked ${request.url()}`);
      }
    });
    return page;
  }

  complain(text) {
    if (!this.expected.some((part) => text.includes(part))) this.complaints.push(text);
  }

  /** What the browser itself writes of an answer like 404 is no fault of the page. */
  expect(part) {
    this.expected.push(part);
  }

  async done() {
    await this.context.close();
    assert.deepEqual(this.complaints, []);
  }
}

/** Fails if the page is not for everybody, or wider than its window. */
export async function isForEverybody(page, name) {
  await page.evaluate(AXE);
  const found = await page.evaluate(() => globalThis.axe.run(document));
  const faults = found.violations.map((one) => `${one.id}: ${one.nodes[0].html}`);
  assert.deepEqual(faults, [], name);
  const spare = await page.evaluate(
    () => document.documentElement.clientWidth - document.documentElement.scrollWidth,
  );
  assert.ok(spare >= 0, `${name} is ${-spare} pixels wider than its window`);
}

/** Leaves a picture of a page, if somebody wants pictures. */
export async function picture(page, name) {
  if (PICTURES) await page.screenshot({ path: join(PICTURES, `${name}.png`), fullPage: true });
}
