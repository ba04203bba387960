// Read when the runtime is loaded, so it is said first.
import "./no-telemetry.js";

export * from "onnxruntime-node";
