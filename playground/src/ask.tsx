import { useSignal } from "@preact/signals";
import type { Label } from "../../src/web.js";
import { kind } from "./kind.js";
import { Pad } from "./pad.js";
import { Pictures } from "./pictures.js";
import type { Sample } from "./sample.js";
import { doing, heldOut, tasks } from "./store.js";
import type { Teacher } from "./teacher.js";
import { Thumbnails } from "./thumbnails.js";
import { busy } from "./work.js";

/** Below this the most probable class is hardly one. */
const UNSURE = 0.5;

interface Answer {
  readonly asked: readonly Sample[];
  /** How probable each task is, given all samples. */
  readonly ofTasks: readonly number[];
  readonly task: number;
  readonly together: readonly Label[];
  readonly alone: readonly { readonly label: Label; readonly confidence: number }[];
}

/** Asks about one sample, or several of one task: the more there are, the surer the task (the paper's Algorithm 2). */
export function Ask() {
  const answer = useSignal<Answer | undefined>(undefined);
  const count = useSignal(5);

  const ask = async (own: Teacher, asked: readonly Sample[]) => {
    const samples = [...asked];
    const { task, labels, scores } = await own.group(samples);
    const alone = await own.sure(samples);
    answer.value = { asked, ofTasks: probabilities(scores), task, together: labels, alone };
  };
  const add = (samples: readonly Sample[]) =>
    doing("Looking", (own) => ask(own, [...(answer.value?.asked ?? []), ...samples]));
  const fill = (task: number) =>
    doing("Looking", async (teacher) => {
      const own =
        tasks.value[task]?.flatMap((label) => heldOut.value.get(String(label)) ?? []) ?? [];
      const chosen = shuffled(own).slice(0, count.value);
      for (let i = 1; i <= chosen.length; i++) {
        await ask(teacher, chosen.slice(0, i));
        await new Promise((resolve) => setTimeout(resolve, 250));
      }
    });
  const photographs = kind.value === "photographs";
  const last = answer.value?.alone.at(-1);
  return (
    <section aria-labelledby="ask-heading">
      <h2 id="ask-heading">Ask</h2>
      {tasks.value.length === 0 ? (
        <p class="hint">Teach a task first.</p>
      ) : (
        <>
          <p>
            {photographs ? "Show" : "Draw"} one, and see what it is taken for. Then more{" "}
            <strong>of the same task</strong>: watch how the task becomes certain.
          </p>
          {!photographs && (
            <Pad label="Draw here to ask" onDrawn={(sample) => void add([sample])} />
          )}
          <Pictures onSamples={(samples) => void add(samples)} />
          <div class="field">
            <label>
              or <output>{count.value}</output> that were kept back, of task
              <input
                type="range"
                aria-label="How many of those that were kept back"
                min="1"
                max="20"
                value={count.value}
                onInput={({ currentTarget }) => {
                  count.value = Number(currentTarget.value);
                }}
              />
            </label>
            {tasks.value.map((labels, task) => (
              <button
                key={labels.join()}
                type="button"
                class="quiet"
                aria-label={`Ask about samples of task ${task + 1}: ${labels.join(", ")}`}
                disabled={busy.value !== undefined}
                onClick={() => void fill(task)}
              >
                {task + 1}
              </button>
            ))}
          </div>
          {answer.value && last && (
            <div aria-live="polite">
              <Thumbnails samples={answer.value.asked} most={20} />
              <p class="verdict">
                {last.confidence < UNSURE ? "unknown, perhaps " : ""}
                <strong>{String(last.label)}</strong>{" "}
                <small>{Math.round(100 * last.confidence)} % sure, the last one alone</small>
              </p>
              <ol class="scores" aria-label="How probable each task is">
                {answer.value.ofTasks.map((value, task) => (
                  <li
                    key={tasks.value[task]?.join()}
                    class={task === answer.value?.task ? "chosen" : ""}
                  >
                    <span>
                      {task + 1}: {tasks.value[task]?.join(", ")}
                    </span>
                    <span class="share">
                      <span class="bar remembers" style={{ inlineSize: `${100 * value}%` }} />
                      <span>{Math.round(100 * value)} %</span>
                    </span>
                  </li>
                ))}
              </ol>
              {answer.value.asked.length > 1 && (
                <p>
                  Together they are of task {answer.value.task + 1}:{" "}
                  {answer.value.together.join(", ")}
                </p>
              )}
              <button
                type="button"
                class="quiet"
                onClick={() => {
                  answer.value = undefined;
                }}
              >
                Ask anew
              </button>
            </div>
          )}
          <p class="hint">
            A group is taken for samples of <em>one</em> task; of a mixed one the answer means
            little.
          </p>
        </>
      )}
    </section>
  );
}

/** Of log-evidence for each task. */
function probabilities(scores: readonly number[]): number[] {
  const largest = Math.max(...scores);
  const exponentials = scores.map((score) => Math.exp(score - largest));
  const total = exponentials.reduce((sum, value) => sum + value, 0);
  return exponentials.map((value) => value / total);
}

function shuffled<T>(values: readonly T[]): T[] {
  return values
    .map((value) => ({ value, key: Math.random() }))
    .sort((a, b) => a.key - b.key)
    .map(({ value }) => value);
}
