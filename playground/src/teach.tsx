import { useSignal } from "@preact/signals";
import { kind } from "./kind.js";
import { Pad } from "./pad.js";
import { weightsMissing } from "./photograph.js";
import { Pictures } from "./pictures.js";
import type { Sample } from "./sample.js";
import { addSamples, heldOut, removeWaiting, tasks, teach, waiting } from "./store.js";
import { Thumbnails } from "./thumbnails.js";
import { busy } from "./work.js";

/** Fewer samples of a class are hardly worth teaching. */
const ENOUGH = 5;

/** Where classes get their samples, and are taught together as a task. */
export function Teach() {
  const label = useSignal("");
  const name = label.value.trim();
  const taught = tasks.value.flat().includes(name);
  const add = (samples: readonly Sample[]) => {
    if (name !== "") addSamples(name, samples);
  };
  const photographs = kind.value === "photographs";
  const known = new Set(tasks.value.flat());
  const off = name === "" || weightsMissing.value;
  const fresh = waiting.value.filter(({ label: own }) => !known.has(own));
  const few = fresh.find(({ samples }) => samples.length < ENOUGH);
  // What has learned one task of photographs takes one class for another.
  const least = photographs && known.size > 0 ? 1 : 2;
  const ready = waiting.value.length > 0 && !few && (fresh.length === 0 || fresh.length >= least);
  return (
    <section aria-labelledby="teach-heading">
      <h2 id="teach-heading">Teach</h2>
      <p>
        Name a class and {photographs ? "show it" : "draw it"} a few times, then another one. What
        is taught together is a <em>task</em>.
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
      {taught && <p class="hint">“{name}” is known: it learns these samples in addition.</p>}
      <div class={off ? "off" : ""} inert={off}>
        {!photographs && (
          <Pad
            label={name ? `Draw “${name}” here` : "Name the class above, then draw it here"}
            onDrawn={(sample) => add([sample])}
          />
        )}
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
                {samples.length}{" "}
                {known.has(own) ? "more" : samples.length < ENOUGH && `of ${ENOUGH} at least`}
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
        {ready
          ? fresh.length > 0
            ? "Learn these as a task"
            : "Learn these in addition"
          : "Learn a task of two classes or more"}
      </button>
      {heldOut.value.size > 0 && (
        <p class="hint">Every fifth one is kept back, to ask about it later.</p>
      )}
    </section>
  );
}
