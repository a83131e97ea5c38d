/** `pnpm new-provider nova`: a provider of one's own, as a copy of examples/provider-acme under another name. */
import { cpSync, existsSync, globSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs"
import { basename, dirname, join } from "node:path"
import { root, say } from "./run.ts"

/** Letters and digits, so that it reads the same in a variable, a file's name and a sentence. */
const allowed = /^[a-z][a-z0-9]{1,31}$/

const renamed = (text: string, name: string): string =>
  text
    .replaceAll("acme", name)
    .replaceAll("Acme", name.slice(0, 1).toUpperCase() + name.slice(1))
    .replaceAll("ACME", name.toUpperCase())

const left = new Set(["node_modules", ".vitest", ".turbo"])

/** Copies the example to `place`, which must not be there yet. */
const copy = (name: string, place: string): void => {
  cpSync(join(root, "examples", "provider-acme"), place, {
    recursive: true,
    filter: (from) => !left.has(basename(from)),
  })
  for (const file of globSync("**/*", { cwd: place }).map((found) => join(place, found))) {
    if (!statSync(file).isFile()) continue
    writeFileSync(file, renamed(readFileSync(file, "utf8"), name))
    renameSync(file, join(dirname(file), renamed(basename(file), name)))
  }
}

const [name = "", place = join(root, "examples", `provider-${name}`)] = process.argv.slice(2)
if (!allowed.test(name)) {
  say("name it: pnpm new-provider nova (2 to 32 lower-case letters and digits, the first a letter)")
  process.exitCode = 1
} else if (existsSync(place)) {
  say(`${place} is there already`)
  process.exitCode = 1
} else {
  copy(name, place)
  say(`${place} is there, and passes the suite as it is. Next:`)
  say(`  npx -y pnpm@10 install && cd ${place} && npx -y pnpm@10 test`)
  say("then make it yours, as docs/adding-a-provider.md says")
}
