// axe-core over the whole document, no rule left out, in every state that a visit has, in light and dark; and no text in
// any of them that a translation could not reach.
import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { accessibilityFindings, built, leftInEnglish, speakForeign, untilStatus } from "./helpers.mjs";
import { STATES } from "./states.mjs";

const site = built();
/** No change of colours takes longer. */
const FADED_MS = 400;

/** In dark all else is as in light. */
const OF_COLOURS = ["color-contrast", "link-in-text-block"];

describe("axe finds nothing, and nothing is left in English", () => {
  test("there are at least twenty states, each with its own name", () => {
    assert.ok(STATES.length >= 20 && new Set(STATES.map(([name]) => name)).size === STATES.length);
  });

  for (const [name, options, way] of STATES) {
    test(name, async () => {
      const { page, close } = await site.visit({ colorScheme: "light", ...options });
      await untilStatus(page, "ready");
      const shown = (await way(page)) ?? page;
      assert.deepEqual(await accessibilityFindings(shown), [], "light");
      // The way there takes longest: the same page, as somebody sees it whose system changes in the evening.
      await shown.emulateMedia({ colorScheme: "dark" });
      await shown.waitForTimeout(FADED_MS);
      assert.deepEqual(await accessibilityFindings(shown, OF_COLOURS), [], "dark");
      await speakForeign(shown);
      assert.deepEqual(await leftInEnglish(shown), []);
      await close();
    });
  }
});
