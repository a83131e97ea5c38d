/** What happens, as it happens: each message makes what it is about be asked for again. */
import { useQueryClient } from "@tanstack/react-query"
import { useEffect, useState } from "react"
import type { EventType } from "./Contract.ts"

/** Every type there is; the compiler sees to it that none is missing. */
const types: { readonly [type in EventType]: true } = {
  "checkout.opened": true,
  "checkout.moved": true,
  "checkout.processing": true,
  "checkout.paid": true,
  "checkout.expired": true,
  "checkout.failed": true,
  "payment.captured": true,
  "payment.failed": true,
  "payment.duplicate": true,
  "payment.mismatched": true,
  "payment.reversed": true,
  "refund.pending": true,
  "refund.succeeded": true,
  "refund.failed": true,
  "dispute.opened": true,
  "dispute.updated": true,
  "dispute.closed": true,
  "subscription.activated": true,
  "subscription.renewed": true,
  "subscription.past_due": true,
  "subscription.trialing": true,
  "subscription.paused": true,
  "subscription.resumed": true,
  "subscription.cancel_scheduled": true,
  "subscription.canceled": true,
  "subscription.expired": true,
  "subscription.duplicate": true,
  "endpoint.test": true,
  "provider.down": true,
  "provider.up": true,
  "alert.raised": true,
  "alert.cleared": true,
}

/** The first words of query keys that a message is about, besides events and deliveries. */
const about: { readonly [subject: string]: ReadonlyArray<string> } = {
  checkout: ["checkouts", "explain", "series", "failovers", "providers"],
  payment: ["payments", "checkouts", "explain", "series"],
  refund: ["refunds", "payments", "checkouts", "explain"],
  dispute: ["disputes", "payments"],
  subscription: ["subscriptions", "checkouts", "explain"],
  endpoint: ["endpoints"],
  provider: ["providers"],
  alert: ["alerts", "series"],
}

/** However much happens, nothing is asked for more often than this. */
const calmMillis = 800
const againMillis = 5_000

export type Connection = "connecting" | "live" | "lost"

/** Follows the live stream while the page is there. */
export const useLive = (onRefused: () => void): Connection => {
  const client = useQueryClient()
  const [state, setState] = useState<Connection>("connecting")

  useEffect(() => {
    let source: EventSource | undefined
    let again: ReturnType<typeof setTimeout> | undefined
    let flush: ReturnType<typeof setTimeout> | undefined
    const stale = new Set<string>()

    const mark = (type: string) => {
      for (const name of ["events", "deliveries", "inbox", ...(about[type.split(".")[0] ?? ""] ?? [])]) stale.add(name)
      flush ??= setTimeout(() => {
        flush = undefined
        for (const name of stale) void client.invalidateQueries({ queryKey: [name] })
        stale.clear()
      }, calmMillis)
    }

    // A browser keeps few connections to one server, and every stream is one: only who is looked at follows.
    const open = () => {
      if (document.hidden || source !== undefined) return
      source = new EventSource("/v1/live")
      source.addEventListener("open", () => setState("live"))
      for (const type of Object.keys(types)) source.addEventListener(type, () => mark(type))
      source.addEventListener("error", () => {
        setState("lost")
        // A connection that broke is taken up again by the browser itself; one that was refused is not.
        if (source?.readyState !== EventSource.CLOSED) return
        source = undefined
        onRefused()
        again = setTimeout(open, againMillis)
      })
    }

    const close = () => {
      source?.close()
      source = undefined
      clearTimeout(again)
    }

    const looked = () => {
      if (document.hidden) return close()
      open()
      // What happened meanwhile was not heard.
      void client.invalidateQueries()
    }

    open()
    document.addEventListener("visibilitychange", looked)
    return () => {
      document.removeEventListener("visibilitychange", looked)
      close()
      clearTimeout(flush)
    }
  }, [client, onRefused])

  return state
}
