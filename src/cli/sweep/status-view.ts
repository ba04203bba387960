import { setTimeout as delay } from "node:timers/promises";
import { printable } from "../failure.js";
import { LiveBlock } from "../live-block.js";
import { duration } from "../progress.js";
import type { RunState, RunStatus, SweepStatus } from "./status.js";

/** What is most worth seeing first, where there is no room for all. */
const STATES: readonly RunState[] = ["failed", "running", "stopped", "waiting", "new", "done"];

/** Milliseconds from one look to the next: a controller of Slurm has others to answer. */
const PAUSE = 5000;

/** Prints what a sweep is doing, and with `watch` goes on with that until nothing waits or runs. */
export async function showStatus(
  look: () => Promise<SweepStatus>,
  { watch, json }: { watch?: boolean; json?: boolean },
): Promise<void> {
  const block = new LiveBlock(process.stdout);
  const keep = () => {
    block.keep();
    process.exit(130);
  };
  if (watch) process.once("SIGINT", keep);
  let shown = "";
  for (;;) {
    const status = await look();
    const underWay = status.statuses.some(
      ({ state }) => state === "running" || state === "waiting",
    );
    const last = !watch || !(underWay || status.unavailable);
    if (json) {
      if (last) console.log(JSON.stringify(status.statuses, undefined, 2));
    } else if (process.stdout.isTTY && !last) {
      block.show(
        shortened(linesOf(status), (process.stdout.rows || 24) - 2).map((text) => ({ text })),
      );
    } else {
      block.clear();
      const text = linesOf(status).join("\n");
      if (text !== shown) console.log(text);
      shown = text;
    }
    if (last) break;
    await delay(PAUSE);
  }
  process.off("SIGINT", keep);
}

function linesOf({ statuses, unavailable }: SweepStatus): string[] {
  const note = unavailable ? [`What waits isn't known: ${unavailable.message}`] : [];
  return [summaryLine(statuses), ...statusLines(statuses), ...note];
}

function shortened(lines: readonly string[], most: number): readonly string[] {
  if (lines.length <= most) return lines;
  return [...lines.slice(0, most - 1), `… and ${lines.length - most + 1} more`];
}

/** How many runs are done, running, …, on one line. */
function summaryLine(statuses: readonly RunStatus[]): string {
  const counts = STATES.toReversed().map((state) => {
    const { length } = statuses.filter((status) => status.state === state);
    return length > 0 ? `, ${length} ${state}` : "";
  });
  return `${statuses.length} ${statuses.length === 1 ? "run" : "runs"}: ${counts.join("").slice(2)}`;
}

/** A line for each run. */
export function statusLines(statuses: readonly RunStatus[]): string[] {
  const width = Math.max(...statuses.map(({ name }) => name.length));
  const sorted = STATES.flatMap((state) => statuses.filter((status) => status.state === state));
  return sorted.map(({ name, state, progress, note }) => {
    const told = [progressText(progress, state), note && printable(note)]
      .filter(Boolean)
      .join("  ");
    return `${name.padEnd(width)}  ${state.padEnd(7)}  ${told}`.trimEnd();
  });
}

function progressText(progress: RunStatus["progress"], state: RunState): string {
  if (!progress || state === "done") return "";
  const { task, tasks, epoch, epochs, secondsLeft } = progress;
  const at = `task ${task + 1}${tasks ? `/${tasks}` : ""}  epoch ${Math.min(epoch + 1, epochs)}/${epochs}`;
  const left = secondsLeft === undefined ? "" : `  about ${duration(secondsLeft)} left`;
  return state === "running" ? `${at}${left}` : at;
}
