import { unzipSync, zipSync } from "fflate";
import { ItamlError } from "../../src/web.js";
import { kind } from "./kind.js";
import { busy, doing, failure, knows, open, startAgain } from "./store.js";
import { putInPlace } from "./teacher.js";

/** Taking it away, bringing it back, and starting again. */
export function Files() {
  const off = busy.value !== undefined || !knows.value;
  const onnx = () =>
    doing("Writing", async (own) => download("classifier.onnx", await own.toOnnx()));
  const files = () =>
    doing("Writing", async (own) => {
      const all = await own.toFiles();
      download("classifier.zip", zipSync(Object.fromEntries(all)));
    });
  const load = (file: File | undefined) =>
    file &&
    doing("Loading", async (own) => {
      await putInPlace(kind.value, unzipped(new Uint8Array(await file.arrayBuffer())));
      own.release();
      await open();
    });
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
          onChange={({ currentTarget }) => {
            void load(currentTarget.files?.[0]);
            currentTarget.value = "";
          }}
        />
      </label>
      <button
        type="button"
        class="quiet"
        disabled={busy.value !== undefined}
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

function unzipped(bytes: Uint8Array): Map<string, Uint8Array> {
  try {
    return new Map(Object.entries(unzipSync(bytes)));
  } catch (cause) {
    const problem = { expected: "a .zip that was downloaded here" };
    throw new ItamlError("FILE_INVALID", "the file can't be read", problem, { cause });
  }
}

function download(name: string, bytes: Uint8Array): void {
  const url = URL.createObjectURL(new Blob([bytes as BlobPart]));
  Object.assign(document.createElement("a"), { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
