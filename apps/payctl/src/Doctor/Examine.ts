/** Everything that the checklist looks at. Loaded when it is asked for: it brings the whole server with it. */
import { Effect } from "effect"
import * as Catalog from "./Catalog.ts"
import * as Environment from "./Environment.ts"
import * as Providers from "./Providers.ts"
import * as Running from "./Running.ts"
import * as Storage from "./Storage.ts"

/** Every item, in the order in which they are shown. */
export const examine = Effect.map(
  Effect.all(
    [
      Environment.items(Providers.everyProvider),
      Storage.items,
      Providers.items(Providers.everyProvider),
      Catalog.items,
      Running.items,
    ],
    {
      concurrency: "unbounded",
    },
  ),
  (all) => all.flat(),
)
