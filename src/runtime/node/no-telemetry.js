// ONNX Runtime would keep a number of this device in the home folder and tell its maker about every session.
process.env.ORT_DISABLE_TELEMETRY ??= "1";
