import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as after, setImmediate as immediate } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { seededRandom } from "../src/base/random.js";
import { itaml, readEvents, startItaml } from "./support/command-line.js";
import { contentOf } from "./support/experiment.js";
import { writeMadeMnist } from "./support/idx.js";

/** Runs that are killed, once or more often. */
const RUNS = 50;

const [MEMORY, PADDED] = ["learner.memory=30", "augmentation={crop: padded, padding: 2}"] as const;

/** Runs of about a second. Data that are read, since the strokes take as long to draw as these to train. */
const SETTINGS = [
  [MEMORY],
  [
    ...[MEMORY, "learner.update.innerSteps=2", "validation=0.2"],
    ...["optimizer={name: radam}", "learningRate=0.01"],
  ],
  [MEMORY, "learner.update=released", "learningRate=0.01", PADDED],
  ["learner=finetuning"],
].map((own, i) => ({
  straight: `straight${i}`,
  args: [
    ...["tasks=3", "epochs=6", "learningRate=0.05", "batchSize=16", "continuum=5"],
    ...["network.hidden=[16]", ...own],
  ].flatMap((setting) => ["--set", setting]),
}));

let folder: string;
/** Milliseconds of a straight run. */
let duration: number;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "itaml-kills-"));
  writeMadeMnist(join(folder, "data"));
  for (const { straight, args } of SETTINGS) {
    const started = performance.now();
    expect(await itaml(folder, trainIn(straight, args))).toMatchObject({ code: 0 });
    duration = performance.now() - started;
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const trainIn = (run: string, args: readonly string[]) => [
  ...["train", "mnist", "--data", "data", ...args, "--out", run],
];

describe.each(["SIGKILL", "SIGTERM"] as const)("%s", (signal) => {
  test(`${RUNS} runs, at random moments, resumed until done: the same bytes`, async () => {
    const random = seededRandom("kills", signal);
    const phases = new Map<string, number>();
    let kills = 0;
    let killed = 0;
    for (let trial = 0; killed < RUNS; trial++) {
      const { straight, args } = SETTINGS[trial % SETTINGS.length] as (typeof SETTINGS)[number];
      const name = `${signal}${trial}`;
      const killsBefore = kills;
      const run = join(folder, name);
      // Once, or more often; in the end it may finish.
      let left = random.integer(1, 2);
      for (let done = false; !done; ) {
        const begun = existsSync(join(run, "config.yaml"));
        const started = startItaml(
          folder,
          begun ? ["train", "--resume", "--out", name] : trainIn(name, args),
        );
        const ended = { outcome: false };
        const outcome = started.outcome.finally(() => {
          ended.outcome = true;
        });
        if (left-- > 0) {
          await momentOf(random.integer(0, 3), random.uniform(0, 1), run, () => ended.outcome);
          started.kill(signal);
        }
        const { code, stderr } = await outcome;
        done = code === 0;
        if (done) break;
        // SIGTERM, too, ends a process that has just started in the system's way.
        expect(signal === "SIGTERM" ? [null, 130] : [null], stderr).toContain(code);
        if (code === 130) expect(stderr).toContain(`itaml train --resume --out ${name}`);
        kills++;
        for (const phase of phasesOf(run)) phases.set(phase, (phases.get(phase) ?? 0) + 1);
      }
      expect(contentOf(run), name).toEqual(contentOf(join(folder, straight)));
      expect(readdirSync(run).sort(), name).toEqual(readdirSync(join(folder, straight)).sort());
      expect(readFileSync(join(run, "accuracy.svg"), "utf8"), name).toBe(
        readFileSync(join(folder, straight, "accuracy.svg"), "utf8"),
      );
      expect(readEvents(run).at(-1), name).toMatchObject({ kind: "done" });
      rmSync(run, { recursive: true });
      // Some are done before their moment comes.
      if (kills > killsBefore) killed++;
    }
    console.log(
      `${kills} × ${signal} in ${killed} runs: ${JSON.stringify(Object.fromEntries(phases))}`,
    );
    expect([...phases.keys()]).toEqual(
      expect.arrayContaining(["start-up", "training", "evaluation"]),
    );
  });
});

/** Waits for some moment of a run: anywhere in its time, while it writes some file, or after it trained some task. */
async function momentOf(kind: number, share: number, run: string, ended: () => boolean) {
  if (kind > 1) {
    await after(share * duration);
    return;
  }
  const [seen, last] = [new Set<string>(), Math.ceil(share * (kind === 0 ? 30 : 3))];
  while (!ended() && seen.size < last) {
    const files = kind === 0 ? partialFiles(run) : trainedTasks(run);
    for (const name of files) seen.add(name);
    await immediate();
  }
}

function filesIn(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    // It isn't there yet, or not any more.
    return [];
  }
}

/** What is half written in a run. */
function partialFiles(run: string): string[] {
  return [".", "tasks", "checkpoints"]
    .flatMap((inner) => filesIn(join(run, inner)))
    .filter((name) => name.endsWith(".partial"));
}

/** The checkpoint of a task whose training is done. */
function trainedTasks(run: string): string[] {
  return filesIn(join(run, "checkpoints")).filter((name) => /epoch006.*safetensors$/.test(name));
}

/** What a run was at when it was killed. */
function phasesOf(run: string): string[] {
  if (!existsSync(join(run, "config.yaml"))) return ["start-up"];
  return [
    trainedTasks(run).length > 0 ? "evaluation" : "training",
    ...(partialFiles(run).length > 0 ? ["writing"] : []),
  ];
}
