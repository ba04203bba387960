import { zipped } from "./archive.js";
import { doing, knows, load, loading, startAgain } from "./store.js";
import { busy, failure } from "./work.js";

/** Taking it away, bringing it back, and starting again. */
export function Files() {
  const occupied = busy.value !== undefined || loading.value;
  const off = occupied || !knows.value;
  const onnx = () =>
    doing("Writing", async (own) => download("classifier.onnx", await own.toOnnx()));
  const files = () =>
    doing("Writing", async (own) => download("classifier.zip", zipped(await own.toFiles())));
  return (
    <footer>
      <button type="button" disabled={off} onClick={onnx}>
        Download as ONNX
      </button>
      <button type="button" disabled={off} onClick={files}>
        Download for Node
      </button>
      <label class="button quiet">
        Load one…
        <input
          type="file"
          accept=".zip"
          disabled={occupied}
          onChange={({ currentTarget }) => {
            const [file] = currentTarget.files ?? [];
            if (file) void load(file);
            currentTarget.value = "";
          }}
        />
      </label>
      <button
        type="button"
        class="quiet"
        disabled={occupied}
        onClick={() => {
          if (confirm("Forget all classes?")) void startAgain();
        }}
      >
        Forget everything
      </button>
      {failure.value && (
        <p class="failure" role="alert">
          {failure.value}
        </p>
      )}
    </footer>
  );
}

function download(name: string, bytes: Uint8Array): void {
  const url = URL.createObjectURL(new Blob([bytes as BlobPart]));
  Object.assign(document.createElement("a"), { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
