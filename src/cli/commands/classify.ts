import { readImage } from "../../data/image.js";
import { samplesInMemory } from "../../data/samples.js";
import { elementCount } from "../../graph/tensor.js";
import { classifyContinuum, classifyEach } from "../../learners/classification.js";
import { labelsOf, withSavedRun } from "../saved-run.js";

/** Classifies pictures with the model of a run. */
export async function classify(
  path: string,
  images: readonly string[],
  options: { each?: boolean; resize?: boolean; task?: number; data?: string; json?: boolean },
): Promise<void> {
  await withSavedRun(path, options, async (run) => {
    const { learner, setup } = run;
    const { extractor, inference } = setup.context;
    const { shape } = extractor.input;
    const read = (file: string) => readImage(file, shape, { resize: options.resize ?? false });
    const source =
      setup.dataset.openImages?.(images) ??
      samplesInMemory(Buffer.concat(await Promise.all(images.map(read))), elementCount(shape));
    const rows = images.map((_, row) => row);
    const labels = labelsOf(run);
    const { task, classes } = options.each
      ? { task: undefined, classes: await classifyEach(learner, inference, source, rows) }
      : await classifyContinuum(learner, inference, source, rows);
    const found = images.map((image, i) => ({ image, label: labels[classes[i] as number] }));
    if (options.json) {
      console.log(
        JSON.stringify({ ...(task !== undefined && { task }), images: found }, undefined, 2),
      );
      return;
    }
    for (const { image, label } of found) console.log(`${image}: ${label}`);
    if (task !== undefined) console.log(`(taken as a continuum of task ${task})`);
  });
}
