import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { readConfig } from "../src/cli/commands/train.js";
import { chooseLauncher } from "../src/cli/sweep/launchers.js";
import { planSweep } from "../src/cli/sweep/plan.js";
import { temporaryFolder } from "./support/folder.js";

const ROOT = join(import.meta.dirname, "..");
const PAGES = [
  ...readdirSync(ROOT).filter((file) => file.endsWith(".md")),
  ...readdirSync(join(ROOT, "docs"))
    .filter((file) => file.endsWith(".md"))
    .map((file) => join("docs", file)),
];

/** What configs/folder.yaml leaves to the pictures. */
const FITTED = [...["images.size=32", "images.resize=36", "epochs=15", "continuum=5"]];

function read(page: string): string {
  return readFileSync(join(ROOT, page), "utf8");
}

/** The blocks of a language, without their fences. */
function blocks(page: string, language: string): string[] {
  const fenced = read(page).matchAll(/^```(\w*)\n(.*?)^```$/gms);
  return [...fenced].flatMap(([, of, text]) => (of === language ? [text as string] : []));
}

/** The lines of shell blocks, each as its words, without comments. */
function commands(page: string): string[][] {
  return blocks(page, "")
    .flatMap((block) => block.replaceAll("\\\n", " ").split("\n"))
    .map((line) => line.replace(/\s#.*$/, ""))
    .map((line) =>
      [...line.matchAll(/"([^"]*)"|'([^']*)'|\S+/g)].map(([word, a, b]) => a ?? b ?? word),
    );
}

function valuesOf(words: readonly string[], option: string): string[] {
  return words.flatMap((word, i) => (words[i - 1] === option ? [word] : []));
}

describe.each(PAGES)("%s", (page) => {
  test("its commands have settings that there are", async () => {
    for (const words of commands(page)) {
      const at = words.indexOf("train");
      const name = words[at + 1] as string;
      if (!/itaml$/.test(words[at - 1] ?? "") || words.includes("--plugin")) continue;
      if (!/^[a-z0-9-]+$/.test(name) || name.startsWith("--")) continue;
      // How the pictures of one's own are learned depends on how many there are.
      const fixed = name === "folder" ? FITTED : [];
      const data = name === "strokes" ? {} : { data: "." };
      await readConfig(name, { ...data, set: [...fixed, ...valuesOf(words, "--set")] });
    }
  });

  test("no setting stands in a comment, where nothing tries it", () => {
    expect(
      blocks(page, "")
        .join("")
        .match(/#.*--set.*/g),
    ).toBe(null);
  });

  test("so do the settings that it names alone, of iTAML or another learner", async () => {
    for (const [, key, value] of read(page).matchAll(/`(?:--set )?(learner\.[\w.]+)=([^`]+)`/g)) {
      const set = [`${key}=${value}`];
      const learner = ["learner=icarl", ...set];
      await readConfig("mnist", { set }).catch(() => readConfig("mnist", { set: learner }));
    }
  });

  test("its sweeps can be run", async () => {
    const file = join(temporaryFolder(), "sweep.yaml");
    for (const text of blocks(page, "yaml").filter((block) => /^seeds:/m.test(block))) {
      writeFileSync(file, text);
      const sweep = await planSweep(file, {});
      expect(sweep.runs.length).toBeGreaterThan(1);
      expect(() => chooseLauncher(sweep, undefined, {})).not.toThrow();
    }
  });

  test("its links lead somewhere", () => {
    const links = [...read(page).matchAll(/\]\(([^)#\s]+)[^)]*\)/g)]
      .map(([, link]) => link as string)
      .filter((link) => !/^[a-z]+:/.test(link));
    expect(links.filter((link) => !existsSync(join(ROOT, dirname(page), link)))).toEqual([]);
  });
});

const sweeps = readdirSync(join(ROOT, "configs/sweeps"));
test.each(sweeps)("the sweep %s can be run", async (name) => {
  const { runs } = await planSweep(join(ROOT, "configs/sweeps", name), {});
  expect(runs.length).toBeGreaterThan(1);
});

test("documentation is in the package wherever the program points to it", () => {
  const { files } = JSON.parse(read("package.json"));
  const sources = readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => readFileSync(join(ROOT, "src", file), "utf8"));
  const named = new Set(sources.flatMap((text) => text.match(/\bdocs\/[\w-]+(?:\.\w+)+/g) ?? []));
  expect(named.size).toBeGreaterThan(0);
  expect([...named].filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
  expect(files).toContain("docs");
});
