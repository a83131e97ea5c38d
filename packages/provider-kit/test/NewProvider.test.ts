import { assert, describe, it } from "@effect/vitest"
import { spawnSync } from "node:child_process"
import { globSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("../../../", import.meta.url))
const run = (...args: ReadonlyArray<string>) =>
  spawnSync(process.execPath, [join(root, "scripts/new-provider.ts"), ...args], { encoding: "utf8" })

/** Every file by its path, without what a run of the tests leaves behind. */
const files = (place: string) =>
  new Map(
    globSync("**/*", { cwd: place, exclude: (name) => ["node_modules", ".vitest", ".turbo"].includes(name) })
      .filter((file) => statSync(join(place, file)).isFile())
      .map((file) => [file, readFileSync(join(place, file), "utf8")]),
  )

describe("pnpm new-provider", () => {
  it("copies the example under another name and changes nothing else, so that the copy is as sound as the example", () => {
    const folder = mkdtempSync(join(tmpdir(), "new-provider-"))
    const place = join(folder, "provider-nova")
    assert.strictEqual(run("nova", place).status, 0)
    const back = (text: string) => text.replaceAll("nova", "acme").replaceAll("Nova", "Acme").replaceAll("NOVA", "ACME")
    const copied = files(place)
    assert.isTrue(copied.has("src/NovaProvider.ts"))
    for (const [file, text] of copied) assert.notMatch(`${file}\n${text}`, /acme/i, file)
    assert.deepStrictEqual(
      new Map(Array.from(copied, ([file, text]) => [back(file), back(text)])),
      files(join(root, "examples/provider-acme")),
    )
    assert.strictEqual(run("nova", place).status, 1)
    rmSync(folder, { recursive: true })
  })

  it("takes no name that is none", () => {
    for (const name of ["", "Nova", "my-bank", "9lives", "../nova"]) {
      const { status, stdout } = run(name)
      assert.strictEqual(status, 1, name)
      assert.include(stdout, "name it")
    }
  })
})
