import { makeStrokes } from "../../src/data/strokes.js";

/** Of each digit. */
const DRAWINGS = 60;

/** Drawings of each of the built-in digits, which take a while: all that this worker does. */
async function draw(): Promise<Map<string, Uint8Array[]>> {
  const { train, classes } = makeStrokes(DRAWINGS, 1);
  const drawn = new Map(classes.map((label): [string, Uint8Array[]] => [label, []]));
  for (const [i, position] of Array.from(train.labels).entries()) {
    const drawing = new Uint8Array(train.source.sampleSize);
    await train.source.read([i], drawing, undefined);
    drawn.get(classes[position] as string)?.push(drawing);
  }
  return drawn;
}

postMessage(await draw());
