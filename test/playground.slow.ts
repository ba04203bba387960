import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { zipSync } from "fflate";
import sharp from "sharp";
import { build } from "vite";
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { servePlayground } from "../src/cli/commands/play.js";
import { IncrementalClassifier } from "../src/library/incremental-classifier.js";
import { faint, unnamed } from "./support/accessibility.js";
import { ChromiumPage, chromiumPath } from "./support/chromium.js";
import { randomWeights } from "./support/gguf.js";
import { needs } from "./support/needs.js";
import { Visitor } from "./support/visitor.js";

const ROOT = join(import.meta.dirname, "..");
const folder = mkdtempSync(join(tmpdir(), "itaml-playground-"));

beforeAll(async () => {
  await build({
    ...{ root: join(ROOT, "playground"), logLevel: "error" },
    build: { outDir: folder, emptyOutDir: true },
  });
});
afterAll(() => rmSync(folder, { recursive: true }));

const SHAPES = {
  bar: [
    [0.5, 0.1],
    [0.5, 0.9],
  ],
  dash: [
    [0.1, 0.5],
    [0.9, 0.5],
  ],
  roof: [
    [0.1, 0.9],
    [0.5, 0.1],
    [0.9, 0.9],
  ],
  cup: [
    [0.1, 0.1],
    [0.1, 0.9],
    [0.9, 0.9],
    [0.9, 0.1],
  ],
} as const;

/** A shape as somebody draws it, never twice the same. */
function drawn(name: keyof typeof SHAPES, i: number): [number, number][] {
  return SHAPES[name].map(([x, y], corner) => [
    x + 0.05 * Math.sin(7 * i + 3 * corner),
    y + 0.05 * Math.cos(5 * i + 2 * corner),
  ]);
}

async function teach(visitor: Visitor, names: readonly (keyof typeof SHAPES)[]): Promise<void> {
  for (const name of names) {
    await visitor.type("input:not([type])", name);
    for (let i = 0; i < 6; i++) await visitor.draw(".pad", drawn(name, i));
  }
  await visitor.click("section .main");
}

test("two tasks are taught by drawing, one of them after the page was opened again, and asked about", async (context) => {
  const chromium = chromiumPath();
  needs(context, "a browser", chromium);
  const { address, close } = await servePlayground(folder, 0);
  await ChromiumPage.with(chromium, async (page) => {
    const visitor = new Visitor(page);
    await page.resize(1280, 1000);
    await page.open(address);
    expect(await page.evaluate("crossOriginIsolated")).toBe(true);
    await visitor.until(".status", /^Ready$/);
    await teach(visitor, ["bar", "dash"]);
    await visitor.until(".status", /^2 classes in 1 task$/);

    await page.open(address);
    await visitor.until(".status", /^2 classes in 1 task$/);
    await page.evaluate(
      `document.body.append(Object.assign(document.createElement("iframe"), { src: location.href }))`,
    );
    const inFrame = `document.querySelector("iframe").contentDocument.querySelector(".notice")?.textContent ?? ""`;
    await vi.waitFor(
      async () => expect(await page.evaluate(inFrame)).toContain("nothing is kept"),
      {
        timeout: 20_000,
      },
    );
    await page.evaluate(`document.querySelector("iframe").remove()`);
    await teach(visitor, ["roof", "cup"]);
    await visitor.until(".status", /^4 classes in 2 tasks$/);
    expect(await visitor.text("table")).toMatch(/1: bar, dash.*2: roof, cup/s);

    await visitor.draw("section:nth-child(3) .pad", drawn("dash", 40));
    await visitor.until(".verdict", /dash/);
    await visitor.draw("section:nth-child(3) .pad", drawn("bar", 41));
    await visitor.until("[aria-live] > p:last-of-type", /task 1: dash, bar/);
    expect(await visitor.text(".scores .chosen")).toContain("1: bar, dash");
    expect(await unnamed(page)).toEqual([]);
    for (const scheme of ["light", "dark"] as const) {
      await page.prefer(scheme);
      expect(await faint(page)).toEqual([]);
    }
    expect(await visitor.text(".failure")).toBe("");
    const broken = page.events.filter(({ method }) => method === "Runtime.exceptionThrown");
    expect(broken).toEqual([]);
  });
  close();
});

/** A .zip of a folder in which Node saved a classifier of drawings, and one that is no classifier's. */
async function archives(): Promise<{ model: string; wrong: string }> {
  const options = { inputShape: [1, 28, 28], network: { name: "mlp", hidden: [8] }, memory: 8 };
  const classifier = await IncrementalClassifier.create({ ...options, threads: 1 } as const);
  const labels = Array.from({ length: 8 }, (_, i) => (i % 2 ? "sun" : "moon"));
  const images = labels.map((label) => new Uint8Array(784).fill(label === "sun" ? 200 : 20));
  await classifier.learn({ images, labels });
  const [model, wrong] = [join(folder, "model.zip"), join(folder, "wrong.zip")];
  const files = [...(await classifier.toFiles())];
  writeFileSync(model, zipSync(Object.fromEntries(files.map(([name, b]) => [`model/${name}`, b]))));
  writeFileSync(wrong, zipSync({ "letter.txt": new Uint8Array(3) }));
  await classifier.release();
  return { model, wrong };
}

test("a wrong file changes nothing, a saved folder is loaded, and neither while it learns", async (context) => {
  const chromium = chromiumPath();
  needs(context, "a browser", chromium);
  const { model, wrong } = await archives();
  const { address, close } = await servePlayground(folder, 0);
  onTestFinished(close);
  await ChromiumPage.with(chromium, async (page) => {
    const visitor = new Visitor(page);
    await page.resize(1280, 1000);
    await page.open(address);
    await visitor.until(".status", /^Ready$/);
    await teach(visitor, ["bar", "dash"]);
    await visitor.until(".status", /^Learning bar, dash/);
    const pressable = `[...document.querySelectorAll("footer button, footer input, .top .main")]
      .filter(({ disabled }) => !disabled).length`;
    expect(await page.evaluate(pressable)).toBe(0);
    await visitor.until(".status", /^2 classes in 1 task$/);
    expect(await page.evaluate(pressable)).toBe(5);

    await visitor.choose("footer input", [wrong]);
    await visitor.until(".failure", /there is no classifier in the file/);
    expect(await visitor.text("table")).toMatch(/1: bar, dash/);
    await visitor.choose("footer input", [model]);
    await visitor.until("table", /1: moon, sun/);
    await visitor.until(".status", /^2 classes in 1 task$/);
    expect(await visitor.text(".failure")).toBe("");
    await page.open(address);
    await visitor.until("table", /1: moon, sun/);
  });
});

/** Pictures of colours, by their names. */
async function colours(names: readonly string[], count: number): Promise<Map<string, string[]>> {
  const pictures = new Map<string, string[]>();
  for (const name of names) {
    const files = Array.from({ length: count }, (_, i) => join(folder, `${name}-${i}.png`));
    for (const [i, file] of files.entries()) {
      const image = { width: 60 + i, height: 60, channels: 3, background: name } as const;
      await sharp({ create: image }).png().toFile(file);
    }
    pictures.set(name, files);
  }
  return pictures;
}

test("photographs are learned by their features, more of a class later, and a class is forgotten", async (context) => {
  const chromium = chromiumPath();
  needs(context, "a browser", chromium);
  vi.stubEnv("ITAML_CACHE", join(folder, "no-cache"));
  const pictures = await colours(["red", "blue", "lime", "yellow"], 6);
  const files = (name: string) => pictures.get(name) as string[];
  const missing = await servePlayground(folder, 0);
  await ChromiumPage.with(chromium, async (page) => {
    const visitor = new Visitor(page);
    await page.open(missing.address);
    await visitor.until(".status", /^Ready$/);
    await visitor.click(".kinds label:nth-of-type(2) input");
    await visitor.until(".notice", /itaml features fetch mobilenet-v3-small/);
  });
  missing.close();

  // Beside the page, as on a host without itaml.
  mkdirSync(join(folder, "weights"));
  writeFileSync(join(folder, "weights/mobilenet-v3-small.gguf"), randomWeights());
  const { address, close } = await servePlayground(folder, 0);
  await ChromiumPage.with(chromium, async (page) => {
    const visitor = new Visitor(page);
    const waiting = (name: string) => `[aria-label="Remove ${name}"]`;
    const show = async (name: string) => {
      await visitor.type("input:not([type])", name);
      await visitor.choose("section:nth-child(1) .pictures input", files(name));
      await visitor.until(waiting(name), /×/);
    };
    await page.open(address);
    await page.evaluate("window.confirm = () => true");
    await visitor.until(".status", /^Ready$/);
    await visitor.click(".kinds label:nth-of-type(2) input");
    await visitor.until(".status", /^Ready$/);
    for (const name of ["red", "blue"]) await show(name);
    await visitor.click("section .main");
    await visitor.until(".status", /^2 classes in 1 task$/);

    await page.open(address);
    await page.evaluate("window.confirm = () => true");
    await visitor.until(".status", /^2 classes in 1 task$/);
    for (const name of ["lime", "yellow", "red"]) await show(name);
    await visitor.click("section .main");
    await visitor.until(".status", /^4 classes in 2 tasks$/);
    await visitor.choose("section:nth-child(3) .pictures input", files("blue").slice(0, 1));
    await visitor.until(".verdict", /blue/);

    await visitor.click('[aria-label="Forget blue"]');
    await visitor.until(".status", /^3 classes in 2 tasks$/);
    expect(await visitor.text("table")).toMatch(/1: red\s.*2: lime, yellow/s);
    expect(await visitor.text(".failure")).toBe("");

    // What was drawn is another matter.
    await visitor.click(".kinds label:nth-of-type(1) input");
    await visitor.until(".status", /^Ready$/);
  });
  close();
  vi.unstubAllEnvs();
});

test("at a click it learns in workers alone, and the page's thread has no long pieces of work", async (context) => {
  const chromium = chromiumPath();
  needs(context, "a browser", chromium);
  const { address, close } = await servePlayground(folder, 0);
  onTestFinished(close);
  await ChromiumPage.with(chromium, async (page) => {
    const visitor = new Visitor(page);
    const seconds = async (expression = "performance.now()") =>
      ((await page.evaluate(expression)) as number) / 1000;
    // Nothing can be computed by ONNX Runtime on the page's own thread.
    const source = "delete globalThis.WebAssembly";
    await page.send("Page.addScriptToEvaluateOnNewDocument", { source });
    await page.open(address);
    const interactive = await seconds(
      'performance.getEntriesByType("navigation")[0].domContentLoadedEventEnd',
    );
    await visitor.until(".status", /^Ready$/);
    const ready = await seconds();
    const clicked = await seconds();
    let learned = 0;
    const pieces = await page.mainThread(async () => {
      await visitor.click(".top .main");
      await visitor.until("table", /1: 0, 1/);
      learned = await seconds();
      await visitor.until("table", /2: 2, 3/);
    });
    expect(await visitor.text(".failure")).toBe("");
    expect(await page.evaluate("typeof WebAssembly")).toBe("undefined");
    expect(pieces.length).toBeGreaterThan(100);
    const longest = (of: "processor" | "clock") => Math.max(...pieces.map((piece) => piece[of]));
    console.log(
      [
        `interactive after ${interactive.toFixed(1)} s, classifiers there after ${ready.toFixed(1)}`,
        `the first two digits learned ${(learned - clicked).toFixed(1)} s after the click`,
        `the page's longest piece of work while it learns: ${longest("processor").toFixed(0)} ms of the ` +
          `processor, ${longest("clock").toFixed(0)} by the clock`,
      ].join("\n"),
    );
  });
});

test("all that the page loads beside WebAssembly is small, as small as docs/browser.md says", () => {
  const kilobytes = (files: readonly string[]) =>
    files.reduce((sum, file) => sum + gzipSync(readFileSync(join(folder, file))).length, 0) / 1000;
  const html = readFileSync(join(folder, "index.html"), "utf8");
  const first = [...html.matchAll(/(?:src|href)="\.\/([^"]+\.(?:js|css))"/g)].map(
    ([, file]) => file,
  );
  const texts = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) =>
    /\.(html|m?js|css)$/.test(file),
  );
  expect(texts).toEqual(expect.arrayContaining(first));
  const workers = texts.filter((file) => /worker/.test(file));
  expect(workers.length).toBe(3);
  const sizes = [kilobytes(["index.html", ...(first as string[])]), kilobytes(texts)];
  expect(sizes[1]).toBeLessThan(300);
  const docs = readFileSync(join(ROOT, "docs/browser.md"), "utf8");
  const said = /(\d+) kB with gzip until it is seen, (\d+) kB with the workers/.exec(docs) ?? [];
  for (const [i, size] of sizes.entries()) {
    console.log(`${["the page", "all scripts"][i]}: ${size.toFixed(1)} kB with gzip`);
    expect(Math.abs(size - Number(said[i + 1]))).toBeLessThan(0.1 * size);
  }
});
