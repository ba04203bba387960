import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "vite";
import { afterAll, beforeAll, expect, test } from "vitest";
import { servePlayground } from "../src/cli/commands/play.js";
import { ChromiumPage, chromiumPath } from "./support/chromium.js";
import { needs } from "./support/needs.js";

const ROOT = join(import.meta.dirname, "..");
const folder = mkdtempSync(join(tmpdir(), "itaml-playground-"));

beforeAll(async () => {
  await build({
    ...{ root: join(ROOT, "playground"), logLevel: "error" },
    build: { outDir: folder, emptyOutDir: true },
  });
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The page, as a visitor sees it. */
class Visitor {
  readonly #page: ChromiumPage;

  constructor(page: ChromiumPage) {
    this.#page = page;
  }

  text(selector: string): Promise<string> {
    const element = `document.querySelector(${JSON.stringify(selector)})`;
    return this.#page.evaluate(`${element}?.innerText ?? ""`) as Promise<string>;
  }

  /** Waits until an element's text matches; the page looks every tenth of a second. */
  async until(selector: string, pattern: RegExp): Promise<void> {
    const element = `document.querySelector(${JSON.stringify(selector)})`;
    await this.#page.evaluate(`new Promise((resolve) => {
      const look = () => ${pattern}.test(${element}?.innerText ?? "") ? resolve() : setTimeout(look, 100);
      look();
    })`);
  }

  async click(selector: string): Promise<void> {
    await this.#page.evaluate(`document.querySelector(${JSON.stringify(selector)}).click()`);
  }

  async type(selector: string, text: string): Promise<void> {
    await this.#page.evaluate(`(() => {
      const field = document.querySelector(${JSON.stringify(selector)});
      field.value = ${JSON.stringify(text)};
      field.dispatchEvent(new Event("input", { bubbles: true }));
    })()`);
  }

  /** Draws a line through points of 0..1 on a pad, with the mouse, and waits until it was taken. */
  async draw(pad: string, points: readonly (readonly [number, number])[]): Promise<void> {
    const query = `document.querySelector(${JSON.stringify(pad)})`;
    await this.#page.evaluate(`${query}.scrollIntoView({ block: "center" })`);
    const box = (await this.#page.evaluate(
      `(({ x, y, width }) => ({ x, y, width }))(${query}.getBoundingClientRect())`,
    )) as { x: number; y: number; width: number };
    const mouse = (type: string, [x, y]: readonly [number, number]) =>
      this.#page.send("Input.dispatchMouseEvent", {
        ...{ type, button: "left", buttons: 1, clickCount: 1 },
        ...{ x: box.x + x * box.width, y: box.y + y * box.width },
      });
    const [first, ...rest] = points as [readonly [number, number]];
    await mouse("mousePressed", first);
    for (const point of rest) await mouse("mouseMoved", point);
    await mouse("mouseReleased", points.at(-1) as readonly [number, number]);
    await this.#page.evaluate(`new Promise((resolve) => {
      const empty = () => {
        const { data } = ${query}.getContext("2d").getImageData(0, 0, 280, 280);
        return data.every((value) => value === 0) ? resolve() : setTimeout(empty, 50);
      };
      empty();
    })`);
  }
}

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
    await visitor.until(".status", /^2 classes in 1 tasks$/);

    await page.open(address);
    await visitor.until(".status", /^2 classes in 1 tasks$/);
    await teach(visitor, ["roof", "cup"]);
    await visitor.until(".status", /^4 classes in 2 tasks$/);
    expect(await visitor.text("table")).toMatch(/1: bar, dash.*2: roof, cup/s);

    await visitor.draw("section:nth-child(3) .pad", drawn("dash", 40));
    await visitor.until(".verdict", /dash/);
    await visitor.draw("section:nth-child(3) .pad", drawn("bar", 41));
    await visitor.until("[aria-live] > p:last-of-type", /task 1: dash, bar/);
    expect(await visitor.text(".scores .chosen")).toContain("1: bar, dash");
    expect(await visitor.text(".failure")).toBe("");
    const broken = page.events.filter(({ method }) => method === "Runtime.exceptionThrown");
    expect(broken).toEqual([]);
  });
  close();
});

test("the page without WebAssembly is small", () => {
  const html = readFileSync(join(folder, "index.html"), "utf8");
  const files = [...html.matchAll(/(?:src|href)="\.\/(assets\/[^"]+)"/g)].map(([, file]) => file);
  expect(files.length).toBeGreaterThan(1);
  const sizes = files.map((file) => gzipSync(readFileSync(join(folder, file as string))).length);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(300_000);
});
