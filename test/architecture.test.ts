import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { expect, test } from "vitest";

/**
 * The floors of the house, from the ground up: a file imports only from its own folder and from floors before it. Of
 * folders within one another the longest name counts.
 */
const FLOORS = [
  "base",
  "graph",
  "onnx",
  "samples",
  "runtime",
  "nn",
  "optim",
  "incremental",
  "model",
  "losses",
  "training",
  "prediction",
  "learners",
  "storage",
  "classifier",
  "web",
  "files",
  "formats",
  "data",
  "runtime/node",
  "features",
  "experiment",
  "library",
  "report",
  "cli",
  ".",
] as const;

const SOURCE = join(import.meta.dirname, "../src");

test("no import runs upwards", () => {
  expect(imports().filter(({ from, to }) => floorOf(to) > floorOf(from))).toEqual([]);
});

test("no files import one another in a circle", () => {
  const targets = new Map<string, string[]>();
  for (const { from, to } of imports()) targets.set(from, [...(targets.get(from) ?? []), to]);
  const done = new Set<string>();
  const circles: string[][] = [];
  const visit = (file: string, path: readonly string[]) => {
    if (path.includes(file)) circles.push([...path.slice(path.indexOf(file)), file]);
    else if (!done.has(file)) {
      for (const target of targets.get(file) ?? []) visit(target, [...path, file]);
      done.add(file);
    }
  };
  for (const file of targets.keys()) visit(file, []);
  expect(circles).toEqual([]);
});

function floorOf(file: string): number {
  const folder = dirname(file);
  const within = (floor: string) =>
    floor === "." ? folder === "." : folder === floor || folder.startsWith(`${floor}/`);
  const own = FLOORS.filter(within).sort((a, b) => b.length - a.length)[0];
  if (own === undefined) throw new Error(`${file} is on no floor`);
  return FLOORS.indexOf(own);
}

/** Imports of files of the house, of types too. */
function imports(): { from: string; to: string }[] {
  return readdirSync(SOURCE, { recursive: true, encoding: "utf8" })
    .filter((file) => /\.(ts|js)$/.test(file))
    .flatMap((from) => {
      const text = readFileSync(join(SOURCE, from), "utf8");
      const specifiers = text.matchAll(/(?:\bfrom\s+|\bimport\s*\(?\s*)"(\.[^"]+)"/g);
      return [...specifiers].map(([, specifier]) => {
        const path = relative(SOURCE, join(SOURCE, dirname(from), specifier as string));
        const to = [path, path.replace(/\.js$/, ".ts")].find((file) => FILES.has(file));
        if (!to) throw new Error(`${from}: "${specifier}" is no file`);
        return { from, to };
      });
    });
}

const FILES = new Set(readdirSync(SOURCE, { recursive: true, encoding: "utf8" }));
