/** How a TIFF stores a sample: unsigned, signed or floating-point numbers. */
const FORMATS = { unsigned: 1, signed: 2, float: 3 } as const;

export interface MadeTiff {
  readonly width: number;
  readonly height: number;
  /** Samples of a pixel; the colours, and what is beside them. */
  readonly channels: number;
  readonly bits: 8 | 16 | 32;
  readonly format?: keyof typeof FORMATS;
  /** Of channels beside the colours: what they are (1: associated alpha, 2: unassociated alpha, 0: anything). */
  readonly extra?: readonly number[];
  readonly values: readonly number[];
}

/** An uncompressed TIFF of one strip: grey where there are fewer than three colours. */
export function encodeTiff(made: MadeTiff): Buffer {
  const { width, height, channels, bits, format = "unsigned", extra = [], values } = made;
  const bytes = bits / 8;
  const data = Buffer.alloc(values.length * bytes);
  values.forEach((value, i) => {
    const at = i * bytes;
    if (format === "float") data.writeFloatLE(value, at);
    else if (format === "signed") data.writeIntLE(value, at, bytes);
    else data.writeUIntLE(value, at, bytes);
  });
  const colours = channels - extra.length;
  const entries: [tag: number, type: 3 | 4, values: readonly number[]][] = [
    [256, 4, [width]],
    [257, 4, [height]],
    [258, 3, Array(channels).fill(bits)],
    [259, 3, [1]],
    [262, 3, [colours >= 3 ? 2 : 1]],
    [273, 4, [8]],
    [277, 3, [channels]],
    [278, 4, [height]],
    [279, 4, [data.length]],
    [284, 3, [1]],
    ...(extra.length > 0 ? ([[338, 3, extra]] as [number, 3, readonly number[]][]) : []),
    [339, 3, Array(channels).fill(FORMATS[format])],
  ];
  const directory = Buffer.alloc(2 + 12 * entries.length + 4);
  const outside: Buffer[] = [];
  let free = 8 + data.length + directory.length;
  directory.writeUInt16LE(entries.length);
  entries.forEach(([tag, type, all], i) => {
    const at = 2 + 12 * i;
    const size = type === 3 ? 2 : 4;
    const encoded = Buffer.alloc(Math.max(4, size * all.length));
    for (const [k, value] of all.entries()) encoded.writeUIntLE(value, k * size, size);
    directory.writeUInt16LE(tag, at);
    directory.writeUInt16LE(type, at + 2);
    directory.writeUInt32LE(all.length, at + 4);
    if (encoded.length === 4) encoded.copy(directory, at + 8);
    else {
      directory.writeUInt32LE(free, at + 8);
      outside.push(encoded);
      free += encoded.length;
    }
  });
  const header = Buffer.from("II*\0\0\0\0\0", "latin1");
  header.writeUInt32LE(8 + data.length, 4);
  return Buffer.concat([header, data, directory, ...outside]);
}
