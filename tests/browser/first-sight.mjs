// First sight: what somebody sees and does who has read nothing.

import assert from "node:assert/strict";
import { PATIENCE, Window, isForEverybody, picture } from "./browser.mjs";

/** Clicks the one button and waits until the payment is final; returns its id. */
async function pay(page) {
  await page.locator("form[action='/play/pay'] button").click();
  await page.waitForURL(/\?paid=/);
  await page.locator("#paid .life li.reached").nth(2).waitFor();
  return new URL(page.url()).searchParams.get("paid");
}

export async function one_click_pays_and_the_page_shows_it_become_final(browser, devnet) {
  const window = await Window.open(browser);
  const { page } = window;
  await page.goto(devnet.page(1));
  await picture(page, "now-before");
  const id = await pay(page);
  await picture(page, "now-paid");
  const status = await devnet.api(2, `/v1/transactions/${id}`);
  assert.equal(status.transaction.body.actions[0].amount, "100");
  await page.locator("#payments li", { hasText: "alice paid 1.00 COIN to bob" }).first().waitFor();
  await page.locator(`#paid a[href='/tx/${id}']`).click();
  await page.waitForURL(`**/tx/${id}`);
  assert.match(await page.locator("#life").innerText(), /alice paid 1\.00 COIN to bob/);
  assert.match(await page.locator("table").first().innerText(), /alice\s+−1\.00 COIN\s+bob\s+\+1\.00 COIN/);
  await window.done();
}

export async function a_page_that_is_open_follows_what_others_do(browser, devnet) {
  const window = await Window.open(browser);
  const { page } = window;
  await page.goto(devnet.page(3));
  const id = devnet.run(2, "send", "2.50", "COIN", "carol", "--from", "bob", "--memo", "rent");
  await page.locator(`#payments a[href='/tx/${id}'] .final`).waitFor();
  const row = page.locator("#payments li", { has: page.locator(`a[href='/tx/${id}']`) });
  assert.match(await row.innerText(), /bob paid 2\.50 COIN to carol · rent/);
  await window.done();
}

export async function each_page_says_what_the_api_says_in_every_look_and_language(browser, devnet) {
  const id = devnet.run(1, "send", "3", "COIN", "bob", "--from", "carol", "--wait", "final");
  const paid = await devnet.api(1, `/v1/transactions/${id}`);
  devnet.issue(1, "points", "alice");
  const bob = paid.transaction.body.actions[0].to;
  const account = await devnet.api(1, `/v1/accounts/${bob}`);
  const pages = { "/": "now", [`/tx/${id}`]: "transaction", [`/account/${bob}`]: "account",
    [`/block/${paid.block.hash}`]: "block", "/blocks": "blocks", "/tokens": "tokens",
    "/token/POINTS": "token", "/network": "network", "/tree": "tree", "/nothing/here": "missing" };
  for (const colorScheme of ["light", "dark"]) {
    for (const width of [360, 1440]) {
      for (const locale of ["en-GB", "ko-KR"]) {
        const look = { colorScheme, locale, viewport: { width, height: 900 } };
        const window = await Window.open(browser, look);
        window.expect("status of 404");
        for (const [path, name] of Object.entries(pages)) {
          await window.page.goto(devnet.page(1, path));
          const lang = await window.page.locator("html").getAttribute("lang");
          assert.equal(lang, locale.slice(0, 2));
          await isForEverybody(window.page, `${name} ${width} ${colorScheme} ${lang}`);
          await picture(window.page, `${name}-${width}-${colorScheme}-${lang}`);
        }
        await window.done();
      }
    }
  }
  const window = await Window.open(browser);
  await window.page.goto(devnet.page(1, `/account/${bob}`));
  const { amount } = account.items.find((one) => one.token === "COIN");
  const shown = await window.page.locator("#balances").innerText();
  assert.equal(BigInt(shown.replace(/[^0-9]/g, "")), BigInt(amount));
  await window.page.goto(devnet.page(1, `/block/${paid.block.height}`));
  assert.match(await window.page.locator("#header").innerHTML(), new RegExp(paid.block.hash));
  assert.ok(await window.page.locator(`a[href='/tx/${id}']`).count());
  await window.done();
}

export async function everything_works_without_scripts(browser, devnet) {
  const window = await Window.open(browser, { javaScriptEnabled: false });
  const { page } = window;
  await page.goto(devnet.page(1));
  await page.locator("form[action='/play/pay'] button").click();
  await page.waitForURL(/\?paid=/);
  // The page asks for itself again.
  await page.locator("#paid .life li.reached").nth(2).waitFor();
  await page.fill("#q", "alice");
  await page.locator(".search button").click();
  await page.waitForURL(/\/account\/coin1/);
  await page.locator("#history a").first().click();
  await page.waitForURL(/\/(tx|account)\//);
  await window.done();
}

export async function a_search_leads_to_what_was_meant_and_keeps_no_phrase(browser, devnet) {
  const window = await Window.open(browser);
  window.expect("status of 40");
  const { page } = window;
  const head = await devnet.api(1, "/v1/blocks/head");
  const genesis = await devnet.api(1, "/v1/blocks/genesis");
  for (const [text, path] of [
    ["0", "/block/0"],
    [genesis.hash, `/block/${genesis.hash}`],
    ["BOB", "/account/coin1"],
    [head.previous, `/block/${head.previous}`],
  ]) {
    await page.goto(devnet.page(1));
    await page.fill("#q", text);
    await page.press("#q", "Enter");
    await page.waitForURL((url) => url.pathname.startsWith(path));
  }
  for (const [text, code] of [["zebra", 404], ["f".repeat(64), 404], ["zoo ".repeat(12), 400]]) {
    const answer = await page.goto(devnet.page(1, `/search?q=${encodeURIComponent(text)}`));
    assert.equal(answer.status(), code);
    assert.equal(await page.locator("h1").innerText(), String(code));
    assert.ok(!(await page.locator("main").innerText()).includes("zoo zoo"));
  }
  await window.done();
}

export async function the_language_that_was_chosen_is_kept(browser, devnet) {
  const window = await Window.open(browser);
  const { page } = window;
  await page.goto(devnet.page(1, "/block/0"));
  await page.locator("nav a[hreflang=ko]").click();
  assert.equal(await page.locator("html").getAttribute("lang"), "ko");
  assert.match(page.url(), /\/block\/0\?lang=ko$/);
  await page.goto(devnet.page(1));
  assert.match(await page.locator("h1").innerText(), /현재/);
  await window.done();
}

export async function eight_tabs_of_one_node_load_and_those_that_are_hidden_ask_nothing(browser, devnet) {
  const window = await Window.open(browser);
  const tabs = [window.page];
  while (tabs.length < 8) tabs.push(await window.tab());
  for (const tab of tabs) {
    await tab.goto(devnet.page(2));
    await tab.locator("#blocks td").first().waitFor();
  }
  // A window without a screen shows all of its tabs: one is told that nobody looks at it.
  const [hidden, shown] = tabs;
  await hidden.evaluate(() => {
    Object.defineProperty(document, "hidden", { get: () => true });
  });
  const asked = { hidden: 0, shown: 0 };
  await hidden.waitForTimeout(1500);
  hidden.on("request", () => { asked.hidden += 1; });
  shown.on("request", () => { asked.shown += 1; });
  const deadline = Date.now() + PATIENCE;
  while (asked.shown < 3 && Date.now() < deadline) await shown.waitForTimeout(100);
  assert.ok(asked.shown >= 3, "the one that is looked at asks");
  assert.equal(asked.hidden, 0);
  await window.done();
}

export async function a_split_that_heals_is_drawn_with_what_became_of_its_payments(browser, devnet) {
  const window = await Window.open(browser);
  const { page } = window;
  await page.goto(devnet.page(4, "/tree"));
  assert.equal(await page.locator("#drawing circle.left").count(), 0);
  devnet.steer("partition", "1,2,3/4");
  const cut = devnet.run(4, "send", "1", "COIN", "carol", "--from", "bob", "--wait", "included");
  devnet.run(1, "send", "1", "COIN", "carol", "--from", "alice", "--wait", "final");
  devnet.steer("heal");
  await page.locator("#drawing circle.left").first().waitFor({ state: "attached" });
  await page.locator("#reorgs li").first().waitFor();
  await page.locator("#table summary").click();
  await page.locator("#rows .left").first().waitFor();
  await picture(page, "tree-healed");
  const tree = await devnet.api(4, "/v1/chain/tree");
  const left = tree.blocks.filter((block) => block.branch === "left");
  assert.ok(left.length > 0);
  await page.goto(devnet.page(4, `/block/${left[0].hash}`));
  assert.match(await page.locator("#state").innerText(), /no longer on the chain/);
  await page.goto(devnet.page(4, `/tx/${cut}`));
  await page.locator("#life .life li.reached").nth(2).waitFor();
  await window.done();
}
