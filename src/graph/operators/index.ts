export * from "./arithmetic.js";
export * from "./binary-cross-entropy.js";
export * from "./linear.js";
export * from "./reduction.js";
export * from "./relu.js";
export * from "./shaping.js";
