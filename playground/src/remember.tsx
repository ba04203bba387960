import { kind } from "./kind.js";
import { forget, history, tasks } from "./store.js";
import { busy } from "./work.js";

/** Accuracy of each task after each task, of the network that remembers and of the one that forgets. */
export function Remember() {
  const rows = tasks.value;
  const last = history.value.at(-1) ?? [];
  return (
    <section aria-labelledby="remember-heading">
      <h2 id="remember-heading">Remember</h2>
      {rows.length === 0 ? (
        <p class="hint">
          Nothing yet. After each task you see here how much of every earlier one is still known.
        </p>
      ) : (
        <>
          <p>
            Samples that were never taught, each alone among <strong>all</strong> classes so far.
          </p>
          <Curves />
          <table>
            <caption class="sr-only">Accuracy of each task now</caption>
            <thead>
              <tr>
                <th scope="col">task</th>
                <th scope="col">
                  <span class="dot remembers" /> with memory
                </th>
                <th scope="col">
                  <span class="dot forgets" /> without
                </th>
              </tr>
            </thead>
            <tbody>
              {rows.map((labels, task) => (
                <tr key={labels.join()}>
                  <th scope="row">
                    {task + 1}: {labels.join(", ")}
                  </th>
                  <td>
                    <Share value={last[task]?.remembers} of="remembers" />
                  </td>
                  <td>
                    <Share value={last[task]?.forgets} of="forgets" />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
          {kind.value === "photographs" ? (
            <p class="hint">
              <em>With memory</em>: ridge regression on the features of a network that has seen many
              photographs; it keeps sums, and no photograph. <em>Without</em>: the same features,
              and a last layer that goes on learning with the new task’s samples alone.
            </p>
          ) : (
            <p class="hint">
              <em>With memory</em>: at most 400 samples of all classes are kept, and learned again.{" "}
              <em>Without</em>: the same network, which goes on learning with the new task’s samples
              alone.
            </p>
          )}
          <Known />
        </>
      )}
    </section>
  );
}

/** All classes, each of which can be forgotten. */
function Known() {
  return (
    <ul class="known" aria-label="Known classes">
      {tasks.value.flat().map((label) => (
        <li key={label}>
          {String(label)}{" "}
          <button
            type="button"
            class="link"
            aria-label={`Forget ${label}`}
            title={`Forget ${label}`}
            disabled={busy.value !== undefined}
            onClick={() => {
              if (confirm(`Forget ${label}?`)) void forget(label);
            }}
          >
            ×
          </button>
        </li>
      ))}
    </ul>
  );
}

function Share({ value, of }: { value: number | undefined; of: "remembers" | "forgets" }) {
  if (value === undefined || Number.isNaN(value)) return <span class="hint">too few</span>;
  const percent = Math.round(100 * value);
  return (
    <span class="share">
      <span class={`bar ${of}`} style={{ inlineSize: `${percent}%` }} />
      <span>{percent} %</span>
    </span>
  );
}

/** Mean accuracy over the tasks so far, after each of them. */
function Curves() {
  const means = history.value.map((tasksThen) => ({
    remembers: meanOf(tasksThen.map(({ remembers }) => remembers)),
    forgets: meanOf(tasksThen.map(({ forgets }) => forgets)),
  }));
  const [width, height, left, right] = [420, 200, 60, 12];
  const x = (i: number) => left + (i * (width - left - right)) / Math.max(means.length - 1, 1);
  const y = (value: number) => 10 + (1 - value) * (height - 64);
  const line = (which: "remembers" | "forgets") =>
    means.map((own, i) => `${x(i)},${y(own[which])}`).join(" ");
  const said = means
    .map(
      (own, i) =>
        `after lesson ${i + 1} ${percentOf(own.remembers)} with memory, ${percentOf(own.forgets)} without`,
    )
    .join("; ");
  return (
    <svg
      class="curves"
      viewBox={`0 0 ${width} ${height}`}
      role="img"
      aria-label={`Accuracy: ${said}`}
    >
      {[0, 0.5, 1].map((value) => (
        <g key={value}>
          <line class="grid" x1={left} x2={width - right} y1={y(value)} y2={y(value)} />
          <text x={left - 10} y={y(value) + 5} text-anchor="end">
            {percentOf(value)}
          </text>
        </g>
      ))}
      {means.map((_, i) => (
        <text key={x(i)} x={x(i)} y={height - 30} text-anchor="middle">
          {i + 1}
        </text>
      ))}
      <text x={(left + width - right) / 2} y={height - 8} text-anchor="middle">
        right of all tasks so far, after each lesson
      </text>
      {(["forgets", "remembers"] as const).map((which) => (
        <g key={which} class={which}>
          <polyline points={line(which)} />
          {means.map((own, i) => (
            <circle key={x(i)} cx={x(i)} cy={y(own[which])} r="3.5" />
          ))}
        </g>
      ))}
    </svg>
  );
}

function percentOf(value: number): string {
  return `${Math.round(100 * value)} %`;
}

function meanOf(values: readonly number[]): number {
  const known = values.filter((value) => !Number.isNaN(value));
  return known.length > 0 ? known.reduce((sum, value) => sum + value, 0) / known.length : 0;
}
