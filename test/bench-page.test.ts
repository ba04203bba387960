import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { differences, median, type Page, pageTable, readPage } from "../bench/page.js";
import { inTurns } from "../bench/workload.js";
import { temporaryFolder } from "./support/folder.js";

const machine = { processor: "A", cores: 2, node: "20.1.0", onnxruntime: "1.30.0", pytorch: "2.0" };

const page: Page = {
  machine,
  rows: [
    {
      ...{ workload: "a step", unit: "ms", ours: [10, 12, 40], memory: 210.4 },
      other: { name: "PyTorch", times: [20, 30, 40] },
    },
    { workload: "pictures", unit: "pictures/s", ours: [200] },
  ],
};

describe("the table", () => {
  test("has medians, and the median and the range of the rounds' ratios", () => {
    expect(pageTable(page)).toEqual([
      ["", "unit", "ours", "other", "beside", "ratio", "spread", "MB"],
      ["a step", "ms", "12.0", "30.0", "PyTorch", "0.50", "0.40–1.00", "210"],
      ["pictures", "pictures/s", "200", "", "", "", "", ""],
    ]);
  });

  test("compares with before, in times: twice the rate is half the time", () => {
    const before: Page = {
      machine,
      rows: [
        { workload: "a step", unit: "ms", ours: [24] },
        { workload: "pictures", unit: "pictures/s", ours: [100] },
      ],
    };
    const [heads, step, pictures] = pageTable(page, before);
    expect(heads?.slice(-2)).toEqual(["before", "of before"]);
    expect(step?.slice(-2)).toEqual(["24.0", "0.50"]);
    expect(pictures?.slice(-2)).toEqual(["100", "0.50"]);
    const [, unknown] = pageTable(page, { machine, rows: [] });
    expect(unknown?.slice(-2)).toEqual(["", ""]);
  });

  test("of rates beside another program's has ratios of times, too", () => {
    const rows = [
      { ...{ workload: "w", unit: "images/s", ours: [50] }, other: { name: "o", times: [100] } },
    ];
    expect(pageTable({ machine, rows })[1]?.slice(4, 6)).toEqual(["o", "2.00"]);
  });

  test("medians of even numbers lie in the middle", () => {
    expect(median([4, 1, 3, 2])).toBe(2.5);
  });
});

describe("a page of before", () => {
  test("says where machine and versions differ, and which rows are missing", () => {
    const { pytorch, ...without } = machine;
    const before = { machine: { ...without, node: "22.0.0" }, rows: page.rows };
    expect(differences({ machine, rows: page.rows.slice(1) }, before)).toEqual([
      "node: 20.1.0, before 22.0.0",
      `pytorch: ${pytorch}, before none`,
      "rows of before that weren't measured now: 1",
    ]);
    expect(differences(page, page)).toEqual([]);
  });

  test("is read as it was written; what is none is refused with its place", async () => {
    const path = join(temporaryFolder(), "page.json");
    writeFileSync(path, JSON.stringify(page));
    expect(await readPage(path)).toEqual(page);
    writeFileSync(path, JSON.stringify({ machine, rows: [{ workload: "w", unit: "ms" }] }));
    await expect(readPage(path)).rejects.toThrow(/FILE_INVALID.*page\.json, rows\.0\.ours/);
    writeFileSync(path, "{");
    await expect(readPage(path)).rejects.toThrow(/FILE_INVALID.*a file that npm run bench/);
  });
});

test("programs take turns, after a round that doesn't count", async () => {
  const order: string[] = [];
  const program = (name: string) => async () => order.push(name);
  const bench = { rounds: 2, threads: 1, data: "", pytorch: undefined, progress: () => {} };
  const times = await inTurns(bench, { a: program("a"), b: program("b") });
  expect(order.join("")).toBe("ababab");
  expect(times).toEqual({ a: [3, 5], b: [4, 6] });
});
