/**
 * Builds the dashboard into the server's static files, with what browsers get compressed beside each; does nothing when
 * what is there was built of the same sources.
 */
import { createHash } from "node:crypto"
import { existsSync, globSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { constants, gzipSync } from "node:zlib"

const here = dirname(fileURLToPath(import.meta.url))
const folder = join(here, "../server/static")
const stamp = join(folder, "built-of.txt")

/** Everything the output depends on. The types of the contract are not in it. */
const sources = ["src/**/*", "public/**/*", "*.ts", "index.html", "package.json", "../../pnpm-lock.yaml"]

const digest = (): string => {
  const hash = createHash("sha256")
  const names = globSync(sources, { cwd: here, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
  for (const name of names.toSorted()) hash.update(name.slice(here.length)).update(readFileSync(name))
  return hash.digest("hex")
}

/** Answers whether anything had to be built. */
export const build = async (): Promise<boolean> => {
  const wanted = digest()
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return false
  // Whoever asks may be a test or a development server; what is built never is.
  process.env["NODE_ENV"] = "production"
  const { build: bundle } = await import("vite")
  // Beside its place first: a server that runs meanwhile never sees half of it.
  const fresh = `${folder}.${process.pid}`
  await bundle({ root: here, configFile: join(here, "vite.config.ts"), logLevel: "warn", build: { outDir: fresh } })
  for (const name of globSync("**/*.{js,css,html,svg}", { cwd: fresh })) {
    const file = join(fresh, name)
    writeFileSync(`${file}.gz`, gzipSync(readFileSync(file), { level: constants.Z_BEST_COMPRESSION }))
  }
  writeFileSync(join(fresh, "built-of.txt"), wanted)
  rmSync(folder, { recursive: true, force: true })
  renameSync(fresh, folder)
  return true
}

if (import.meta.main) {
  process.stdout.write((await build()) ? "the dashboard was built\n" : "the dashboard is built already\n")
}
