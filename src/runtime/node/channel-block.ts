import { Graph } from "../../graph/graph.js";
import { reorderInput } from "../../onnx/blocked-convolution.js";
import type { Program, Value } from "../runtime.js";

/** More than any machine's block. */
const CHANNELS = 64;

/**
 * How many channels ONNX Runtime's blocked layout has in a block on this machine, found by bringing an image of two
 * places into it: its second place stands behind the first block of channels.
 *
 * @returns undefined where there is no such layout
 */
export async function findChannelBlock(
  compile: (graph: Graph) => Promise<Program>,
): Promise<number | undefined> {
  const graph = new Graph("channel block");
  graph.output("y", reorderInput(graph.input("x", "float32", [1, CHANNELS, 1, 2]), CHANNELS));
  const secondPlace = -1;
  const image = Float32Array.from({ length: 2 * CHANNELS }, (_, i) => (i === 1 ? secondPlace : i));
  try {
    const program = await compile(graph);
    const { y } = await program.run({ x: { data: image, shape: [1, CHANNELS, 1, 2] } }, ["y"]);
    await program.release();
    const block = ((y as Value).data as Float32Array).indexOf(secondPlace);
    return block > 1 && block < CHANNELS ? block : undefined;
  } catch {
    return undefined;
  }
}
