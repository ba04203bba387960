import type { Results } from "../experiment/results.js";
import { ACCURACIES, ACCURACY_NAMES, type AccuracyName } from "../incremental/metrics.js";
import type { Progress } from "../model/progress.js";
import { forTask, type PerTask } from "../optim/schedule.js";
import { percent } from "../report/format.js";
import { textTable } from "../report/table.js";
import { LiveBlock, type Output } from "./live-block.js";

/** Milliseconds between two pictures on a terminal, and between two lines elsewhere. */
const REDRAW = 100;
const PLAIN_LINE = 5000;

/** Finished tasks, and epochs, that are shown. */
const SHOWN_TASKS = 10;
const SHOWN_EPOCHS = 20;

/**
 * Shows training: where the output is a terminal a few lines that are written over, with the accuracies of the tasks
 * before, else a plain line now and then, and one for each task.
 */
export class ProgressDisplay {
  readonly #output: Output;
  readonly #block: LiveBlock;
  readonly #title: string;
  readonly #tasks: number;
  readonly #firstTask: number;
  readonly #firstEpoch: number;
  readonly #epochs: PerTask<number>;
  readonly #totalEpochs: number;
  readonly #started = performance.now();
  #lastDraw = performance.now();
  #samplesPerSecond = 0;
  #unreadable = 0;
  #losses: number[] = [];
  #results: Results | undefined;

  constructor(
    run: {
      title: string;
      tasks: number;
      firstTask: number;
      firstEpoch: number;
      epochs: PerTask<number>;
    },
    output: Output = process.stderr,
  ) {
    this.#output = output;
    this.#block = new LiveBlock(output);
    this.#title = run.title;
    this.#tasks = run.tasks;
    this.#epochs = run.epochs;
    this.#firstTask = run.firstTask;
    this.#firstEpoch = run.firstEpoch;
    this.#totalEpochs = this.#epochsBetween(run.firstTask, run.tasks) - run.firstEpoch;
  }

  show(progress: Progress): void {
    switch (progress.kind) {
      case "batch": {
        const pause = this.#output.isTTY ? REDRAW : PLAIN_LINE;
        if (performance.now() - this.#lastDraw >= pause) this.#drawBatch(progress);
        return;
      }
      case "epoch":
        this.#samplesPerSecond = progress.samplesPerSecond;
        this.#losses = progress.epoch === 0 ? [] : this.#losses.slice(1 - SHOWN_EPOCHS);
        this.#losses.push(progress.loss);
        this.#reportUnreadable(progress.task, progress.unreadable ?? 0);
        return;
      case "tuning":
        if (this.#output.isTTY) this.#draw(`${this.#title}  tunes a head on the memory`);
        return;
      case "adaptation": {
        const tasks = `${progress.adaptedTo + 1} of ${progress.task + 1} tasks`;
        if (this.#output.isTTY) this.#draw(`${this.#title}  adapted to ${tasks}, to evaluate`);
        return;
      }
    }
  }

  /** A task is done. */
  showTask(results: Results): void {
    this.#results = results;
    if (!this.#output.isTTY) this.#output.write(`${taskLine(results)}\n`);
  }

  /** Takes away what is shown, so that something else can be written. */
  clear(): void {
    this.#block.clear();
  }

  /** Leaves what is shown, and goes on below it. */
  keep(): void {
    this.#block.keep();
  }

  /** Says, when their number changes, how many pictures training goes without. */
  #reportUnreadable(task: number, pictures: number): void {
    if (pictures === this.#unreadable) return;
    this.#unreadable = pictures;
    this.clear();
    this.#output.write(
      `task ${task + 1}: ${pictures} training pictures can't be read and are left out\n`,
    );
  }

  #drawBatch({ task, epoch, batch, batches, loss }: Extract<Progress, { kind: "batch" }>): void {
    this.#lastDraw = performance.now();
    const before = this.#epochsBetween(this.#firstTask, task) - this.#firstEpoch;
    const done = before + epoch + (batch + 1) / batches;
    const elapsed = (performance.now() - this.#started) / 1000;
    const left = (elapsed / done) * (this.#totalEpochs - done);
    const parts = {
      title: this.#title,
      task: `task ${task + 1}/${this.#tasks}`,
      epoch: `epoch ${epoch + 1}/${forTask(this.#epochs, task)}`,
      loss: `loss ${loss.toFixed(4)}`,
      // In a task's first epoch they are still those of the task before.
      curve: this.#output.isTTY && epoch > 0 ? sparkline(this.#losses) : "",
      speed:
        this.#samplesPerSecond > 0
          ? `${Math.round(this.#samplesPerSecond).toLocaleString("en")} samples/s`
          : "",
      left: `${duration(left)} left`,
    };
    if (this.#output.isTTY) this.#draw(fitted(parts, this.#block.columns - 1));
    else this.#output.write(`${fitted(parts, Number.POSITIVE_INFINITY)}\n`);
  }

  #draw(line: string): void {
    const { columns } = this.#block;
    const table = this.#results ? taskTable(this.#results, columns) : [];
    this.#block.show([{ text: line }, ...table.map((text) => ({ text, dim: true }))]);
  }

  #epochsBetween(first: number, end: number): number {
    let epochs = 0;
    for (let task = first; task < end; task++) epochs += forTask(this.#epochs, task);
    return epochs;
  }
}

/** Parts on one line; where they don't fit, without those that say least. */
function fitted(parts: Readonly<Record<string, string>>, width: number): string {
  const dropped = new Set<string>();
  const text = () =>
    Object.entries(parts)
      .filter(([name, part]) => part !== "" && !dropped.has(name))
      .map(([, part]) => part)
      .join("  ");
  for (const name of ["curve", "speed", "title", "loss"]) {
    if (text().length <= width) break;
    dropped.add(name);
  }
  return text();
}

/** Values as bars, from the least to the largest of them; nothing of fewer than two. */
function sparkline(values: readonly number[]): string {
  if (values.length < 2) return "";
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const bars = "▁▂▃▄▅▆▇█";
  const bar = (value: number) => Math.round(((value - low) / (high - low || 1)) * 7);
  return values.map((value) => bars[bar(value)]).join("");
}

/** The accuracies in % after the last tasks. */
function taskTable(results: Results, columns: number): string[] {
  const titles = ["after task", ...ACCURACY_NAMES.map((name) => ACCURACIES[name].title)];
  const rows = results.tasks.map((task) => [String(task.task + 1), ...accuraciesOf(task)]);
  return textTable([titles, ...rows.slice(-SHOWN_TASKS)], columns - 1).split("\n");
}

function accuraciesOf(task: Results["tasks"][number]): string[] {
  return ACCURACY_NAMES.map((name) => percent(ACCURACIES[name].of(task)));
}

function taskLine({ tasks }: Results): string {
  const last = tasks.at(-1) as Results["tasks"][number];
  const values = accuraciesOf(last).map((value, i) => {
    return `${ACCURACIES[ACCURACY_NAMES[i] as AccuracyName].title} ${value}`;
  });
  return `task ${last.task + 1} done (classes ${last.classes.join(", ")}):  ${values.join("  ")}`;
}

/** 75 as `1:15`. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const [minutes, rest] = [Math.floor(whole / 60), String(whole % 60).padStart(2, "0")];
  if (minutes < 60) return `${minutes}:${rest}`;
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}:${rest}`;
}
