import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { runCommandLine } from "../../src/cli/command-line.js";
import { printedBy } from "./printed.js";

export const MAIN = join(import.meta.dirname, "../../dist/cli/main.js");

export interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

/**
 * Runs the command line in this process, which takes a tenth of the time that another one does to start. What a process
 * alone has (signals, streams, its exit, plugins that it trusts) needs `itaml`; one at a time.
 */
export async function itamlHere(cwd: string, args: readonly string[]): Promise<Outcome> {
  const before = process.cwd();
  process.chdir(cwd);
  try {
    const { value: code, stdout, stderr } = await printedBy(() => runCommandLine(args));
    return { code, stdout, stderr };
  } finally {
    process.chdir(before);
  }
}

/** Runs the built command line; `onError` sees standard error as it comes. */
export function itaml(
  cwd: string,
  args: readonly string[],
  onError?: (text: string, kill: (signal: NodeJS.Signals) => void) => void,
): Promise<Outcome> {
  const { outcome, kill } = startItaml(cwd, args, (text) => onError?.(text, kill));
  return outcome;
}

/** Starts the built command line, to be killed. */
export function startItaml(
  cwd: string,
  args: readonly string[],
  onError?: (text: string) => void,
): { outcome: Promise<Outcome>; kill: (signal: NodeJS.Signals) => void } {
  const child = spawn(
    process.execPath,
    ["--single-threaded-gc", "--initial-old-space-size=256", MAIN, ...args],
    { cwd },
  );
  const outcome = new Promise<Outcome>((resolve, reject) => {
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (chunk) => {
      stdout += chunk;
    });
    child.stderr.on("data", (chunk) => {
      stderr += chunk;
      onError?.(stderr);
    });
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
  return { outcome, kill: (signal) => child.kill(signal) };
}

/** The lines of a run's events.jsonl. */
export function readEvents(run: string): Record<string, unknown>[] {
  const lines = readFileSync(join(run, "events.jsonl"), "utf8").trim().split("\n");
  return lines.map((line) => JSON.parse(line));
}
