// Killed: what a page shows whose node is gone.

import assert from "node:assert/strict";
import { Window, picture } from "./browser.mjs";

export async function a_node_that_is_killed_under_its_page_is_told_and_what_it_showed_stays(browser, devnet) {
  const window = await Window.open(browser);
  window.expect("ERR_CONNECTION_REFUSED");
  window.expect("ERR_EMPTY_RESPONSE");
  const { page } = window;
  await page.goto(devnet.page(4));
  assert.ok(await page.locator("#unreachable").isHidden());
  const before = await page.locator("#blocks th").nth(4).innerText();
  devnet.steer("kill", "4");
  await page.locator("#unreachable:not([hidden])").waitFor();
  await picture(page, "now-killed");
  assert.equal(await page.locator("#blocks th").nth(4).innerText(), before);
  await window.done();
}
