import { expect } from "vitest";
import { type Random, seededRandom } from "../../src/base/random.js";
import { IncrementalClassifier } from "../../src/index.js";
import type { LearnHooks } from "../../src/model/progress.js";

/** Samples of a task of two classes: points, somewhere else for each class. */
function makeTask(task: number) {
  const random = seededRandom("interleaving", task);
  const labels = Array.from({ length: 8 }, (_, i) => 2 * task + (i % 2));
  const images = Float32Array.from(
    labels.flatMap((label) => [label, label % 3]),
    (value) => value + random.uniform(-0.3, 0.3),
  );
  return { images, labels };
}

const TASKS = [0, 1, 2].map(makeTask);
const POINTS = Float32Array.from(TASKS.flatMap(({ images }) => [...images.subarray(0, 4)]));

/** What is told about a classifier: all of what it is stored as, or what it makes of points. */
const READS = {
  files: async (classifier: IncrementalClassifier) => {
    const files = await classifier.toFiles();
    return [...files].map(([name, bytes]) => `${name} ${Buffer.from(bytes).toString("base64")}`);
  },
  classify: (classifier: IncrementalClassifier) => classifier.classify(POINTS),
  classifyEach: (classifier: IncrementalClassifier) => classifier.classifyEach(POINTS),
  classifyMixed: (classifier: IncrementalClassifier) => classifier.classifyMixed(POINTS),
  tasks: async ({ tasks }: IncrementalClassifier) => tasks,
} satisfies Record<string, (classifier: IncrementalClassifier) => Promise<unknown>>;

type Read = keyof typeof READS;

/** A read's outcome: what it told, or the code of its error. */
type Told = { value: unknown } | { code: string };

const told = (read: Promise<unknown>): Promise<Told> =>
  read.then(
    (value) => ({ value }),
    ({ code }) => ({ code }),
  );

function create(): Promise<IncrementalClassifier> {
  return IncrementalClassifier.create({
    ...{ inputShape: [2], inputType: "float32", memory: 12, threads: 1 },
    network: { name: "mlp", hidden: [3] },
    settings: { epochs: 2, batchSize: 8 },
  });
}

/** What each read tells after so many tasks, where calls don't overlap. */
export async function sequentialReads(): Promise<Record<Read, Told>[]> {
  const classifier = await create();
  const reads: Record<Read, Told>[] = [];
  for (const task of [undefined, ...TASKS]) {
    if (task) await classifier.learn(task);
    const entries = Object.entries(READS).map(async ([name, read]) => [
      name,
      await told(read(classifier)),
    ]);
    reads.push(Object.fromEntries(await Promise.all(entries)));
  }
  await classifier.release();
  return reads;
}

/**
 * Calls a classifier at random, without waiting for what was called before: tasks to learn in their order, calls of learn that
 * must fail, and reads. Every read has to tell what it tells after some number of whole tasks: no fewer than were learned
 * when it was called, and no more than were asked for by then.
 */
export async function interleave(seed: number, expected: readonly Record<Read, Told>[]) {
  const random = seededRandom("interleaving", seed);
  const classifier = await create();
  const calls: Promise<unknown>[] = [];
  let [asked, learned] = [0, 0];
  const read = async () => {
    const names = Object.keys(READS) as Read[];
    const name = names[random.integer(0, names.length - 1)] as Read;
    const [least, most] = [learned, asked];
    const found = await told(READS[name](classifier));
    const possible = expected.slice(least, most + 1).map((reads) => reads[name]);
    expect(possible, `seed ${seed}: ${name}`).toContainEqual(found);
  };
  const learn = async () => {
    const task = TASKS[asked];
    if (!task) return;
    asked++;
    await classifier.learn(task);
    learned++;
  };
  const fail = async () => {
    const [task, hooks, code] = failure(random);
    await expect(classifier.learn(task, hooks)).rejects.toMatchObject({ code });
  };
  for (let call = 0; call < 9; call++) {
    const kind = random.integer(0, 9);
    calls.push(kind < 3 ? learn() : kind < 4 ? fail() : read());
    if (random.integer(0, 2) === 0) await pause(random.integer(0, 12));
    if (random.integer(0, 9) === 0) await calls[random.integer(0, calls.length - 1)];
  }
  while (asked < TASKS.length) calls.push(learn());
  await Promise.all(calls);
  for (const name of Object.keys(READS) as Read[]) {
    const last = expected.at(-1) as Record<Read, Told>;
    expect(await told(READS[name](classifier)), `seed ${seed}: ${name}, in the end`).toEqual(
      last[name],
    );
  }
  await classifier.release();
}

/** A task that can't be learned, and why. */
function failure(random: Random): [ReturnType<typeof makeTask>, LearnHooks, string] {
  const labels = ["new", "newer"].flatMap((label) => Array<string>(4).fill(label));
  const task = { images: makeTask(4).images, labels: labels as never[] };
  const controller = new AbortController();
  // At once, or in the middle of the task.
  if (random.integer(0, 1) === 0) controller.abort();
  const onProgress = () => controller.abort();
  return [task, { signal: controller.signal, onProgress }, "INTERRUPTED"];
}

/** So many turns of the event loop. */
async function pause(turns: number): Promise<void> {
  for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve));
}
