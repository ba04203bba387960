import { ItamlError } from "../base/errors.js";
import { ModelProto } from "../onnx/onnx-proto.js";
import { contents, encoded, type Field, fieldsOf, textOf } from "./onnx-tensors.js";

/** A frozen network as an ONNX file. */
export interface OnnxExtractor {
  readonly model: Uint8Array;
  readonly input: string;
  /** The tensor that is the features, or is pooled to them. */
  readonly output: string;
  /** Its dimensions, and which of them counts the features: the others but the first are places. */
  readonly rank: number;
  readonly featureAxis: number;
  /** What the input is, for people and programs. */
  readonly takes: PictureInput;
}

/** How a picture has to be given to an exported file. */
export interface PictureInput {
  readonly size: number;
  readonly layout: "nchw" | "nhwc";
  readonly channels: "rgb" | "bgr";
  readonly type: "float32" | "uint8";
  /** Of pixels in 0..1, for red, green and blue: x is (pixel − mean) / std. Without: pixels are bytes, as they are. */
  readonly mean?: readonly number[];
  readonly std?: readonly number[];
}

/** Operator sets that the classifier's nodes can be written in. */
const [OLDEST, NEWEST] = [13, 24];

/** Numbers of the fields in onnx.proto. */
const MODEL = { irVersion: 1, graph: 7, operatorSets: 8, metadata: 14, functions: 25 } as const;
const GRAPH = { node: 1, initializer: 5, input: 11, output: 12, value: 13, sparse: 15 } as const;
const NODE = { input: 1, output: 2, operator: 4, attribute: 5 } as const;
const ATTRIBUTE = { name: 1, integers: 8 } as const;
const OPERATOR_SET = { domain: 1, version: 2 } as const;

/** Where the names of tensors stand: "name", or in which field is a message that has some. */
const NAMES: Record<string, Readonly<Record<number, string>>> = {
  graph: { 1: "node", 5: "tensor", 11: "value", 12: "value", 13: "value", 15: "sparse" },
  node: { 1: "name", 2: "name", 5: "attribute" },
  attribute: { 6: "graph", 11: "graph" },
  tensor: { 8: "name" },
  value: { 1: "name" },
  sparse: { 1: "tensor" },
};

/** Before all names of the extractor's tensors: the classifier has names of its own. */
const PREFIX = "extractor/";

/**
 * One ONNX file of an extractor and the classifier that stands on its features. Its input `x` is what the extractor takes, as
 * the metadata `input` (JSON, {@link PictureInput}) says; outputs and the other metadata are the classifier's.
 *
 * @param classifier as `exportOnnxModel` made it, with an input `x` of features
 * @throws {ItamlError} FILE_INVALID where the extractor has an operator set for which the classifier's nodes can't be written
 */
export function joinedOnnx(extractor: OnnxExtractor, classifier: Uint8Array): Uint8Array {
  const { input, output, takes } = extractor;
  const [network, own] = [fieldsOf(extractor.model), fieldsOf(classifier)];
  const sets = operatorSets(network);
  const version = sets.get("") ?? 0;
  if (version < OLDEST || version > NEWEST) {
    throw new ItamlError("FILE_INVALID", "the classifier can't be joined to such an extractor", {
      where: "features",
      expected: `a network of ONNX's operator set ${OLDEST} to ${NEWEST}`,
      found: `operator set ${version}`,
      remedy: `Convert it with onnx.version_converter, or export it anew with opset_version=17`,
    });
  }
  const name = (tensor: string) => (tensor === input ? "x" : `${PREFIX}${tensor}`);
  const features = pooling(extractor, name(output));
  const graph = [
    ...neededParts(graphOf(network), extractor).map((part) => renamed(part, "graph", name)),
    ...features.nodes,
    ...graphOf(own)
      .filter(({ number }) => number !== GRAPH.input)
      .flatMap((field) => inOperatorSet(field, version))
      .map((part) => renamed(part, "graph", (tensor) => (tensor === "x" ? features.name : tensor))),
  ];
  const irVersion = ({ number, content }: Field) => (number === MODEL.irVersion ? [content] : []);
  const head = ModelProto.encode({
    ir_version: Math.max(...[...network, ...own].flatMap(irVersion).map(Number)),
    producer_name: "itaml",
    opset_import: [...sets].map(([domain, number]) => ({ domain, version: number })),
    metadata_props: [{ key: "input", value: JSON.stringify(takes) }],
  }).finish();
  const kept = (fields: readonly Field[], number: number) =>
    fields.filter((field) => field.number === number).map(({ raw }) => raw);
  return Buffer.concat([
    head,
    ...kept(own, MODEL.metadata),
    ...kept(network, MODEL.functions),
    encoded(MODEL.graph, Buffer.concat(graph)),
  ]);
}

/** The version of each operator set that a model uses, ONNX's own under "". */
function operatorSets(model: readonly Field[]): Map<string, number> {
  const sets = model.filter(({ number }) => number === MODEL.operatorSets);
  return new Map(
    sets.map(({ content }) => {
      const fields = fieldsOf(content as Uint8Array);
      const find = (wanted: number) => fields.find(({ number }) => number === wanted)?.content;
      const domain = textOf((find(OPERATOR_SET.domain) ?? new Uint8Array()) as Uint8Array);
      return [domain === "ai.onnx" ? "" : domain, Number(find(OPERATOR_SET.version) ?? 1)];
    }),
  );
}

/** The fields of a model's graph, which may come in parts. */
function graphOf(model: readonly Field[]): Field[] {
  const graphs = model.filter(({ number }) => number === MODEL.graph);
  return graphs.flatMap(({ content }) => fieldsOf(content as Uint8Array));
}

/** What of the extractor's graph its features need, outputs and name left aside. */
function neededParts(
  graph: readonly Field[],
  { input, output }: Pick<OnnxExtractor, "input" | "output">,
): Uint8Array[] {
  const needed = new Set([output]);
  const isNeeded = (field: Field): boolean => {
    switch (field.number) {
      case GRAPH.node: {
        const node = field.content as Uint8Array;
        const isUsed = contents(node, NODE.output).some((name) => needed.has(textOf(name)));
        if (isUsed) for (const name of namesIn(field)) needed.add(name);
        return isUsed;
      }
      case GRAPH.input:
        return namesIn(field).includes(input);
      case GRAPH.initializer:
      case GRAPH.sparse:
      case GRAPH.value:
        return namesIn(field).some((name) => needed.has(name));
      default:
        return false;
    }
  };
  // Nodes stand in an order in which they can run: from the last on, who is asked for is known.
  const nodes = graph.filter(({ number }) => number === GRAPH.node);
  const kept = new Set(nodes.reverse().filter(isNeeded));
  return graph
    .filter((field) => (field.number === GRAPH.node ? kept.has(field) : isNeeded(field)))
    .map(({ raw }) => raw);
}

/** Names of tensors in a field of a graph. */
function namesIn({ raw }: Field): string[] {
  const names: string[] = [];
  renamed(raw, "graph", (name) => {
    names.push(name);
    return name;
  });
  return names;
}

/** A message with other names of tensors, in graphs within it too; "" is no name. */
function renamed(message: Uint8Array, kind: string, name: (name: string) => string): Uint8Array {
  return Buffer.concat(
    fieldsOf(message).map(({ number, content, raw }) => {
      const what = NAMES[kind]?.[number];
      if (what === undefined || typeof content === "number") return raw;
      if (what !== "name") return encoded(number, renamed(content, what, name));
      const old = textOf(content);
      return old === "" ? raw : encoded(number, new TextEncoder().encode(name(old)));
    }),
  );
}

/** Nodes that make [pictures, features] of what the extractor computes: the mean over its places, if it has any. */
function pooling(
  { rank, featureAxis }: OnnxExtractor,
  from: string,
): { name: string; nodes: Uint8Array[] } {
  if (rank === 2) return { name: from, nodes: [] };
  const axes = Array.from({ length: rank }, (_, axis) => axis);
  const order = [0, featureAxis, ...axes.filter((axis) => axis !== 0 && axis !== featureAxis)];
  const [turned, pooled, flat] = ["turned", "pooled", "features"].map((own) => `pooling/${own}`);
  const perm = { name: "perm", type: 7, ints: order };
  return {
    name: flat as string,
    // These three are the same in all operator sets.
    nodes: encodedNodes([
      { op_type: "Transpose", input: [from], output: [turned], attribute: [perm] },
      { op_type: "GlobalAveragePool", input: [turned], output: [pooled] },
      { op_type: "Flatten", input: [pooled], output: [flat] },
    ]),
  };
}

/** Fields of a graph. */
function encodedNodes(nodes: readonly object[]): Uint8Array[] {
  return contents(ModelProto.encode({ graph: { node: nodes } }).finish(), MODEL.graph);
}

/** From operator set 18 on all reductions take their axes as an input. */
function inOperatorSet(field: Field, version: number): Uint8Array[] {
  if (version < 18 || field.number !== GRAPH.node) return [field.raw];
  const fields = fieldsOf(field.content as Uint8Array);
  const isAxes = ({ number, content }: Field) =>
    number === NODE.attribute &&
    contents(content as Uint8Array, ATTRIBUTE.name).some((name) => textOf(name) === "axes");
  const attribute = fields.find(isAxes);
  if (!attribute) return [field.raw];
  const integers = fieldsOf(attribute.content as Uint8Array).filter(
    ({ number }) => number === ATTRIBUTE.integers,
  );
  const axes = BigInt64Array.from(integers, ({ content }) => BigInt(content as number));
  const [output] = contents(field.content as Uint8Array, NODE.output) as [Uint8Array];
  const name = `${textOf(output)}/axes`;
  const raw_data = new Uint8Array(axes.buffer);
  const initializer = { name, dims: [axes.length], data_type: 7, raw_data };
  const [constant] = contents(
    ModelProto.encode({ graph: { initializer: [initializer] } }).finish(),
    MODEL.graph,
  ) as [Uint8Array];
  const node = [
    ...fields.filter((other) => other !== attribute).map(({ raw }) => raw),
    encoded(NODE.input, new TextEncoder().encode(name)),
  ];
  return [constant, encoded(GRAPH.node, Buffer.concat(node))];
}
