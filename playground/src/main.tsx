import { render } from "preact";
import { Ask } from "./ask.js";
import { Files } from "./files.js";
import { keptElsewhere } from "./keeping.js";
import { KINDS, kind } from "./kind.js";
import { WEIGHTS, weightsMissing } from "./photograph.js";
import { Remember } from "./remember.js";
import { demonstrate, loading, open, tasks, turnTo } from "./store.js";
import { Teach } from "./teach.js";
import { busy, progress } from "./work.js";
import "./style.css";

function status(): string {
  if (busy.value !== undefined) return busy.value;
  if (loading.value) return "Loading";
  if (weightsMissing.value) return "The network for photographs is missing";
  const [classes, { length }] = [tasks.value.flat().length, tasks.value];
  if (length === 0) return "Ready";
  return `${classes} ${classes === 1 ? "class" : "classes"} in ${length} ${length === 1 ? "task" : "tasks"}`;
}

/** Apart from the rest of the page, which need not be rendered anew for each step of progress. */
function Status() {
  return (
    <p class="status" role="status">
      {status()}
      {busy.value !== undefined && progress.value > 0 && <progress value={progress.value} />}
    </p>
  );
}

function Kinds() {
  return (
    <fieldset class="kinds" disabled={busy.value !== undefined || loading.value}>
      <legend class="sr-only">What is taught</legend>
      {KINDS.map((one) => (
        <label key={one}>
          <input
            type="radio"
            name="kind"
            checked={kind.value === one}
            onChange={() => void turnTo(one)}
          />
          {one}
        </label>
      ))}
    </fieldset>
  );
}

function HowToGetWeights() {
  return (
    <div class="notice" role="note">
      <p>
        Photographs need a network that has seen many, 3 MB. On the computer that serves this page:
      </p>
      <p>
        <code>itaml features fetch mobilenet-v3-small</code>
      </p>
      <p>
        Then open the page again. On a host without itaml, put that file beside the page, as{" "}
        <code>{WEIGHTS}</code> (<code>itaml features list</code> says where it is).
      </p>
    </div>
  );
}

function App() {
  return (
    <>
      <header class="top">
        <h1>Teach it. Then teach it something else.</h1>
        <p>
          A network learns classes task after task, here in your browser, and you see whether it
          forgets. Nothing leaves this page.
        </p>
        <Kinds />
        {kind.value === "drawings" ? (
          <button
            type="button"
            class="main"
            disabled={busy.value !== undefined || tasks.value.length >= 5}
            onClick={demonstrate}
          >
            Show me: ten digits in five tasks
          </button>
        ) : (
          weightsMissing.value && <HowToGetWeights />
        )}
        <Status />
        {keptElsewhere.value && (
          <p class="notice" role="note">
            Another tab has this page open: here it begins anew, and nothing is kept. Close that one
            and open this one again to go on where it was.
          </p>
        )}
      </header>
      <main>
        <Teach key={kind.value} />
        <Remember />
        <Ask key={kind.value} />
      </main>
      <Files />
    </>
  );
}

render(<App />, document.getElementById("app") as HTMLElement);
void open();
