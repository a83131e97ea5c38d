/** `pnpm mutate <package> [file…]`: changes the source in every small way, and says which change no test notices. */
import { globSync } from "node:fs"
import { constants, setPriority } from "node:os"
import { basename, join, relative } from "node:path"
import { fileURLToPath } from "node:url"
import { instrument } from "./Mutants.ts"
import { report } from "./Report.ts"
import { trial } from "./Trial.ts"
import { compiling } from "./Types.ts"

const say = (line: string) => {
  process.stdout.write(`${line}\n`)
}

const quick = process.argv.includes("--quick")
const [name, ...wanted] = process.argv.slice(2).filter((word) => word !== "--quick")
const folder = fileURLToPath(new URL(`../../packages/${name}`, import.meta.url))
const files = globSync("src/**/*.ts", { cwd: folder })
  .filter((file) => wanted.length === 0 || wanted.includes(basename(file, ".ts")))
  .map((file) => join(folder, file))
  .toSorted()
if (name === undefined || files.length === 0) {
  say("pnpm mutate <package> [file…] [--quick], such as: pnpm mutate domain Ledger LedgerState")
  process.exit(1)
}

setPriority(constants.priority.PRIORITY_LOW)
const { mutants, sources } = await instrument(files)
const valid = await compiling(folder, mutants)
say(`${mutants.length} mutants in ${files.length} files, of which ${valid.size} compile`)
const tried = mutants.filter(({ id }) => valid.has(id))
const outcome = await trial(folder, { sources }, tried, { quick, say })
say(
  report(
    tried.map((mutant) => ({ ...mutant, file: relative(folder, mutant.file) })),
    outcome,
  ),
)
process.exit(0)
