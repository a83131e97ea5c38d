/** A client that costs little itself: `node:http` with connections that are kept. */
import * as http from "node:http"

export interface Answer {
  readonly status: number
  readonly text: string
}

export interface Ask {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as JSON. */
  readonly body?: unknown
  /** JSON as it is. */
  readonly text?: string
}

const agent = new http.Agent({ keepAlive: true, maxSockets: 4_096, scheduling: "fifo" })

/** The whole answer; a connection that breaks rejects. One that was kept too long is replaced once, as Node advises. */
export const ask = (url: string, options: Ask = {}, isRepeat = false): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const { body, headers = {}, method = "GET" } = options
    const text = body === undefined ? options.text : JSON.stringify(body)
    const request = http.request(
      url,
      {
        method,
        agent,
        headers: {
          ...headers,
          ...(text === undefined
            ? {}
            : { "content-type": "application/json", "content-length": Buffer.byteLength(text) }),
        },
      },
      (response) => {
        const chunks: Array<Buffer> = []
        response.on("data", (chunk: Buffer) => chunks.push(chunk))
        response.on("error", reject)
        response.on("end", () =>
          resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString("utf8") }),
        )
      },
    )
    request.on("error", (error: NodeJS.ErrnoException) =>
      request.reusedSocket && error.code === "ECONNRESET" && !isRepeat
        ? ask(url, options, true).then(resolve, reject)
        : reject(error),
    )
    request.end(text)
  })

/** Its status; 0 when no answer came. */
export const statusOf = (answer: Promise<Answer>): Promise<number> =>
  answer.then(
    ({ status }) => status,
    () => 0,
  )
