import {
  Graph,
  gradients,
  IncrementalClassifier,
  ItamlError,
  linear,
  mean,
  type Runtime,
  relu,
  serializeOnnx,
  softmaxCrossEntropyWithLogits,
  textbook,
} from "../../../src/core.js";

/** The ONNX file of a small network's loss and its gradients, made wherever this runs. */
export function encodeGradients(): Uint8Array {
  const graph = new Graph("page");
  const x = graph.input("x", "float32", ["batch", 3]);
  const targets = graph.input("targets", "float32", ["batch", 2]);
  const weights = [
    graph.input("hidden", "float32", [4, 3]),
    graph.input("classifier", "float32", [2, 4]),
  ] as const;
  const logits = linear(relu(linear(x, weights[0])), weights[1]);
  const loss = mean(softmaxCrossEntropyWithLogits(logits, targets));
  graph.output("loss", loss);
  gradients(loss, weights).forEach((gradient, i) => {
    graph.output(`gradient ${i}`, gradient);
  });
  return serializeOnnx(graph, textbook);
}

/** What is said of a misspelt option: schemas check without compiling themselves to code. */
export async function misspelt(): Promise<string> {
  const runtime = { compile: () => Promise.reject(new Error("nothing is compiled")) };
  const options = { inputShape: [2], memmory: 3, runtime: runtime as unknown as Runtime };
  try {
    await IncrementalClassifier.create(options);
    return "taken";
  } catch (error) {
    return error instanceof ItamlError ? error.message : String(error);
  }
}
