import { withSavedRun } from "../../experiment/saved-run.js";
import { testSet } from "../../experiment/setup.js";
import { requiredContinuum } from "../../incremental/continuum.js";
import { ACCURACIES, ACCURACY_NAMES, mean } from "../../incremental/metrics.js";
import { predictWith } from "../../learners/predict-with.js";
import type { Progress } from "../../model/progress.js";
import { firstClassRight, measure } from "../../prediction/predictions.js";
import { percent } from "../../report/format.js";
import { textTable, wrapText } from "../../report/table.js";
import type { Device } from "../../runtime/runtime.js";
import { ProgressLine } from "../progress-line.js";
import { terminalWidth } from "../terminal-width.js";
import { warn } from "../warn.js";

/** Prints the accuracies of a run's model for several sizes of continua. */
export async function evaluate(
  path: string,
  options: { task?: number; p: number[]; data?: string; device?: Device; json?: boolean },
): Promise<void> {
  await withSavedRun(path, { ...options, onWarning: warn }, async (run) => {
    const { config, learner, labels, task } = run;
    const test = testSet(await run.data(), task + 1);
    const line = new ProgressLine();
    line.show(() => `evaluating on ${test.tasks.flat(2).length} test samples`);
    const onProgress = (progress: Progress) => {
      if (progress.kind !== "adaptation") return;
      line.show(() => `adapted to ${progress.adaptedTo + 1} of ${task + 1} tasks`);
    };
    const predictions = await predictWith(learner, test, {
      ...{ top: config.top, hooks: { onProgress } },
    });
    line.clear();
    const sizes = predictions.rows.map(({ length }) => length);
    const possible = options.p.filter((p) => p <= Math.min(...sizes));
    const sweep = possible.map((p) => measure(predictions, { p, seed: config.seed }));
    const classes = mean(labels.map(({ length }) => length));
    const bound = requiredContinuum(firstClassRight(predictions), classes);
    if (options.json) {
      console.log(JSON.stringify({ task, sweep, requiredContinuum: bound ?? null }, undefined, 2));
      return;
    }
    const width = terminalWidth();
    const sentence = (text: string) => wrapText(text, width).join("\n");
    const top = config.top > 1 ? `top-${config.top} ` : "";
    const rows = sweep.map((measured) => [
      String(measured.continuum.p),
      ...ACCURACY_NAMES.map((name) => percent(ACCURACIES[name].of(measured))),
    ]);
    const titles = ACCURACY_NAMES.map((name) => ACCURACIES[name].title);
    const skipped = options.p.filter((p) => !possible.includes(p));
    const parts = [
      sentence(
        `after task ${task + 1}, ${predictions.rows.flat().length} test samples, ${top}accuracy in %`,
      ),
      textTable([["p", ...titles], ...rows], width),
      ...(skipped.length > 0
        ? [sentence(`left out: p = ${skipped.join(", ")}, more than a task's test samples`)]
        : []),
      sentence(
        bound
          ? `By the paper's bound a continuum needs ${bound.samples} samples for the right task with 95 % ` +
              `(a sample votes for its task with ${percent(bound.vote)} %).`
          : "By the paper's bound no continuum is large enough for the right task with 95 %.",
      ),
    ];
    console.log(parts.join("\n\n"));
  });
}
