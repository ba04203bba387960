import { withSavedRun } from "../../experiment/saved-run.js";
import { joinedOnnx } from "../../features/joined-onnx.js";
import { writeFileAtomically } from "../../files/atomic-file.js";
import { exportOnnxModel } from "../../learners/export.js";
import { isLiving, withLivingRun } from "../living.js";
import { sayWritten } from "../written.js";

/** Writes the base model of a run as one ONNX file, from picture to label: where it learned on features, with their network. */
export async function exportRun(
  path: string,
  file: string,
  options: { task?: number; data?: string },
): Promise<void> {
  // What is exported was computed when the run was trained, whatever its device.
  const device = "cpu";
  const write = async (model: Uint8Array, size: number | undefined, what: string) => {
    await writeFileAtomically(file, model);
    const takes = `; it takes pictures of ${size} × ${size}, as its metadata "input" says`;
    sayWritten(file, `${file}: ${what}${size === undefined ? "" : takes}`);
  };
  if (options.task === undefined && isLiving(path)) {
    return await withLivingRun(path, { device }, async ({ classifier, size }) => {
      const { length } = classifier.classes();
      await write(await classifier.toOnnx(), size, `${length} classes, as the run is now`);
    });
  }
  await withSavedRun(path, { ...options, device }, async (run) => {
    const { learner, labels, task, frozen } = run;
    const { extractor } = learner.context;
    const classes = labels.flat();
    const model = exportOnnxModel(learner.model, await learner.head(), extractor, classes);
    const joined = frozen ? joinedOnnx(frozen.toOnnx(), model) : model;
    await write(joined, frozen?.size, `${classes.length} classes after task ${task + 1}`);
  });
}
