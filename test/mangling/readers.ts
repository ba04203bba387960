import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import sharp from "sharp";
import { createChosen } from "../../src/base/part.js";
import type { Random } from "../../src/base/random.js";
import { loadCifar10, loadCifar100 } from "../../src/data/cifar.js";
import { readClassList } from "../../src/data/class-list.js";
import { listCub200 } from "../../src/data/cub200.js";
import { decodeImage, readImage } from "../../src/data/image.js";
import { loadMnist } from "../../src/data/mnist.js";
import { loadSvhn } from "../../src/data/svhn.js";
import { resolveConfig } from "../../src/experiment/config.js";
import { applySetting, parseConfigText } from "../../src/experiment/config-text.js";
import { epochsOf, parseEvents } from "../../src/experiment/events.js";
import { startExperiment } from "../../src/experiment/experiment.js";
import { builtInParts } from "../../src/experiment/parts.js";
import { parseResults } from "../../src/experiment/results.js";
import { RunDirectory } from "../../src/experiment/run-directory.js";
import { extractArchive } from "../../src/files/archive.js";
import { readIdxFile } from "../../src/formats/idx.js";
import { readMat5 } from "../../src/formats/mat5.js";
import { summarize } from "../../src/incremental/metrics.js";
import { IncrementalClassifier } from "../../src/library/incremental-classifier.js";
import { FeatureExtractor } from "../../src/nn/feature-extractor.js";
import { networks } from "../../src/nn/index.js";
import { accuracyPicture, runCurves } from "../../src/report/accuracy-picture.js";
import { groupRuns } from "../../src/report/groups.js";
import { accuracyTable } from "../../src/report/results-tables.js";
import { reportHtml } from "../../src/report/write-report.js";
import { decodeGguf } from "../../src/storage/gguf.js";
import { decodeMemory } from "../../src/storage/model-files.js";
import { decodeSafetensors, encodeSafetensors } from "../../src/storage/safetensors.js";
import { encodeGguf } from "../support/gguf.js";
import { encodeIdx, writeMadeMnist } from "../support/idx.js";
import { compressed, encodeMat5, matrix, writeMadeSvhn } from "../support/mat5.js";
import { reportedRun } from "../support/reported-run.js";
import { encodeTar, signHeader } from "../support/tar.js";
import { encodeTiff } from "../support/tiff.js";
import { mangleBytes, mangleJson, mangleText } from "./mutation.js";

/** Something that reads files. */
export interface Reader {
  /** How many mangled inputs it gets. */
  readonly inputs: number;
  /**
   * Makes sound files in an empty folder.
   *
   * @returns mangles something as `random` says and reads it: what is thrown must be an ItamlError
   */
  prepare(folder: string): Promise<(random: Random) => Promise<void>>;
}

const noise = (length: number) => Uint8Array.from({ length }, (_, i) => (i * i * 31) >> 3);

function pick<T>(items: readonly T[], random: Random): T {
  return items[random.integer(0, items.length - 1)] as T;
}

function check(holds: boolean, what: string): void {
  if (!holds) throw new Error(`read, but ${what}`);
}

function checkShape({ shape, data }: { shape: readonly number[]; data: ArrayLike<number> }): void {
  check(shape.reduce((a, b) => a * b, 1) === data.length, "with another length than its shape");
}

/** Bytes of a file, mangled as suits its kind. */
function mangleFile(name: string, bytes: Buffer, random: Random): Uint8Array {
  if (name.endsWith(".json")) return mangleJson(bytes.toString(), random);
  if (/\.(txt|yaml)$/.test(name)) return mangleText(bytes.toString(), random);
  return mangleBytes(bytes, random);
}

/** Mangles one file of a folder, whatever it is, reads the folder, and puts the file back. */
function oneFileOf(folder: string, read: () => Promise<void>): (random: Random) => Promise<void> {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  const sound = new Map(names.map((name) => [name, readFileSync(name)]));
  return async (random) => {
    const name = pick(names, random);
    const bytes = sound.get(name) as Buffer;
    writeFileSync(name, mangleFile(name, bytes, random));
    try {
      await read();
    } finally {
      writeFileSync(name, bytes);
    }
  };
}

export const READERS: Readonly<Record<string, Reader>> = {
  idx: {
    inputs: 1200,
    prepare: async (folder) => {
      const file = join(folder, "made");
      const sound = [encodeIdx([5, 4, 3], noise(60)), encodeIdx([20], noise(20))];
      return async (random) => {
        const inner = mangleBytes(pick(sound, random), random);
        const forms = [
          () => inner,
          () => gzipSync(inner),
          () => mangleBytes(gzipSync(pick(sound, random)), random),
        ];
        writeFileSync(file, pick(forms, random)());
        checkShape(await readIdxFile(file));
      };
    },
  },

  gguf: {
    inputs: 1200,
    prepare: async () => {
      const sound = encodeGguf({
        "a.weight": { shape: [3, 4, 2], data: new Uint16Array(24).fill(0x3c00) },
        "a.bias": { shape: [5], data: new Float32Array(5).fill(2) },
      });
      return async (random) => {
        for (const tensor of decodeGguf(mangleBytes(sound, random), "made").values()) {
          checkShape(tensor);
        }
      };
    },
  },

  mnist: {
    inputs: 400,
    prepare: async (folder) => {
      writeMadeMnist(folder, { train: 2, test: 1 });
      return oneFileOf(folder, async () => {
        await loadMnist(folder);
      });
    },
  },

  cifar: {
    inputs: 900,
    prepare: async (folder) => {
      const [ten, hundred] = [join(folder, "10"), join(folder, "100")];
      mkdirSync(ten);
      mkdirSync(hundred);
      const batches = [1, 2, 3, 4, 5].map((batch) => `data_batch_${batch}.bin`);
      for (const name of [...batches, "test_batch.bin"]) {
        writeFileSync(join(ten, name), Buffer.concat([Buffer.of(1), noise(3072)]));
      }
      writeFileSync(join(ten, "batches.meta.txt"), "plane\ncar\nbird\n");
      for (const name of ["train.bin", "test.bin"]) {
        writeFileSync(join(hundred, name), Buffer.concat([Buffer.of(7, 1), noise(3072)]));
      }
      writeFileSync(join(hundred, "fine_label_names.txt"), "apple\nfish\nbaby\n");
      return oneFileOf(folder, async () => {
        await loadCifar100(hundred);
        await loadCifar10(ten);
      });
    },
  },

  mat5: {
    inputs: 1300,
    prepare: async (folder) => {
      const file = join(folder, "made.mat");
      const arrays = [
        matrix({ name: "X", shape: [4, 4, 3], values: noise(48) }),
        matrix({ name: "y", shape: [3, 1], values: [1, 2.5, -3], storage: "double" }),
        matrix(
          { name: "n", shape: [2, 2], values: [1, 2, 3, 4], storage: "int16" },
          { small: true },
        ),
      ];
      return async (random) => {
        const mangled = arrays.map((array) =>
          random.integer(0, 1) === 0 ? mangleBytes(array, random) : array,
        );
        const forms = [
          () => mangleBytes(encodeMat5(...arrays), random),
          () => encodeMat5(...mangled),
          () => encodeMat5(...mangled.map((array) => compressed(array))),
          () => mangleBytes(encodeMat5(...arrays.map((array) => compressed(array))), random),
          () => encodeMat5(compressed(compressed(pick(arrays, random)))),
        ];
        writeFileSync(file, pick(forms, random)());
        for (const array of (await readMat5(file)).values()) checkShape(array);
      };
    },
  },

  svhn: {
    inputs: 300,
    prepare: async (folder) => {
      for (const part of ["train", "test"] as const) {
        writeMadeSvhn(folder, part, noise(2 * 3072), [1, 10]);
      }
      return oneFileOf(folder, async () => {
        await loadSvhn(folder);
      });
    },
  },

  archive: {
    inputs: 1000,
    prepare: async (folder) => {
      const whole = encodeTar([
        { path: "top/", type: "5" },
        { path: "top/a.bin", content: noise(700) },
        { path: "top/b/c.bin", content: noise(3000) },
        { path: "pax", type: "x", content: "27 path=top/another-name\n" },
        { path: "d", content: "d" },
      ]);
      const headers = [0, 512, 1024 + 1024, 6144];
      const target = join(folder, "target");
      return async (random) => {
        let mangled = mangleBytes(whole, random);
        const header = pick(headers, random);
        if (random.integer(0, 3) > 0 && mangled.length >= header + 512) {
          signHeader(Buffer.from(mangled.buffer, header, 512));
        }
        const name = pick(["made.tar", "made.tgz"], random);
        if (name === "made.tgz") mangled = gzipSync(mangled);
        if (random.integer(0, 9) === 0) mangled = mangleBytes(gzipSync(whole), random);
        writeFileSync(join(folder, name), mangled);
        try {
          await extractArchive(join(folder, name), target, { strip: random.integer(0, 1) });
        } finally {
          rmSync(target, { recursive: true, force: true });
          rmSync(join(folder, name));
          check(readdirSync(folder).length === 0, "something is outside of the target");
        }
      };
    },
  },

  pictures: {
    inputs: 1500,
    prepare: async (folder) => {
      const raw = { width: 24, height: 20, channels: 3 } as const;
      const picture = () => sharp(noise(24 * 20 * 3), { raw });
      const sound = await Promise.all([
        picture().jpeg().toBuffer(),
        picture().jpeg({ progressive: true }).withMetadata({ orientation: 6 }).toBuffer(),
        picture().png().toBuffer(),
        picture().png({ palette: true, progressive: true }).toBuffer(),
        picture().webp().toBuffer(),
        picture().gif().toBuffer(),
        picture().tiff().toBuffer(),
        picture().tiff({ compression: "deflate", tile: true }).toBuffer(),
        picture().ensureAlpha(0.5).png().toBuffer(),
        picture().toColourspace("rgb16").png().toBuffer(),
        encodeTiff({ width: 6, height: 4, channels: 1, bits: 16, values: [...noise(24)] }),
        picture().avif({ effort: 0 }).toBuffer(),
      ]);
      const file = join(folder, "made.jpg");
      return async (random) => {
        writeFileSync(file, mangleBytes(pick(sound, random), random));
        if (random.integer(0, 1) === 0) {
          const scaling = { height: 16, width: 16, fit: "outside" } as const;
          const { data, height, width } = await decodeImage(file, 3, { scaling });
          check(data.length === 3 * height * width, "with another length than its size");
        } else {
          const shape = [pick([1, 3], random), 16, 16];
          const sample = await readImage(file, shape, { resize: true });
          check(sample.length === (shape[0] as number) * 256, "with another length than its shape");
        }
      };
    },
  },

  configuration: {
    inputs: 1300,
    prepare: async () => {
      const configs = join(import.meta.dirname, "../../configs");
      const texts = readdirSync(configs)
        .filter((name) => name.endsWith(".yaml"))
        .map((name) => readFileSync(join(configs, name), "utf8"));
      const settings = [
        "learner.adaptation.steps=1",
        "schedule={name: milestones, epochs: [1, 2], factor: 0.5}",
        "optimizer={name: sgd}",
        "learner.update.beta=0.5",
      ];
      return async (random) => {
        const text = Buffer.from(mangleText(pick(texts, random), random)).toString();
        if (random.integer(0, 2) > 0) {
          resolveConfig(parseConfigText(text, "made.yaml"), "made.yaml");
          return;
        }
        const config = parseConfigText(pick(texts, random), "made.yaml");
        applySetting(config, Buffer.from(mangleText(pick(settings, random), random)).toString());
        resolveConfig(config, "made.yaml");
        check(Object.keys(Object.prototype).length === 0, "all objects have another key");
      };
    },
  },

  safetensors: {
    inputs: 1300,
    prepare: async () => {
      const sound = encodeSafetensors(
        new Map([
          ["a", { data: Float32Array.of(1, 2, 3, 4, 5, 6), shape: [2, 3] }],
          ["b", { data: Uint8Array.of(1, 2, 3), shape: [3] }],
          ["c", { data: BigInt64Array.of(1n), shape: [] }],
        ]),
        { format: "made" },
      );
      const length = Number(new DataView(sound.buffer).getBigUint64(0, true));
      const header = Buffer.from(sound.subarray(8, 8 + length)).toString();
      return async (random) => {
        let bytes = mangleBytes(sound, random);
        if (random.integer(0, 1) === 0) {
          const text = mangleJson(header, random);
          const size = new Uint8Array(new BigUint64Array([BigInt(text.length)]).buffer);
          bytes = Buffer.concat([size, text, sound.subarray(8 + length)]);
        }
        for (const { data, shape } of decodeSafetensors(bytes, "made").tensors.values()) {
          checkShape({ shape, data: data as Uint8Array });
        }
      };
    },
  },

  results: {
    inputs: 900,
    prepare: async () => {
      const accuracies = { classAccuracy: 0.5, taskAccuracy: 1 };
      const matrix = [[0.5], [0.25, 0.75]];
      const results = {
        ...{ version: 1, dataset: "strokes", seed: 1, learner: "itaml" },
        tasks: [0, 1].map((task) => ({
          ...{ task, classes: [2 * task, 2 * task + 1], testSamples: 20 },
          ...{ continuum: { p: 5, ...accuracies }, single: accuracies, oracle: accuracies },
          sizes: [1, 5].map((p) => ({ p, ...accuracies })),
          taskConfusion:
            task === 0
              ? [[4]]
              : [
                  [4, 0],
                  [1, 3],
                ],
          seconds: { train: 1, adapt: 0.5, evaluate: 0.1 },
        })),
        classes: [0, 1, 2, 3].map((own) => ({
          ...{ class: own, name: `class ${own}`, task: Math.floor(own / 2), testSamples: 5 },
          ...{ continuum: 0.5, single: 0.8, oracle: 1 },
        })),
        confusedClasses: [{ class: 1, predicted: 3, samples: 1 }],
        matrix: { continuum: matrix, single: matrix, oracle: matrix },
        summary: summarize(matrix),
      };
      const text = JSON.stringify(results, undefined, 2);
      return async (random) => {
        const mangled = Buffer.from(mangleJson(text, random)).toString();
        const read = parseResults(mangled, "results.json");
        if (read.tasks.length === 0) return;
        accuracyTable(read);
        accuracyPicture(runCurves(read), "mangled");
        await reportHtml(
          groupRuns([reportedRun({}, { results: read })], builtInParts),
          "report.html",
          builtInParts,
        );
      };
    },
  },

  events: {
    inputs: 600,
    prepare: async () => {
      const { epochs } = reportedRun();
      const start = { kind: "start", firstTask: 0 };
      const text = [start, ...epochs].map((event) => JSON.stringify(event)).join("\n");
      return async (random) => {
        const mangled = Buffer.from(mangleText(text, random)).toString();
        const read = epochsOf(parseEvents(mangled.split("\n"), "events.jsonl"));
        await reportHtml(
          groupRuns([reportedRun({}, { epochs: read })], builtInParts),
          "report.html",
          builtInParts,
        );
      };
    },
  },

  memory: {
    inputs: 600,
    prepare: async () => {
      const text = JSON.stringify({ version: 1, capacity: 10, classes: [[3, 1], [4], [0, 2]] });
      return async (random) => {
        const mangled = Buffer.from(mangleJson(text, random)).toString();
        const { classes } = decodeMemory(mangled, 5, "memory.json");
        check(
          classes.flat().every((index) => index >= 0 && index < 5),
          "with samples that there aren't",
        );
      };
    },
  },

  lists: {
    inputs: 700,
    prepare: async (folder) => {
      for (const name of ["002.Ani", "010.Owl"]) {
        mkdirSync(join(folder, "images", name), { recursive: true });
        for (const file of ["a.jpg", "b.jpg"])
          writeFileSync(join(folder, "images", name, file), "");
      }
      const paths = ["002.Ani/a.jpg", "002.Ani/b.jpg", "010.Owl/a.jpg", "010.Owl/b.jpg"];
      const tables = {
        "classes.txt": ["2 002.Ani", "10 010.Owl"],
        "images.txt": paths.map((path, i) => `${i + 1} ${path}`),
        "image_class_labels.txt": ["1 2", "2 2", "3 10", "4 10"],
        "train_test_split.txt": ["1 1", "2 0", "3 0", "4 1"],
      };
      for (const [name, lines] of Object.entries(tables)) {
        writeFileSync(join(folder, name), lines.join("\n"));
      }
      return oneFileOf(folder, async () => {
        await readClassList(join(folder, "classes.txt"));
        const { train, test } = await listCub200(folder);
        const images = join(folder, "images");
        check(
          [...train.files, ...test.files].every((file) => file.startsWith(images)),
          "with pictures out of the folder",
        );
      });
    },
  },

  classifier: {
    inputs: 400,
    prepare: async (folder) => {
      const classifier = await IncrementalClassifier.create({
        ...{ inputShape: [4], inputType: "float32", network: { name: "mlp", hidden: [3] } },
        settings: { epochs: 1 },
      });
      const images = Float32Array.from({ length: 32 }, (_, i) => i % 5);
      const labels = ["a", "a", "b", "b", "a", "a", "b", "b"];
      await classifier.learn({ images, labels });
      const [saved, copy] = [join(folder, "saved"), join(folder, "copy")];
      await classifier.save(saved);
      await classifier.release();
      return oneFileOf(saved, async () => {
        const loaded = await IncrementalClassifier.load(saved, { threads: 1 });
        await loaded.classify(images);
        await loaded.save(copy);
        await loaded.release();
      });
    },
  },

  run: {
    inputs: 700,
    prepare: async (folder) => {
      const config = resolveConfig(
        {
          ...{ dataset: "mnist", data: join(folder, "data"), classesPerTask: 2, tasks: 2 },
          ...{ network: { name: "mlp", hidden: [4] }, optimizer: { name: "sgd" } },
          ...{ learningRate: 0.1, epochs: 1, batchSize: 16, continuum: 2 },
          learner: { name: "itaml", memory: 10 },
        },
        "made",
      );
      writeMadeMnist(join(folder, "data"), { train: 4, test: 2 });
      const path = join(folder, "run");
      await startExperiment(path, config);
      const input = { shape: [1, 28, 28], type: "uint8", mean: [0], std: [1] } as const;
      return oneFileOf(path, async () => {
        const { directory, config: read } = await RunDirectory.open(path);
        await directory.readResults();
        const extractor = new FeatureExtractor(createChosen(networks, read.network), input);
        await directory.loadTask(1, { extractor, samples: 40 });
        await directory.readData(1);
        await directory.readExemplars(1);
      });
    },
  },
};
