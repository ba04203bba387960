import { withSavedRun } from "../../experiment/saved-run.js";
import type { FrozenNetwork } from "../../features/extractor.js";
import { joinedOnnx } from "../../features/joined-onnx.js";
import { writeFileAtomically } from "../../files/atomic-file.js";
import { exportOnnxModel } from "../../learners/export.js";
import { isLiving, withLivingRun } from "../living.js";

/** Writes the base model of a run as one ONNX file, from picture to label: where it learned on features, with their network. */
export async function exportRun(
  path: string,
  file: string,
  options: { task?: number; data?: string },
): Promise<void> {
  // What is exported was computed when the run was trained, whatever its device.
  const device = "cpu";
  const write = async (model: Uint8Array, frozen: FrozenNetwork | undefined, what: string) => {
    const extractor = frozen?.toOnnx();
    await writeFileAtomically(file, extractor ? joinedOnnx(extractor, model) : model);
    const { size = 0 } = extractor?.takes ?? {};
    const takes = `; it takes pictures of ${size} × ${size}, as its metadata "input" says`;
    console.log(`${file}: ${what}${extractor ? takes : ""}`);
  };
  if (options.task === undefined && isLiving(path)) {
    return await withLivingRun(path, { device }, async ({ classifier, frozen }) => {
      const { length } = classifier.classes();
      await write(await classifier.toOnnx(), frozen, `${length} classes, as the run is now`);
    });
  }
  await withSavedRun(path, { ...options, device }, async (run) => {
    const { learner, labels, task, frozen } = run;
    const { extractor } = learner.context;
    const classes = labels.flat();
    const model = exportOnnxModel(learner.model, await learner.head(), extractor, classes);
    await write(model, frozen, `${classes.length} classes after task ${task + 1}`);
  });
}
