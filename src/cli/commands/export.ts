import { withSavedRun } from "../../experiment/saved-run.js";
import { writeFileAtomically } from "../../files/atomic-file.js";
import { exportOnnxModel } from "../../learners/export.js";
import { isLiving, withLivingRun } from "../living.js";

/** Writes the base model of a run as one ONNX file. */
export async function exportRun(
  path: string,
  file: string,
  options: { task?: number; data?: string },
): Promise<void> {
  if (options.task === undefined && isLiving(path)) {
    return await withLivingRun(path, { device: "cpu" }, async ({ classifier }) => {
      await classifier.exportOnnx(file);
      console.log(`${file}: ${classifier.classes().length} classes, as the run is now`);
    });
  }
  // What is exported was computed when the run was trained, whatever its device.
  await withSavedRun(path, { ...options, device: "cpu" }, async (run) => {
    const { learner, labels, task, config } = run;
    const { extractor } = learner.context;
    const classes = labels.flat();
    const head = await learner.head();
    await writeFileAtomically(file, exportOnnxModel(learner.model, head, extractor, classes));
    const takes = config.features
      ? `; it takes features of ${config.features.name}, not pictures`
      : "";
    console.log(`${file}: ${classes.length} classes after task ${task + 1}${takes}`);
  });
}
