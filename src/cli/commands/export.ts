import { writeFileAtomically } from "../../files/atomic-file.js";
import { exportOnnxModel } from "../../learners/export.js";
import { labelsOf, withSavedRun } from "../saved-run.js";

/** Writes the base model of a run as one ONNX file. */
export async function exportRun(
  path: string,
  file: string,
  options: { task?: number; data?: string },
): Promise<void> {
  await withSavedRun(path, options, async (run) => {
    const labels = labelsOf(run);
    const { extractor } = run.setup.context;
    const { model } = run.learner;
    const head = await run.learner.head();
    await writeFileAtomically(file, exportOnnxModel(model, head, extractor, labels));
    console.log(`${file}: ${labels.length} classes after task ${run.task + 1}`);
  });
}
