import type { Chosen, Part, SettingsShape } from "../base/part.js";
import type * as z from "../base/schema.js";
import type { ExemplarSelection } from "../incremental/exemplar-memory.js";
import type { Loss } from "../losses/loss.js";
import type { TaskSession } from "../model/session.js";
import type { Adaptation } from "../prediction/adaptation.js";
import type { HeadFitter } from "../prediction/head.js";
import type { LinearRule } from "../prediction/linear-rule.js";
import type { Update } from "../training/update.js";

/** One method of class-incremental learning, as a value: iTAML is one of them. */
export type Method = TrainingMethod | SummingMethod;

/** A method that trains the model by gradients. */
export interface TrainingMethod {
  /** What trains: the new task's samples, these and the memory's, or the memory alone, the new task's share in it. */
  readonly trainsOn: "new" | "new and memory" | "memory";
  /** Where a task's training begins: where the last one ended, or with new parameters, the same for every task. */
  readonly startsFrom: "before" | "scratch";
  readonly memory: MemorySettings;
  /** How a mini-batch changes the model. */
  readonly update: Update;
  /** What compares all classes seen. */
  readonly head: HeadFitter;
  /** How the model is adapted to a task. Default: not at all, the head's rows tell its classes apart. */
  readonly adaptation?: Adaptation | undefined;
  /** Whether θ and the statistics stay as they are, and the classifier's rows alone are trained. Default: no. */
  frozen?(task: number): boolean;
  /** Comes after the training of a task; changes the session's model. */
  finish?(session: TaskSession): void;
}

/**
 * A method that sums over the features of what it learns, and keeps nothing of a single sample. θ stays as it is; old
 * classes can't be forgotten, as new ones change none of their sums.
 */
export interface SummingMethod {
  /** How the sums become rows that compare all classes seen. */
  readonly rule: LinearRule;
}

/** Whether a method sums. */
export function sums(method: Method): method is SummingMethod {
  return "rule" in method;
}

/** What a method keeps of its samples. */
export function memoryOfMethod(method: Method): MemorySettings {
  return sums(method) ? NO_MEMORY : method.memory;
}

/** The memory of a method that keeps nothing. */
export const NO_MEMORY: MemorySettings = { capacity: 0, exemplars: "first" };

export interface MemorySettings {
  /** Exemplars in all; 0: none, `Number.MAX_SAFE_INTEGER`: every sample. */
  readonly capacity: number;
  readonly exemplars: ExemplarSelection;
}

/** What methods are made of, as far as a configuration chooses it by name. */
export interface MethodParts {
  readonly losses: readonly Part<Loss>[];
  readonly updates: readonly Part<Update>[];
  readonly heads: readonly Part<HeadFitter>[];
  readonly adaptations: readonly Part<Adaptation | undefined>[];
}

/** A method that a configuration can name: a part whose settings choose among other parts. */
export interface MethodPart<
  Name extends string = string,
  Shape extends SettingsShape = SettingsShape,
> {
  readonly name: Name;
  readonly title: string;
  /** Paper, section or equation that it comes from. */
  readonly source?: string;
  settings(parts: MethodParts): Shape;
  /** @param settings checked, and complete */
  create(settings: z.output<z.ZodObject<Shape>>, parts: MethodParts): Method;
}

/** Infers the types of a method. */
export function methodPart<const Name extends string, Shape extends SettingsShape>(
  definition: MethodPart<Name, Shape>,
): MethodPart<Name, Shape> {
  return definition;
}

/** Makes the method that was chosen; the choice was checked. */
export function createMethod(
  methods: readonly MethodPart[],
  chosen: Chosen,
  parts: MethodParts,
): Method {
  const found = methods.find(({ name }) => name === chosen.name) as MethodPart;
  return found.create(chosen as never, parts);
}
