import { appendFileSync, existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import protobuf from "protobufjs";
import { describe, expect, test } from "vitest";
import { resumeExperiment, startExperiment } from "../src/experiment/experiment.js";
import { crc32c, encodeRecord, encodeScalar } from "../src/formats/tensorboard.js";
import { readEvents } from "./support/command-line.js";
import { smallConfig } from "./support/experiment.js";
import { temporaryFolder } from "./support/folder.js";

const hex = (data: Uint8Array) => Buffer.from(data).toString("hex");

describe("event files", () => {
  test("CRC-32C, by RFC 3720", () => {
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
    expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
    expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i))).toBe(0x46dd794e);
    expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => 31 - i))).toBe(0x113fdb5c);
    expect(crc32c(Buffer.from("123456789"))).toBe(0xe3069283);
  });

  test("records, as TensorBoard writes them", () => {
    // Written by tensorboard 2.21: RecordWriter, of nothing and of an Event.
    expect(hex(encodeRecord(new Uint8Array()))).toBe("000000000000000029039807d8ea82a2");
    const scalar = { wallTime: 1.5, step: 7, tag: "loss", value: 0.25 };
    expect(hex(encodeScalar(scalar))).toBe(
      "1a00000000000000129bd82d09000000000000f83f10072a0d0a0b0a046c6f7373150000803ec9d07b8d",
    );
  });

  test("a scalar of 0 is written", () => {
    const record = hex(encodeScalar({ wallTime: 1.5, step: 0, tag: "loss", value: 0 }));
    expect(record).toContain("09000000000000f83f10002a0d0a0b0a046c6f73731500000000");
  });
});

interface Logged {
  name: string;
  step: number;
  value: number;
}

/** The scalars of a run's only event file, whose checksums are looked at. */
function readEventFile(run: string): Logged[] {
  const names = readdirSync(join(run, "tensorboard"));
  expect(names).toEqual([expect.stringMatching(/^events\.out\.tfevents\.\d{10}\./)]);
  const bytes = readFileSync(join(run, "tensorboard", names[0] as string));
  const scalars: Logged[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = Number(bytes.readBigUInt64LE(at));
    const data = bytes.subarray(at + 12, at + 12 + length);
    expect(hex(bytes.subarray(at, at + 16 + length))).toBe(hex(encodeRecord(data)));
    at += 16 + length;
    const event = Message.decode(data) as unknown as { step: number; summary?: Summary };
    const version = scalars.length === 0 && !event.summary;
    if (version) expect(data.toString("latin1")).toContain("brain.Event:2");
    for (const { tag, value } of event.summary?.value ?? []) {
      scalars.push({ name: tag, step: Number(event.step), value });
    }
  }
  return scalars;
}

type Summary = { value: { tag: string; value: number }[] };

const Message = protobuf
  .parse(
    `syntax = "proto3";
    message Event { double time = 1; int64 step = 2; Summary summary = 5; }
    message Summary { repeated Value value = 1; }
    message Value { string tag = 1; float value = 2; }`,
  )
  .root.lookupType("Event");

function readCsv(run: string): (Logged & { task: number; epoch: string })[] {
  const [header, ...lines] = readFileSync(join(run, "metrics.csv"), "utf8").trim().split("\n");
  expect(header).toBe("time,step,task,epoch,metric,value");
  return lines.map((line) => {
    const [time, step, task, epoch, name, value] = line.split(",") as string[];
    expect(new Date(time as string).toISOString()).toBe(time);
    return {
      ...{ step: Number(step), task: Number(task), epoch: epoch as string },
      ...{ name: name as string, value: Number(value) },
    };
  });
}

/** What doesn't depend on the machine. */
const seeded = ({ name }: Logged) => !/memory|per-second/.test(name);

describe("logs of a run", () => {
  test("say what its events say, and once, however often it was stopped", async () => {
    const folder = temporaryFolder();
    const config = smallConfig(folder, { logs: ["csv", "tensorboard"], validation: 0.2 });
    const [straight, run] = [join(folder, "straight"), join(folder, "run")];
    await startExperiment(straight, config);

    const controller = new AbortController();
    const stopped = startExperiment(run, config, {
      signal: controller.signal,
      onProgress: ({ kind, task }) => {
        if (kind === "epoch" && task === 1) controller.abort();
      },
    });
    await expect(stopped).rejects.toMatchObject({ code: "INTERRUPTED" });
    // As a kill leaves them: an epoch after the last checkpoint, and records that are cut off.
    const later = { kind: "epoch", task: 1, epoch: 1, learningRate: 1, loss: 9, seconds: 1 };
    appendFileSync(join(run, "events.jsonl"), `${JSON.stringify(later)}\n`);
    appendFileSync(join(run, "metrics.csv"), "2026-11-24T12:0");
    const [name] = readdirSync(join(run, "tensorboard"));
    appendFileSync(join(run, "tensorboard", name as string), "\x1a\0");
    await resumeExperiment(run, undefined);

    const [csv, expected] = [readCsv(run), readCsv(straight)];
    expect(csv.filter(seeded)).toEqual(expected.filter(seeded));
    const float = ({ name, step, value }: Logged) => ({ name, step, value: Math.fround(value) });
    expect(readEventFile(run)).toEqual(csv.map(float));
    expect(readEventFile(straight)).toEqual(expected.map(float));

    const epochs = readEvents(straight).filter(({ kind }) => kind === "epoch");
    const losses = expected.filter(({ name }) => name === "training/loss");
    expect(losses.map(({ value }) => value)).toEqual(epochs.map(({ loss }) => loss));
    expect(losses.map(({ step }) => step)).toEqual(epochs.map((_, i) => i));
    expect(losses[5]).toMatchObject({ task: 1, epoch: "1", step: 5 });
    const { tasks } = JSON.parse(readFileSync(join(run, "results.json"), "utf8"));
    const single = csv.filter(({ name }) => name === "accuracy/single-sample");
    expect(single.map(({ step, value }) => [step, value])).toEqual(
      [0, 1, 2].map((task) => [task, tasks[task].single.classAccuracy]),
    );
    expect(new Set(csv.map((row) => row.name)).size).toBe(9);

    await resumeExperiment(run, 1);
    expect(readCsv(run).filter(seeded)).toEqual(expected.filter(seeded));
  });

  test("are not written unless they are wanted", async () => {
    const folder = temporaryFolder();
    await startExperiment(join(folder, "run"), smallConfig(folder, { tasks: 1, epochs: 1 }));
    expect(existsSync(join(folder, "run/metrics.csv"))).toBe(false);
    expect(existsSync(join(folder, "run/tensorboard"))).toBe(false);
  });
});
