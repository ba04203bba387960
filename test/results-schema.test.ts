import { expect, test } from "vitest";
import { z } from "zod";
import { resultsSchema } from "../src/experiment/results.js";

// To write it again: npx vitest run test/results-schema.test.ts --update
test("docs/results.schema.json is the schema that results are read with", async () => {
  const schema = z.toJSONSchema(resultsSchema, { io: "input" });
  const text = `${JSON.stringify({ title: "results.json", ...schema }, undefined, 2)}\n`;
  await expect(text).toMatchFileSnapshot("../docs/results.schema.json");
});
