/** How soon a provider's signed webhook is acknowledged, that is verified and kept on the disk, beside the rival. */
import { randomUUID } from "node:crypto"
import { Webhook } from "standardwebhooks"
import * as Emulators from "./Emulators.ts"
import { ask, statusOf } from "./Http.ts"
import * as Load from "./Load.ts"
import * as Process from "./Process.ts"
import * as Programs from "./Programs.ts"
import { machine, say, table, write } from "./Report.ts"
import { shown, shownSpread, spread, summary } from "./Stats.ts"

const rates = [100, 500]
const warmUps = 1_000
const wantedMillis = 20
const names: ReadonlyArray<Programs.Name> = ["ours", "rival"]
/** Seconds after the last one was due, until what is not answered is given up. */
const patience = 10

/** What Polar tells of a checkout, here of one that nobody knows: it is kept, and waits to be matched. */
const webhookOf = () =>
  JSON.stringify({
    type: "checkout.updated",
    timestamp: new Date().toISOString(),
    data: { id: randomUUID(), status: "open", metadata: { attempt_id: randomUUID() }, padding: "x".repeat(2_000) },
  })

interface Wanted {
  readonly name: Programs.Name
  readonly rate: number
  readonly seconds: number
}

const measure = async ({ name, rate, seconds }: Wanted, emulators: Emulators.Emulators) => {
  const program = await Programs.start(name, { emulators })
  const signer = new Webhook(emulators.environment["POLAR_WEBHOOK_SECRET"] ?? "")
  const tell = () => {
    const id = `msg_${randomUUID()}`
    const at = new Date()
    const body = webhookOf()
    return statusOf(
      ask(`${program.url}/webhooks/polar`, {
        method: "POST",
        text: body,
        headers: {
          "webhook-id": id,
          "webhook-timestamp": String(Math.floor(at.getTime() / 1000)),
          "webhook-signature": signer.sign(id, at, body),
        },
      }),
    )
  }
  await Load.closed(warmUps, 8, tell)
  const before = Process.cpuSeconds(program.pid)
  const giveUp = setTimeout(() => void program.stop("SIGKILL"), (seconds + patience) * 1_000)
  const timed = await Load.open(rate, seconds, tell)
  clearTimeout(giveUp)
  const cpuMillis = ((Process.cpuSeconds(program.pid) - before) * 1_000) / timed.length
  await program.stop("SIGKILL")
  const refused = timed.filter(({ value }) => value !== 200).length
  return { name, rate, refused, cpuMillis, ...summary(timed.map(({ millis }) => millis)) }
}

/** `pnpm bench ingest [repetitions] [seconds]`. */
export const run = async ([count = "3", length = "10"]: ReadonlyArray<string>): Promise<void> => {
  const repetitions = Number(count)
  const seconds = Number(length)
  const on = machine()
  const begun = performance.now()
  const emulators = await Emulators.start()
  const rows: Array<Awaited<ReturnType<typeof measure>>> = []
  for (let repetition = 0; repetition < repetitions; repetition++) {
    for (const rate of rates) {
      for (const name of repetition % 2 === 0 ? names : names.toReversed()) {
        const row = await measure({ name, rate, seconds }, emulators)
        say(`${name} at ${rate}/s: p50 ${shown(row.p50)}, p99 ${shown(row.p99)} ms, ${row.refused} refused`)
        rows.push(row)
      }
    }
  }
  await emulators.stop()
  const of = (name: Programs.Name, rate: number, share: "p50" | "p95" | "p99" | "max" | "cpuMillis") =>
    spread(rows.filter((row) => row.name === name && row.rate === rate).map((row) => row[share]))
  const refused = (name: Programs.Name) =>
    rows.filter((row) => row.name === name).reduce((sum, row) => sum + row.refused, 0)
  write({
    name: "ingest",
    title: "Webhooks of a provider: from its POST to our 200",
    machine: on,
    tookSeconds: (performance.now() - begun) / 1000,
    targets: [
      {
        name: "p99 of the acknowledgement at 500/s",
        wanted: `≤ ${wantedMillis} ms`,
        got: `${shownSpread(of("ours", 500, "p99"))} ms`,
        isHit: of("ours", 500, "p99").median <= wantedMillis && refused("ours") === 0,
      },
    ],
    body: [
      `Webhooks of Polar of 2 kB, each signed as Standard Webhooks say and new to us, open loop for ${seconds} s; milliseconds ` +
        "from the moment it was due to the 200, which is sent once it is on the disk (SQLite). Both check the signature and keep " +
        "each once. Ours also seals the body, looks for what it is about, and parks it, since these are about nothing; the rival " +
        `only keeps them. Fresh processes, warmed by ${warmUps} webhooks; median of ${repetitions} repetitions ` +
        `(smallest–largest). Not answered with 200: ${refused("ours")} of ours, ${refused("rival")} of the rival's. *CPU*: of the server.`,
      table(
        ["a second", "program", "p50", "p95", "p99", "slowest", "CPU ms for each"],
        rates.flatMap((rate) =>
          names.map((name) => [
            rate,
            name,
            ...(["p50", "p95", "p99", "max", "cpuMillis"] as const).map((share) => shownSpread(of(name, rate, share))),
          ]),
        ),
      ),
    ],
    data: rows,
  })
}
