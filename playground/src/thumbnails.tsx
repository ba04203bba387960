import { useEffect, useRef } from "preact/hooks";
import { type Sample, showSample } from "./sample.js";

function Thumbnail({ sample }: { sample: Sample }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    if (canvas.current) showSample(canvas.current, sample);
  }, [sample]);
  return <canvas ref={canvas} class="thumbnail" />;
}

/** The last ones of some samples. */
export function Thumbnails({ samples, most = 12 }: { samples: readonly Sample[]; most?: number }) {
  const shown = samples.slice(-most);
  return (
    <div class="thumbnails" aria-hidden="true">
      {shown.map((sample, i) => (
        <Thumbnail key={samples.length - shown.length + i} sample={sample} />
      ))}
    </div>
  );
}
