import { type Random, seededRandom } from "../base/random.js";
import { type Dataset, type LabelledSamples, samplesInMemory } from "../samples/samples.js";
import type { SampleSet } from "./dataset-descriptor.js";

const SIDE = 28;
const TRAINING_PER_CLASS = 600;
const TEST_PER_CLASS = 100;

type Point = readonly [x: number, y: number];

/** Pen strokes of a digit in the unit square, y downwards; a smooth one is a curve through its points. */
interface Stroke {
  readonly smooth: boolean;
  readonly points: readonly Point[];
}

const curve = (...points: Point[]): Stroke => ({ smooth: true, points });
const line = (...points: Point[]): Stroke => ({ smooth: false, points });

const DIGITS: readonly (readonly Stroke[])[] = [
  [
    curve(
      [0.5, 0.08],
      [0.24, 0.3],
      [0.24, 0.7],
      [0.5, 0.92],
      [0.76, 0.7],
      [0.76, 0.3],
      [0.5, 0.08],
    ),
  ],
  [line([0.32, 0.28], [0.54, 0.08], [0.54, 0.92])],
  [
    curve([0.22, 0.3], [0.38, 0.1], [0.66, 0.12], [0.74, 0.34], [0.22, 0.9]),
    line([0.22, 0.9], [0.8, 0.9]),
  ],
  [
    curve([0.24, 0.16], [0.52, 0.08], [0.74, 0.26], [0.46, 0.47]),
    curve([0.46, 0.47], [0.78, 0.68], [0.52, 0.92], [0.22, 0.82]),
  ],
  [line([0.58, 0.08], [0.2, 0.62], [0.82, 0.62]), line([0.62, 0.36], [0.62, 0.92])],
  [
    line([0.76, 0.1], [0.3, 0.1], [0.27, 0.46]),
    curve([0.27, 0.46], [0.56, 0.38], [0.78, 0.64], [0.56, 0.91], [0.22, 0.82]),
  ],
  [
    curve(
      [0.68, 0.1],
      [0.36, 0.32],
      [0.25, 0.68],
      [0.48, 0.92],
      [0.74, 0.74],
      [0.58, 0.52],
      [0.28, 0.64],
    ),
  ],
  [line([0.2, 0.1], [0.8, 0.1], [0.42, 0.92])],
  [
    curve([0.5, 0.48], [0.26, 0.28], [0.5, 0.08], [0.74, 0.28], [0.5, 0.48]),
    curve([0.5, 0.48], [0.22, 0.7], [0.5, 0.92], [0.78, 0.7], [0.5, 0.48]),
  ],
  [
    curve(
      [0.7, 0.34],
      [0.48, 0.5],
      [0.27, 0.32],
      [0.48, 0.08],
      [0.72, 0.28],
      [0.66, 0.64],
      [0.46, 0.92],
    ),
  ],
];

/**
 * `strokes`, the built-in data set: ten classes of digits, 28×28 greyscale, drawn by code from a seed with random
 * shape, slant, size, thickness, position and noise.
 *
 * @param training images a class
 * @param test likewise
 */
export function makeStrokes(training = TRAINING_PER_CLASS, test = TEST_PER_CLASS): Dataset {
  return {
    name: "strokes",
    classes: DIGITS.map((_, digit) => String(digit)),
    input: { shape: [1, SIDE, SIDE], type: "uint8", mean: [0.12], std: [0.26] },
    train: drawAll("train", training),
    test: drawAll("test", test),
  };
}

/** Images of all classes in turn: 0, 1, …, 9, 0, 1, … */
function drawAll(part: string, perClass: number): LabelledSamples {
  const count = perClass * DIGITS.length;
  const data = new Uint8Array(count * SIDE * SIDE);
  const labels = Uint8Array.from({ length: count }, (_, i) => i % DIGITS.length);
  labels.forEach((digit, i) => {
    draw(
      data.subarray(i * SIDE * SIDE, (i + 1) * SIDE * SIDE),
      DIGITS[digit] as readonly Stroke[],
      seededRandom("strokes", part, i),
    );
  });
  return { source: samplesInMemory(data, SIDE * SIDE), labels };
}

function draw(image: Uint8Array, strokes: readonly Stroke[], random: Random): void {
  const place = randomPlacement(random);
  const jitter = (point: Point): Point => [
    point[0] + 0.06 * random.normal(),
    point[1] + 0.06 * random.normal(),
  ];
  const thickness = random.uniform(0.4, 2.6);
  const ink = random.uniform(150, 255);
  const distances = new Float64Array(SIDE * SIDE).fill(Number.POSITIVE_INFINITY);
  for (const { smooth, points } of strokes) {
    const shaped = points.map(jitter);
    tracePath((smooth ? catmullRom(shaped) : shaped).map(place), distances);
  }
  for (let i = 0; i < image.length; i++) {
    // One pixel of soft edge around the pen's width.
    const coverage = Math.min(Math.max(thickness + 0.5 - (distances[i] as number), 0), 1);
    image[i] = Math.min(Math.max(Math.round(ink * coverage + 4 * random.normal()), 0), 255);
  }
}

/** A random way from the unit square to the image: size, slant, rotation, position. */
function randomPlacement(random: Random): (point: Point) => Point {
  const width = 20 * random.uniform(0.75, 1);
  const height = 21 * random.uniform(0.8, 1);
  const slant = random.uniform(-0.4, 0.4);
  const angle = random.uniform(-0.2, 0.2);
  const centre = [SIDE / 2 + random.uniform(-0.75, 0.75), SIDE / 2 + random.uniform(-0.75, 0.75)];
  return ([x, y]) => {
    const v = (y - 0.5) * height;
    const u = (x - 0.5) * width - slant * v;
    return [
      (centre[0] as number) + u * Math.cos(angle) - v * Math.sin(angle),
      (centre[1] as number) + u * Math.sin(angle) + v * Math.cos(angle),
    ];
  };
}

/** A Catmull-Rom spline through the points, as a fine polyline. */
function catmullRom(points: readonly Point[]): Point[] {
  const steps = 6;
  const at = (i: number) => points[Math.min(Math.max(i, 0), points.length - 1)] as Point;
  const path: Point[] = [];
  for (let i = 0; i < points.length - 1; i++) {
    for (let step = 0; step < steps; step++) {
      const t = step / steps;
      const blend = (axis: 0 | 1) => {
        const [a, b, c, d] = [at(i - 1)[axis], at(i)[axis], at(i + 1)[axis], at(i + 2)[axis]];
        const cubic = (3 * b - a - 3 * c + d) * t ** 3;
        const square = (2 * a - 5 * b + 4 * c - d) * t ** 2;
        return (2 * b + (c - a) * t + square + cubic) / 2;
      };
      path.push([blend(0), blend(1)]);
    }
  }
  path.push(at(points.length - 1));
  return path;
}

/** Lowers each pixel's distance to what it is from the polyline, near it. */
function tracePath(path: readonly Point[], distances: Float64Array): void {
  const reach = 3;
  const clamp = (value: number) => Math.min(Math.max(value, 0), SIDE - 1);
  for (let i = 0; i + 1 < path.length; i++) {
    const [x0, y0] = path[i] as Point;
    const [x1, y1] = path[i + 1] as Point;
    const [dx, dy] = [x1 - x0, y1 - y0];
    const squaredLength = dx * dx + dy * dy || 1;
    for (
      let y = clamp(Math.floor(Math.min(y0, y1) - reach));
      y <= clamp(Math.ceil(Math.max(y0, y1) + reach));
      y++
    ) {
      for (
        let x = clamp(Math.floor(Math.min(x0, x1) - reach));
        x <= clamp(Math.ceil(Math.max(x0, x1) + reach));
        x++
      ) {
        const t = Math.min(Math.max(((x - x0) * dx + (y - y0) * dy) / squaredLength, 0), 1);
        const [u, v] = [x - x0 - t * dx, y - y0 - t * dy];
        // Math.hypot takes several times as long.
        const distance = Math.sqrt(u * u + v * v);
        const pixel = y * SIDE + x;
        distances[pixel] = Math.min(distances[pixel] as number, distance);
      }
    }
  }
}

let drawn: Dataset | undefined;

export const strokes: SampleSet = {
  kind: "samples",
  name: "strokes",
  title: "Strokes",
  description: "10 classes of drawn digits, 28×28 grey, 6,000 + 1,000 images",
  source: "built in, drawn by code from a seed",
  licence: "Apache-2.0",
  files: [],
  contains: [],
  // Once for all runs of a process.
  load: async () => {
    drawn ??= makeStrokes();
    return drawn;
  },
};
