/**
 * Builds the dashboard into the server's static files, with what browsers get compressed beside each; does nothing when
 * what is there was built of the same sources.
 */
import { globSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { constants, gzipSync } from "node:zlib"
import { unlessBuilt } from "../../scripts/built.ts"

const here = dirname(fileURLToPath(import.meta.url))

/** The types of the contract are not among the sources: nothing of them is in what is built. */
const output = {
  here,
  folder: join(here, "../server/static"),
  sources: ["src/**/*", "public/**/*", "*.ts", "index.html", "package.json", "../../pnpm-lock.yaml"],
}

const make = async (outDir: string): Promise<void> => {
  // Whoever asks may be a test or a development server; what is built never is.
  process.env["NODE_ENV"] = "production"
  const { build: bundle } = await import("vite")
  await bundle({ root: here, configFile: join(here, "vite.config.ts"), logLevel: "warn", build: { outDir } })
  for (const name of globSync("**/*.{js,css,html,svg}", { cwd: outDir })) {
    const file = join(outDir, name)
    writeFileSync(`${file}.gz`, gzipSync(readFileSync(file), { level: constants.Z_BEST_COMPRESSION }))
  }
}

/** Answers whether anything had to be built. */
export const build = (): Promise<boolean> => unlessBuilt(output, make)

if (import.meta.main) {
  process.stdout.write((await build()) ? "the dashboard was built\n" : "the dashboard is built already\n")
}
