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

/** Milliseconds until a machine's speed is known, and seconds of training that are worth an announcement. */
const KNOWN_AFTER = 2000;
const WORTH_SAYING = 10;

/** Finished tasks, and epochs, that are shown. */
const SHOWN_TASKS = 10;
const SHOWN_EPOCHS = 20;

type BatchProgress = Extract<Progress, { kind: "batch" }>;

/**
 * Shows training: where the output is a terminal a few lines that are written over, with the accuracies of the tasks
 * before, else a plain line now and then, and one for each task.
 */
export class ProgressDisplay {
  readonly #output: Output;
  readonly #block: LiveBlock;
  readonly #title: string;
  readonly #samples: readonly number[];
  readonly #firstTask: number;
  readonly #firstEpoch: number;
  readonly #epochs: PerTask<number>;
  #lastDraw = performance.now();
  #samplesPerSecond = 0;
  #unreadable = { task: 0, pictures: 0 };
  #firstBatch: { at: number; done: number } | undefined;
  #estimated = false;
  #losses: number[] = [];
  #results: Results | undefined;

  constructor(
    run: {
      title: string;
      /** Of an epoch of each task. */
      samples: readonly number[];
      firstTask: number;
      firstEpoch: number;
      epochs: PerTask<number>;
    },
    output: Output = process.stderr,
  ) {
    this.#output = output;
    this.#block = new LiveBlock(output);
    this.#title = run.title;
    this.#samples = run.samples;
    this.#epochs = run.epochs;
    this.#firstTask = run.firstTask;
    this.#firstEpoch = run.firstEpoch;
  }

  show(progress: Progress): void {
    switch (progress.kind) {
      case "batch": {
        this.#estimate(progress);
        const pause = this.#output.isTTY ? REDRAW : PLAIN_LINE;
        if (performance.now() - this.#lastDraw >= pause) this.#drawBatch(progress);
        return;
      }
      case "samples":
        if (progress.samples === progress.of && progress.unreadable !== undefined) {
          this.#reportUnreadable(progress.task, progress.unreadable);
        }
        this.#drawSamples(progress);
        return;
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

  /** Says, when their number in a task changes, how many pictures training goes without. */
  #reportUnreadable(task: number, pictures: number): void {
    const said = this.#unreadable;
    if (pictures === 0 || (task === said.task && pictures === said.pictures)) return;
    this.#unreadable = { task, pictures };
    this.clear();
    const left =
      pictures === 1
        ? "1 training picture can't be read and is left out"
        : `${pictures} training pictures can't be read and are left out`;
    this.#output.write(`task ${task + 1}: ${left}\n`);
  }

  #drawSamples({ task, samples, of }: Extract<Progress, { kind: "samples" }>): void {
    const pause = this.#output.isTTY ? REDRAW : PLAIN_LINE;
    if (performance.now() - this.#lastDraw < pause) return;
    this.#lastDraw = performance.now();
    const line = `${this.#title}  task ${task + 1}/${this.#samples.length}  ${samples} of ${of} samples`;
    if (this.#output.isTTY) this.#draw(line);
    else this.#output.write(`${line}\n`);
  }

  #drawBatch(progress: BatchProgress): void {
    const { task, epoch, loss } = progress;
    this.#lastDraw = performance.now();
    const left = this.#secondsLeft(progress);
    const parts = {
      title: this.#title,
      task: `task ${task + 1}/${this.#samples.length}`,
      epoch: `epoch ${epoch + 1}/${forTask(this.#epochs, task)}`,
      loss: `loss ${loss.toFixed(4)}`,
      // In a task's first epoch they are still those of the task before.
      curve: this.#output.isTTY && epoch > 0 ? sparkline(this.#losses) : "",
      speed:
        this.#samplesPerSecond > 0
          ? `${Math.round(this.#samplesPerSecond).toLocaleString("en")} samples/s`
          : "",
      left: left === undefined ? "" : `${duration(left)} left`,
    };
    if (this.#output.isTTY) this.#draw(fitted(parts, this.#block.columns - 1));
    else this.#output.write(`${fitted(parts, Number.POSITIVE_INFINITY)}\n`);
  }

  #draw(line: string): void {
    const { columns } = this.#block;
    const table = this.#results ? taskTable(this.#results, columns) : [];
    this.#block.show([{ text: line }, ...table.map((text) => ({ text, dim: true }))]);
  }

  /** Says once, as soon as it is known how fast this machine is, how long training will take. */
  #estimate(progress: BatchProgress): void {
    if (this.#estimated) return;
    this.#firstBatch ??= { at: performance.now(), done: this.#workDone(progress) };
    if (performance.now() - this.#firstBatch.at < KNOWN_AFTER) return;
    this.#estimated = true;
    const left = this.#secondsLeft(progress) ?? 0;
    if (left < WORTH_SAYING) return;
    this.clear();
    const rest = this.#firstTask + this.#firstEpoch > 0 ? "what is left" : "training";
    this.#output.write(`${rest} takes about ${duration(left)} on this machine\n`);
  }

  /** By the time since the first batch, before which everything is made ready; undefined at that one. */
  #secondsLeft(progress: BatchProgress): number | undefined {
    if (!this.#firstBatch) return undefined;
    const [done, { at, done: before }] = [this.#workDone(progress), this.#firstBatch];
    if (done === before) return undefined;
    const all = this.#workBefore(this.#samples.length, 0);
    return ((performance.now() - at) / 1000 / (done - before)) * (all - done);
  }

  #workDone({ task, epoch, batch, batches }: BatchProgress): number {
    return this.#workBefore(task, epoch + (batch + 1) / batches);
  }

  /** Samples that training passes until an epoch of a task: later tasks have the exemplars, too. */
  #workBefore(task: number, epoch: number): number {
    const ofTask = (at: number, epochs: number) => epochs * (this.#samples[at] ?? 0);
    let work = ofTask(task, epoch) - ofTask(this.#firstTask, this.#firstEpoch);
    for (let at = this.#firstTask; at < task; at++) work += ofTask(at, forTask(this.#epochs, at));
    return work;
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
