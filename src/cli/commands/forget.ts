import { changeLivingRun } from "../living.js";

/** Makes a run forget classes. */
export async function forget(
  path: string,
  labels: readonly string[],
  options: { json?: boolean },
): Promise<void> {
  const classes = await changeLivingRun(path, async ({ classifier }) => {
    await classifier.forget(...labels);
    return classifier.classes();
  });
  if (options.json) console.log(JSON.stringify({ forgotten: labels, classes }, undefined, 2));
  else console.log(`${path} knows ${classes.length} classes now`);
}
