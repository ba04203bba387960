import { config } from "zod";

// Left to itself zod writes code for each schema, which a page's content-security policy may forbid.
config({ jitless: true });

/** zod, for whatever must run anywhere: `import * as z`, of which a bundler takes what is used. */
export * from "zod";
