/** Mutants that the compiler refuses are no mutants: nobody can write them by mistake. */
import { execFile } from "node:child_process"
import { globSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { basename, dirname, join } from "node:path"
import type { Mutant } from "./Mutants.ts"

const mark = ".mutant-"

/** What the compiler finds untidy still runs. */
const untidy = ["noUnusedLocals", "noUnusedParameters", "noImplicitReturns", "noFallthroughCasesInSwitch"]

const sweep = (folder: string) => {
  for (const file of globSync(`src/**/*${mark}*.ts`, { cwd: folder })) rmSync(join(folder, file))
}

const tsc = (folder: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const args = ["--noEmit", "--pretty", "false", ...untidy.flatMap((option) => [`--${option}`, "false"])]
    execFile("tsc", args, { cwd: folder, maxBuffer: 1 << 30 }, (error, stdout) => {
      if (error !== null && typeof error.code !== "number") reject(error)
      else resolve(stdout)
    })
  })

/** The ids of those that compile: a copy of the file for each, beside it, and one run of the compiler over all. */
export const compiling = async (folder: string, mutants: ReadonlyArray<Mutant>): Promise<ReadonlySet<string>> => {
  sweep(folder)
  try {
    for (const { file, from, id, replacement, to } of mutants) {
      const text = readFileSync(file, "utf8")
      const copy = join(dirname(file), basename(file).replace(/\.ts$/, `${mark}${id}.ts`))
      writeFileSync(copy, text.slice(0, from) + replacement + text.slice(to))
    }
    const faults = await tsc(folder)
    const refused = new Set([...faults.matchAll(/\.mutant-(\d+)\.ts\(\d+,\d+\): error/g)].map(([, id]) => id ?? ""))
    return new Set(mutants.map(({ id }) => id).filter((id) => !refused.has(id)))
  } finally {
    sweep(folder)
  }
}
