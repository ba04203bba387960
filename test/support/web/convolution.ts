import {
  convolution,
  Graph,
  gradients,
  mean,
  multiply,
  type Runtime,
  seededRandom,
  type Value,
} from "../../../src/core.js";

/** A convolution and its gradients, of the same random numbers wherever it runs. */
export async function convolve(
  runtime: Runtime,
  { channels, filters }: { channels: number; filters: number },
): Promise<number[][]> {
  const shapes = { x: [2, channels, 6, 6], weight: [filters, channels, 3, 3] };
  const graph = new Graph("convolution");
  const x = graph.input("x", "float32", shapes.x);
  const weight = graph.input("weight", "float32", shapes.weight);
  const y = convolution(x, weight, { padding: [1, 1] });
  graph.output("y", y);
  const [dx, dweight] = gradients(mean(multiply(y, y)), [x, weight]);
  graph.output("dx", dx as typeof x);
  graph.output("dweight", dweight as typeof x);
  const program = await runtime.compile(graph);
  const random = seededRandom("convolution");
  const feeds = Object.entries(shapes).map(([name, shape]): [string, Value] => {
    const { length } = { length: shape.reduce((product, side) => product * side, 1) };
    return [name, { shape, data: Float32Array.from({ length }, () => random.uniform(-1, 1)) }];
  });
  const outputs = await program.run(Object.fromEntries(feeds), ["y", "dx", "dweight"]);
  await program.release();
  return Object.values(outputs).map(({ data }) => [...data]);
}
