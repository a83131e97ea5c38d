/**
 * The page of the control server: every emulator with its state and buttons for the usual faults.
 */
import * as Html from "./Html.ts"

export interface Row {
  readonly name: string
  readonly url: string
  readonly refusing: boolean
  readonly requests: number
  readonly deliveries: number
  readonly offsetMillis: number
  readonly faults: ReadonlyArray<{
    readonly id: string
    readonly route: string
    readonly kind: string
    readonly played: number
  }>
  readonly webhookFault: string
}

const button = (label: string, steps: ReadonlyArray<readonly [method: string, path: string, body?: unknown]>): string =>
  `<form><button type="button" data-steps="${Html.escape(JSON.stringify(steps))}">${Html.escape(label)}</button></form>`

const section = (row: Row): string => {
  const at = `/${encodeURIComponent(row.name)}`
  const rule = (fault: unknown) =>
    [
      ["DELETE", `${at}/faults`],
      ["POST", `${at}/refuse`, { on: false }],
      ["POST", `${at}/faults`, { route: "*", fault }],
    ] as const
  const faults =
    row.faults.length === 0
      ? "none"
      : row.faults.map((fault) => `${fault.kind} on ${fault.route} (${fault.id}, played ${fault.played})`).join("; ")
  return `<section aria-label="${Html.escape(row.name)}"><h2>${Html.escape(row.name)}</h2>${Html.facts([
    ["Address", row.url],
    ["State", row.refusing ? "refuses connections" : row.faults.length > 0 ? "plays faults" : "up"],
    ["Faults", faults],
    ["Webhook fault", row.webhookFault],
    ["Clock", row.offsetMillis === 0 ? "now" : `${Math.round(row.offsetMillis / 1000)} s ahead`],
  ])}
<p><a href="${at}/requests">${row.requests} requests</a>, <a href="${at}/webhooks">${row.deliveries} webhook deliveries</a></p>
${button("Up", [
  ["DELETE", `${at}/faults`],
  ["POST", `${at}/refuse`, { on: false }],
])}${button("Down (503)", rule({ kind: "Status", status: 503 }))}${button("Refuse connections", [
    ["POST", `${at}/refuse`, { on: true }],
  ])}${button("Hang", rule({ kind: "Hang" }))}${button("Slow (3 s)", rule({ kind: "Latency", millis: 3000 }))}${button(
    "Lose answers (after carrying out)",
    rule({ kind: "Reset", apply: true }),
  )}${button("Clock + 1 hour", [["POST", `${at}/clock`, { advanceMillis: 3_600_000 }]])}${button("Reset", [
    ["POST", `${at}/reset`, {}],
  ])}</section>`
}

const script = `
for (const button of document.querySelectorAll("button[data-steps]")) button.addEventListener("click", async () => {
  const said = document.getElementById("said")
  for (const [method, path, body] of JSON.parse(button.dataset.steps)) {
    const answer = await fetch(path, { method, headers: { "content-type": "application/json" }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })
    if (!answer.ok) { said.textContent = await answer.text(); return }
  }
  location.reload()
})`

export const render = (rows: ReadonlyArray<Row>): string =>
  Html.page(
    "Payment emulators",
    `<h1>Payment emulators</h1><p class="notice">These are stand-ins. No money moves.</p><p id="said" role="status"></p>${rows
      .map(section)
      .join("")}<script>${script}</script>`,
    { wide: true },
  )
