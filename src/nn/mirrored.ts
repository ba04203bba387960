import { type Part, part, type SettingsShape } from "../base/part.js";
import * as z from "../base/schema.js";
import type { Network } from "./network.js";

/** A network of pictures, with {@link Network.mirrored} among its settings. */
export function mirrorable<const Name extends string, Shape extends SettingsShape>(
  own: Part<Network, Name, Shape>,
) {
  const mirrored = z
    .boolean()
    .optional()
    .describe(
      "Whether a picture's features are the mean of its own and its mirror image's, in all but training. Without: no.",
    );
  return part({
    ...own,
    settings: { ...own.settings, mirrored },
    create: (settings): Network => ({
      ...own.create(settings as never),
      ...((settings as { mirrored?: boolean }).mirrored && { mirrored: true }),
    }),
  });
}
