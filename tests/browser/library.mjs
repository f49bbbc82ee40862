// coinage.js: the same values and signatures under Node, in the browser and in the command line.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { webcrypto } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { PATIENCE, Window } from "./browser.mjs";
import { check } from "./vectors.mjs";

const { LIBRARY, VECTORS } = process.env;

// Node before 20 has it under another name only.
globalThis.crypto ??= webcrypto;

function vectors() {
  const names = ["transactions", "charters", "keys", "phrases", "signatures", "invalid"];
  const read = (name) => JSON.parse(readFileSync(join(VECTORS, `${name}.json`), "utf8"));
  return Object.fromEntries(names.map((name) => [name, read(name)]));
}

/** Where a page's node has the library. */
async function path(page) {
  const style = await page.locator("link[rel=stylesheet]").getAttribute("href");
  return style.replace(/[^/]*$/, "index.js");
}

export async function the_library_has_the_types_that_it_says() {
  const compiler = dirname(createRequire(import.meta.url).resolve("typescript/package.json"));
  execFileSync(process.execPath, [join(compiler, "bin/tsc"), "-p", join(LIBRARY, "tsconfig.json")], {
    stdio: "inherit",
  });
}

export async function golden_vectors_agree_under_node_and_in_the_browser(browser, devnet) {
  const library = await import(pathToFileURL(join(LIBRARY, "index.js")));
  const here = await check(library, vectors());
  assert.ok(here > 100, `${here} values`);
  const window = await Window.open(browser);
  await window.page.goto(devnet.page(1));
  const there = await window.page.evaluate(`(async () => {
    const check = ${check};
    return check(await import(${JSON.stringify(await path(window.page))}), ${JSON.stringify(vectors())});
  })()`);
  assert.equal(there, here);
  await window.done();
}

/** Signs in the browser what a file says, and submits it from there. */
async function signAndSubmit({ path, file, secret, node }) {
  const library = await import(path);
  const { body } = file.transaction;
  const actions = body.actions.map(({ token, from, to, amount }) => (
    library.transfer({ token, from, to, amount: BigInt(amount) })
  ));
  const expiresAt = Date.parse(body.expires_at);
  const drafted = library.draft({ sender: body.sender, actions, expiresAt, memo: body.memo });
  const same = { ...drafted, salt: BigInt(body.salt) };
  const key = await library.Key.of(new TextEncoder().encode(secret));
  const { id, bytes } = await library.sign(file.chain_id, same, [key]);
  const client = new library.Client(node);
  const taken = await client.submit(bytes);
  const again = await client.submit(bytes);
  const settled = await client.wait(id, "final");
  const wrong = await client.submit(bytes.slice(1)).catch((error) => error.code);
  const { witnesses } = library.decode(library.Transaction, bytes);
  const address = await library.addressOf(key.lock);
  const other = library.draft({ sender: body.sender, actions, expiresAt });
  return {
    id, signature: witnesses[0].signatures[0].signature, taken: taken.known, again: again.known,
    settled: settled.status, wrong, address, salts: drafted.salt !== other.salt,
  };
}

export async function what_is_signed_in_the_browser_is_what_the_command_line_signs(browser, devnet) {
  const path_ = join(devnet.directory, "signed.json");
  devnet.run(1, "send", "1.25", "COIN", "bob", "--from", "alice", "--memo", "Käse · 치즈",
    "--sign-only", path_);
  const file = JSON.parse(readFileSync(path_, "utf8"));
  const window = await Window.open(browser);
  window.expect("status of 4");
  window.context.setDefaultTimeout(PATIENCE);
  await window.page.goto(devnet.page(2));
  const secret = "coinage devnet test key alice".padEnd(32, "\0");
  const node = devnet.page(2, "");
  const made = await window.page.evaluate(signAndSubmit, {
    path: await path(window.page), file, secret, node,
  });
  const [witness] = file.transaction.witnesses;
  assert.equal(made.signature, witness.signatures[0].signature);
  assert.equal(made.address, file.transaction.body.sender);
  assert.deepEqual(
    [made.taken, made.again, made.settled, made.wrong, made.salts],
    [false, true, "final", "transaction.malformed", true],
  );
  const shown = await devnet.api(1, `/v1/transactions/${made.id}`);
  assert.deepEqual(shown.transaction.body, file.transaction.body);
  await window.done();
}
