/** How soon a provider's signed webhook is acknowledged, that is verified and kept on the disk. */
import { randomUUID } from "node:crypto"
import { Webhook } from "standardwebhooks"
import * as Buyer from "./Buyer.ts"
import * as Emulators from "./Emulators.ts"
import { ask, statusOf } from "./Http.ts"
import * as Load from "./Load.ts"
import * as Programs from "./Programs.ts"
import { machine, say, table, write } from "./Report.ts"
import { shown, shownSpread, spread, summary } from "./Stats.ts"

const repetitions = 3
const rates = [100, 500]
const seconds = 10
const wantedMillis = 20

/** What Polar tells of a checkout, here of one that nobody knows: it is kept, and waits to be matched. */
const webhookOf = () =>
  JSON.stringify({
    type: "checkout.updated",
    timestamp: new Date().toISOString(),
    data: { id: randomUUID(), status: "open", metadata: { attempt_id: randomUUID() }, padding: "x".repeat(2_000) },
  })

const measure = async (rate: number, emulators: Emulators.Emulators) => {
  const program = await Programs.startOurs({ emulators })
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
  await Buyer.warm(program, 100)
  await Load.open(50, 4, tell)
  const timed = await Load.open(rate, seconds, tell)
  await program.stop("SIGKILL")
  const refused = timed.filter(({ value }) => value !== 200).length
  return { rate, refused, ...summary(timed.map(({ millis }) => millis)) }
}

export const run = async (): Promise<void> => {
  const on = machine()
  const begun = performance.now()
  const emulators = await Emulators.start()
  const rows: Array<Awaited<ReturnType<typeof measure>>> = []
  for (let repetition = 0; repetition < repetitions; repetition++) {
    for (const rate of rates) {
      const row = await measure(rate, emulators)
      say(`${rate}/s: p50 ${shown(row.p50)}, p99 ${shown(row.p99)} ms, ${row.refused} refused`)
      rows.push(row)
    }
  }
  await emulators.stop()
  const of = (rate: number, share: "p50" | "p95" | "p99" | "max") =>
    spread(rows.filter((row) => row.rate === rate).map((row) => row[share]))
  const refused = rows.reduce((sum, row) => sum + row.refused, 0)
  write({
    name: "ingest",
    title: "Webhooks of a provider: from its POST to our 200",
    machine: on,
    tookSeconds: (performance.now() - begun) / 1000,
    targets: [
      {
        name: "p99 of the acknowledgement at 500/s",
        wanted: `≤ ${wantedMillis} ms`,
        got: `${shownSpread(of(500, "p99"))} ms`,
        isHit: of(500, "p99").median <= wantedMillis && refused === 0,
      },
    ],
    body: [
      `Webhooks of Polar of 2 kB, each signed as Standard Webhooks say and new to us, open loop for ${seconds} s; milliseconds ` +
        "from the moment it was due to the 200, which is sent once it is on the disk (SQLite). It is looked up beside. Median of " +
        `${repetitions} repetitions (smallest–largest); ${refused} were not answered with 200.`,
      table(
        ["a second", "p50", "p95", "p99", "slowest"],
        rates.map((rate) => [
          rate,
          ...(["p50", "p95", "p99", "max"] as const).map((share) => shownSpread(of(rate, share))),
        ]),
      ),
    ],
    data: rows,
  })
}
