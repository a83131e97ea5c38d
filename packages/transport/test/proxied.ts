/** A program of its own: what `fetch` and the transport get from an address, in the environment it was given. */
import { Transport } from "@payment-orchestrator/transport"

const [url = ""] = process.argv.slice(2)
const fetched = await fetch(url).then(
  (answer) => answer.text(),
  () => "no answer",
)
Transport.make({ url, largestAnswer: 1_000 }).send({ method: "GET", path: "/", headers: {} }, (outcome) => {
  process.stdout.write(`fetch: ${fetched}; transport: ${outcome._tag === "Reply" ? outcome.body : outcome._tag}`)
  process.exit()
})
