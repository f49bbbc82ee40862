// Strangers: text that wants to be more than text, and pages of others that want to pay.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { Window } from "./browser.mjs";

const NASTY = [
  "<script>alert(1)</script>",
  "\"><img src=x onerror=alert(1)>",
  "</title><svg/onload=alert(1)>",
  "javascript:alert(1)",
  "{{7*7}} ${7*7} <%= 7*7 %>",
  "&lt;b&gt;bold&lt;/b&gt; &amp;",
  "' onmouseover='alert(1)",
  "--><!-- <!--",
  "]]><x>",
  "אבגד 123 عربى",
  "A̷͝B̷ zalgo 👩‍👩‍👧‍👦 🏴",
  "W".repeat(200),
];

export async function a_strangers_memo_is_text_and_nothing_else(browser, devnet) {
  const window = await Window.open(browser);
  const { page } = window;
  for (const memo of NASTY) {
    const id = devnet.run(1, "send", "0.01", "COIN", "bob", "--from", "alice", `--memo=${memo}`);
    await page.goto(devnet.page(1, `/tx/${id}`));
    const { transaction } = await devnet.api(1, `/v1/transactions/${id}`);
    const shown = await page.locator(".memo bdi").textContent();
    assert.equal(shown.replaceAll("\ufffd", ""), transaction.body.memo.replaceAll(/[\u200b-\u200f]/g, ""));
    assert.equal(await page.locator("main script, main img:not([alt]), main svg").count(), 0);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(wide <= 0, `${memo} makes the page wider`);
  }
  await page.goto(devnet.page(1));
  assert.ok((await page.locator("#payments bdi").count()) > 5);
  await window.done();
}

/** Serves a page of somebody else, on another port of localhost. */
async function elsewhere(html) {
  const server = createServer((_, answer) => {
    answer.setHeader("content-type", "text/html");
    answer.end(html);
  });
  await new Promise((done) => server.listen(0, "localhost", done));
  return { url: `http://localhost:${server.address().port}/`, close: () => server.close() };
}

export async function a_page_of_somebody_else_pays_reads_and_frames_nothing(browser, devnet) {
  const there = devnet.page(1);
  const other = await elsewhere(`<!doctype html>
    <form method=post action="${there}play/pay"><button>win</button></form>
    <a href="${there}">look</a><iframe src="${there}"></iframe>`);
  const context = await browser.newContext();
  const page = await context.newPage();
  const { mempool, head } = await devnet.api(1, "/v1/status");
  assert.equal(mempool.transactions, 0);
  await page.goto(other.url);
  const read = (path, options) => page.evaluate(
    ([url, options]) => fetch(url, options).then((answer) => answer.status, () => "refused"),
    [`${there}${path}`, options],
  );
  assert.equal(await read("v1/status", {}), "refused");
  assert.ok(["refused", 0].includes(await read("play/pay", { method: "POST", mode: "no-cors" })));
  const frame = page.frames().find((one) => one !== page.mainFrame());
  assert.ok(!(await frame.content()).includes("play/pay"), "a frame shows the node's page");
  await page.locator("button").click();
  await page.waitForURL(`${there}play/pay`);
  assert.equal(await page.locator("h1").innerText(), "403");
  const { items } = await devnet.api(1, "/v1/blocks?limit=20");
  const since = items.filter((block) => Number(block.height) > Number(head.height));
  assert.ok(since.every((block) => block.transactions === 0), "somebody has paid");
  // Following a link shows the page to nobody but its reader.
  await page.goto(other.url);
  await page.locator("a").click();
  await page.waitForURL(there);
  assert.equal(await page.locator("h1").innerText(), "Now");
  await context.close();
  other.close();
}
