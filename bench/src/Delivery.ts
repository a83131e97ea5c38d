/** How soon events arrive while one endpoint hangs, and how many a second; beside a bare loop that signs and posts. */
import { createHmac, randomBytes, randomUUID } from "node:crypto"
import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import * as Buyer from "./Buyer.ts"
import * as Chart from "./Chart.ts"
import * as Emulators from "./Emulators.ts"
import { ask, statusOf } from "./Http.ts"
import * as Load from "./Load.ts"
import * as Process from "./Process.ts"
import * as Programs from "./Programs.ts"
import type { Taken } from "./receiver.ts"
import { machine, say, table, write } from "./Report.ts"
import { median, shown, shownSpread, spread, summary } from "./Stats.ts"

const repetitions = 3
const endpoints = 10
/** Checkouts a second, each an event for every endpoint. */
const rate = 20
const seconds = 20
/** Events that wait, for each endpoint, when the throughput is measured. */
const waiting = 1_000
/** Sendings at once to one endpoint, as ours has at most. */
const atOnce = 16
const wantedMillis = 1_000

type Counts = Readonly<Record<string, Taken>>

interface Receiver {
  readonly url: string
  readonly taken: () => Promise<Counts>
  readonly clear: () => Promise<void>
  readonly secret: (name: string, secret: string) => Promise<void>
  readonly stop: () => Promise<void>
}

const startReceiver = async (): Promise<Receiver> => {
  const running = await Process.start({
    args: [fileURLToPath(new URL("receiver.ts", import.meta.url))],
    environment: {},
    ready: /listening on (\S+)/,
  })
  const url = running.address
  return {
    url,
    stop: running.stop,
    taken: async () => JSON.parse((await ask(`${url}/taken`)).text),
    clear: async () => void (await ask(`${url}/taken`, { method: "DELETE" })),
    secret: async (name, secret) => void (await ask(`${url}/secrets/${name}`, { method: "PUT", body: secret })),
  }
}

/** Speaks to our API as an administrator. */
const tell = async (
  program: Programs.Program,
  method: string,
  path: string,
  body: unknown,
): Promise<{ readonly id: string; readonly secret: string }> => {
  const answer = await ask(`${program.url}/v1${path}`, {
    method,
    body,
    headers: { authorization: `Bearer ${program.apiKey}`, "idempotency-key": randomUUID() },
  })
  if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`)
  return JSON.parse(answer.text)
}

const makeEndpoint = async (program: Programs.Program, receiver: Receiver, name: string): Promise<string> => {
  const made = await tell(program, "POST", "/webhook_endpoints", {
    url: `${receiver.url}/hook/${name}`,
    events: ["checkout.opened"],
  })
  await receiver.secret(name, made.secret)
  return made.id
}

const countOf = (counts: Counts): number => Object.values(counts).reduce((sum, { count }) => sum + count, 0)

/** Until so many have come, or none come any more for a while. */
const arrived = async (receiver: Receiver, wanted: number): Promise<Counts> => {
  let before = -1
  let idle = 0
  for (;;) {
    const counts = await receiver.taken()
    const now = countOf(counts)
    idle = now === before ? idle + 1 : 0
    if (now >= wanted || idle > 100) return counts
    before = now
    await sleep(100)
  }
}

const environment = { PAYMENT_ALLOW_PRIVATE_ENDPOINTS: "true" }

/** Endpoints under load, the first of which hangs, or none. */
const lags = async (emulators: Emulators.Emulators, receiver: Receiver, hangs: boolean) => {
  const program = await Programs.startOurs({ emulators, environment })
  for (let i = 0; i < endpoints; i++) await makeEndpoint(program, receiver, i === 0 && hangs ? "hang" : `e${i}`)
  await Buyer.warm(program, 100)
  await sleep(500)
  await receiver.clear()
  await Load.open(rate, seconds, () => statusOf(Buyer.open(program)))
  const healthy = hangs ? endpoints - 1 : endpoints
  const counts = await arrived(receiver, rate * seconds * healthy)
  await program.stop("SIGKILL")
  const all = Object.values(counts).flatMap((one) => one.lags)
  return { hangs, wanted: rate * seconds * healthy, ...summary(all) }
}

/** What waits for endpoints that were disabled is sent at once when they are enabled. */
const throughput = async (emulators: Emulators.Emulators, receiver: Receiver, to: number): Promise<number> => {
  const program = await Programs.startOurs({ emulators, environment })
  const since = new Date().toISOString()
  const ids: Array<string> = []
  for (let i = 0; i < to; i++) ids.push(await makeEndpoint(program, receiver, `t${i}`))
  await Buyer.warm(program, 100)
  await arrived(receiver, 100 * to)
  for (const id of ids) await tell(program, "PATCH", `/webhook_endpoints/${id}`, { status: "disabled" })
  await Load.closed(waiting, 8, () => Buyer.open(program))
  await sleep(1_500)
  await receiver.clear()
  for (const id of ids) await tell(program, "PATCH", `/webhook_endpoints/${id}`, { status: "enabled" })
  const begun = Date.now()
  await Promise.all(ids.map((id) => tell(program, "POST", `/webhook_endpoints/${id}/redeliver`, { since })))
  const counts = Object.values(await arrived(receiver, waiting * to))
  await program.stop("SIGKILL")
  const count = counts.reduce((sum, one) => sum + one.count, 0)
  const bad = counts.reduce((sum, one) => sum + one.bad, 0)
  if (count < waiting * to || bad > 0)
    throw new Error(`of ${waiting * to} deliveries ${count} came, ${bad} not genuine`)
  return count / ((Math.max(...counts.map(({ last }) => last)) - begun) / 1000)
}

/** The bare cost: the same body signed and posted by a plain loop, from this process. */
const bare = async (receiver: Receiver, to: number): Promise<number> => {
  const key = randomBytes(24)
  for (let i = 0; i < to; i++) await receiver.secret(`b${i}`, `whsec_${key.toString("base64")}`)
  await receiver.clear()
  const body = {
    id: "evt_01JDBENCH",
    type: "checkout.opened",
    api_version: "1",
    livemode: false,
    created_at: new Date().toISOString(),
    tenant_id: "default",
    object_id: "co_01JDBENCH",
    sequence: 1,
    provider: "paypal",
    data: {
      id: "co_01JDBENCH",
      status: "open",
      url: "https://www.paypal.com/checkoutnow?token=5O190127TN364715T",
      amount: "99.99",
      currency: "USD",
      metadata: {},
      padding: "x".repeat(400),
    },
  }
  const text = JSON.stringify(body)
  const begun = performance.now()
  await Load.closed(waiting * to, atOnce * to, async (i) => {
    const id = `msg_${i}`
    const at = Math.floor(Date.now() / 1000)
    const signature = createHmac("sha256", key).update(`${id}.${at}.${text}`).digest("base64")
    const { status } = await ask(`${receiver.url}/hook/b${i % to}`, {
      method: "POST",
      body,
      headers: { "webhook-id": id, "webhook-timestamp": String(at), "webhook-signature": `v1,${signature}` },
    })
    if (status !== 204) throw new Error(`the receiver answered ${status}`)
  })
  return (waiting * to) / ((performance.now() - begun) / 1000)
}

export const run = async (): Promise<void> => {
  const on = machine()
  const begun = performance.now()
  const emulators = await Emulators.start()
  const receiver = await startReceiver()
  const arrivals: Array<Awaited<ReturnType<typeof lags>>> = []
  const speeds: Array<{ readonly what: string; readonly to: number; readonly perSecond: number }> = []
  for (let repetition = 0; repetition < repetitions; repetition++) {
    for (const hangs of [false, true]) {
      const row = await lags(emulators, receiver, hangs)
      say(`${hangs ? "one hangs" : "none hangs"}: ${row.n} of ${row.wanted} came, p95 ${shown(row.p95)} ms`)
      arrivals.push(row)
      await receiver.clear()
    }
    for (const to of [1, endpoints]) {
      for (const [what, take] of [
        ["ours", () => throughput(emulators, receiver, to)],
        ["bare loop", () => bare(receiver, to)],
      ] as const) {
        const perSecond = await take()
        say(`${what}, ${to} endpoints: ${shown(perSecond)}/s`)
        speeds.push({ what, to, perSecond })
        await receiver.clear()
      }
    }
    await emulators.reset()
  }
  await receiver.stop()
  await emulators.stop()

  const lag = (hangs: boolean, share: "p50" | "p95" | "p99" | "max") =>
    spread(arrivals.filter((row) => row.hangs === hangs).map((row) => row[share]))
  const speed = (what: string, to: number) =>
    spread(speeds.filter((row) => row.what === what && row.to === to).map(({ perSecond }) => perSecond))
  const missing = arrivals.reduce((sum, { n, wanted }) => sum + wanted - n, 0)
  const ratio = (to: number) => speed("ours", to).median / speed("bare loop", to).median

  write({
    name: "delivery",
    title: "Events on their way to the merchant",
    machine: on,
    tookSeconds: (performance.now() - begun) / 1000,
    targets: [
      {
        name: "one endpoint of ten hangs on every call: p95 of the others",
        wanted: `< ${wantedMillis} ms`,
        got: `${shownSpread(lag(true, "p95"))} ms`,
        isHit: lag(true, "p95").median < wantedMillis && missing === 0,
      },
    ],
    body: [
      `## One endpoint hangs\n\n${endpoints} endpoints, ${rate} checkouts a second for ${seconds} s (open loop), each told to all ` +
        "of them: milliseconds from the event's `created_at`, taken in its transaction, to its arrival. Median of " +
        `${repetitions} repetitions (smallest–largest). Every arrival was verified; ${missing} of ` +
        `${arrivals.reduce((sum, { wanted }) => sum + wanted, 0)} are missing.`,
      table(
        ["", "p50", "p95", "p99", "slowest"],
        [false, true].map((hangs) => [
          hangs ? "one hangs, the other nine" : "none hangs",
          ...(["p50", "p95", "p99", "max"] as const).map((share) => shownSpread(lag(hangs, share))),
        ]),
      ),
      `## Verified deliveries a second\n\n${waiting.toLocaleString("en")} events wait for each endpoint and become due at once; ` +
        "the receiver, a process of its own, verifies each with the `standardwebhooks` package. *Bare loop*: plain Node, one " +
        `HMAC and one POST each, ${atOnce} at once to each endpoint, kept connections, nothing written down.`,
      table(
        ["endpoints", "ours", "bare loop", "ours / bare"],
        [1, endpoints].map((to) => [
          to,
          shownSpread(speed("ours", to)),
          shownSpread(speed("bare loop", to)),
          ratio(to).toFixed(2),
        ]),
      ),
    ],
    data: { arrivals, speeds },
    plots: {
      "": await Chart.svg({
        title: {
          text: "From the event to the merchant, one of ten endpoints hanging",
          subtitle: "milliseconds, median of the repetitions",
        },
        width: 520,
        height: { step: 24 },
        data: {
          values: [false, true].flatMap((hangs) =>
            (["p50", "p95", "p99"] as const).map((share) => ({
              share,
              millis: median(arrivals.filter((row) => row.hangs === hangs).map((row) => row[share])),
              what: hangs ? "one hangs, the other nine" : "none hangs",
            })),
          ),
        },
        mark: "bar",
        encoding: {
          y: { field: "share", type: "nominal", title: null },
          yOffset: { field: "what", type: "nominal", sort: null },
          x: { field: "millis", type: "quantitative", title: "milliseconds" },
          color: { field: "what", type: "nominal", title: null, sort: null },
        },
      }),
    },
  })
}
