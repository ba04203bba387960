import type { Progress } from "../learners/learner.js";
import { forTask, type PerTask } from "../optim/schedule.js";

interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** Milliseconds between two lines: on a terminal, where they are written over, and elsewhere. */
const REDRAW = 100;
const PLAIN_LINE = 5000;

/** Shows training: one line that is written over where the output is a terminal, else a plain line now and then. */
export class ProgressDisplay {
  readonly #output: Output;
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
        if (performance.now() - this.#lastDraw >= pause) this.#draw(progress);
        return;
      }
      case "epoch":
        this.#samplesPerSecond = progress.samplesPerSecond;
        this.#reportUnreadable(progress.task, progress.unreadable ?? 0);
        return;
      case "adaptation":
        this.#drawAdaptation(progress.adaptedTo, progress.task);
        return;
    }
  }

  /** Clears the line, so that something else can be printed. */
  clear(): void {
    if (this.#output.isTTY) this.#output.write("\r\x1b[K");
  }

  #drawAdaptation(adaptedTo: number, last: number): void {
    if (!this.#output.isTTY) return;
    this.clear();
    this.#output.write(
      `${this.#title}  adapted to ${adaptedTo + 1} of ${last + 1} tasks, to evaluate`,
    );
  }

  /** Says, when their number changes, how many pictures training goes without. */
  #reportUnreadable(task: number, pictures: number): void {
    if (pictures === this.#unreadable) return;
    this.#unreadable = pictures;
    this.clear();
    this.#output.write(
      `task ${task}: ${pictures} training pictures can't be read and are left out\n`,
    );
  }

  #draw({ task, epoch, batch, batches, loss }: Extract<Progress, { kind: "batch" }>): void {
    this.#lastDraw = performance.now();
    const before = this.#epochsBetween(this.#firstTask, task) - this.#firstEpoch;
    const done = before + epoch + (batch + 1) / batches;
    const elapsed = (performance.now() - this.#started) / 1000;
    const left = (elapsed / done) * (this.#totalEpochs - done);
    const parts = [
      `${this.#title}  task ${task + 1}/${this.#tasks}`,
      `epoch ${epoch + 1}/${forTask(this.#epochs, task)}`,
      `loss ${loss.toFixed(4)}`,
      ...(this.#samplesPerSecond > 0
        ? [`${Math.round(this.#samplesPerSecond).toLocaleString("en")} samples/s`]
        : []),
      `${duration(left)} left`,
    ];
    const line = parts.join("  ");
    if (this.#output.isTTY) {
      this.#output.write(`\r\x1b[K${line.slice(0, (this.#output.columns ?? 80) - 1)}`);
    } else {
      this.#output.write(`${line}\n`);
    }
  }

  #epochsBetween(first: number, end: number): number {
    let epochs = 0;
    for (let task = first; task < end; task++) epochs += forTask(this.#epochs, task);
    return epochs;
  }
}

/** 75 as `1:15`. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const [minutes, rest] = [Math.floor(whole / 60), String(whole % 60).padStart(2, "0")];
  if (minutes < 60) return `${minutes}:${rest}`;
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}:${rest}`;
}
