import { changeLivingRun } from "../living.js";

/** Makes a run forget classes. */
export async function forget(
  path: string,
  labels: readonly string[],
  options: { json?: boolean },
): Promise<void> {
  await changeLivingRun(path, async ({ classifier }) => {
    await classifier.forget(...labels);
    if (options.json) {
      const content = { forgotten: labels, classes: classifier.classes() };
      console.log(JSON.stringify(content, undefined, 2));
    } else console.log(`${path} knows ${classifier.classes().length} classes now`);
  });
}
