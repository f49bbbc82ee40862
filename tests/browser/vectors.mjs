// Golden vectors for coinage.js, wherever it runs: `check` is sent to the browser as it stands, so it
// uses nothing from around it. It returns how many values agreed, and throws at the first that does not.

export async function check(library, vectors) {
  const { Action, Key, Lock, Malformed, Transaction } = library;
  const { addressOf, decode, encode, fromHex, idOf, readAddress, toHex } = library;
  const kinds = { Action, Lock, Transaction };
  let agreed = 0;
  const same = (name, one, other) => {
    if (one !== other) throw new Error(`${name}: ${one} is not ${other}`);
    agreed += 1;
  };

  // Amounts and other large integers are strings in JSON, and bigints here.
  const numbers = (value) => {
    if (Array.isArray(value)) return value.map(numbers);
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => {
      const isNumber = typeof inner === "string" && /^(0|[1-9][0-9]*)$/.test(inner);
      const isText = ["token", "name", "memo"].includes(name) || inner?.length === 64;
      return [name, isNumber && !isText ? BigInt(inner) : numbers(inner)];
    }));
  };

  const bothWays = (vector) => {
    const kind = kinds[vector.type];
    same(vector.name, toHex(encode(kind, numbers(vector.value))), vector.bytes);
    same(vector.name, toHex(encode(kind, decode(kind, fromHex(vector.bytes)))), vector.bytes);
  };
  const search = (value) => {
    if (value === null || typeof value !== "object") return;
    if (value.type in kinds && "value" in value && "bytes" in value) bothWays(value);
    Object.values(value).forEach(search);
  };
  search([vectors.transactions, vectors.charters, vectors.keys]);

  for (const vector of vectors.transactions.transactions) {
    const body = numbers(vector.value).body;
    same(vector.name, await idOf(vectors.transactions.chain_id, body), vector.id);
  }
  for (const { seed, public: key } of vectors.keys.keys) {
    same("a key", (await Key.of(fromHex(seed))).publicKey, key);
  }
  for (const lock of vectors.keys.locks) {
    same(lock.name, await addressOf(lock.value), lock.text);
    same(lock.name, readAddress(lock.text), lock.address);
    for (const wrong of [lock.text.toUpperCase(), `${lock.text}q`, lock.text.replace("1", "1q"),
      lock.text.slice(0, -1), lock.text.replace(/.$/, (last) => (last === "q" ? "p" : "q"))]) {
      same(`${wrong} is no address`, library.isAddress(wrong), false);
    }
  }
  for (const { phrase, seed } of vectors.phrases.bip39) {
    same(phrase, toHex(await library.seedOf(phrase, "TREZOR")), seed);
  }
  for (const { seed, path, private: secret, public: key } of vectors.phrases.slip10) {
    const made = await library.derive(fromHex(seed), path);
    same("a path", toHex(made), secret);
    same("a path", (await Key.of(made)).publicKey, key);
  }
  const [first] = vectors.signatures;
  const signer = await Key.of(fromHex(vectors.keys.keys[0].seed));
  same(first.name, await signer.sign(fromHex(first.message)), first.signature);

  // What needs the curve to be seen is left to the node.
  const unseen = (vector) => /key|curve|small order|canonical/.test(vector.name);
  for (const vector of vectors.invalid) {
    if (vector.error !== "Malformed" || !(vector.type in kinds) || unseen(vector)) continue;
    let outcome = "decodes";
    try {
      decode(kinds[vector.type], fromHex(vector.bytes));
    } catch (error) {
      outcome = error instanceof Malformed ? "Malformed" : String(error);
    }
    same(vector.name, outcome, "Malformed");
  }

  for (const memo of ["a\u0000b", "\u0085", "half \ud83d", "x".repeat(257)]) {
    let outcome = "encodes";
    try {
      encode(library.Body, { sender: "00".repeat(32), salt: 0n, expires_at: 0n, actions: [], memo });
    } catch (error) {
      outcome = error instanceof Malformed ? "Malformed" : String(error);
    }
    same(`the memo ${JSON.stringify(memo)}`, outcome, "Malformed");
  }

  for (const [units, decimals, text] of [
    [0n, 2, "0.00"], [5n, 2, "0.05"], [500_000n, 2, "5,000.00"], [1_234_567n, 0, "1,234,567"],
    [10n ** 30n, 18, "1,000,000,000,000.000000000000000000"], [999n, 3, "0.999"],
  ]) {
    same(text, library.formatAmount(units, decimals), text);
    same(text, library.parseAmount(text, decimals), units);
  }
  for (const text of ["", "1.", ".5", "-1", "1e3", "1,00", "0x10", "1.234", " 1", "١", "9".repeat(40)]) {
    same(`${text} is no amount`, library.parseAmount(text, 2), null);
  }
  return agreed;
}
