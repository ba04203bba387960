import { expect, test } from "vitest";
import { DEFAULT_SETTINGS } from "../src/classifier/learner.js";
import { IncrementalClassifier } from "../src/index.js";

const options = { inputShape: [2], inputType: "float32", threads: 1 } as const;
const points = { images: new Float32Array([1, 0, 0.9, 0, 0, 1, 0, 0.8]), labels: [0, 0, 1, 1] };

async function saved(): Promise<Map<string, Uint8Array>> {
  const settings = { epochs: 1 };
  const classifier = await IncrementalClassifier.create({ ...options, memory: 10, settings });
  await classifier.learn(points);
  return classifier.toFiles();
}

function descriptionOf(files: ReadonlyMap<string, Uint8Array>) {
  return JSON.parse(new TextDecoder().decode(files.get("classifier.json")));
}

/** The options with which it goes on, as a version of before wrote it. */
async function goesOn(version: number, change: (options: Record<string, unknown>) => void) {
  const files = await saved();
  files.delete("learner.safetensors");
  const description = descriptionOf(files);
  description.version = version;
  change(description.options);
  files.set("classifier.json", new TextEncoder().encode(JSON.stringify(description)));
  const again = await IncrementalClassifier.fromFiles(files);
  return descriptionOf(await again.toFiles()).options;
}

test("a saved classifier says all of how it learns, so that other defaults don't change it", async () => {
  const { version, options: written } = descriptionOf(await saved());
  expect(version).toBe(3);
  expect(written.learner).toMatchObject({
    ...{ name: "replay-distillation", memory: 10, exemplars: "herding" },
    head: { name: "power-discriminant" },
    adaptation: { name: "full", learningRate: 3e-4 },
  });
  const { learner: _, ...others } = DEFAULT_SETTINGS;
  expect(written.settings).toMatchObject({ ...others, epochs: 1 });
});

test("one of version 0.3 goes on by the learner that was the default then", async () => {
  const before = { update: { name: "paper", beta: 0 }, adaptation: { learningRate: 1e-4 } };
  const without = await goesOn(2, (own) => delete own.learner);
  expect(without.learner).toMatchObject({ name: "itaml", memory: 10, ...before });
  const named = await goesOn(2, (own) => {
    own.learner = { name: "itaml", adaptation: { name: "none" } };
  });
  const { update } = before;
  expect(named.learner).toMatchObject({ name: "itaml", update, adaptation: { name: "none" } });
  const other = await goesOn(2, (own) => {
    own.learner = "replay";
  });
  expect(other.learner).toMatchObject({ name: "replay", memory: 10 });
});

test.each(["ridge", "ewc", "replay-distillation"])(
  "of %s the learner's state is missed, and another's is refused",
  async (learner) => {
    const create = () => IncrementalClassifier.create({ ...options, learner });
    const [two, three] = [await create(), await create()];
    await two.learn(points);
    await three.learn({
      images: Float32Array.of(...points.images, 1, 1),
      labels: [...points.labels, 2],
    });
    const files = await two.toFiles();
    const without = new Map([...files].filter(([name]) => name !== "learner.safetensors"));
    await expect(IncrementalClassifier.fromFiles(without)).rejects.toMatchObject({
      code: "FILE_INVALID",
      problem: { where: "learner.safetensors" },
    });
    const strange = (await three.toFiles()).get("learner.safetensors") as Uint8Array;
    const mixed = new Map(files).set("learner.safetensors", strange);
    await expect(IncrementalClassifier.fromFiles(mixed)).rejects.toThrow(
      /learner\.safetensors: tensor ".*" doesn't fit the model; expected \[.*2.*\]; found \[.*3.*\]/,
    );
  },
);

test.each(["ridge", "slda", "ncm"])(
  "of %s that of one that knows nothing is refused, too",
  async (learner) => {
    const create = () => IncrementalClassifier.create({ ...options, learner });
    const [taught, untaught] = [await create(), await create()];
    await taught.learn(points);
    const empty = (await untaught.toFiles()).get("learner.safetensors") as Uint8Array;
    const files = new Map(await taught.toFiles()).set("learner.safetensors", empty);
    await expect(IncrementalClassifier.fromFiles(files)).rejects.toThrow(
      "there are no sums of what was learned",
    );
  },
);
