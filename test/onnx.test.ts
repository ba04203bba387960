import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { InferenceSession, Tensor as Value } from "onnxruntime-node";
import { describe, expect, test } from "vitest";
import { createChosen } from "../src/base/part.js";
import { Graph } from "../src/graph/graph.js";
import { add } from "../src/graph/operators/index.js";
import { exportOnnxModel } from "../src/learners/export.js";
import { newClassifier, newModel } from "../src/model/model.js";
import { FeatureExtractor } from "../src/nn/feature-extractor.js";
import { type NetworkSettings, networks } from "../src/nn/index.js";
import { textbook } from "../src/onnx/lowerings.js";
import { serializeOnnx } from "../src/onnx/serialize.js";
import { trainedHead } from "../src/prediction/head.js";

/** Fields of a protobuf message by their numbers, as the wire has them: numbers, or bytes of what is nested. */
type Fields = Map<number, (bigint | Uint8Array)[]>;

function readFields(bytes: Uint8Array): Fields {
  const fields: Fields = new Map();
  let at = 0;
  const varint = () => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++] as number;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  const take = (length: number) => {
    at += length;
    expect(at).toBeLessThanOrEqual(bytes.length);
    return bytes.subarray(at - length, at);
  };
  while (at < bytes.length) {
    const key = Number(varint());
    const read = { 0: varint, 1: () => take(8), 2: () => take(Number(varint())), 5: () => take(4) };
    const value = (read[(key & 7) as 0] as () => bigint | Uint8Array)();
    fields.set(key >> 3, [...(fields.get(key >> 3) ?? []), value]);
  }
  return fields;
}

const nested = (fields: Fields, field: number) =>
  ((fields.get(field) ?? []) as Uint8Array[]).map(readFields);
const text = (fields: Fields, field: number) =>
  Buffer.from((fields.get(field)?.[0] ?? new Uint8Array()) as Uint8Array).toString();

/** Numbers of the fields in onnx.proto. */
const MODEL = { graph: 7, operatorSets: 8 };
const GRAPH = { node: 1 };
const NODE = { operator: 4, attribute: 5, domain: 7 };
const ATTRIBUTE = { name: 1, type: 20 };
/** Field that holds an attribute's value, by its type. */
const VALUE_FIELDS: Record<string, number> = { 1: 2, 2: 3, 3: 4, 7: 8 };

/** Every attribute of a model as `Operator.name`, and those of them that have no value. */
function readAttributes(model: Uint8Array) {
  const nodes = nested(readFields(model), MODEL.graph).flatMap((graph) =>
    nested(graph, GRAPH.node),
  );
  const attributes = nodes.flatMap((node) =>
    nested(node, NODE.attribute).map((fields) => ({
      name: `${text(node, NODE.operator)}.${text(fields, ATTRIBUTE.name)}`,
      hasValue: fields.has(VALUE_FIELDS[String(fields.get(ATTRIBUTE.type)?.[0])] as number),
    })),
  );
  const domains = nodes.map((node) => text(node, NODE.domain));
  return {
    names: attributes.map(({ name }) => name),
    empty: attributes.filter(({ hasValue }) => !hasValue).map(({ name }) => name),
    domains: new Set(domains),
  };
}

test("attributes of 0 are written: readers that ask for a value find one", () => {
  const graph = new Graph("zeros");
  const x = graph.input("x", "float32", [2, 3]);
  const output = { shape: [2, 3], derivative: "not differentiable" } as const;
  const attributes = { axis: 0, alpha: { float: 0 }, text: "", axes: [0] };
  graph.output("y", graph.node("Anything", [x], output, attributes));
  const { names, empty } = readAttributes(serializeOnnx(graph, textbook));
  expect(names).toEqual(["axis", "alpha", "text", "axes"].map((name) => `Anything.${name}`));
  expect(empty).toEqual([]);
});

describe.each<[NetworkSettings, number]>([
  [{ name: "mlp" }, 28],
  [{ name: "reduced-resnet18" }, 32],
  [{ name: "reduced-resnet18", mirrored: true }, 32],
  [{ name: "resnet18" }, 64],
  [{ name: "resnet32" }, 32],
])("the exported file of %o", ({ ...settings }, side) => {
  const input = { shape: [3, side, side], type: "uint8", mean: [0.5], std: [0.25] } as const;
  const extractor = new FeatureExtractor(createChosen(networks, settings), input);
  const model = newModel(extractor, 1);
  for (const task of [0, 1]) {
    model.classifiers.push(newClassifier(extractor.featureSize, 2, { seed: 1, task }));
  }
  const head = trainedHead(model, extractor.featureSize);
  const bytes = exportOnnxModel(model, head, extractor, ["a", "b", "c", "d"]);

  test("has ONNX's own operators alone, and a value for each of their attributes", () => {
    const { names, empty, domains } = readAttributes(bytes);
    expect(names).toContain("ReduceSum.keepdims");
    expect(empty).toEqual([]);
    expect([...domains]).toEqual([""]);
  });

  test("holds each number once", () => {
    const numbers = extractor.parameters.size + extractor.statistics.size;
    expect(bytes.length / 4).toBeGreaterThan(numbers);
    expect(bytes.length / 4).toBeLessThan(numbers + 4 * extractor.featureSize + 30_000);
  });

  test("is loaded by ONNX Runtime and run", async () => {
    const session = await InferenceSession.create(bytes);
    const x = new Value("uint8", new Uint8Array(2 * 3 * side * side), [2, 3, side, side]);
    const { logits, task_scores } = await session.run({ x });
    expect([logits?.dims, task_scores?.dims]).toEqual([[2, 4], [2]]);
    await session.release();
  });
});

test("a strict content-security policy allows the encoder: it makes no code from strings", () => {
  const core = JSON.stringify(join(import.meta.dirname, "../dist/core.js"));
  const program = `const { Graph, relu, serializeOnnx, textbook } = await import(${core});
    const graph = new Graph("strict");
    graph.output("y", relu(graph.input("x", "float32", [2])));
    console.log(serializeOnnx(graph, textbook).length > 20);`;
  const flags = ["--disallow-code-generation-from-strings", "--input-type=module", "--eval"];
  expect(execFileSync(process.execPath, [...flags, program], { encoding: "utf8" })).toBe("true\n");
});

test("tensors of one name are told apart, whatever a network calls its parameters", async () => {
  const graph = new Graph("same names");
  const x = graph.input("x", "float32", ["batch", 2]);
  const first = graph.constant(Float32Array.of(1, 2), [2], "weight");
  const second = graph.constant(Float32Array.of(10, 20), [2], "weight");
  const named = graph.constant(Float32Array.of(100, 200), [2], "y");
  const like = graph.constant(Float32Array.of(1000, 2000), [2], "x");
  graph.output("y", add(add(add(add(x, first), second), named), like));
  const session = await InferenceSession.create(serializeOnnx(graph, textbook));
  const { y } = await session.run({ x: new Value("float32", Float32Array.of(0, 0), [1, 2]) });
  expect(Array.from(y?.data as Float32Array)).toEqual([1111, 2222]);
  await session.release();
});
