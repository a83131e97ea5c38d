import { afterAll, assert, describe, it } from "@effect/vitest"
import { build as buildDashboard } from "@payment-orchestrator/dashboard/build"
import { Effect } from "effect"
import { chmodSync, chownSync, cpSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { main, nodeArgs } from "../build.ts"
import { launch } from "./Launch.ts"

const dockerfile = readFileSync(new URL("../../../ops/Dockerfile", import.meta.url), "utf8")
const packageJson = readFileSync(new URL("../../../package.json", import.meta.url), "utf8")
const one = (pattern: RegExp) => pattern.exec(dockerfile)?.[1] ?? ""

const folder = mkdtempSync(join(tmpdir(), "container-"))
afterAll(() => {
  for (const name of globSync("**/", { cwd: folder })) chmodSync(join(folder, name), 0o755)
  rmSync(folder, { recursive: true, force: true })
})

/** What the image holds, as it holds it: nobody may write to it. */
const image = () => {
  const app = join(folder, "app")
  const server = join(import.meta.dirname, "..")
  cpSync(dirname(main), join(app, "apps/server/dist/server"), { recursive: true })
  cpSync(join(server, "static"), join(app, "apps/server/static"), { recursive: true })
  for (const name of globSync("**/*", { cwd: app })) {
    const file = join(app, name)
    chmodSync(file, statSync(file).isDirectory() ? 0o555 : 0o444)
  }
  return app
}

describe("the container", () => {
  it("runs what pnpm start runs, with the same Node", () => {
    assert.deepStrictEqual(JSON.parse(one(/^ENTRYPOINT (.*)$/m)), [
      "node",
      ...nodeArgs,
      "apps/server/dist/server/main.js",
    ])
    const { node } = JSON.parse(packageJson).devDependencies
    assert.deepStrictEqual(dockerfile.match(/^FROM \S+/gm), [`FROM node:${node}-slim`, `FROM node:${node}-slim`])
  })

  it.live("needs no rights: without root, sources or packages, with nothing to write to but its data", () =>
    Effect.gen(function* () {
      yield* Effect.promise(() => buildDashboard())
      const app = image()
      const data = join(folder, "data")
      mkdirSync(data, { mode: 0o700 })
      chmodSync(folder, 0o755)
      // Only root can give its rights away; run by anybody else the process has none to give.
      const uid = process.getuid?.() === 0 ? Number(one(/^USER (\d+):/m)) : undefined
      if (uid !== undefined) chownSync(data, uid, uid)
      const server = yield* launch(
        {
          NODE_ENV: "production",
          PORT: "0",
          DATABASE_URL: `sqlite:${join(data, "payments.db")}`,
          PAYMENT_API_KEY: "sk_0123456789abcdef",
          PAYMENT_PROVIDER_ORDER: "paypal",
          PAYPAL_BASE_URL: "http://127.0.0.1:1",
          PAYPAL_CLIENT_ID: "client",
          PAYPAL_CLIENT_SECRET: "secret",
          PAYPAL_WEBHOOK_ID: "WH-1",
        },
        { script: join(app, "apps/server/dist/server/main.js"), uid },
      )
      const url = yield* server.listening
      const status = (path: string) => Effect.promise(async () => (await fetch(`${url}${path}`)).status)
      assert.deepStrictEqual(yield* Effect.forEach(["/readyz", "/dashboard", "/docs"], status), [200, 200, 200])
      if (uid !== undefined) assert.strictEqual(statSync(join(data, "payments.db")).uid, uid)
    }),
  )
})
