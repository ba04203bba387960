import type { Choice, Part } from "../base/part.js";
import { constantPart } from "./constant.js";
import { cosinePart } from "./cosine.js";
import { milestonesPart } from "./milestones.js";
import type { Schedule } from "./schedule.js";

const BUILT_IN = [constantPart, milestonesPart, cosinePart] as const;

/** The built-in schedules of the learning rate. */
export const schedules: readonly Part<Schedule>[] = BUILT_IN;

/** A built-in schedule by its name and settings. */
export type ScheduleSettings = Choice<(typeof BUILT_IN)[number]>;
