import { render } from "preact";
import { Ask } from "./ask.js";
import { Files } from "./files.js";
import { Remember } from "./remember.js";
import { busy, demonstrate, loading, open, progress, tasks } from "./store.js";
import { Teach } from "./teach.js";
import "./style.css";

function status(): string {
  if (busy.value !== undefined) return busy.value;
  if (loading.value) return "Loading";
  const { length } = tasks.value;
  return length > 0 ? `${tasks.value.flat().length} classes in ${length} tasks` : "Ready";
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
        <button
          type="button"
          class="main"
          disabled={busy.value !== undefined || tasks.value.length >= 5}
          onClick={demonstrate}
        >
          Show me: ten digits in five tasks
        </button>
        <p class="status" role="status">
          {status()}
          {busy.value !== undefined && progress.value > 0 && <progress value={progress.value} />}
        </p>
      </header>
      <main>
        <Teach />
        <Remember />
        <Ask />
      </main>
      <Files />
    </>
  );
}

render(<App />, document.getElementById("app") as HTMLElement);
void open();
