import type { Chosen } from "../base/part.js";
import type { ExemplarSelection } from "../incremental/exemplar-memory.js";
import type { OptimizerSettings } from "../optim/index.js";
import type { PerTask } from "../optim/schedule.js";
import type { ScheduleSettings } from "../optim/schedules.js";
import type { AdaptationSettings } from "../prediction/adaptations/index.js";
import type { HeadSettings } from "../prediction/heads/index.js";
import type { TrainingSettings } from "../training/settings.js";
import type { UpdateSettings } from "../training/updates/index.js";

type OrName<Settings extends { name: string }> = Settings | Settings["name"];

/** A part that isn't built in. */
type OfAnother = Chosen | (string & {});

/** How iTAML learns; what is left out is as the configuration's defaults. */
export interface ItamlSettings {
  readonly name: "itaml";
  readonly update?: OrName<UpdateSettings>;
  readonly head?: OrName<HeadSettings>;
  readonly adaptation?: OrName<AdaptationSettings>;
  /** Exemplars in all. */
  readonly memory?: number;
  readonly exemplars?: ExemplarSelection;
}

/** A method by its name or its settings: docs/configuration.md has all of them. */
export type MethodSettings = ItamlSettings | Chosen | string;

/** How a learner trains, whatever the method: {@link TrainingSettings} by names. */
export interface LearnerSettings
  extends Omit<TrainingSettings, "optimizer" | "schedule" | "learningRate" | "epochs"> {
  readonly optimizer: OrName<OptimizerSettings> | OfAnother;
  readonly schedule: OrName<ScheduleSettings> | OfAnother;
  readonly learningRate: PerTask<number>;
  readonly epochs: PerTask<number>;
}
