/** Outputs that are made when what is there was not made of the same sources. */
import { createHash } from "node:crypto"
import { existsSync, globSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"

export interface Output {
  /** Where it goes; replaced as a whole, so that nobody who reads it meanwhile sees half of it. */
  readonly folder: string
  /** Where the patterns of `sources` begin. */
  readonly here: string
  /** Everything it depends on. */
  readonly sources: ReadonlyArray<string>
}

const digest = ({ here, sources }: Output): string => {
  const hash = createHash("sha256")
  const names = globSync([...sources], { cwd: here, withFileTypes: true, exclude: ["**/node_modules/**"] })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
  for (const name of names.toSorted()) hash.update(name.slice(here.length)).update(readFileSync(name))
  return hash.digest("hex")
}

/** Lets `make` fill a fresh folder, unless that is done already; answers whether anything had to be made. */
export const unlessBuilt = async (output: Output, make: (fresh: string) => Promise<void>): Promise<boolean> => {
  const stamp = join(output.folder, "built-of.txt")
  const wanted = digest(output)
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return false
  const fresh = `${output.folder}.${process.pid}`
  await make(fresh)
  writeFileSync(join(fresh, "built-of.txt"), wanted)
  rmSync(output.folder, { recursive: true, force: true })
  renameSync(fresh, output.folder)
  return true
}
