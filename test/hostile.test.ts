import { execFile } from "node:child_process";
import {
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { ItamlError } from "../src/base/errors.js";
import { readClassList } from "../src/data/class-list.js";
import { decodeImage } from "../src/data/image.js";
import { resolveConfig } from "../src/experiment/config.js";
import { applySetting, parseConfigText } from "../src/experiment/config-text.js";
import { emptyResults, parseResults } from "../src/experiment/results.js";
import { extractArchive } from "../src/files/archive.js";
import { download } from "../src/files/download.js";
import { readMat5 } from "../src/formats/mat5.js";
import { IncrementalClassifier } from "../src/library/incremental-classifier.js";
import { decodeSafetensors } from "../src/storage/safetensors.js";
import { itamlHere } from "./support/command-line.js";
import { temporaryFolder } from "./support/folder.js";
import { compressed, encodeMat5, matrix } from "./support/mat5.js";
import { needs } from "./support/needs.js";
import { pngWithSize } from "./support/png.js";
import { encodeTar, type TarEntry } from "./support/tar.js";

describe("archives", () => {
  const extract = (bytes: Uint8Array, name = "bad.tgz") => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, name), bytes);
    return extractArchive(join(folder, name), join(folder, "target")).finally(() => {
      expect(readdirSync(folder)).toEqual([name]);
    });
  };

  test("that unpack to more than a hundred times their size are refused", async () => {
    const zeros: TarEntry = { path: "zeros", content: new Uint8Array(80_000_000) };
    const bomb = gzipSync(encodeTar([zeros]));
    expect(bomb.length).toBeLessThan(200_000);
    await expect(extract(bomb)).rejects.toThrow(
      /ARCHIVE_INVALID: .*in zeros: .*more than 100 times as much as the archive has/,
    );
  });

  test("that are packed twice are refused", async () => {
    const once = gzipSync(encodeTar([{ path: "a", content: "a" }]));
    await expect(extract(gzipSync(once))).rejects.toMatchObject({ code: "ARCHIVE_INVALID" });
    await expect(extract(once, "bad.tar")).rejects.toMatchObject({ code: "ARCHIVE_INVALID" });
  });

  test("that say they hold more than a disk are refused before anything of it is written", async () => {
    const entry = encodeTar([{ path: "large", content: "x" }]);
    // The format's binary form of a size: 2^40.
    entry.fill(0, 124, 136);
    entry[124] = 0x80;
    entry[130] = 1;
    entry.write(" ".repeat(8), 148);
    const sum = entry.subarray(0, 512).reduce((total, byte) => total + byte, 0);
    entry.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
    await expect(extract(entry, "bad.tar")).rejects.toThrow("more than 274877906944 bytes");
  });
});

describe("pictures", () => {
  const decode = async (bytes: Uint8Array | string, scaling = true) => {
    const file = join(temporaryFolder(), "bad.png");
    writeFileSync(file, bytes);
    const picture = decodeImage(
      file,
      3,
      scaling ? { scaling: { height: 8, width: 8, fit: "outside" } } : {},
    );
    await expect(picture).rejects.toMatchObject({ code: "IMAGE_INVALID" });
    return picture.catch(({ message }: Error) => message);
  };
  const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"></svg>';

  test("with more pixels than memory has room for are refused", async () => {
    for (const scaling of [true, false]) {
      expect(await decode(pngWithSize(100_000, 100_000), scaling)).toContain("pixel limit");
      expect(await decode(pngWithSize(2 ** 31 - 1, 2 ** 31 - 1), scaling)).toContain("bad.png");
    }
  });

  test("that would grow beyond all bounds when they are scaled are refused", async () => {
    const background = { r: 1, g: 2, b: 3 };
    const create = { width: 60_000, height: 1, channels: 3, background } as const;
    const line = await sharp({ create }).png().toBuffer();
    const file = join(temporaryFolder(), "line.png");
    writeFileSync(file, line);
    await expect(
      decodeImage(file, 3, { scaling: { height: 224, width: 224, fit: "outside" } }),
    ).rejects.toThrow(/too narrow to be scaled.*found 60000 × 1/);
    expect((await decodeImage(file, 3)).width).toBe(60_000);
  });

  test.each([
    ["SVG", svg],
    ["SVG with an XML header", `<?xml version="1.0"?>${svg}`],
    ["packed SVG", gzipSync(svg)],
    ["PDF", "%PDF-1.4\n"],
    ["a netpbm picture", "P6 1 1 255\nabc"],
    ["HDR", "#?RADIANCE\n"],
    ["a HEIC", Buffer.from("\0\0\0\x18ftypheic\0\0\0\0")],
  ])("that aren't pictures of pixels are not decoded: %s", async (_, bytes) => {
    expect(await decode(bytes)).toContain("expected a JPEG, PNG, WebP, GIF, TIFF or AVIF");
  });

  test("that are devices are not read", async (context) => {
    needs(context, "POSIX", process.platform !== "win32");
    const file = join(temporaryFolder(), "endless.png");
    symlinkSync("/dev/zero", file);
    await expect(decodeImage(file, 3)).rejects.toThrow("not a file; found a device or a pipe");
  });
});

describe("configurations", () => {
  const complete = {
    ...{ dataset: "strokes", classesPerTask: 2, optimizer: { name: "sgd" } },
    ...{ learningRate: 0.1, epochs: 1, batchSize: 8 },
  };

  test("of many levels are refused, on whatever path", () => {
    for (const text of [
      "[".repeat(100_000),
      `a: ${"{a: ".repeat(5000)}1${"}".repeat(5000)}`,
      "- ".repeat(100_000),
      "? ".repeat(10_000),
      Array.from({ length: 200 }, (_, i) => `${" ".repeat(i)}a:`).join("\n"),
    ]) {
      expect(() => parseConfigText(text, "deep.yaml")).toThrow(
        "ITAML_CONFIG_INVALID: deep.yaml: too many levels; expected at most 50",
      );
    }
    expect(parseConfigText("a: [[[[1]]]]\nb: {c: {d: 1}}", "flat.yaml")).toBeTruthy();
  });

  test("can't reach what objects inherit", () => {
    const config: Record<string, unknown> = { dataset: "strokes" };
    for (const setting of [
      "__proto__.polluted=1",
      "a.__proto__.polluted=1",
      "constructor.prototype.polluted=1",
      "__proto__=1",
      "toString=1",
    ]) {
      expect(() => applySetting(config, setting)).toThrow(
        "ITAML_CONFIG_INVALID: --set: unknown key",
      );
    }
    const text = "__proto__: {polluted: 1}\nconstructor: {polluted: 1}";
    const read = { ...parseConfigText(text, "a.yaml"), ...complete };
    expect(() => resolveConfig(read, "a.yaml")).toThrow('unknown key "__proto__"');
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    expect(config).toEqual({ dataset: "strokes" });
  });

  test("and lists larger than any are not read", async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "large.yaml"), `dataset: strokes #${"x".repeat(2 ** 20)}`);
    const { code, stderr } = await itamlHere(folder, ["train", "large.yaml"]);
    expect(code).toBe(2);
    expect(stderr).toContain("large.yaml: the file is too large; expected at most 1048576 bytes");
    writeFileSync(join(folder, "list.txt"), "x".repeat(2 ** 24 + 1));
    await expect(readClassList(join(folder, "list.txt"))).rejects.toThrow("too large");
  });

  test("with a name as long as a book are refused at once", () => {
    expect(() => resolveConfig({ ...complete, ["x".repeat(1_000_000)]: 1 }, "test")).toThrow(
      "unknown key",
    );
  });

  test("with codes for terminals are printed without them", async () => {
    const { stderr } = await itamlHere(temporaryFolder(), ["train", "a\x1b[2J\x9b\x07.yaml"]);
    expect(stderr).toContain("a\\u001b[2J\\u009b\\u0007.yaml: the file can't be read");
  });
});

describe("safetensors", () => {
  const encode = (header: string, data = 0) => {
    const length = new BigUint64Array([BigInt(Buffer.byteLength(header))]);
    return Buffer.concat([new Uint8Array(length.buffer), Buffer.from(header), Buffer.alloc(data)]);
  };
  const tensor = (from: number, to: number, shape: number[]) =>
    JSON.stringify({ dtype: "F32", shape, data_offsets: [from, to] });

  test.each<[string, Buffer, string]>([
    ["a product that overflows", encode(`{"a":${tensor(0, 0, [2 ** 31, 2 ** 31])}}`), '"a"'],
    ["one that overflows to 0", encode(`{"a":${tensor(0, 0, [2 ** 32, 2 ** 32])}}`), '"a"'],
    ["one beyond numbers", encode(`{"a":${tensor(0, 0, Array(99).fill(2 ** 52))}}`), '"a"'],
    ["offsets out of the file", encode(`{"a":${tensor(0, 8, [2])}}`, 4), "offsets 0 to 8 of 4"],
    ["offsets that run backwards", encode(`{"a":${tensor(8, 4, [1])}}`, 8), "offsets 8 to 4"],
    [
      "tensors that overlap",
      encode(`{"a":${tensor(0, 8, [2])},"b":${tensor(4, 12, [2])}}`, 12),
      '"b" overlaps another, or leaves a gap; expected its data from 8 on; found from 4 on',
    ],
    [
      "many tensors of the same bytes",
      encode(`{"a":${tensor(0, 8, [2])},"b":${tensor(0, 8, [2])}}`, 8),
      "overlaps another",
    ],
    ["a gap", encode(`{"a":${tensor(4, 8, [1])}}`, 8), "leaves a gap"],
    [
      "a name that is there twice",
      encode(`{"a":${tensor(0, 4, [1])},"\\u0061":${tensor(0, 4, [1])}}`, 4),
      "a tensor is there twice",
    ],
    [
      "a type in a list",
      encode('{"a":{"dtype":["F32"],"shape":[],"data_offsets":[0,4]}}', 4),
      "F32",
    ],
    ["metadata that aren't texts", encode('{"__metadata__":{"a":{}}}'), "metadata"],
    ["a header of levels without end", encode("[".repeat(1_000_000)), "not JSON"],
    ["a header of escapes without end", encode(`{"${"\\n".repeat(4_000_000)}":1}`), "F32"],
    ["a header that is too long", encode(" ".repeat(10_000_001)), "too long"],
    ["a header longer than the file", encode("{}").fill(0x7f, 0, 8), "cut off or too long"],
  ])("with %s are refused", (_, bytes, message) => {
    const decode = () => decodeSafetensors(bytes, "bad.safetensors");
    expect(decode).toThrow(ItamlError);
    expect(decode).toThrow(message);
  });

  test("with any name are read as they are", () => {
    const bytes = encode(
      `{"__proto__":${tensor(0, 4, [1])},"constructor":${tensor(4, 8, [1])}}`,
      8,
    );
    const { tensors } = decodeSafetensors(bytes, "names");
    expect([...tensors.keys()]).toEqual(["__proto__", "constructor"]);
  });
});

test("a MAT file that unpacks to more than a hundred times its size is refused", async () => {
  const file = join(temporaryFolder(), "bomb.mat");
  const values = new Uint8Array(80_000_000);
  writeFileSync(
    file,
    encodeMat5(compressed(matrix({ name: "X", shape: [8000, 10_000], values }), 1)),
  );
  await expect(readMat5(file)).rejects.toThrow("an element is larger than what holds it");
});

test("results whose parts don't fit are refused", () => {
  const good = emptyResults({ dataset: "strokes", seed: 1, learner: "itaml", top: 1 });
  expect(parseResults(JSON.stringify(good), "results.json")).toEqual(good);
  const bad = { ...good, matrix: { ...good.matrix, single: [[0.5]] } };
  expect(() => parseResults(JSON.stringify(bad), "results.json")).toThrow(
    "tasks and matrix don't fit; expected rows of no numbers; found 1",
  );
  expect(() => parseResults("[".repeat(1_000_000), "results.json")).toThrow("not valid JSON");
  const deep = `${"[".repeat(1_000_000)}${"]".repeat(1_000_000)}`;
  expect(() => parseResults(deep, "results.json")).toThrow("not a results file");
});

describe("a saved classifier", () => {
  let saved: string;

  beforeAll(async () => {
    const classifier = await IncrementalClassifier.create({
      ...{ inputShape: [4], inputType: "float32", network: { name: "mlp", hidden: [3] } },
      settings: { epochs: 1 },
    });
    const images = Float32Array.from({ length: 32 }, (_, i) => i % 5);
    await classifier.learn({ images, labels: ["a", "a", "b", "b", "a", "a", "b", "b"] });
    saved = mkdtempSync(join(tmpdir(), "itaml-saved-"));
    await classifier.save(saved);
    await classifier.release();
  });
  afterAll(() => rmSync(saved, { recursive: true }));

  const load = async (change: (content: Record<string, Record<string, unknown>>) => void) => {
    const folder = join(temporaryFolder(), "copy");
    cpSync(saved, folder, { recursive: true });
    const file = join(folder, "classifier.json");
    const content = JSON.parse(readFileSync(file, "utf8"));
    change(content);
    writeFileSync(file, JSON.stringify(content));
    const classifier = await IncrementalClassifier.load(folder);
    await classifier.release();
  };

  test.each<[string, string, unknown]>([
    ["a sample larger than memory", "inputShape", [1e9, 1e9]],
    ["a sample without a shape", "inputShape", []],
    ["a shape that is a text", "inputShape", "4"],
    ["a network larger than memory", "network", { name: "mlp", hidden: [1e12] }],
    ["a network of a thousand layers", "network", { name: "mlp", hidden: Array(1000).fill(1) }],
    ["a network that objects inherit", "network", "constructor"],
    ["a network that is their prototype", "network", { name: "__proto__" }],
    ["an unknown augmentation", "augmentation", { crop: "evil" }],
    ["an optimiser that objects inherit", "settings", { optimizer: { name: "toString" } }],
    ["a negative memory", "memory", -1],
    ["a division by zero", "std", [0]],
    ["an option that there isn't", "code", "process.exit(1)"],
  ])("with %s is refused", async (_, option, value) => {
    const loading = load(({ options }) => {
      (options as Record<string, unknown>)[option] = value;
    });
    await expect(loading).rejects.toBeInstanceOf(ItamlError);
  });

  test("whose files don't fit is refused", async () => {
    const loading = load((content) => {
      Object.assign(content, { tasks: [["a", "b", "c"]] });
    });
    await expect(loading).rejects.toThrow(
      "the files are not of one classifier; expected tasks of 3 classes, as in classifier.json; " +
        "found tasks of 2 in the model",
    );
    await expect(load(() => {})).resolves.toBeUndefined();
  });
});

describe("downloads", () => {
  const content = Buffer.from("what another server has");
  const remote = (url: string, bytes = content.length) => ({
    ...{ name: "file.bin", urls: [url], bytes },
    checksum: { algorithm: "sha256", hash: "0", of: "file" } as const,
  });

  const serve = async (location?: string) => {
    const server = createServer((request, response) => {
      if (location && request.url === "/moved") response.writeHead(302, { location }).end();
      else if (request.url === "/loop") response.writeHead(302, { location: "/loop" }).end();
      else response.end(content);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => {
      server.close();
    });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };

  test("come over https alone, redirected ones too", async () => {
    const folder = temporaryFolder();
    for (const url of ["http://example.com/file.bin", "ftp://example.com/file.bin"]) {
      await expect(download(remote(url), folder)).rejects.toThrow(`${url} is not https`);
    }
    const base = await serve("http://example.com/../../evil");
    await expect(download(remote(`${base}/moved`), folder)).rejects.toThrow(
      "http://example.com/evil is not https",
    );
    await expect(download(remote(`${base}/loop`), folder)).rejects.toThrow("5 redirections");
    expect(readdirSync(folder)).toEqual([]);
  });

  test("that are redirected keep their name, and end with the size that is known", async () => {
    const folder = temporaryFolder();
    const base = await serve("/any/..%2f..%2fevil.sh");
    await expect(download(remote(`${base}/moved`), folder)).rejects.toThrow("wrong content");
    await expect(download(remote(`${base}/moved`, 5), folder)).rejects.toThrow(
      "more than 10 bytes",
    );
    expect(readdirSync(folder).filter((name) => name !== "file.bin.partial")).toEqual([]);
  });
});

test("nothing that reads a file can run what is in it", async () => {
  // No place in the program makes code of data, and modules are named by the program alone.
  const source = join(import.meta.dirname, "../src");
  const { stdout } = await promisify(execFile)("grep", [
    ...["-rnE", '\\beval\\(|new Function|node:vm|node:child_process|import\\([^")]|require\\('],
    source,
  ]).catch((error) => error as { stdout: string });
  // The lock of a run asks `ps` when a process started, by its number; a sweep runs this program and Slurm's, without
  // a shell, and weights are fetched by npm's client, which is told to run no scripts. A plugin is a module that whoever starts the program has named.
  const known = [
    ...["experiment/run-lock.ts:1:", "experiment/plugins.ts:", "files/npm-package.ts:1:"],
    ...["cli/sweep/child-run.ts:1:", "cli/sweep/slurm-commands.ts:1:"],
  ];
  const others = stdout
    .split("\n")
    .filter((line) => line && !known.some((place) => line.includes(place)));
  expect(others).toEqual([]);
});
