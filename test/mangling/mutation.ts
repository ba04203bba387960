import type { Random } from "../../src/base/random.js";

/** Numbers at which readers go wrong. */
const EXTREMES = [0, 1, 2, 127, 128, 255, 256, 65535, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1];

/** What a number, a key or a value of a text becomes. */
const TOKENS = [
  ...["-1", "0", "1e308", "1e999", "-0", "0.5", "9007199254740993", "4294967296", "NaN", "null"],
  ...[
    "true",
    '""',
    "[]",
    "{}",
    '"__proto__"',
    '"constructor"',
    "\0",
    "\ud800",
    "\u202e",
    "*x",
    "&x",
  ],
  ...[
    "<<: *x",
    "!!js/function x",
    "!!binary x",
    "../../x",
    "C:\\x",
    "'",
    '"',
    "[",
    "}",
    ": ",
    "- ",
  ],
];

/** A copy with one to four changes: in bits, bytes, numbers, order and length, half of them near the start. */
export function mangleBytes(bytes: Uint8Array, random: Random): Uint8Array {
  let mangled = Uint8Array.from(bytes);
  for (let changes = random.integer(1, 4); changes > 0; changes--) {
    if (mangled.length > 0) mangled = changeBytes(mangled, random);
  }
  return mangled;
}

function changeBytes(bytes: Uint8Array<ArrayBuffer>, random: Random): Uint8Array<ArrayBuffer> {
  const near = random.integer(0, 1) === 0 ? Math.min(bytes.length, 200) : bytes.length;
  const at = random.integer(0, near - 1);
  const length = Math.min(random.integer(1, 64), bytes.length - at);
  const [before, part, after] = [
    bytes.subarray(0, at),
    bytes.subarray(at, at + length),
    bytes.subarray(at + length),
  ];
  switch (random.integer(0, 8)) {
    case 0:
      bytes[at] = (bytes[at] as number) ^ (1 << random.integer(0, 7));
      return bytes;
    case 1:
      bytes[at] = random.integer(0, 255);
      return bytes;
    case 2:
    case 3:
      writeNumber(bytes, at, random);
      return bytes;
    case 4:
      return bytes.slice(0, at);
    case 5:
      return join(before, after);
    case 6:
      return join(before, ...Array(random.integer(2, 20)).fill(part), after);
    case 7:
      part.fill(random.integer(0, 1) * 255);
      return bytes;
    default: {
      const from = random.integer(0, bytes.length - 1);
      return join(before, bytes.subarray(from, from + length), after);
    }
  }
}

/** Writes an extreme number, or one beside the length, in one, two, four or eight bytes of either order. */
function writeNumber(bytes: Uint8Array<ArrayBuffer>, at: number, random: Random): void {
  const view = new DataView(bytes.buffer);
  const near = bytes.length + random.integer(-1, 1);
  const value = [...EXTREMES, near, random.integer(0, 1000)][
    random.integer(0, EXTREMES.length + 1)
  ] as number;
  const little = random.integer(0, 1) === 0;
  const width = 2 ** random.integer(0, 3);
  if (at + width > bytes.length) return;
  if (width === 1) view.setUint8(at, value);
  else if (width === 2) view.setUint16(at, value, little);
  else if (width === 4) view.setUint32(at, value, little);
  else view.setBigUint64(at, BigInt(value), little);
}

/** A copy of a JSON text that is no JSON any more, or JSON with one to three other values, keys or lengths. */
export function mangleJson(text: string, random: Random): Uint8Array {
  if (random.integer(0, 1) === 0) return mangleText(text, random);
  const content = { value: JSON.parse(text) };
  for (let changes = random.integer(1, 3); changes > 0; changes--) changeJson(content, random);
  return Buffer.from(JSON.stringify(content.value) ?? "");
}

/** Values that JSON can have and programs may not expect. */
const VALUES = [
  ...["null", "true", "-1", "0", "0.5", "1e308", "2147483648", "9007199254740992"],
  ...['""', '"x"', '"__proto__"', "[]", "{}", "[[]]"],
];

function changeJson(content: Record<string, unknown>, random: Random): void {
  let [parent, key] = [content, "value"];
  for (;;) {
    const child = parent[key];
    const keys = typeof child === "object" && child !== null ? Object.keys(child) : [];
    if (keys.length === 0 || random.integer(0, 4) === 0) break;
    parent = child as Record<string, unknown>;
    key = keys[random.integer(0, keys.length - 1)] as string;
  }
  const value = parent[key];
  switch (random.integer(0, 3)) {
    case 0:
      if (Array.isArray(parent)) parent.splice(Number(key), 1);
      else delete parent[key];
      return;
    case 1:
      if (Array.isArray(parent)) parent.splice(Number(key), 0, structuredClone(value));
      else define(parent, "__proto__", structuredClone(value));
      return;
    default:
      define(
        parent,
        key,
        typeof value === "number" && random.integer(0, 1) === 0
          ? value + random.integer(-1, 1)
          : JSON.parse(VALUES[random.integer(0, VALUES.length - 1)] as string),
      );
  }
}

/** Sets a key of an object's own, whatever its name. */
function define(object: object, key: string, value: unknown): void {
  const attributes = { configurable: true, enumerable: true, writable: true };
  Object.defineProperty(object, key, { value, ...attributes });
}

/** A copy of a text with changes to its bytes, or of its words and lines. */
export function mangleText(text: string, random: Random): Uint8Array {
  if (random.integer(0, 2) === 0) return mangleBytes(Buffer.from(text), random);
  let mangled = text;
  for (let changes = random.integer(1, 3); changes > 0; changes--) {
    mangled = changeText(mangled, random);
  }
  return Buffer.from(mangled);
}

function changeText(text: string, random: Random): string {
  const token = TOKENS[random.integer(0, TOKENS.length - 1)] as string;
  const words = [...text.matchAll(/"[^"\n]*"|[\w.-]+|[[\]{}:,]/g)];
  const word = words[random.integer(0, Math.max(words.length - 1, 0))];
  if (!word) return token;
  const [before, after] = [text.slice(0, word.index), text.slice(word.index + word[0].length)];
  const lines = text.split("\n");
  const line = random.integer(0, lines.length - 1);
  switch (random.integer(0, 6)) {
    case 0:
    case 1:
      return before + token + after;
    case 2:
      return before + after;
    case 3: {
      const levels = 10 ** random.integer(1, 4);
      const [open, close] = random.integer(0, 1) === 0 ? ["[", "]"] : ['{"a":', "}"];
      return before + open.repeat(levels) + word[0] + close.repeat(levels) + after;
    }
    case 4:
      return before + word[0].repeat(random.integer(2, 2000)) + after;
    case 5:
      lines.splice(line, 0, lines[random.integer(0, lines.length - 1)] as string);
      return lines.join("\n");
    default:
      lines.splice(line, 1);
      return lines.join("\n");
  }
}

function join(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(Buffer.concat(parts));
}
