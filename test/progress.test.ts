import { describe, expect, test, vi } from "vitest";
import { ProgressDisplay } from "../src/cli/progress.js";
import { SweepDisplay } from "../src/cli/sweep/display.js";
import { reportedRun } from "./support/reported-run.js";

/** The part of a terminal that is used here: lines of text, and a cursor. */
class Terminal {
  readonly isTTY = true;
  columns: number;
  colors = false;
  rows: string[] = [""];
  written = "";
  #row = 0;

  constructor(columns: number) {
    this.columns = columns;
  }

  hasColors(): boolean {
    return this.colors;
  }

  write(text: string): void {
    this.written += text;
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is read here
    for (const [part, up] of text.matchAll(/\x1b\[(\d+)A|\x1b\[J|\x1b\[\d+m|\r|\n|[^\x1b\r\n]+/g)) {
      if (up !== undefined) this.#row -= Number(up);
      else if (part === "\x1b[J") this.rows = [...this.rows.slice(0, this.#row), ""];
      else if (part === "\n") this.rows[++this.#row] ??= "";
      else if (!part.startsWith("\x1b") && part !== "\r") this.rows[this.#row] += part;
    }
  }

  /** Becomes narrower; lines that are too long are wrapped. */
  narrow(columns: number): void {
    this.columns = columns;
    this.rows = this.rows.flatMap((row) => row.match(new RegExp(`.{1,${columns}}`, "g")) ?? [""]);
    this.#row = this.rows.length - 1;
  }
}

const run = {
  title: "mnist itaml",
  samples: Array(5).fill(100),
  firstTask: 0,
  firstEpoch: 0,
  epochs: 20,
};

const later = (milliseconds: number) => new Promise((done) => setTimeout(done, milliseconds));

async function showEpochs(display: ProgressDisplay): Promise<void> {
  const at = { task: 1, epochs: 20 };
  const speed = { learningRate: 0.1, samplesPerSecond: 12345, seconds: 1, dataSeconds: 0 };
  for (const [epoch, loss] of [0.9, 0.5, 0.2, 0.1].entries()) {
    display.show({ kind: "epoch", ...at, epoch, loss, ...speed });
  }
  display.show({ kind: "batch", ...at, epoch: 4, batch: 1, batches: 10, loss: 0.5 });
  await later(110);
  display.show({ kind: "batch", ...at, epoch: 4, batch: 2, batches: 10, loss: 0.0987 });
}

describe("a view of training", () => {
  test("says how long it will take, by the samples of all tasks and the speed after the first batch", () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    const lines: string[] = [];
    const samples = [10, 20, 30];
    const display = new ProgressDisplay(
      { ...run, samples, epochs: 4 },
      { write: (text) => lines.push(text) },
    );
    const batch = (number: number) =>
      display.show({
        kind: "batch",
        task: 0,
        epoch: 0,
        epochs: 4,
        batch: number,
        batches: 2,
        loss: 1,
      });
    vi.advanceTimersByTime(4000);
    batch(0);
    vi.advanceTimersByTime(3000);
    batch(1);
    vi.useRealTimers();
    // 240 in all, of which 10 are done, the last 5 of them in 3 s.
    expect(lines[0]).toBe("training takes about 2:18 on this machine\n");
    expect(lines[1]).toMatch(/task 1\/3 {2}epoch 1\/4.* 2:18 left/);
  });

  test.each([60, 100])("%i columns", async (columns) => {
    const terminal = new Terminal(columns);
    const display = new ProgressDisplay(run, terminal);
    display.showTask(reportedRun().results);
    for (let repetition = 0; repetition < 3; repetition++) await showEpochs(display);
    const screen = terminal.rows.map((row) => row.replace(/\d+:\d\d left/, "0:12 left"));
    expect(screen.slice(0, -6)).toEqual([
      columns === 60
        ? "mnist itaml  task 2/5  epoch 5/20  loss 0.0987  0:12 left"
        : "mnist itaml  task 2/5  epoch 5/20  loss 0.0987  █▅▂▁  12,345 samples/s  0:12 left",
    ]);
    expect(screen.at(-6)).toMatch(/^after task +continuum +task +single-sample/);
    expect(screen.at(-1)).toMatch(/^5 +78\.40 +97\.00 +58\.40 +99\.00$/);
    for (const row of terminal.rows) expect(row.length).toBeLessThan(columns);
    expect(terminal.written).not.toContain("\x1b[2m");
  });

  test("is drawn again in its place after the terminal became narrower, and taken away", async () => {
    const terminal = new Terminal(100);
    terminal.colors = true;
    terminal.write("before\n");
    const display = new ProgressDisplay(run, terminal);
    await showEpochs(display);
    terminal.narrow(30);
    await showEpochs(display);
    expect(terminal.rows).toEqual(["before", expect.stringMatching(/^task 2\/5 {2}epoch 5\/20/)]);
    display.showTask(reportedRun().results);
    await showEpochs(display);
    expect(terminal.written).toContain("\x1b[2mafter");
    display.clear();
    expect(terminal.rows).toEqual(["before", ""]);
  });

  test("says once for each task how many pictures can't be read, where there are any", () => {
    const lines: string[] = [];
    const display = new ProgressDisplay(run, { write: (text) => lines.push(text) });
    const speed = { learningRate: 0.1, samplesPerSecond: 10, seconds: 1, dataSeconds: 0 };
    const broken = [[1, 1], [1, 1], [], [0, 3, 3, 0, 2]];
    for (const [task, epochs] of broken.entries()) {
      for (const [epoch, unreadable] of epochs.entries()) {
        const left = unreadable > 0 ? { unreadable } : {};
        display.show({ kind: "epoch", task, epoch, epochs: 20, loss: 1, ...speed, ...left });
      }
    }
    display.show({ kind: "samples", task: 4, samples: 10, of: 10, unreadable: 2 });
    expect(lines).toEqual([
      "task 1: 1 training picture can't be read and is left out\n",
      "task 2: 1 training picture can't be read and is left out\n",
      "task 4: 3 training pictures can't be read and are left out\n",
      "task 4: 2 training pictures can't be read and are left out\n",
      "task 5: 2 training pictures can't be read and are left out\n",
    ]);
  });

  test("elsewhere has plain lines", async () => {
    const lines: string[] = [];
    const display = new ProgressDisplay(run, { write: (text) => lines.push(text) });
    await showEpochs(display);
    display.showTask(reportedRun().results);
    display.clear();
    expect(lines).toEqual([
      "task 5 done (classes 8, 9):  continuum 78.40  task 97.00  single-sample 58.40  oracle 99.00\n",
    ]);
  });
});

test("a view of a sweep", () => {
  const terminal = new Terminal(40);
  const display = new SweepDisplay({ total: 6, finished: 2 }, terminal);
  display.start("itaml-seed1");
  display.start("ewc-seed1");
  display.end("ewc-seed1", "it diverged");
  expect(terminal.rows).toEqual([
    "2 of 6 runs are finished already",
    "ewc-seed1: failed: it diverged (3 of 6)",
    "3 of 6 runs done  1 failed  about 0:00 left".slice(0, 39),
    "itaml-seed1  ",
  ]);
  display.close();
  expect(terminal.rows).toHaveLength(3);
});
