import { useEffect, useRef, useState } from "preact/hooks";
import { type PictureSource, pictureSample } from "../../src/web.js";
import { type Sample, SIDE } from "./sample.js";
import { failure } from "./store.js";

/** A picture as if it were drawn: dark is ink. */
export async function pictureAsSample(source: PictureSource): Promise<Sample> {
  const light = await pictureSample(source, [1, SIDE, SIDE]);
  return light.map((value) => 255 - value);
}

/** Takes pictures for samples: chosen, dropped, pasted, or from a camera. */
export function Pictures({ onSamples }: { onSamples: (samples: readonly Sample[]) => void }) {
  const [filming, setFilming] = useState(false);
  const take = async (files: Iterable<File>) => {
    const pictures = [...files].filter(({ type }) => type.startsWith("image/"));
    try {
      onSamples(await Promise.all(pictures.map(pictureAsSample)));
    } catch (error) {
      failure.value = error instanceof Error ? error.message : String(error);
    }
  };
  return (
    <fieldset
      class="pictures"
      aria-label="Pictures"
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        void take(event.dataTransfer?.files ?? []);
      }}
      onPaste={(event) => void take(event.clipboardData?.files ?? [])}
    >
      <label class="button quiet">
        Pictures…
        <input
          type="file"
          accept="image/*"
          multiple
          onChange={({ currentTarget }) => {
            void take(currentTarget.files ?? []);
            currentTarget.value = "";
          }}
        />
      </label>
      <button type="button" class="quiet" onClick={() => setFilming(!filming)}>
        {filming ? "Camera off" : "Camera"}
      </button>
      <small>or drop them here. They become 28 × 28 grey pixels: shapes, not photographs.</small>
      {filming && <Camera onSample={(sample) => onSamples([sample])} />}
    </fieldset>
  );
}

function Camera({ onSample }: { onSample: (sample: Sample) => void }) {
  const video = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    let stream: MediaStream | undefined;
    let left = false;
    void (async () => {
      try {
        stream = await navigator.mediaDevices.getUserMedia({ video: { width: 320, height: 240 } });
        if (left) for (const track of stream.getTracks()) track.stop();
        else if (video.current) video.current.srcObject = stream;
      } catch (error) {
        failure.value = `No camera: ${error instanceof Error ? error.message : error}`;
      }
    })();
    return () => {
      left = true;
      for (const track of stream?.getTracks() ?? []) track.stop();
    };
  }, []);
  return (
    <div class="camera">
      <video ref={video} autoplay muted playsInline aria-label="Camera" />
      <button
        type="button"
        onClick={async () => {
          if (video.current?.videoWidth) onSample(await pictureAsSample(video.current));
        }}
      >
        Take it
      </button>
    </div>
  );
}
