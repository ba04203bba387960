import { LiveBlock, type Output } from "../live-block.js";
import { duration } from "../progress.js";

/** Milliseconds between two pictures. */
const REDRAW = 200;

/** Shows a sweep: a line for each run under way where the output is a terminal, else one for each start and end. */
export class SweepDisplay {
  readonly #output: Output;
  readonly #block: LiveBlock;
  readonly #total: number;
  readonly #atStart: number;
  readonly #running = new Map<string, string>();
  readonly #started = performance.now();
  #ended = 0;
  #failed = 0;
  #lastDraw = 0;

  constructor(
    { total, finished }: { total: number; finished: number },
    output: Output = process.stderr,
  ) {
    this.#output = output;
    this.#block = new LiveBlock(output);
    this.#total = total;
    this.#atStart = finished;
    if (finished > 0) this.#print(`${finished} of ${total} runs are finished already`);
  }

  start(name: string): void {
    this.#running.set(name, "");
    if (!this.#output.isTTY) this.#print(`${name}: started`);
    this.#draw();
  }

  /** @param line what the run says of itself */
  show(name: string, line: string): void {
    this.#running.set(name, line);
    if (performance.now() - this.#lastDraw >= REDRAW) this.#draw();
  }

  end(name: string, error?: string): void {
    this.#running.delete(name);
    this.#ended++;
    if (error !== undefined) this.#failed++;
    const done = `${this.#atStart + this.#ended} of ${this.#total}`;
    this.#print(`${name}: ${error === undefined ? "done" : `failed: ${error}`} (${done})`);
    this.#draw();
  }

  /** Leaves what is shown: something else was written below it. */
  keep(): void {
    this.#block.keep();
  }

  close(): void {
    this.#block.clear();
  }

  #print(text: string): void {
    this.#block.clear();
    this.#output.write(`${text}\n`);
  }

  #draw(): void {
    if (!this.#output.isTTY) return;
    this.#lastDraw = performance.now();
    const left = this.#total - this.#atStart - this.#ended;
    const elapsed = (performance.now() - this.#started) / 1000;
    const summary = [
      `${this.#atStart + this.#ended} of ${this.#total} runs done`,
      ...(this.#failed > 0 ? [`${this.#failed} failed`] : []),
      ...(this.#ended > 0 ? [`about ${duration((elapsed / this.#ended) * left)} left`] : []),
    ];
    this.#block.show([
      { text: summary.join("  ") },
      ...[...this.#running].map(([name, line]) => ({ text: `${name}  ${line}`, dim: true })),
    ]);
  }
}
