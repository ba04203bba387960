import { LeftOutFiles, leftOutNotes } from "../../data/left-out.js";
import { listLabelled } from "../../library/pictures.js";
import type { Progress } from "../../model/progress.js";
import { textTable } from "../../report/table.js";
import { interruptible } from "../interruption.js";
import { changeLivingRun } from "../living.js";
import { ProgressLine } from "../progress-line.js";
import { warn } from "../warn.js";

/** Teaches a run what a folder of class folders holds: new classes, more pictures of known ones, or both. */
export async function learn(
  path: string,
  options: { data: string; resize?: boolean; json?: boolean },
): Promise<void> {
  const leftOut = new LeftOutFiles();
  const { images, labels } = await listLabelled(options.data, leftOut);
  for (const note of leftOutNotes(leftOut.list(), options.data)) warn(note);
  const { before, tasks, classes } = await interruptible((signal) =>
    changeLivingRun(path, async ({ classifier, read }) => {
      const before = new Set(classifier.tasks.flat());
      const line = new ProgressLine();
      line.show(() => `reading ${images.length} pictures`);
      const pictures = await read(images, options.resize ?? false);
      const onProgress = (progress: Progress) => line.show(() => textOf(progress));
      try {
        await classifier.learn({ images: pictures, labels }, { signal, onProgress });
      } finally {
        line.clear();
      }
      return { before, tasks: classifier.tasks.length, classes: classifier.classes() };
    }),
  );
  const taught = [...new Set(labels)];
  const brought = taught.filter((label) => !before.has(label));
  const improved = taught.filter((label) => before.has(label));
  if (options.json) {
    console.log(JSON.stringify({ learned: brought, improved, classes }, undefined, 2));
    return;
  }
  const rows = taught.map((label) => [
    label,
    before.has(label) ? "more of it" : `new, task ${tasks}`,
    String(labels.filter((other) => other === label).length),
  ]);
  console.log(textTable([["class", "", "pictures"], ...rows]));
  console.log(`\n${path} knows ${classes.length} classes now`);
}

function textOf(progress: Progress): string {
  switch (progress.kind) {
    case "features":
      return `features of ${progress.pictures} of ${progress.of} pictures`;
    case "batch":
      return `epoch ${progress.epoch + 1}/${progress.epochs}, batch ${progress.batch + 1}/${progress.batches}, loss ${progress.loss.toFixed(4)}`;
    case "samples":
      return `${progress.samples} of ${progress.of} samples`;
    default:
      return "learning";
  }
}
