/** Writes what came out under `results/`: numbers as JSON, a page as Markdown, plots as SVG; with machine and date. */
import { execFileSync } from "node:child_process"
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { arch, cpus, loadavg, platform, release, tmpdir, totalmem } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

const folder = fileURLToPath(new URL("../results/", import.meta.url))

export const say = (text: string): void => {
  process.stdout.write(`${text}\n`)
}

export interface Machine {
  readonly date: string
  readonly commit: string
  readonly node: string
  readonly cpu: string
  readonly cores: number
  readonly memoryGb: number
  readonly system: string
  /** Where the databases were. */
  readonly disk: string
  /** Programs that wanted the processor in the minute before. */
  readonly loadBefore: number
}

const git = (...args: ReadonlyArray<string>) => execFileSync("git", args, { cwd: folder, encoding: "utf8" }).trim()

/** The kind of file system of the longest mount that holds a path. */
const fileSystemOf = (path: string): string => {
  const mounts = readFileSync("/proc/mounts", "utf8")
    .split("\n")
    .map((line) => line.split(" "))
    .filter(([, at = ""]) => path === at || path.startsWith(at === "/" ? "/" : `${at}/`))
    .toSorted(([, a = ""], [, b = ""]) => b.length - a.length)
  return mounts[0]?.[2] ?? "unknown"
}

export const machine = (): Machine => ({
  date: new Date().toISOString().slice(0, 16).replace("T", " "),
  commit: `${git("rev-parse", "--short", "HEAD")}${git("status", "--porcelain", "--", "../../packages", "../../apps") === "" ? "" : " with changes"}`,
  node: process.version,
  cpu: cpus()[0]?.model.trim() ?? "unknown",
  cores: cpus().length,
  memoryGb: Math.round(totalmem() / 1e9),
  system: `${platform()} ${release()} ${arch()}`,
  disk: fileSystemOf(tmpdir()),
  loadBefore: Number((loadavg()[0] ?? 0).toFixed(2)),
})

export const table = (head: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string | number>>): string =>
  [head, head.map((_, i) => (i === 0 ? "---" : "---:")), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n")

export interface Target {
  readonly name: string
  readonly wanted: string
  readonly got: string
  readonly isHit: boolean
}

export const targets = (all: ReadonlyArray<Target>): string =>
  table(
    ["target", "wanted", "got", ""],
    all.map(({ got, isHit, name, wanted }) => [name, wanted, got, isHit ? "hit" : "**missed**"]),
  )

export interface Page {
  /** The file's name without its end. */
  readonly name: string
  readonly title: string
  /** Taken before anything was measured. */
  readonly machine: Machine
  readonly tookSeconds: number
  /** Markdown. */
  readonly body: ReadonlyArray<string>
  readonly targets?: ReadonlyArray<Target>
  /** Whatever the figures rest on. */
  readonly data: unknown
  /** SVG, by the end of its file's name (empty: none). */
  readonly plots?: Readonly<Record<string, string>>
}

export const write = (page: Page): void => {
  const { body, data, machine: on, name, plots = {}, title } = page
  mkdirSync(folder, { recursive: true })
  const put = (end: string, text: string) => writeFileSync(join(folder, `${name}${end}`), text)
  put(".json", `${JSON.stringify({ machine: on, targets: page.targets ?? [], data }, null, 1)}\n`)
  const images = Object.entries(plots).map(([end, svg]) => {
    put(`${end}.svg`, svg)
    return `![${title}](${name}${end}.svg)`
  })
  const told = [
    `${on.date} UTC, commit ${on.commit}. ${on.cores} × ${on.cpu}, ${on.memoryGb} GB, ${on.system}, Node ${on.node},`,
    `databases on ${on.disk}, load average before the run ${on.loadBefore}. Took ${Math.round(page.tookSeconds)} s:`,
    `\`pnpm bench ${process.argv.slice(2).join(" ")}\`.`,
  ].join("\n")
  const parts = [`# ${title}`, told, ...(page.targets === undefined ? [] : [targets(page.targets)]), ...body, ...images]
  put(".md", `${parts.join("\n\n")}\n`)
  say(`\n${parts.join("\n\n")}\n\nwritten to bench/results/${name}.md`)
}
