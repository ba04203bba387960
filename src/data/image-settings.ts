import { z } from "zod";
import { count } from "../base/settings.js";

/** How picture files become samples: `images` of a configuration. */
export const imageSettingsSchema = z.strictObject({
  size: count
    .optional()
    .describe(
      "Side of a sample in pixels. Without: that of the network of `features`, where there is one.",
    ),
  resize: count
    .optional()
    .describe(
      "The shorter side to which a picture is scaled before it is cropped, in training. Without: `size`.",
    ),
  testResize: count
    .optional()
    .describe("The same in tests, where the middle is taken. Without: `resize`."),
  background: z
    .string()
    .regex(/^(white|black|#[0-9a-f]{6})$/i, "expected white, black or #rrggbb")
    .optional()
    .describe(
      'What shows through where a picture is clear: `white`, `black` or `"#rrggbb"`. Without: white.',
    ),
  broken: z
    .enum(["error", "skip"])
    .default("error")
    .describe(
      "What a picture that can't be read is in training: an `error`, or left out, counted, and said (`skip`).",
    ),
});

export type ImageSettings = Readonly<z.output<typeof imageSettingsSchema>>;
