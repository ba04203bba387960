import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { itamlHere } from "./support/command-line.js";
import { temporaryFolder } from "./support/folder.js";

const SOURCE = join(import.meta.dirname, "../src");

const OPTION = /(?<![\w(-])--[a-z][a-z-]*/g;

/** The commands that print what these files say; a file of src/cli/commands says it for its own. */
const COMMANDS: Readonly<Record<string, readonly string[]>> = {
  "cli/commands/data-check.ts": ["data check"],
  "cli/commands/data.ts": ["data fetch"],
  "cli/folder-features.ts": ["train"],
  "features/pretrained.ts": ["train"],
  "data/missing-files.ts": ["train", "sweep", "evaluate", "classify", "export", "data check"],
  "experiment/config-text.ts": ["train"],
  "experiment/plugins.ts": [
    "train",
    "sweep",
    "evaluate",
    "classify",
    "report",
    "results",
    "export",
  ],
  "experiment/run-directory.ts": ["train"],
  "experiment/saved-run.ts": ["evaluate", "classify", "export"],
};

/** Texts of the program that name options, with their file; what is an option alone is an argument, not advice. */
function advice(): { file: string; text: string }[] {
  const files = readdirSync(SOURCE, { recursive: true, encoding: "utf8" }).filter(
    // Those of the page have custom properties of CSS, a script has options of Slurm, and command-line.ts declares the options.
    (file) =>
      /\.ts$/.test(file) &&
      !/^report\/(page|charts)|^cli\/(command-line|sweep\/slurm-script)\.ts/.test(file),
  );
  return files.flatMap((file) =>
    textsOf(readFileSync(join(SOURCE, file), "utf8"))
      .filter((text) => text.match(OPTION) && text.includes(" "))
      .map((text) => ({ file: file.replaceAll("\\", "/"), text })),
  );
}

/** The literals of a program, those that are added as one, and commands that are lists as lines. */
function textsOf(program: string): string[] {
  const code = program
    .replaceAll(/^ *(\/\*\*?|\*|\/\/).*$/gm, "")
    .replaceAll(/["`] \+\s+["`]/g, "")
    .replaceAll(
      /\["itaml",[^\]]*\]/g,
      (list) => `"${list.slice(2, -1).replaceAll(/[",\s]+/g, " ")}"`,
    );
  const literals = code.match(/"(?:[^"\\\n]|\\.)*"|`[^`]*`/g) ?? [];
  // A program of another's.
  return literals.map((text) => text.replaceAll(/\bnode \S+( --\S+)*/g, ""));
}

test("options that messages advise are options of the command that prints them, or of the one that they name", async () => {
  const known = new Map<string, Set<string>>();
  const optionsOf = async (command: string) => {
    const options = known.get(command) ?? (await helpOf(command));
    known.set(command, options);
    return options;
  };
  const all = advice();
  expect(all.length).toBeGreaterThan(15);
  const wrong: string[] = [];
  for (const { file, text } of all) {
    const named = /\bitaml ((?:data )?[a-z]+)/g;
    const commands = [...text.matchAll(named)].map(([, command]) => command as string);
    const own = /^cli\/(?:commands\/([a-z]+)\.ts$|(sweep)\/)/.exec(file)?.slice(1).find(Boolean);
    const printing = COMMANDS[file] ?? (own ? [own] : []);
    for (const option of new Set(text.match(OPTION))) {
      const asked = commands.length > 0 ? commands : printing;
      const have: boolean[] = [];
      for (const command of asked) have.push((await optionsOf(command)).has(option));
      const fits = commands.length > 0 ? have.some(Boolean) : have.every(Boolean);
      if (asked.length === 0 || !fits) wrong.push(`${file}: ${option} in "${text}"`);
    }
  }
  expect(wrong).toEqual([]);
});

async function helpOf(command: string): Promise<Set<string>> {
  const { code, stdout } = await itamlHere(temporaryFolder(), [...command.split(" "), "--help"]);
  return new Set(code === 0 ? stdout.match(OPTION) : []);
}
