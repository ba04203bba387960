import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { ItamlError, throwAll } from "../src/base/errors.js";
import { needs } from "./support/needs.js";

test("what is to be entered ends an error, without a full stop", () => {
  const advice = { remedy: "Go on with", command: ["itaml", "train", "--out", "runs/my.run"] };
  const error = new ItamlError("INTERRUPTED", "stopped", { where: "here", ...advice });
  const text = "here: stopped. Go on with: itaml train --out runs/my.run";
  expect(error.message).toBe(`ITAML_INTERRUPTED: ${text}`);
  const other = new ItamlError("USAGE", "wrong", { remedy: "Do it right" });
  expect(() => throwAll([error, other])).toThrow(
    `ITAML_INTERRUPTED: 2 problems; found \n- ${text}\n- wrong. Do it right.`,
  );
});

test("so do lines to be copied", () => {
  const remedy = "Write\n\na: 1\nb: 2\n";
  expect(new ItamlError("USAGE", "x", { remedy }).message).toBe(
    "ITAML_USAGE: x. Write\n\na: 1\nb: 2",
  );
});

test("and is pasted as it is meant, whatever a path has", (context) => {
  needs(context, "POSIX", process.platform !== "win32");
  const words = ["my run", "it's", "$HOME", "a;b", "*", "caf\u00e9", "#1", "", "back\\slash", "…"];
  const { message } = new ItamlError("USAGE", "x", { remedy: "Enter", command: words });
  const entered = message.slice("ITAML_USAGE: x. Enter: ".length);
  const print = 'printf "%s\\n" "$@"';
  const printed = execFileSync("sh", ["-c", `set -- ${entered}\n${print}`], { encoding: "utf8" });
  expect(printed.split("\n").slice(0, -1)).toEqual(words);
});
