/** The addresses behind a merchant's host name. */
import { Context } from "effect"
import { lookup, Resolver } from "node:dns/promises"

/** Fails when there is none. */
export type Resolve = (host: string) => Promise<ReadonlyArray<string>>

/** Asked on the network without the machine's few look-up threads, so that a name server that hangs holds nobody up. */
const resolver = new Resolver({ timeout: 2_000, tries: 2 })

/** What says that the name may be known elsewhere, e.g. in the machine's hosts file. */
const unknown: ReadonlySet<unknown> = new Set(["ENOTFOUND", "ENODATA", "ECONNREFUSED"])

const onMachine: Resolve = async (host) => (await lookup(host, { all: true })).map(({ address }) => address)

const onNetwork: Resolve = async (host) => {
  const answers = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)])
  const addresses = answers.flatMap((answer) => (answer.status === "fulfilled" ? answer.value : []))
  if (addresses.length > 0) return addresses
  const faults: ReadonlyArray<unknown> = answers.map((answer) =>
    answer.status === "rejected" ? answer.reason.code : "ENODATA",
  )
  if (faults.every((code) => unknown.has(code))) return onMachine(host)
  throw new Error(`${host} has no address: ${faults.join(", ")}`)
}

/** A reference, so that tests can be a name server that lies. */
export const Resolve = Context.Reference<Resolve>("@payment-orchestrator/server/Resolve", {
  defaultValue: () => onNetwork,
})
