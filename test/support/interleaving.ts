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

/** What changes a classifier, in this order: new classes, more of known ones, both at once, classes to be forgotten. */
const CHANGES: readonly ((classifier: IncrementalClassifier) => Promise<void>)[] = [
  (classifier) => classifier.learn(TASKS[0] as Samples),
  (classifier) => classifier.learn(TASKS[1] as Samples),
  (classifier) => classifier.learn(TASKS[0] as Samples),
  (classifier) => classifier.forget(1, 2),
  (classifier) => classifier.learn(joined(TASKS[1] as Samples, TASKS[2] as Samples)),
];

type Samples = ReturnType<typeof makeTask>;

function joined(a: Samples, b: Samples): Samples {
  return {
    images: Float32Array.of(...a.images, ...b.images),
    labels: [...a.labels, ...b.labels],
  };
}

const POINTS = Float32Array.from(TASKS.flatMap(({ images }) => [...images.subarray(0, 4)]));

/** What is told about a classifier: all of what it is stored as, or what it makes of points. */
const READS = {
  files: async (classifier: IncrementalClassifier) => {
    const files = await classifier.toFiles();
    // It has the time in it.
    files.delete("history.json");
    return [...files].map(([name, bytes]) => `${name} ${Buffer.from(bytes).toString("base64")}`);
  },
  classify: (classifier: IncrementalClassifier) => classifier.classify(POINTS),
  classifyEach: (classifier: IncrementalClassifier) => classifier.classifyEach(POINTS),
  classifyMixed: (classifier: IncrementalClassifier) => classifier.classifyMixed(POINTS),
  tasks: async ({ tasks }: IncrementalClassifier) => tasks,
  classes: async (classifier: IncrementalClassifier) =>
    classifier.classes().map(({ label, samples }) => [label, samples]),
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

/** What each read tells after so many changes, where calls don't overlap. */
export async function sequentialReads(): Promise<Record<Read, Told>[]> {
  const classifier = await create();
  const reads: Record<Read, Told>[] = [];
  for (const change of [undefined, ...CHANGES]) {
    await change?.(classifier);
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
 * Calls a classifier at random, without waiting for what was called before: changes in their order, calls of learn and forget
 * that must fail, and reads. Every read has to tell what it tells after some number of whole changes: no fewer than were
 * done when it was called, and no more than were asked for by then.
 */
export async function interleave(seed: number, expected: readonly Record<Read, Told>[]) {
  const random = seededRandom("interleaving", seed);
  const classifier = await create();
  const calls: Promise<unknown>[] = [];
  let [asked, done] = [0, 0];
  const read = async () => {
    const names = Object.keys(READS) as Read[];
    const name = names[random.integer(0, names.length - 1)] as Read;
    const [least, most] = [done, asked];
    const found = await told(READS[name](classifier));
    const possible = expected.slice(least, most + 1).map((reads) => reads[name]);
    expect(possible, `seed ${seed}: ${name}`).toContainEqual(found);
  };
  const next = async () => {
    const change = CHANGES[asked];
    if (!change) return;
    asked++;
    await change(classifier);
    done++;
  };
  const fail = async () => {
    if (random.integer(0, 2) === 0) {
      await expect(classifier.forget("stranger")).rejects.toMatchObject({ code: "LABEL_UNKNOWN" });
      return;
    }
    const [task, hooks, code] = failure(random);
    await expect(classifier.learn(task, hooks)).rejects.toMatchObject({ code });
  };
  for (let call = 0; call < 12; call++) {
    const kind = random.integer(0, 9);
    calls.push(kind < 4 ? next() : kind < 5 ? fail() : read());
    if (random.integer(0, 2) === 0) await pause(random.integer(0, 12));
    if (random.integer(0, 9) === 0) await calls[random.integer(0, calls.length - 1)];
  }
  while (asked < CHANGES.length) calls.push(next());
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
