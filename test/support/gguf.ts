import { seededRandom } from "../../src/base/random.js";
import { FeatureExtractor } from "../../src/nn/feature-extractor.js";
import { mobilenetV3Small } from "../../src/nn/mobilenet-v3-small.js";
import { IMAGENET_STATISTICS } from "../../src/samples/input-description.js";

/** A GGUF file (version 3) of tensors in half precision, given by their bits, or in full precision. */
export function encodeGguf(
  tensors: Readonly<Record<string, { shape: readonly number[]; data: Uint16Array | Float32Array }>>,
): Buffer {
  const uint32 = (value: number) => Buffer.from(Uint32Array.of(value).buffer);
  const uint64 = (value: number) => Buffer.from(BigUint64Array.of(BigInt(value)).buffer);
  const text = (value: string) =>
    Buffer.concat([uint64(Buffer.byteLength(value)), Buffer.from(value)]);
  const metadata = [
    [text("general.architecture"), uint32(8), text("made")],
    [text("general.alignment"), uint32(4), uint32(32)],
    [text("made.list"), uint32(9), uint32(8), uint64(2), text("a"), text("b")],
    [text("made.sizes"), uint32(9), uint32(5), uint64(3), Buffer.alloc(12)],
  ];
  let offset = 0;
  const padded = (bytes: Buffer) =>
    Buffer.concat([bytes, Buffer.alloc((32 - (bytes.length % 32)) % 32)]);
  const data: Buffer[] = [];
  const entries = Object.entries(tensors).map(([name, { shape, data: values }]) => {
    const bytes = padded(Buffer.from(values.buffer, values.byteOffset, values.byteLength));
    data.push(bytes);
    offset += bytes.length;
    return Buffer.concat([
      ...[text(name), uint32(shape.length), ...shape.toReversed().map(uint64)],
      ...[uint32(values instanceof Float32Array ? 0 : 1), uint64(offset - bytes.length)],
    ]);
  });
  const counts = [uint64(entries.length), uint64(metadata.length)];
  const head = [Buffer.from("GGUF"), uint32(3), ...counts, ...metadata.flat(), ...entries];
  return Buffer.concat([padded(Buffer.concat(head)), ...data]);
}

/** Weights of mobilenet-v3-small at random, in a file of the form of the pretrained ones. */
export function randomWeights(): Buffer {
  const input = { shape: [3, 32, 32], type: "uint8", ...IMAGENET_STATISTICS } as const;
  const extractor = new FeatureExtractor(mobilenetV3Small({}), input);
  const tensors = [
    [extractor.parameters, extractor.initialParameters(seededRandom("weights"))],
    [extractor.statistics, extractor.initialStatistics()],
  ] as const;
  return encodeGguf(
    Object.fromEntries(
      tensors.flatMap(([layout, numbers]) =>
        layout.entries.map(({ name, shape }) => [
          name,
          { shape, data: layout.view(numbers, name).slice() },
        ]),
      ),
    ),
  );
}
