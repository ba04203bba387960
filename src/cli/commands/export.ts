import { withSavedRun } from "../../experiment/saved-run.js";
import { writeFileAtomically } from "../../files/atomic-file.js";
import { exportOnnxModel } from "../../learners/export.js";

/** Writes the base model of a run as one ONNX file. */
export async function exportRun(
  path: string,
  file: string,
  options: { task?: number; data?: string },
): Promise<void> {
  // What is exported was computed when the run was trained, whatever its device.
  await withSavedRun(path, { ...options, device: "cpu" }, async ({ learner, labels, task }) => {
    const { extractor } = learner.context;
    const classes = labels.flat();
    const head = await learner.head();
    await writeFileAtomically(file, exportOnnxModel(learner.model, head, extractor, classes));
    console.log(`${file}: ${classes.length} classes after task ${task + 1}`);
  });
}
