import { useSignal } from "@preact/signals";
import { Pad } from "./pad.js";
import { Pictures } from "./pictures.js";
import type { Sample } from "./sample.js";
import { addSamples, busy, heldOut, removeWaiting, tasks, teach, waiting } from "./store.js";
import { Thumbnails } from "./thumbnails.js";

/** Fewer samples of a class are hardly worth teaching. */
const ENOUGH = 5;

/** Where classes get their samples, and are taught together as a task. */
export function Teach() {
  const label = useSignal("");
  const name = label.value.trim();
  const taught = tasks.value.flat().includes(name);
  const add = (samples: readonly Sample[]) => {
    if (name !== "" && !taught) addSamples(name, samples);
  };
  const few = waiting.value.find(({ samples }) => samples.length < ENOUGH);
  const ready = waiting.value.length >= 2 && !few;
  return (
    <section aria-labelledby="teach-heading">
      <h2 id="teach-heading">Teach</h2>
      <p>
        Name a class and draw it a few times, then another one. What is taught together is a{" "}
        <em>task</em>.
      </p>
      <label class="field">
        Class
        <input
          value={label.value}
          placeholder="cat, sun, house …"
          maxLength={40}
          onInput={({ currentTarget }) => {
            label.value = currentTarget.value;
          }}
        />
      </label>
      {taught && <p class="hint">“{name}” was taught before: choose another name.</p>}
      <div class={name === "" || taught ? "off" : ""} inert={name === "" || taught}>
        <Pad label={`Draw ${name || "a class"} here`} onDrawn={(sample) => add([sample])} />
        <Pictures onSamples={add} />
      </div>
      <ul class="classes">
        {waiting.value.map(({ label: own, samples }) => (
          <li key={own}>
            <header>
              <button
                type="button"
                class="link"
                onClick={() => {
                  label.value = own;
                }}
              >
                {own}
              </button>
              <small>
                {samples.length} {samples.length < ENOUGH && `of ${ENOUGH} at least`}
              </small>
              <button
                type="button"
                class="quiet"
                aria-label={`Remove ${own}`}
                onClick={() => removeWaiting(own)}
              >
                ×
              </button>
            </header>
            <Thumbnails samples={samples} />
          </li>
        ))}
      </ul>
      <button
        type="button"
        class="main"
        disabled={!ready || busy.value !== undefined}
        onClick={teach}
      >
        Learn {waiting.value.length > 1 ? "these as a task" : "a task of two classes or more"}
      </button>
      {Object.keys(heldOut.value).length > 0 && (
        <p class="hint">Every fifth drawing is kept back, to ask about it later.</p>
      )}
    </section>
  );
}
