/** Running the project's own commands from scripts. */
import { spawn } from "node:child_process"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

export const root: string = dirname(dirname(fileURLToPath(import.meta.url)))

export const say = (text: string): void => {
  process.stdout.write(`${text}\n`)
}

/** Runs a command at the top of the project with the project's own programs first, and gives its exit code. */
export const run = (command: string, args: ReadonlyArray<string>): Promise<number> =>
  new Promise((resolve) => {
    const bin = join(root, "node_modules", ".bin")
    const child = spawn(command, args, {
      cwd: root,
      stdio: ["ignore", "inherit", "inherit"],
      env: { ...process.env, PATH: `${bin}:${process.env["PATH"] ?? ""}`, TURBO_TELEMETRY_DISABLED: "1" },
    })
    child.on("error", () => resolve(127))
    child.on("close", (code) => resolve(code ?? 1))
  })
