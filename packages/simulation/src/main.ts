/** `node packages/simulation/src/main.ts --help` */
import * as Command from "./Command.ts"

process.exitCode = await Command.run(process.argv.slice(2), (line) => void process.stdout.write(`${line}\n`))
