import { assert, describe, it } from "@effect/vitest"
import { Alert } from "@payment-orchestrator/domain"
import { parser } from "@prometheus-io/lezer-promql"
import { Effect, Schema } from "effect"
import { readFileSync } from "node:fs"
import { parse as parseYaml } from "yaml"
import * as Buyer from "./Buyer.ts"
import * as House from "./House.ts"
import * as Receiver from "./Receiver.ts"
import * as Scrape from "./Scrape.ts"
import { until } from "./Time.ts"

const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8")

const Rules = Schema.Struct({
  groups: Schema.Array(
    Schema.Struct({
      name: Schema.String,
      rules: Schema.Array(
        Schema.Struct({
          alert: Schema.String,
          expr: Schema.String,
          for: Schema.optionalKey(Schema.String),
          labels: Schema.Struct({ severity: Alert.Severity }),
          annotations: Schema.Struct({ summary: Schema.String, runbook: Schema.String }),
        }),
      ),
    }),
  ),
})
const rules = Schema.decodeUnknownSync(Rules, { onExcessProperty: "error" })(
  parseYaml(read("ops/prometheus-alerts.yml")),
).groups.flatMap((group) => group.rules)

const Dashboard = Schema.fromJsonString(
  Schema.Struct({
    annotations: Schema.Struct({ list: Schema.Array(Schema.Struct({ expr: Schema.String })) }),
    panels: Schema.Array(
      Schema.Struct({
        id: Schema.Int,
        title: Schema.String,
        targets: Schema.optionalKey(Schema.Array(Schema.Struct({ expr: Schema.String }))),
      }),
    ),
  }),
)
const dashboard = Schema.decodeSync(Dashboard)(read("ops/grafana-dashboard.json"))

/** What Prometheus itself adds to every series. */
const prometheus = { metrics: ["up"], labels: ["job", "instance"] }

/** What a query names: metrics with the labels that it asks of them, and labels that it groups by. */
const namedIn = (query: string) => {
  const text = query.replaceAll("$__rate_interval", "5m")
  const metrics: Array<{ readonly name: string; readonly labels: Array<readonly [name: string, value: string]> }> = []
  const grouped: Array<string> = []
  parser.parse(text).iterate({
    enter: ({ from, name, to, type }) => {
      const piece = text.slice(from, to)
      if (type.isError) throw new Error(`this is no PromQL: ${query}`)
      if (name === "Identifier") metrics.push({ name: piece, labels: [] })
      if (name === "UnquotedLabelMatcher") {
        const [, label = "", value = ""] = /^(\w+)\s*(?:=~|=|!=|!~)\s*"(.*)"$/.exec(piece) ?? []
        metrics.at(-1)?.labels.push([label, value])
      }
      if (name === "GroupingLabels") grouped.push(...(piece.match(/\w+/g) ?? []))
    },
  })
  return { metrics, grouped }
}

/** What a server shows that has seen a failover, money, a webhook and a delivery. */
const shown = Effect.gen(function* () {
  const house = yield* House.start({
    PAYMENT_ENCRYPTION_KEY: Buffer.alloc(32, 5).toString("base64"),
    PAYMENT_ALLOW_PRIVATE_ENDPOINTS: "true",
  })
  const shop = yield* Receiver.make()
  yield* house.send("POST", "/v1/webhook_endpoints", { body: { url: shop.url } })
  yield* house.paypal.refuse(true)
  const checkout = yield* Buyer.opened(house)
  yield* house.polar.buyer.pay(checkout.provider_session_id)
  yield* until(
    Effect.sync(() => shop.types()),
    (types) => types.includes("checkout.paid"),
  )
  yield* house.send("GET", "/v1/stats")
  return yield* until(Scrape.of(house), (scrape) =>
    ["payment_provider_up", "payment_delivery_lag_seconds_count"].every((name) => Scrape.numberOf(scrape, name) >= 0),
  )
})

const queries = [
  ...rules.map(({ alert, expr }) => ({ where: alert, expr })),
  ...dashboard.panels.flatMap(({ targets = [], title }) => targets.map(({ expr }) => ({ where: title, expr }))),
  ...dashboard.annotations.list.map(({ expr }) => ({ where: "annotations", expr })),
]

describe("ops/", () => {
  it.live("alert rules and dashboard name only metrics, labels and values that exist", () =>
    Effect.gen(function* () {
      const { samples } = yield* shown
      const known = new Map<string, Set<string>>()
      for (const { labels, name } of samples) {
        known.set(name, new Set([...(known.get(name) ?? []), ...Object.entries(labels).flat()]))
      }
      assert.isAbove(queries.length, 40)
      for (const { expr, where } of queries) {
        const { grouped, metrics } = namedIn(expr)
        assert.isAbove(metrics.length, 0, where)
        const all = new Set(["le", ...prometheus.labels])
        for (const { labels, name } of metrics) {
          if (prometheus.metrics.includes(name)) continue
          const words = known.get(name)
          assert.isDefined(words, `${where} names ${name}, which no server shows`)
          words.forEach((word) => all.add(word))
          for (const [label, value] of labels) {
            assert.isTrue(words.has(label), `${where}: ${name} has no label ${label}`)
            // A status class that did not occur here is one all the same.
            const values = value.split("|").filter((one) => !/^[1-5]xx$/.test(one))
            for (const one of values) assert.isTrue(words.has(one), `${where}: ${label} of ${name} is never ${one}`)
          }
        }
        for (const label of grouped)
          assert.isTrue(all.has(label), `${where} groups by ${label}, which is no label there`)
      }
    }),
  )

  it("finds a query that is wrong", () => {
    assert.throws(() => namedIn("sum(rate(payment_requests_total[5m])"), /no PromQL/)
    assert.deepStrictEqual(namedIn('max by (a) (x{b="c"}) > 1'), {
      metrics: [{ name: "x", labels: [["b", "c"]] }],
      grouped: ["a"],
    })
  })

  it("every rule, and every alert of ours, has an entry in the runbook; panels have ids of their own", () => {
    const headings = read("docs/operations.md")
      .split("\n")
      .flatMap((line) => /^#{2,3} `?([\w ]+?)`?$/.exec(line)?.[1]?.toLowerCase() ?? [])
    for (const kind of Alert.AlertKind.literals) assert.include(headings, kind)
    for (const { alert, annotations } of rules) {
      const [file, entry] = annotations.runbook.split("#")
      assert.strictEqual(file, "docs/operations.md", alert)
      assert.include(headings, entry, alert)
    }
    const ids = dashboard.panels.map(({ id }) => id)
    assert.lengthOf(new Set(ids), ids.length)
  })
})
