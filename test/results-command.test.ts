import { expect, test } from "vitest";
import { formatResults, results } from "../src/cli/commands/results.js";
import { builtInParts } from "../src/experiment/parts.js";
import { groupRuns } from "../src/report/groups.js";
import { reportedRun } from "./support/reported-run.js";

const groups = groupRuns(
  [
    reportedRun({ seed: 1 }, { title: "itaml-1", matrix: [[1], [0.9, 0.7]] }),
    reportedRun({ seed: 2 }, { title: "itaml-2", matrix: [[1], [0.8, 0.6]] }),
    reportedRun(
      { learner: "finetuning", seed: 1 },
      { title: 'fine "x"', matrix: [[0.9]], finished: false },
    ),
  ],
  builtInParts,
);

test("a table: mean ± standard deviation over seeds, configurations side by side", () => {
  expect(formatResults(groups)).toBe(
    [
      "configuration  runs  tasks  continuum (p=20)   task (p=20)  single-sample        oracle  average incremental accuracy    forgetting",
      // 0.8 and 0.7: their standard deviation is 0.1 / √2.
      "iTAML             2      2      75.00 ± 7.07  97.00 ± 0.00   55.00 ± 7.07  99.00 ± 0.00                  87.50 ± 3.54  15.00 ± 7.07",
      "fine-tuning       1      1             90.00         97.00          70.00         99.00                         90.00          0.00",
      "",
      'not finished: runs/fine "x", after task 1',
      "",
    ].join("\n"),
  );
});

test("Markdown", () => {
  const lines = formatResults(groups, "markdown").split("\n");
  expect(lines.slice(1, 3)).toEqual([
    "|---|--:|--:|--:|--:|--:|--:|--:|--:|",
    "| iTAML | 2 | 2 | 75.00 ± 7.07 | 97.00 ± 0.00 | 55.00 ± 7.07 | 99.00 ± 0.00 | 87.50 ± 3.54 | 15.00 ± 7.07 |",
  ]);
});

test("JSON has the runs as they are, and numbers as fractions", () => {
  const [itaml, fineTuning] = JSON.parse(formatResults(groups, "json"));
  expect(itaml).toMatchObject({ name: "iTAML", n: 2, tasks: 2 });
  expect(itaml.measures.continuum).toEqual({
    mean: expect.closeTo(0.75, 12),
    standardDeviation: expect.closeTo(0.1 / Math.SQRT2, 12),
  });
  expect(itaml.runs[0].results).toEqual(groups[0]?.runs[0]?.results);
  expect(fineTuning.measures.continuum.standardDeviation).toBeNull();
});

test("CSV has a line for each run, task and metric", () => {
  const lines = formatResults(groups, "csv").trim().split("\n");
  expect(lines[0]).toBe(
    "configuration,run,dataset,learner,seed,finished,task,classes,p,metric,value",
  );
  expect(lines).toContain("iTAML,runs/itaml-2,made,itaml,2,true,1,4,20,continuum,0.7");
  expect(lines).toContain("iTAML,runs/itaml-2,made,itaml,2,true,0,2,,oracle,0.99");
  expect(lines).toContain(
    'fine-tuning,"runs/fine ""x""",made,finetuning,1,false,0,2,20,continuum,0.9',
  );
  const ofOneTask = lines.filter((line) =>
    line.startsWith("iTAML,runs/itaml-2,made,itaml,2,true,1"),
  );
  expect(new Set(ofOneTask).size).toBe(ofOneTask.length);
});

test("one format at a time", async () => {
  await expect(results(["run"], { csv: true, json: true })).rejects.toMatchObject({
    code: "USAGE",
  });
});
