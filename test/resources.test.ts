import { execFile, execFileSync } from "node:child_process";
import {
  appendFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import type { ErrorCode } from "../src/base/errors.js";
import { imageSource } from "../src/data/image-source.js";
import { type ConfigInput, resolveConfig } from "../src/experiment/config.js";
import { startExperiment } from "../src/experiment/experiment.js";
import { appendWhole, writeFileAtomically } from "../src/files/atomic-file.js";
import { readWhole, wholeFolder, writeFolderAtomically } from "../src/files/atomic-folder.js";
import { makeFolder } from "../src/files/make-folder.js";
import { refusal, writingError } from "../src/files/system-errors.js";
import { Graph } from "../src/graph/graph.js";
import { add } from "../src/graph/operators/index.js";
import { createOnnxRuntime } from "../src/runtime/node/onnxruntime-node.js";
import { temporaryFolder } from "./support/folder.js";
import { needs } from "./support/needs.js";
import { writePictureFolder } from "./support/pictures.js";

describe("what the system refuses", () => {
  test.each<[string, ErrorCode]>([
    ["ENOSPC", "DISK_FULL"],
    ["EDQUOT", "DISK_FULL"],
    ["EROFS", "NOT_WRITABLE"],
    ["EACCES", "NOT_WRITABLE"],
    ["EPERM", "NOT_WRITABLE"],
    ["EMFILE", "TOO_MANY_FILES"],
    ["ENFILE", "TOO_MANY_FILES"],
    ["EBUSY", "NOT_WRITABLE"],
  ])("%s is %s, with the place and what to do", (code, expected) => {
    const cause = Object.assign(new Error(code), { code, syscall: "write" });
    expect(writingError(cause, "some/file")).toMatchObject({
      code: expected,
      problem: { where: "some/file", found: code, remedy: expect.any(String) },
      cause,
    });
  });

  test("other errors stay what they are", () => {
    const bug = new TypeError("a bug");
    expect(writingError(bug, "file")).toBe(bug);
    expect(refusal(bug, "file")).toBeUndefined();
    const absent = Object.assign(new Error("ENOENT"), { code: "ENOENT", syscall: "open" });
    expect(refusal(absent, "file")).toBeUndefined();
  });

  test("a file in a folder that isn't there, or in the place of a folder", async () => {
    const folder = temporaryFolder();
    await expect(writeFileAtomically(join(folder, "none/file"), "x")).rejects.toMatchObject({
      code: "NOT_WRITABLE",
      problem: { found: "nothing of that name" },
    });
    mkdirSync(join(folder, "taken/in"), { recursive: true });
    await expect(writeFileAtomically(join(folder, "taken"), "x")).rejects.toMatchObject({
      code: "NOT_WRITABLE",
    });
    expect(readdirSync(folder)).toEqual(["taken"]);
  });

  test("a folder that can't be written leaves the old one", async () => {
    const folder = temporaryFolder();
    const path = join(folder, "made");
    await writeFolderAtomically(path, { a: "1", b: "2" });
    await expect(writeFolderAtomically(path, { a: "3", "none/b": "4" })).rejects.toMatchObject({
      code: "NOT_WRITABLE",
    });
    expect(readdirSync(folder)).toEqual(["made"]);
    expect(readFileSync(join(path, "a"), "utf8")).toBe("1");
    await writeFolderAtomically(path, { c: "5" });
    expect(readdirSync(folder)).toEqual(["made"]);
    expect(readdirSync(path)).toEqual(["c"]);
  });

  test("a line on a full disk", (context) => {
    needs(context, "Linux", existsSync("/dev/full"));
    expect(() => appendWhole("/dev/full", "line")).toThrow("ITAML_DISK_FULL: /dev/full: the disk");
  });

  test("few open files are enough for large batches", async (context) => {
    needs(context, "POSIX", process.platform !== "win32");
    const picture = join(temporaryFolder(), "a.png");
    const background = { r: 9, g: 9, b: 9 };
    await sharp({ create: { width: 4, height: 4, channels: 3, background } }).toFile(picture);
    const module = pathToFileURL(join(import.meta.dirname, "../dist/data/image-source.js"));
    const program = `
      import { imageSource } from "${module}";
      const resize = { test: 4, training: 4 };
      const options = { size: 4, resize, augmentation: {}, seed: 1, broken: "error" };
      const source = imageSource(Array(900).fill(${JSON.stringify(picture)}), options);
      const batches = [0, 1, 2].map(async (batch) => {
        const target = new Uint8Array(300 * 48);
        await source.read(Array.from({ length: 300 }, (_, i) => 300 * batch + i), target);
        return target.every((value) => value === 9);
      });
      console.log((await Promise.all(batches)).join());`;
    const limited = 'ulimit -n 64; exec "$0" --input-type module --eval "$1"';
    const { stdout } = await promisify(execFile)("sh", ["-c", limited, process.execPath, program]);
    expect(stdout).toBe("true,true,true\n");
  });

  test("too many open files", async (context) => {
    needs(context, "POSIX", process.platform !== "win32");
    const folder = temporaryFolder();
    const picture = join(folder, "a.png");
    const background = { r: 0, g: 0, b: 0 };
    await sharp({ create: { width: 4, height: 4, channels: 3, background } }).toFile(picture);
    const module = pathToFileURL(join(import.meta.dirname, "../dist/data/image-source.js"));
    const program = `
      import { openSync } from "node:fs";
      import { imageSource } from "${module}";
      const resize = { test: 4, training: 4 };
      const options = { size: 4, resize, augmentation: {}, seed: 1, broken: "skip" };
      const source = imageSource([${JSON.stringify(picture)}], options);
      const target = new Uint8Array(48);
      console.log((await source.read([0], target)).length);
      try { for (;;) openSync("/dev/null"); } catch {}
      console.log(await source.read([0], target).catch((error) => error.message));`;
    const limited = 'ulimit -n 100; exec "$0" --input-type module --eval "$1"';
    const { stdout } = await promisify(execFile)("sh", ["-c", limited, process.execPath, program]);
    const [unreadable, message] = stdout.split("\n");
    expect(unreadable).toBe("0");
    expect(message).toMatch(/^ITAML_TOO_MANY_FILES: .*a\.png: .*Raise the limit: ulimit -n/);
  });
});

describe("pictures that change while they are used", () => {
  const read = async (broken: "error" | "skip", change: (file: string) => void) => {
    const folder = temporaryFolder();
    await writePictureFolder(folder, { train: 1 });
    const files = [0, 1].map((label) => join(folder, `train/class${label}/000.jpg`));
    const resize = { test: 8, training: 8 };
    const source = imageSource(files, { size: 8, resize, augmentation: {}, seed: 1, broken });
    const target = new Uint8Array(2 * 192);
    expect(await source.read([0, 1], target)).toEqual([]);
    expect(await source.read([0, 1], target)).toEqual([]);
    change(files[1] as string);
    return source.read([0, 1], target);
  };

  test.each(["error", "skip"] as const)("are refused, with broken: %s", async (broken) => {
    const message = /ITAML_DATASET_CHANGED: .*class1.*has changed since the run began/;
    await expect(read(broken, (file) => rmSync(file))).rejects.toThrow(message);
    await expect(read(broken, (file) => appendFileSync(file, "more"))).rejects.toThrow(message);
    await expect(read(broken, (file) => utimesSync(file, 1, 1))).rejects.toThrow(
      /found \d+ bytes of 1970-01-01/,
    );
  });

  test("and such as went away before they were read are not taken for broken ones", async () => {
    const folder = temporaryFolder();
    const resize = { test: 8, training: 8 };
    const options = { size: 8, resize, augmentation: {}, seed: 1 };
    const files = [join(folder, "none.jpg")];
    const target = new Uint8Array(192);
    const skipping = imageSource(files, { ...options, broken: "skip" });
    await expect(skipping.read([0], target)).rejects.toMatchObject({ code: "DATASET_CHANGED" });
    const strict = imageSource(files, { ...options, broken: "error" });
    await expect(strict.read([0], target)).rejects.toMatchObject({ code: "IMAGE_INVALID" });
  });
});

describe("too little memory", () => {
  test("for a step names its samples", async () => {
    const graph = new Graph("too large");
    const x = graph.input("x", "float32", ["batch", 1]);
    graph.output("y", add(x, graph.input("row", "float32", [1, 2 ** 23])));
    const program = await createOnnxRuntime().compile(graph);
    const row = { data: new Float32Array(2 ** 23), shape: [1, 2 ** 23] };
    // 2^48 bytes are more than any machine can address.
    const samples = 2 ** 23;
    const x0 = { data: new Float32Array(samples), shape: [samples, 1] };
    await expect(program.run({ x: x0, row }, ["y"])).rejects.toThrow(
      /^ITAML_OUT_OF_MEMORY: a step of 8388608 samples: .*Lower batchSize/,
    );
    // It goes on with less.
    const one = { data: Float32Array.of(3), shape: [1, 1] };
    expect((await program.run({ x: one, row }, ["y"])).y.data[0]).toBe(3);
    await program.release();
  });

  test("for the parameters is said before anything is written", async () => {
    const run = join(temporaryFolder(), "run");
    const config: ConfigInput = {
      ...{ dataset: "strokes", classesPerTask: 2, optimizer: { name: "sgd" }, learningRate: 0.1 },
      ...{ epochs: 1, batchSize: 8, network: { name: "mlp", hidden: [1_000_000_000, 1000] } },
    };
    await expect(startExperiment(run, resolveConfig(config, "test"))).rejects.toThrow(
      /^ITAML_OUT_OF_MEMORY: network: .*9 copies.*Use a smaller network/,
    );
    expect(existsSync(run)).toBe(false);
  });
});

test("a run directory that can't be made leaves nothing behind", async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "file"), "");
  const config = resolveConfig(
    {
      ...{ dataset: "strokes", classesPerTask: 2, optimizer: { name: "sgd" }, learningRate: 0.1 },
      ...{ epochs: 1, batchSize: 8, network: { name: "mlp", hidden: [4] } },
    },
    "test",
  );
  await expect(startExperiment(join(folder, "file/run"), config)).rejects.toMatchObject({
    code: "NOT_WRITABLE",
  });
  expect(readdirSync(folder)).toEqual(["file"]);
});

test("a folder where none can be is refused at once", async (context) => {
  needs(context, "Linux", existsSync("/proc/self"));
  for (const path of ["/proc/itaml", "/proc/itaml/run"]) {
    await expect(makeFolder(path)).rejects.toMatchObject({
      code: "NOT_WRITABLE",
      problem: { where: path },
    });
  }
});

test("a folder is made with those around it, and says which is the outermost", async () => {
  const folder = temporaryFolder();
  const outer = join(folder, "a");
  const both = [makeFolder(join(outer, "b/c")), makeFolder(join(outer, "b/c"))];
  // Whoever made it: one of two at once.
  expect((await Promise.all(both)).filter((made) => made === outer)).toHaveLength(1);
  expect(await makeFolder(join(outer, "b/c"))).toBeUndefined();
  writeFileSync(join(folder, "file"), "");
  for (const path of ["file", "file/in"]) {
    await expect(makeFolder(join(folder, path))).rejects.toMatchObject({ code: "NOT_WRITABLE" });
  }
});

test("a file is written to where a link leads, and to a device as it is", async (context) => {
  needs(context, "POSIX", process.platform !== "win32");
  const folder = temporaryFolder();
  writeFileSync(join(folder, "target"), "old");
  symlinkSync("target", join(folder, "link"));
  await writeFileAtomically(join(folder, "link"), "new");
  expect(lstatSync(join(folder, "link")).isSymbolicLink()).toBe(true);
  expect(readFileSync(join(folder, "target"), "utf8")).toBe("new");
  const pipe = join(folder, "pipe");
  execFileSync("mkfifo", [pipe]);
  const read = promisify(execFile)("cat", [pipe]);
  await writeFileAtomically(pipe, "through");
  expect((await read).stdout).toBe("through");
  expect(lstatSync(pipe).isFIFO()).toBe(true);
});

test.each(["replaced", "0a1b2c3d.replaced"])(
  "a folder that a process left between two renames, as %s, is read there, and kept until it is replaced",
  async (ending) => {
    const folder = temporaryFolder();
    const path = join(folder, "made");
    const content = () => readFileSync(join(wholeFolder(path) as string, "a"), "utf8");
    expect(wholeFolder(path)).toBeUndefined();
    await writeFolderAtomically(path, { a: "1" });
    expect(wholeFolder(path)).toBe(path);
    renameSync(path, `${path}.${ending}`);
    expect(content()).toBe("1");
    await expect(writeFolderAtomically(path, { "none/b": "2" })).rejects.toThrow("NOT_WRITABLE");
    expect(content()).toBe("1");
    expect(readdirSync(folder)).toEqual(["made"]);
    renameSync(path, `${path}.${ending}`);
    mkdirSync(`${path}.0a1b2c3d.partial`);
    await writeFolderAtomically(path, { b: "2" });
    expect(readdirSync(folder)).toEqual(["made"]);
    expect(readdirSync(path)).toEqual(["b"]);
  },
);

test("two processes that write one folder leave that of one of them, whole", async () => {
  const path = join(temporaryFolder(), "made");
  const module = join(import.meta.dirname, "../dist/files/atomic-folder.js");
  const program = (name: string) => `
    import { writeFolderAtomically } from ${JSON.stringify(pathToFileURL(module).href)};
    const content = (i) => Object.fromEntries(["a", "b", "c"].map((file) => [file, ${JSON.stringify(name)} + i]));
    for (let i = 0; i < 60; i++) await writeFolderAtomically(${JSON.stringify(path)}, content(i));
  `;
  let isDone = false;
  const writing = Promise.all(
    ["one", "other"].map((name) =>
      promisify(execFile)(process.execPath, ["--input-type=module", "-e", program(name)]),
    ),
  ).finally(() => {
    isDone = true;
  });
  const read = () =>
    readWhole(path, (folder) =>
      Promise.all(["a", "b", "c"].map((name) => readFile(join(folder, name), "utf8"))),
    );
  while (!isDone) {
    if (wholeFolder(path) !== undefined) expect(new Set(await read()).size).toBe(1);
    await new Promise(setImmediate);
  }
  await writing;
  expect((await read())[0]).toMatch(/^(one|other)59$/);
  expect(readdirSync(join(path, ".."))).toEqual(["made"]);
});

test("a folder that can't be written takes nothing with it that others put beside it", async () => {
  const folder = join(temporaryFolder(), "models");
  const many = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [String(i), "1"]));
  const [failed, written] = await Promise.allSettled([
    writeFolderAtomically(join(folder, "a"), { ...many, "none/b": "2" }),
    writeFolderAtomically(join(folder, "b"), { b: "2" }),
  ]);
  expect([failed.status, written.status]).toEqual(["rejected", "fulfilled"]);
  expect(readdirSync(folder)).toEqual(["b"]);
  await expect(writeFolderAtomically(join(folder, "c/d"), { "none/b": "2" })).rejects.toMatchObject(
    { code: "NOT_WRITABLE" },
  );
  expect(readdirSync(folder)).toEqual(["b"]);
});

test("of several that write one folder at once each is whole, also beside one that fails", async () => {
  const folder = temporaryFolder();
  const path = join(folder, "made");
  await Promise.all(["1", "2", "3"].map((a) => writeFolderAtomically(path, { a, b: a })));
  const outcomes = await Promise.allSettled([
    writeFolderAtomically(path, { a: "4", b: "4" }),
    writeFolderAtomically(path, { "none/b": "5" }),
    writeFolderAtomically(relative(".", path), { a: "6", b: "6" }),
  ]);
  expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  const [a, b] = ["a", "b"].map((name) => readFileSync(join(path, name), "utf8"));
  expect(a).toMatch(/^[46]$/);
  expect(b).toBe(a);
  expect(readdirSync(folder)).toEqual(["made"]);
});

test("a folder is read as one, also while it is replaced", async () => {
  const path = join(temporaryFolder(), "made");
  const names = ["a", "b", "c"];
  const write = (content: number) =>
    writeFolderAtomically(path, Object.fromEntries(names.map((name) => [name, String(content)])));
  await write(0);
  let isDone = false;
  const writing = (async () => {
    for (let i = 1; i < 40; i++) await write(i);
    isDone = true;
  })();
  while (!isDone) {
    const content = await readWhole(path, (folder) =>
      Promise.all(names.map((name) => readFile(join(folder, name), "utf8"))),
    );
    expect(new Set(content).size).toBe(1);
  }
  await writing;
  await expect(readWhole(path, (folder) => readFile(join(folder, "d")))).rejects.toThrow("ENOENT");
});

test("two that write one file at once don't mix it; what a process left is taken away", async () => {
  const folder = temporaryFolder();
  const path = join(folder, "file");
  const contents = [1, 2, 3].map((byte) => new Uint8Array(byte * 100_000).fill(byte));
  await Promise.all(contents.map((content) => writeFileAtomically(path, content)));
  const written = readFileSync(path);
  expect(contents.some((content) => written.equals(content))).toBe(true);
  expect(readdirSync(folder)).toEqual(["file"]);
  // It is written again where another took away what seemed to be left.
  const large = writeFileAtomically(path, new Uint8Array(3e7));
  let partial: string | undefined;
  while (partial === undefined) {
    partial = readdirSync(folder).find((name) => name.endsWith(".partial"));
    await new Promise(setImmediate);
  }
  rmSync(join(folder, partial));
  await large;
  expect(statSync(path).size).toBe(3e7);
  expect(readdirSync(folder)).toEqual(["file"]);
  // Since this moment, too: a run goes on at once where its process was killed.
  for (const name of ["file.partial", "file.0a1b2c3d.partial"]) {
    writeFileSync(join(folder, name), "half");
  }
  await writeFileAtomically(path, "whole");
  expect(readdirSync(folder)).toEqual(["file"]);
  expect(readFileSync(path, "utf8")).toBe("whole");
  // Those of other files may become whole yet.
  writeFileSync(join(folder, "file2.0a1b2c3d.partial"), "half");
  await writeFileAtomically(path, "again");
  expect(readdirSync(folder).sort()).toEqual(["file", "file2.0a1b2c3d.partial"]);
});
