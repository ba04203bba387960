import { useEffect, useRef, useState } from "preact/hooks";
import { type PictureSource, pictureSample } from "../../src/web.js";
import { kind } from "./kind.js";
import { photographOf } from "./photograph.js";
import { type Sample, SIDE } from "./sample.js";
import { busy, failure, working } from "./work.js";

/** A photograph, or a picture as if it were drawn: dark is ink. */
async function pictureAsSample(source: PictureSource): Promise<Sample> {
  if (kind.value === "photographs") return await photographOf(source);
  const light = await pictureSample(source, [1, SIDE, SIDE]);
  return light.map((value) => 255 - value);
}

/** Takes pictures for samples: chosen, dropped, pasted, or from a camera. */
export function Pictures({ onSamples }: { onSamples: (samples: readonly Sample[]) => void }) {
  const [filming, setFilming] = useState(false);
  const take = async (files: Iterable<File>) => {
    const pictures = [...files].filter(({ type }) => type.startsWith("image/"));
    const samples: Sample[] = [];
    await working("Looking at the pictures", async (report) => {
      for (const picture of pictures) {
        samples.push(await pictureAsSample(picture));
        report(samples.length / pictures.length);
      }
    });
    if (samples.length > 0) onSamples(samples);
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
      <small>
        {kind.value === "photographs"
          ? "or drop or paste them here. They stay in this browser."
          : "or drop or paste them here. They become 28 × 28 grey pixels: shapes, not photographs."}
      </small>
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
        disabled={busy.value !== undefined}
        onClick={async () => {
          const { current } = video;
          if (!current?.videoWidth) return;
          let sample: Sample | undefined;
          await working("Looking", async () => {
            sample = await pictureAsSample(current);
          });
          if (sample) onSample(sample);
        }}
      >
        Take it
      </button>
    </div>
  );
}
