import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createContext, runInContext } from "node:vm";
import { gzipSync } from "node:zlib";
import { expect, onTestFinished, test } from "vitest";
import { createOnnxRuntime } from "../src/runtime/node/onnxruntime-node.js";
import { BROWSER_LIMIT, ChromiumPage, chromiumPath } from "./support/chromium.js";
import { needs } from "./support/needs.js";
import { encodeGradients, misspelt } from "./support/page/graph.js";
import type { PageOutcome } from "./support/page/outcome.js";
import { teach } from "./support/page/teach.js";
import { bundle, serve } from "./support/page-server.js";

const ROOT = join(import.meta.dirname, "..");

test("itaml/core is bundled for a browser, of the size that docs/library.md says", async () => {
  const code = await bundle("src/core.ts");
  const docs = readFileSync(join(ROOT, "docs/library.md"), "utf8");
  const [, said, packed] = /(\d+) kB, (\d+) kB with gzip/.exec(docs)?.map(Number) ?? [];
  for (const [size, expected] of [
    [code.length, said],
    [gzipSync(code).length, packed],
  ] as const) {
    expect(Math.abs(size / 1000 - (expected as number))).toBeLessThan(0.1 * (expected as number));
  }
});

test("it needs nothing of Node, and makes no code from text", async () => {
  const code = await bundle("test/support/page/graph.ts", "iife");
  const page = createContext(
    { TextEncoder, TextDecoder, performance },
    // As under a content-security policy.
    { codeGeneration: { strings: false, wasm: false } },
  );
  expect(() => runInContext('new Function("")', page)).toThrow("disallowed");
  // Attempts that are caught count, too.
  runInContext(
    `globalThis.attempts = 0;
    globalThis.Function = new Proxy(Function, { construct: attempt, apply: attempt });
    globalThis.eval = attempt;
    function attempt() { attempts++; throw new EvalError("no code from text"); }`,
    page,
  );
  runInContext(code, page);
  expect([...runInContext("page.encodeGradients()", page)]).toEqual([...encodeGradients()]);
  expect(await runInContext("page.misspelt()", page)).toBe(await misspelt());
  expect(await misspelt()).toContain('unknown key "memmory". Did you mean "memory"');
  expect(runInContext("attempts", page)).toBe(0);
});

test(
  "in a browser, under a strict content-security policy, it differentiates, encodes and learns",
  async (context) => {
    const chromium = chromiumPath();
    needs(context, "a browser", chromium);
    const { address, close } = await serve(await bundle("test/support/web/core-page.ts"));
    onTestFinished(close);
    // What is called from here the policy doesn't hold for: the page does it all when it is opened.
    const outcome = (await ChromiumPage.with(chromium, async (page) => {
      await page.open(address);
      return await page.evaluate("outcome");
    })) as PageOutcome;
    expect(outcome).toEqual({
      makesCode: false,
      onnx: [...encodeGradients()],
      misspelt: await misspelt(),
      taught: await teach(createOnnxRuntime({ threads: 1 })),
      violations: [],
    });
    expect(outcome.taught.continuum).toBe(1);
  },
  BROWSER_LIMIT,
);
