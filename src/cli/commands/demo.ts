import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { startExperiment } from "../../experiment/experiment.js";
import { builtInParts } from "../../experiment/parts.js";
import type { Results } from "../../experiment/results.js";
import { writeFileAtomically } from "../../files/atomic-file.js";
import { accuracyCurve, accuracyTitle, classesSeen } from "../../report/accuracies.js";
import { percent } from "../../report/format.js";
import { groupRuns } from "../../report/groups.js";
import { readRun } from "../../report/runs.js";
import { textTable } from "../../report/table.js";
import { terminalWidth } from "../terminal-width.js";
import { freePath, readConfig, trainWithDisplay } from "./train.js";

/** Trains iTAML and fine-tuning on the built-in data and shows both curves. */
export async function demo({ out }: { out?: string }): Promise<void> {
  const folder = out ?? freePath("runs/demo");
  const runs: { title: string; path: string; results: Results }[] = [];
  for (const [learner, title, set] of [
    ["itaml", "iTAML", []],
    // The gradients of cross-entropy over all classes are larger.
    ["finetuning", "fine-tuning", ["learner=finetuning", "learningRate=0.01"]],
  ] as const) {
    const config = await readConfig("strokes", { set: [...set] });
    const path = join(folder, learner);
    const results = await trainWithDisplay(path, config, (hooks) =>
      startExperiment(path, config, hooks),
    );
    runs.push({ title, path, results });
  }
  const { accuracyPicture, comparisonCurves } = await import("../../report/accuracy-picture.js");
  const picture = join(folder, "accuracy.svg");
  await writeFileAtomically(
    picture,
    accuracyPicture(comparisonCurves(runs), "Ten classes of strokes in five tasks"),
  );
  const seen = classesSeen((runs[0] as (typeof runs)[number]).results);
  console.log(
    `\nAccuracy in % over all classes seen, after each task:\n\n${textTable(
      [
        ["classes seen", ...seen.map(String)],
        ...runs.flatMap(({ title, results }) =>
          (["continuum", "single"] as const).map((name) => [
            `${title}, ${accuracyTitle(name, results)}`,
            ...accuracyCurve(results, name).map(percent),
          ]),
        ),
      ],
      terminalWidth(),
    )}`,
  );
  const page = join(folder, "report.html");
  const { writeReport } = await import("../../report/write-report.js");
  const reported = await Promise.all(runs.map(({ path }) => readRun(path)));
  await writeReport(groupRuns(reported, builtInParts), page, builtInParts);
  const link = pathToFileURL(resolve(picture));
  console.log(`\nruns     ${folder}\nreport   ${page}\npicture  ${picture}\n         ${link}`);
}
