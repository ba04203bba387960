import { expect, test } from "vitest";
import { addTask, emptyResults, type Results } from "../src/experiment/results.js";
import { accuracyPicture, comparisonCurves, runCurves } from "../src/report/accuracy-picture.js";
import { heatMap } from "../src/report/charts/heat-map.js";
import { lineChart } from "../src/report/charts/line-chart.js";
import { neighbours, spread } from "../src/report/charts/spread.js";
import { stackedBars } from "../src/report/charts/stacked-bars.js";
import { seriesStyle } from "../src/report/charts/style.js";
import { accuracyTable, summaryTable } from "../src/report/results-tables.js";
import { textTable, wrapText } from "../src/report/table.js";

function made(learner: string, slope: number): Results {
  let results = emptyResults({ dataset: "made", seed: 1, learner, top: 1 });
  for (let task = 0; task < 3; task++) {
    const accuracy = 1 - slope * task;
    const of = (value: number) => ({
      classAccuracy: value,
      taskAccuracy: value,
      perTask: Array(task + 1).fill(value) as number[],
    });
    results = addTask(
      results,
      {
        classes: [2 * task, 2 * task + 1],
        accuracies: {
          top: 1,
          testSamples: 100 * (task + 1),
          continuum: { p: 20, ...of(accuracy), taskConfusion: [] },
          single: of(accuracy - 0.2),
          oracle: of(0.99),
        },
        sizes: [{ p: 1, classAccuracy: accuracy, taskAccuracy: accuracy }],
        byClass: { classes: [], confused: [] },
        seconds: { train: 1, adapt: 0.25, evaluate: 0.25 },
      },
      ["a", "b", "c", "d", "e", "f"],
    );
  }
  return results;
}

test("tables", () => {
  const results = made("itaml", 0.05);
  expect(`${accuracyTable(results)}\n\n${summaryTable(results)}`).toMatchSnapshot();
});

test("text in lines", () => {
  expect(wrapText("one two-three", Number.POSITIVE_INFINITY)).toEqual(["one two-three"]);
  expect(wrapText("one two-three  p=20", 8)).toEqual(["one two-", "three", "p=20"]);
  expect(wrapText("momentum=0.9 (top-5)", 8)).toEqual(["momentum", "=0.9", "(top-5)"]);
});

test.each([40, 60, 80, 120])("tables at %i columns: nothing is wider", (width) => {
  const results = { ...made("itaml", 0.05), top: 5 };
  const wide = [
    ["configuration", "runs", "continuum (p=20)", "average incremental accuracy", "forgetting"],
    ["fine-tuning, optimizer.momentum=0.9, epochs=[1,2]", "3", ...Array(3).fill("75.00 ± 7.07")],
    ["iTAML", "3", ...Array(3).fill("75.00 ± 7.07")],
  ];
  const tables = [
    `${accuracyTable(results, width)}\n\n${summaryTable(results, width)}`,
    textTable(wide, width),
  ];
  for (const line of tables.join("\n").split("\n")) expect(line.length).toBeLessThanOrEqual(width);
  expect(tables[1]?.match(/75\.00 ± 7\.07/g)).toHaveLength(6);
  expect(tables.join("\n\n")).toMatchSnapshot();
});

test("top-5 accuracies are called so", () => {
  const [header] = accuracyTable({ ...made("itaml", 0.05), top: 5 }).split("\n");
  expect(header).toMatch(
    /continuum \(p=20, top-5\) +task \(p=20\) +single-sample \(top-5\) +oracle \(top-5\)/,
  );
});

test("charts", async () => {
  const results = made("itaml", 0.05);
  await expect(accuracyPicture(runCurves(results), "One run")).toMatchFileSnapshot(
    "snapshots/run.svg",
  );
  expect(accuracyPicture(runCurves(results), "One run")).toBe(
    accuracyPicture(runCurves(results), "One run"),
  );
  const runs = [
    { title: "iTAML", results },
    { title: "fine-tuning", results: made("finetuning", 0.3) },
  ];
  await expect(accuracyPicture(comparisonCurves(runs), "Two runs")).toMatchFileSnapshot(
    "snapshots/comparison.svg",
  );
});

test("charts of a page", async () => {
  const [itaml, other] = [seriesStyle(0), seriesStyle(7)];
  const lines = lineChart({
    description: "Two curves",
    series: [
      {
        ...{ name: "a", style: itaml },
        points: [
          { x: 1, y: 60, low: 50, high: 70 },
          { x: 50, y: 95, low: 85, high: 105 },
        ],
      },
      { name: "b <&>", style: other, points: [{ x: 50, y: 94 }], thin: true },
    ],
    x: { label: "p", domain: [1, 50], ticks: [1, 10, 50], type: "log" },
    y: { label: "%", domain: [40, 100], ticks: [40, 100] },
    rules: [{ x: 13, label: "bound: 13" }],
    endLabels: (value) => value.toFixed(1),
  });
  await expect(lines).toMatchFileSnapshot("snapshots/lines.svg");
  const map = heatMap({
    ...{ description: "A matrix", xLabel: "task i", yLabel: "after task t" },
    rows: [[0.9], [0.2, 0.93]],
  });
  await expect(map).toMatchFileSnapshot("snapshots/heat-map.svg");
  const bars = stackedBars({
    ...{ description: "Seconds", xLabel: "task", highest: 4, colour: itaml.colour },
    bars: [
      [2, 0, 1],
      [1, 0.5, 0.25],
    ],
  });
  await expect(bars).toMatchFileSnapshot("snapshots/bars.svg");
});

test("labels keep their order and their distance", () => {
  const at = (values: number[]) =>
    spread(
      values.map((y) => ({ y })),
      { gap: 5 },
    ).map(({ y, at: place }) => [y, place]);
  expect(at([50, 98, 97])).toEqual([
    [98, 98],
    [97, 93],
    [50, 50],
  ]);
  expect(at([1, 2])).toEqual([
    [2, 5],
    [1, 0],
  ]);
});

test("labels of curves that end near one another are kept apart together", () => {
  const groups = (places: number[]) => neighbours(places, (place) => place, 2);
  expect(groups([7, 1, 2.5, 4, 1])).toEqual([[1, 1, 2.5, 4], [7]]);
  expect(groups([])).toEqual([]);
});
