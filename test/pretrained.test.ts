import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { InferenceSession, Tensor as Value } from "onnxruntime-node";
import { afterEach, expect, test, vi } from "vitest";
import { exportRun } from "../src/cli/commands/export.js";
import { changeLivingRun, withLivingRun } from "../src/cli/living.js";
import { resolveConfig } from "../src/experiment/config.js";
import { resumeExperiment, startExperiment } from "../src/experiment/experiment.js";
import { MOBILENET_V3_SMALL, weightsFile } from "../src/features/pretrained.js";
import { sha256 } from "../src/files/checksums.js";
import { decodeGguf } from "../src/storage/gguf.js";
import { decodeSafetensors } from "../src/storage/safetensors.js";
import { expectClose } from "./support/close.js";
import { contentOf } from "./support/experiment.js";
import { temporaryFolder } from "./support/folder.js";
import { randomWeights } from "./support/gguf.js";
import { writePictureFolder } from "./support/pictures.js";

const { sha256: published } = MOBILENET_V3_SMALL;
/** What is here in place of the published weights. */
const pretend = (hash: string) => Object.assign(MOBILENET_V3_SMALL, { sha256: hash });
afterEach(() => pretend(published));

test("a network goes on from pretrained weights: trained, resumed, taught, asked and exported without them", async () => {
  vi.stubEnv("ITAML_CACHE", temporaryFolder());
  const folder = temporaryFolder();
  const at = (...path: string[]) => join(folder, ...path);
  await writePictureFolder(folder, { data: 4, more: 3 });
  const weights = randomWeights();
  const file = weightsFile(MOBILENET_V3_SMALL);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, weights);
  pretend(sha256(weights).toString("hex"));
  const config = resolveConfig(
    {
      ...{ dataset: "folder", data: at("data"), split: { testShare: 0.3 }, images: { size: 32 } },
      ...{ network: { name: "mobilenet-v3-small", weights: "pretrained" }, learner: "replay" },
      ...{ optimizer: "sgd", learningRate: 1e-6, epochs: 1, batchSize: 6 },
      ...{ classesPerTask: 2, continuum: 1, threads: 1 },
    },
    "test",
  );
  await startExperiment(at("run"), config);

  // With steps as small as these it is still where it started.
  const { tensors } = decodeSafetensors(
    readFileSync(at("run/tasks/01/model.safetensors")),
    "model",
  );
  const started = decodeGguf(weights, "weights");
  const name = "features.0.0.weight";
  const found = tensors.get(`theta.${name}`)?.data as Float32Array;
  expectClose(found, started.get(name)?.data as Float32Array, { absolute: 1e-4 });

  await startExperiment(at("again"), config);
  await resumeExperiment(at("again"), 1);
  expect(contentOf(at("again"))).toEqual(contentOf(at("run")));

  rmSync(file);
  const pictures = ["class0", "class1"].flatMap((own) =>
    readdirSync(at("more", own)).map((picture) => at("more", own, picture)),
  );
  const labels = pictures.map((picture) => (picture.includes("class0") ? "class0" : "fifth"));
  await changeLivingRun(at("run"), async ({ classifier, read }) => {
    await classifier.learn({ images: await read(pictures, false), labels });
  });
  const [known, said] = await withLivingRun(at("run"), {}, async ({ classifier, read }) => [
    classifier.tasks,
    await classifier.classifyEach(await read(pictures, false)),
  ]);
  expect(known).toEqual([["class0", "class1"], ["class2", "class3"], ["fifth"]]);
  expect(said).toHaveLength(pictures.length);
  vi.spyOn(console, "log").mockImplementation(() => {});
  await exportRun(at("run"), at("model.onnx"), {});
  const session = await InferenceSession.create(readFileSync(at("model.onnx")));
  const x = new Value("uint8", new Uint8Array(3 * 32 * 32), [1, 3, 32, 32]);
  const { logits } = await session.run({ x });
  expect(logits?.dims).toEqual([1, 5]);
  await session.release();
});
