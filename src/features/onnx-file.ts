import { ItamlError, nearestName, type Problem } from "../base/errors.js";
import { orRelease } from "../base/or-release.js";
import { part } from "../base/part.js";
import * as z from "../base/schema.js";
import { positive } from "../base/settings.js";
import { sha256 } from "../files/checksums.js";
import { readFileOrThrow } from "../files/read-file.js";
import { InferenceSession, Tensor } from "../runtime/node/ort.js";
import { threadOptions } from "../runtime/node/thread-options.js";
import { IMAGENET_STATISTICS } from "../samples/input-description.js";
import type { Extractor, FrozenNetwork, FrozenOptions } from "./extractor.js";
import { identityOf } from "./identity-of.js";
import { computedTensors, withOutput } from "./onnx-tensors.js";

interface OnnxSettings {
  readonly model: string;
  readonly output?: string | undefined;
  readonly size?: number | undefined;
  readonly layout?: "nchw" | "nhwc" | undefined;
  readonly channels: "rgb" | "bgr";
  readonly mean?: readonly number[] | undefined;
  readonly std?: readonly number[] | undefined;
}

/** The input as the file and the settings say it. */
interface ImageInput {
  readonly name: string;
  readonly type: "float32" | "uint8";
  readonly layout: "nchw" | "nhwc";
  readonly size: number;
  /** Whether the file takes one picture at a time. */
  readonly oneByOne: boolean;
}

const where = "features";

function invalid(summary: string, problem: Problem, cause?: unknown): ItamlError {
  return new ItamlError("CONFIG_INVALID", summary, { where, ...problem }, { cause });
}

/** A network of the user's. */
function onnxFile(settings: OnnxSettings): Extractor {
  return {
    name: "onnx",
    async open(options): Promise<FrozenNetwork> {
      const { model: file, channels } = settings;
      const bytes = await readFileOrThrow(file, "FILE_INVALID");
      const { session, output } = await openSession(bytes, settings, options);
      return orRelease(session, async () => {
        const input = inputOf(session, settings);
        const normalization = normalizationOf(input, settings);
        const arrange = (pixels: Uint8Array, samples: number) =>
          arranged(pixels, samples, input, channels, normalization);
        const compute = async (pixels: Uint8Array, samples: number) => {
          const { size, type, layout } = input;
          const shape = layout === "nchw" ? [3, size, size] : [size, size, 3];
          const x = new Tensor(type, arrange(pixels, samples) as never, [samples, ...shape]);
          return (await session.run({ [input.name]: x }, [output]))[output] as Tensor;
        };
        const run = async (pixels: Uint8Array, samples: number) => {
          return pooled(await compute(pixels, samples), samples, input.layout, output);
        };
        const pixels = 3 * input.size ** 2;
        const trial = await compute(new Uint8Array(pixels), 1).catch((error: Error) => {
          throw invalid(
            "the network can't be run on such pictures",
            {
              expected: `a size that fits ${file}`,
              found: `${input.size}: ${firstLine(error)}`,
              remedy: "Set features.size, features.layout, or another output",
            },
            error,
          );
        });
        const { length } = pooled(trial, 1, input.layout, output);
        return {
          ...{ size: input.size, featureSize: length, device: options.device },
          identity: identityOf(sha256(bytes).toString("hex"), {
            ...{ output, channels, normalization, size: input.size, layout: input.layout },
          }),
          async features(all, samples) {
            if (!input.oneByOne) return run(all, samples);
            const features = new Float32Array(samples * length);
            for (let i = 0; i < samples; i++) {
              const one = all.subarray(i * pixels, (i + 1) * pixels);
              features.set(await run(one, 1), i * length);
            }
            return features;
          },
          toOnnx: () => {
            const { name, size, layout, type } = input;
            const { length: rank } = trial.dims;
            return {
              ...{
                ...{ model: bytes, input: name, output, rank },
                featureAxis: featureAxis(trial.dims, layout),
              },
              takes: { size, layout, channels, type, ...normalization },
            };
          },
          release: () => session.release(),
        };
      });
    },
  };
}

async function openSession(
  bytes: Uint8Array,
  { model: file, output }: OnnxSettings,
  { device, threads }: FrozenOptions,
): Promise<{ session: InferenceSession; output: string }> {
  const open = async (model: Uint8Array) => {
    try {
      return await InferenceSession.create(model, {
        executionProviders: [device],
        ...threadOptions(threads),
      });
    } catch (cause) {
      const found = firstLine(cause as Error);
      throw new ItamlError(
        "FILE_INVALID",
        "ONNX Runtime can't open the network",
        {
          ...{ where: file, found },
          remedy: /not a registered|No Op registered|not implemented/i.test(found)
            ? "Export it with operators that ONNX Runtime has"
            : "It must be one ONNX file without further files of weights",
        },
        { cause },
      );
    }
  };
  if (output === undefined) {
    const session = await open(bytes);
    return { session, output: session.outputNames[0] as string };
  }
  let tensors: string[];
  try {
    tensors = computedTensors(bytes);
  } catch (cause) {
    throw new ItamlError("FILE_INVALID", "not an ONNX file", { where: file }, { cause });
  }
  if (!tensors.includes(output)) {
    const nearest = nearestName(output, tensors);
    throw invalid(`the network has no tensor "${output}"`, {
      expected: `a tensor that ${file} computes, the last of which are ${tensors.slice(-5).join(", ")}`,
      ...(nearest !== undefined && { remedy: `Did you mean "${nearest}"?` }),
    });
  }
  const session = await open(withOutput(bytes, output));
  return { session, output };
}

function inputOf(session: InferenceSession, settings: OnnxSettings): ImageInput {
  const { model: file, size, layout } = settings;
  const [input, ...others] = session.inputMetadata;
  if (!input?.isTensor || others.length > 0) {
    throw invalid("not a network of one picture", {
      expected: `one input in ${file}`,
      found: session.inputNames.join(", "),
    });
  }
  const { name, type, shape } = input;
  const found = `${name}: ${type} [${shape.join(", ")}]`;
  if (shape.length !== 4 || (type !== "float32" && type !== "uint8")) {
    throw invalid("the network takes no pictures", {
      expected: "an input of float32 or uint8 and four dimensions",
      found,
    });
  }
  const [batch, second, third, fourth] = shape;
  const ofFile = second === 3 ? "nchw" : fourth === 3 ? "nhwc" : undefined;
  const own = layout ?? ofFile;
  if (own === undefined || (ofFile !== undefined && own !== ofFile)) {
    throw invalid("where the input has its channels", {
      expected: own === undefined ? "features.layout: nchw or nhwc" : `3 channels for ${own}`,
      found,
    });
  }
  const sides = own === "nchw" ? [third, fourth] : [second, third];
  const known = sides.find((side) => typeof side === "number" && side > 0) as number | undefined;
  const square = size ?? known;
  if (
    square === undefined ||
    sides.some((side) => typeof side === "number" && side > 0 && side !== square)
  ) {
    throw invalid("the size of the pictures", {
      expected:
        square === undefined ? "features.size: the file doesn't say it" : `${square} × ${square}`,
      found,
    });
  }
  return { name, type, layout: own, size: square, oneByOne: batch === 1 };
}

interface Normalization {
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** Undefined where bytes are taken as they are. */
function normalizationOf(
  { type }: ImageInput,
  { mean, std }: OnnxSettings,
): Normalization | undefined {
  if (type === "float32") {
    return { mean: mean ?? IMAGENET_STATISTICS.mean, std: std ?? IMAGENET_STATISTICS.std };
  }
  if (!mean && !std) return undefined;
  throw invalid("the network takes bytes as they are", {
    expected: "no mean and no std",
    found: "an input of uint8",
  });
}

/** RGB pictures, planar, as the input takes them. */
function arranged(
  pixels: Uint8Array,
  samples: number,
  { size, layout, type }: ImageInput,
  order: "rgb" | "bgr",
  normalization: Normalization | undefined,
): Float32Array | Uint8Array {
  const plane = size * size;
  const target =
    type === "float32" ? new Float32Array(pixels.length) : new Uint8Array(pixels.length);
  for (let sample = 0; sample < samples; sample++) {
    const start = sample * 3 * plane;
    for (let channel = 0; channel < 3; channel++) {
      const place = order === "rgb" ? channel : 2 - channel;
      const { mean = [0], std = [1 / 255] } = normalization ?? {};
      const [shift, scale] = [mean, std].map((all) => all[channel] ?? all[0]) as [number, number];
      for (let i = 0; i < plane; i++) {
        const value = pixels[start + channel * plane + i] as number;
        const to = layout === "nchw" ? place * plane + i : 3 * i + place;
        target[start + to] = normalization ? (value / 255 - shift) / scale : value;
      }
    }
  }
  return target;
}

/** [samples, size], the mean over the places where there are any. */
function pooled(
  { data, dims, type }: Tensor,
  samples: number,
  layout: "nchw" | "nhwc",
  output: string,
): Float32Array {
  if (type !== "float32" || dims.length < 2 || dims.length > 4 || dims[0] !== samples) {
    throw invalid("the output is no vector for each picture", {
      expected: "float32 [pictures, features], with one or two dimensions of places at most",
      found: `${output}: ${type} [${dims.join(", ")}]`,
      remedy: "Name another tensor of the network as features.output",
    });
  }
  const numbers = data as Float32Array;
  if (dims.length === 2) return numbers;
  const axis = featureAxis(dims, layout);
  const size = dims[axis] as number;
  const channelsFirst = axis < dims.length - 1;
  const places = numbers.length / samples / size;
  const features = new Float32Array(samples * size);
  for (let i = 0; i < samples; i++) {
    for (let feature = 0; feature < size; feature++) {
      let sum = 0;
      for (let place = 0; place < places; place++) {
        const at = channelsFirst ? feature * places + place : place * size + feature;
        sum += numbers[i * places * size + at] as number;
      }
      features[i * size + feature] = sum / places;
    }
  }
  return features;
}

/**
 * Which dimension of an output counts its features. Pictures are square, and so are the places that are left of them:
 * what converts networks between layouts turns the input and leaves what is within. Else it is as the input's.
 */
function featureAxis(dims: readonly number[], layout: "nchw" | "nhwc"): number {
  const [, first, second, last] = dims;
  if (dims.length !== 4) return dims.length - 1;
  if ((first === second) === (second === last)) return layout === "nchw" ? 1 : 3;
  return second === last ? 1 : 3;
}

function firstLine({ message }: Error): string {
  return message.split("\n")[0] as string;
}

const perChannel = (schema: z.ZodType<number>) =>
  z
    .array(schema)
    .refine(({ length }) => length === 1 || length === 3, "expected 1 or 3 numbers")
    .optional();

/** `features: { model: FILE.onnx }`. */
export const onnxFileExtractor = part({
  name: "onnx",
  title: "an ONNX network of your own",
  settings: {
    model: z.string().describe("The ONNX file."),
    output: z
      .string()
      .optional()
      .describe(
        "The tensor that is the features, any that the network computes; where it has places, their mean. Without: the first output.",
      ),
    size: z
      .int()
      .min(1)
      .optional()
      .describe("Side of the pictures in pixels. Without: as the file says."),
    layout: z
      .enum(["nchw", "nhwc"])
      .optional()
      .describe("Whether channels come first or last. Without: as the file says."),
    channels: z.enum(["rgb", "bgr"]).default("rgb").describe("Their order."),
    mean: perChannel(z.number()).describe(
      "Subtracted from pixels in 0..1, for red, green and blue. Without: ImageNet's.",
    ),
    std: perChannel(positive).describe(
      "Divided by, likewise; 1/255 = 0.0039216 for pixels in 0..255.",
    ),
  },
  create: onnxFile,
});
