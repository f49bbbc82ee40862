// Runs every story; ends with 1 if one fails.

import { launch } from "./browser.mjs";
import { Devnet } from "./devnet.mjs";
import * as firstSight from "./first-sight.mjs";
import * as killed from "./killed.mjs";
import * as library from "./library.mjs";
import * as strangers from "./strangers.mjs";

// The last ones kill nodes.
const stories = [firstSight, strangers, library, killed].flatMap((room) => Object.entries(room));
const browser = await launch();
const devnet = new Devnet();
let failed = 0;
try {
  for (const [name, story] of stories) {
    const begun = performance.now();
    try {
      await story(browser, devnet);
      console.log(`ok      ${name} (${Math.round(performance.now() - begun)} ms)`);
    } catch (error) {
      failed += 1;
      console.log(`FAILED  ${name}\n${error.stack}`);
    }
  }
} finally {
  devnet.stop();
  await browser.close();
}
console.log(`${stories.length - failed} of ${stories.length} stories`);
process.exit(failed === 0 ? 0 : 1);
