/** Writes the HTTP contract to apps/server/openapi.json, where a change of it shows in a diff; a test compares the two. */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { Api } from "../packages/api/src/index.ts"
import { OpenApi } from "effect/http-api"
import { root } from "./run.ts"

writeFileSync(join(root, "apps/server/openapi.json"), `${JSON.stringify(OpenApi.fromApi(Api), null, 2)}\n`)
