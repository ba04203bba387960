import { useEffect, useRef, useState } from "preact/hooks";
import { type Sample, sampleOf } from "./sample.js";

const SIZE = 280;

/** A field to draw on, with mouse, pen or finger. What is drawn is given when the pen rests, and the field is clear again. */
export function Pad({ label, onDrawn }: { label: string; onDrawn: (sample: Sample) => void }) {
  const [empty, setEmpty] = useState(true);
  const canvas = useRef<HTMLCanvasElement>(null);
  const resting = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(resting.current), []);

  const context = () => canvas.current?.getContext("2d", { willReadFrequently: true });
  const at = (event: PointerEvent): [number, number] => {
    const box = (canvas.current as HTMLCanvasElement).getBoundingClientRect();
    const scale = SIZE / box.width;
    return [(event.clientX - box.left) * scale, (event.clientY - box.top) * scale];
  };
  const down = (event: PointerEvent) => {
    const own = context();
    if (!own) return;
    clearTimeout(resting.current);
    setEmpty(false);
    canvas.current?.setPointerCapture(event.pointerId);
    Object.assign(own, { lineWidth: 22, lineCap: "round", lineJoin: "round" });
    own.strokeStyle = getComputedStyle(canvas.current as HTMLCanvasElement).color;
    own.beginPath();
    own.moveTo(...at(event));
    own.lineTo(...at(event));
    own.stroke();
  };
  const move = (event: PointerEvent) => {
    if (!canvas.current?.hasPointerCapture(event.pointerId)) return;
    context()?.lineTo(...at(event));
    context()?.stroke();
  };
  const up = () => {
    clearTimeout(resting.current);
    resting.current = setTimeout(take, 700);
  };
  const take = () => {
    clearTimeout(resting.current);
    const sample = canvas.current && sampleOf(canvas.current);
    context()?.clearRect(0, 0, SIZE, SIZE);
    setEmpty(true);
    if (sample) onDrawn(sample);
  };
  return (
    <div class="paper">
      <canvas
        class="pad"
        ref={canvas}
        width={SIZE}
        height={SIZE}
        role="img"
        aria-label={label}
        onPointerDown={down}
        onPointerMove={move}
        onPointerUp={up}
        onPointerCancel={up}
      />
      {empty && (
        <p class="hint" aria-hidden="true">
          {label}
        </p>
      )}
    </div>
  );
}
