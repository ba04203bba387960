import { spawn } from "node:child_process";
import { printable } from "../failure.js";
import { MEMORY, thisProgram } from "./program.js";

/** Characters of standard error that are kept, for what went wrong. */
const KEPT = 10_000;

/** How a child ended: its exit code, or what it said, or was ended by. */
export type ChildOutcome = "done" | "interrupted" | { readonly error: string };

/**
 * Runs a command of this command line in a process of its own. It stops as at Ctrl-C when the signal says so, or when
 * this process is gone.
 *
 * @param onLine is told of each line that it writes to standard error
 */
export function runChild(
  args: readonly string[],
  { signal, onLine }: { signal: AbortSignal; onLine: (line: string) => void },
): Promise<ChildOutcome> {
  const [node, ...program] = thisProgram() as [string, ...string[]];
  const child = spawn(node, [...program, ...args], {
    stdio: ["ignore", "ignore", "pipe", "ipc"],
    env: { ...MEMORY, ...process.env },
  });
  const stop = () => {
    if (child.connected) child.disconnect();
  };
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  let text = "";
  child.stderr?.setEncoding("utf8").on("data", (chunk: string) => {
    text = (text + chunk).slice(-KEPT);
    const line = text.trimEnd().split("\n").at(-1);
    if (line) onLine(printable(line));
  });
  // Not its "close", which doesn't come after a disconnection from this side.
  const written = new Promise((resolve) => child.stderr?.on("close", resolve));
  return new Promise((resolve) => {
    const end = (outcome: ChildOutcome) => {
      signal.removeEventListener("abort", stop);
      resolve(outcome);
    };
    child.on("error", ({ message }) => end({ error: message }));
    child.on("exit", async (code, endedBy) => {
      await written;
      if (code === 0) end("done");
      else if (code === 130) end("interrupted");
      else {
        const error = reportedError(text) ?? (endedBy ? `ended by ${endedBy}` : text.trim());
        end({ error: printable(error) });
      }
    });
  });
}

/** The error that a command with --json ends with. */
function reportedError(text: string): string | undefined {
  const line = text.trimEnd().split("\n").at(-1) ?? "";
  try {
    return (JSON.parse(line) as { error?: { message?: string } }).error?.message;
  } catch {
    return undefined;
  }
}
