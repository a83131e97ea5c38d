/**
 * A merchant's server in a process of its own. `POST /hook/<name>` is verified by the `standardwebhooks` package; a name
 * that begins with `hang` is never answered. `PUT /secrets/<name>`, `GET /taken` and `DELETE /taken` are for the bench.
 */
import { createServer } from "node:http"
import { Webhook } from "standardwebhooks"

export interface Taken {
  count: number
  bad: number
  /** Epoch milliseconds of the first and the last that were genuine. */
  first: number
  last: number
  /** From the event's `created_at` to its arrival, in milliseconds. */
  readonly lags: Array<number>
}

const verifiers = new Map<string, Webhook>()
const taken = new Map<string, Taken>()

const takenBy = (name: string): Taken => {
  const known = taken.get(name) ?? { count: 0, bad: 0, first: 0, last: 0, lags: [] }
  taken.set(name, known)
  return known
}

const take = (name: string, body: string, headers: Record<string, string>): number => {
  const now = Date.now()
  const all = takenBy(name)
  try {
    verifiers.get(name)?.verify(body, headers)
  } catch {
    all.bad += 1
    return 400
  }
  const event: { readonly created_at: string } = JSON.parse(body)
  all.count += 1
  all.first = all.first === 0 ? now : all.first
  all.last = now
  all.lags.push(now - Date.parse(event.created_at))
  return 204
}

const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
  const chunks: Array<Buffer> = []
  request.on("data", (chunk: Buffer) => chunks.push(chunk))
  request.on("end", () => {
    const body = Buffer.concat(chunks).toString("utf8")
    const [, place = "", name = ""] = (request.url ?? "").split("/")
    if (place === "hook") {
      if (name.startsWith("hang")) return
      const headers = Object.fromEntries(Object.entries(request.headers).map(([key, value]) => [key, String(value)]))
      response.writeHead(take(name, body, headers)).end()
    } else if (place === "secrets") {
      verifiers.set(name, new Webhook(JSON.parse(body)))
      response.writeHead(204).end()
    } else if (request.method === "DELETE") {
      taken.clear()
      response.writeHead(204).end()
    } else {
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(Object.fromEntries(taken)))
    }
  })
})

server.listen(0, "127.0.0.1", () => {
  const address = server.address()
  process.stdout.write(`listening on http://127.0.0.1:${typeof address === "object" ? address?.port : 0}\n`)
})
