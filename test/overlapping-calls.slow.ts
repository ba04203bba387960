import { test } from "vitest";
import { interleave, sequentialReads } from "./support/interleaving.js";

test("1,000 random interleavings of calls tell what calls one after another tell", async () => {
  const expected = await sequentialReads();
  for (let seed = 0; seed < 1000; seed++) await interleave(seed, expected);
});
