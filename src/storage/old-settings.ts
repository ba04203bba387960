/** Keys that configurations had up to version 0.2, one beside the other whatever the learner. */
const OLD_KEYS = [
  ...["milestones", "factor", "rule", "classifier", "beta", "innerSteps", "memory", "exemplars"],
  ...["taskPrediction", "headTuning", "adaptation", "ewc"],
];

/** The keys of version 0.2 or before that were given up. */
export function oldKeys(content: object): string[] {
  return Object.keys(content).filter((key) => OLD_KEYS.includes(key));
}

/** Whether it has such a key. */
export function isOldConfig(content: object): boolean {
  return oldKeys(content).length > 0;
}

/** A configuration of version 0.2 or before in today's form, without the settings that its learner didn't use. */
export function upgradeConfig(old: Record<string, unknown>): Record<string, unknown> {
  const kept = Object.entries(old).filter(([key]) => !OLD_KEYS.includes(key) && key !== "learner");
  return { ...Object.fromEntries(kept), learner: learnerOf(old), schedule: scheduleOf(old) };
}

function scheduleOf({ milestones, factor = 1, schedule }: Record<string, unknown>): unknown {
  if (milestones === undefined && schedule !== undefined) return schedule;
  const none = !Array.isArray(milestones) || milestones.length === 0 || factor === 1;
  return none ? "constant" : { name: "milestones", epochs: milestones, factor };
}

function learnerOf(old: Record<string, unknown>): unknown {
  const { learner: name = "itaml", memory, exemplars, ewc } = old;
  if (typeof name === "object") return withOldKeys(name as Record<string, unknown>, old);
  const kept = defined({ memory, exemplars });
  switch (name) {
    case "itaml":
      return {
        ...{ name, update: updateOf(old), head: headOf(old) },
        adaptation: { name: "full", ...(old.adaptation as object | undefined) },
        ...kept,
      };
    case "replay":
    case "icarl":
    case "wa":
    case "gdumb":
      return { name, ...kept };
    case "ewc":
      return { name, ...(ewc as object | undefined) };
    default:
      return { name };
  }
}

/** A learner in today's form beside which keys of old were written. */
function withOldKeys(learner: Record<string, unknown>, old: Record<string, unknown>): unknown {
  const { rule, beta, innerSteps, classifier, memory, exemplars, taskPrediction } = old;
  const ofUpdate = defined({ name: rule, beta, innerSteps, classifier });
  return {
    ...learner,
    ...(Object.keys(ofUpdate).length > 0 && { update: joined(learner.update, ofUpdate) }),
    ...(taskPrediction !== undefined && { head: headOf(old) }),
    ...(old.adaptation !== undefined && { adaptation: joined(learner.adaptation, old.adaptation) }),
    ...(old.ewc as object | undefined),
    ...defined({ memory, exemplars }),
  };
}

/** A choice, a name or one with settings, with further settings. */
function joined(choice: unknown, settings: unknown): object {
  const named = typeof choice === "string" ? { name: choice } : (choice as object | undefined);
  return { ...named, ...(settings as object) };
}

function updateOf({ rule = "paper", beta, innerSteps, classifier }: Record<string, unknown>) {
  switch (rule) {
    case "paper":
      return { name: rule, ...defined({ beta, innerSteps, classifier }) };
    case "released":
      return { name: rule, ...defined({ beta, innerSteps }) };
    default:
      return { name: rule, ...defined({ innerSteps }) };
  }
}

function headOf({ taskPrediction = "head", headTuning }: Record<string, unknown>) {
  if (taskPrediction === "tuned-head") {
    return { name: "tuned", ...(headTuning as object | undefined) };
  }
  return { name: taskPrediction === "head" ? "discriminant" : taskPrediction };
}

/** Without what is not there. */
function defined(settings: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
}
