import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { InferenceSession, Tensor as Value } from "onnxruntime-node";
import { describe, expect, test } from "vitest";
import { createChosen } from "../src/base/part.js";
import { seededRandom } from "../src/base/random.js";
import { extractors } from "../src/features/index.js";
import { joinedOnnx } from "../src/features/joined-onnx.js";
import { contents, encoded, textOf } from "../src/features/onnx-tensors.js";
import { elementCount } from "../src/graph/shape.js";
import { exportOnnxModel } from "../src/learners/export.js";
import { newClassifier, newModel } from "../src/model/model.js";
import { FeatureExtractor } from "../src/nn/feature-extractor.js";
import { identityNetwork } from "../src/nn/identity.js";
import { ModelProto } from "../src/onnx/onnx-proto.js";
import { trainedHead } from "../src/prediction/head.js";
import { expectClose } from "./support/close.js";
import { temporaryFolder } from "./support/folder.js";

interface MadeNetwork {
  version?: number;
  layout?: "nchw" | "nhwc";
  batch?: number | "batch";
}

const [SIZE, CHANNELS] = [8, 5];
const random = seededRandom("joined", 1);

function initializer(name: string, ...dims: number[]) {
  const data = Float32Array.from({ length: elementCount(dims) }, () => random.normal());
  return { name, dims, data_type: 1, raw_data: new Uint8Array(data.buffer) };
}

/**
 * A network of pictures with the names that exported classifiers have, and a branch that takes a tensor from outside:
 * places `logits`, their mean `features`, the classes `task_scores`.
 */
function madeNetwork({ version = 17, layout = "nchw", batch = "batch" }: MadeNetwork): Uint8Array {
  const dim = layout === "nchw" ? [3, SIZE, SIZE] : [SIZE, SIZE, 3];
  const first = typeof batch === "string" ? { dim_param: batch } : { dim_value: batch };
  const shape = { dim: [first, ...dim.map((dim_value) => ({ dim_value }))] };
  const value = (name: string, inner?: object) => ({
    ...{ name, type: { tensor_type: { elem_type: 1, ...(inner && { shape: inner }) } } },
  });
  const [graphField, nodeField, attributeField, innerField] = [7, 1, 5, 6];
  const graphBytes = (graph: object) =>
    contents(ModelProto.encode({ graph }).finish(), graphField)[0] as Uint8Array;
  const branch = (name: string, operator: string) =>
    encoded(
      attributeField,
      Buffer.concat([
        encoded(1, new TextEncoder().encode(name)),
        encoded(
          innerField,
          graphBytes({
            ...{ name, node: [{ op_type: operator, input: ["Conv_1"], output: [`${name}_is`] }] },
            output: [value(`${name}_is`)],
          }),
        ),
        // The attribute's type, field 20: a graph.
        Uint8Array.of(0xa0, 0x01, 5),
      ]),
    );
  const planes = layout === "nchw" ? "x" : "planes";
  const toPlanes = { op_type: "Transpose", input: ["x"], output: ["planes"] };
  const perm = { name: "perm", type: 7, ints: [0, 3, 1, 2] };
  const pads = { name: "pads", type: 7, ints: [1, 1, 1, 1] };
  const before = graphBytes({
    node: [
      ...(layout === "nhwc" ? [{ ...toPlanes, attribute: [perm] }] : []),
      {
        ...{ op_type: "Conv", input: [planes, "classifier.weight"], output: ["Conv_1"] },
        attribute: [pads],
      },
    ],
  });
  const ifNode = contents(
    graphBytes({ node: [{ op_type: "If", input: ["condition"], output: ["logits"] }] }),
    nodeField,
  )[0] as Uint8Array;
  const chosen = Buffer.concat([
    ifNode,
    branch("then_branch", "Relu"),
    branch("else_branch", "Abs"),
  ]);
  const after = graphBytes({
    node: [
      { op_type: "GlobalAveragePool", input: ["logits"], output: ["pooled"] },
      { op_type: "Flatten", input: ["pooled"], output: ["features"] },
      { op_type: "Gemm", input: ["features", "unused.weight", ""], output: ["task_scores"] },
    ],
    name: "made",
    initializer: [
      initializer("classifier.weight", CHANNELS, 3, 3, 3),
      initializer("unused.weight", CHANNELS, 1000),
      { name: "condition", dims: [], data_type: 9, raw_data: Uint8Array.of(1) },
    ],
    input: [value("x", shape)],
    output: [value("task_scores")],
  });
  return Buffer.concat([
    ModelProto.encode({ ir_version: 8, opset_import: [{ domain: "", version }] }).finish(),
    encoded(graphField, Buffer.concat([before, encoded(nodeField, chosen), after])),
  ]);
}

const open = async (settings: MadeNetwork & { output?: string }) => {
  const { output = "features", ...made } = settings;
  const model = join(temporaryFolder(), "model.onnx");
  writeFileSync(model, madeNetwork(made));
  const all = { name: "onnx", channels: "bgr", model, output, mean: [0.5], std: [0.25] };
  return createChosen(extractors, all).open({ device: "cpu" });
};

/** A classifier of two tasks on features. */
function madeClassifier(taskEvidence: "maximum" | "probability"): Uint8Array {
  const input = { shape: [CHANNELS], type: "float32", mean: [0], std: [1] } as const;
  const extractor = new FeatureExtractor(identityNetwork(), input);
  const model = newModel(extractor, 1);
  for (const task of [0, 1]) {
    model.classifiers.push(newClassifier(CHANNELS, 2, { seed: 1, task }));
  }
  const head = { ...trainedHead(model, CHANNELS), taskEvidence };
  return exportOnnxModel(model, head, extractor, ["a", "b", "c", "d"]);
}

async function run(model: Uint8Array, type: "float32", data: Float32Array, dims: number[]) {
  const session = await InferenceSession.create(model);
  expect(session.inputNames).toEqual(["x"]);
  expect(session.outputNames).toEqual(["logits", "task_scores"]);
  const { logits, task_scores } = await session.run({ x: new Value(type, data, dims) });
  await session.release();
  return [logits, task_scores].map((value) => value?.data as Float32Array);
}

describe.each<[string, MadeNetwork & { output?: string }, "maximum" | "probability"]>([
  ["features", {}, "maximum"],
  ["places", { output: "logits" }, "probability"],
  ["channels last", { layout: "nhwc" }, "maximum"],
  ["one picture at a time", { batch: 1, output: "logits" }, "probability"],
  ["operator set 13", { version: 13 }, "probability"],
  ["operator set 18", { version: 18, output: "logits" }, "maximum"],
  ["operator set 21", { version: 21 }, "probability"],
  ["operator set 22", { version: 22, output: "logits" }, "maximum"],
  ["operator set 23", { version: 23, output: "logits" }, "probability"],
  ["operator set 24", { version: 24 }, "maximum"],
  ["operator set 24, places", { version: 24, output: "logits" }, "probability"],
])("one file of a network and its classifier, %s:", (_, settings, evidence) => {
  test("says of pictures what they say of features", async () => {
    const samples = settings.batch === 1 ? 1 : 2;
    const pixels = Uint8Array.from({ length: samples * 3 * SIZE ** 2 }, (_, i) => (i * 37) % 256);
    const network = await open(settings);
    const classifier = madeClassifier(evidence);
    const features = await network.features(pixels, samples);
    const expected = await run(classifier, "float32", features, [samples, CHANNELS]);

    const extractor = network.toOnnx();
    const joined = joinedOnnx(extractor, classifier);
    const metadata = contents(joined, 14).map((entry) => contents(entry, 1).map(textOf)[0]);
    expect(metadata.sort()).toEqual(["input", "labels", "tasks"]);
    expect(joined.length).toBeLessThan(extractor.model.length);
    const { size, layout, channels, mean = [], std = [] } = extractor.takes;
    expect([size, channels]).toEqual([SIZE, "bgr"]);
    // A picture as the metadata says, by a way of its own.
    const plane = size * size;
    const x = Float32Array.from(pixels, (_, i) => {
      const [sample, rest] = [Math.floor(i / (3 * plane)), i % (3 * plane)];
      const channel = layout === "nchw" ? Math.floor(rest / plane) : rest % 3;
      const place = layout === "nchw" ? rest % plane : Math.floor(rest / 3);
      const value = pixels[sample * 3 * plane + (2 - channel) * plane + place] as number;
      return (value / 255 - (mean[0] as number)) / (std[0] as number);
    });
    const dims = layout === "nchw" ? [samples, 3, size, size] : [samples, size, size, 3];
    const found = await run(joined, "float32", x, dims);
    found.forEach((values, i) => {
      expectClose(values, expected[i] as Float32Array, { absolute: 1e-4 });
    });
    await network.release();
  });
});

test("an operator set that is not known yet is refused", async () => {
  const network = await open({ version: 24 });
  const newer = { ...network.toOnnx(), model: madeNetwork({ version: 25 }) };
  expect(() => joinedOnnx(newer, madeClassifier("maximum"))).toThrow(
    expect.objectContaining({
      code: "FILE_INVALID",
      message: expect.stringContaining("operator set 25"),
    }),
  );
  await network.release();
});

test("an operator set that is too old is refused", async () => {
  const network = await open({ version: 12 });
  expect(() => joinedOnnx(network.toOnnx(), madeClassifier("maximum"))).toThrow(
    expect.objectContaining({
      code: "FILE_INVALID",
      message: expect.stringContaining("operator set 12"),
    }),
  );
  await network.release();
});
