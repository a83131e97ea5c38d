/** An entry of the explanation in words. A kind that is not known yet is told by its name. */
import type { ReactNode } from "react"
import { Link } from "@tanstack/react-router"
import type { Entry } from "../../Contract.ts"
import * as Format from "../../Format.ts"
import type { Name } from "../../ui/Icon.tsx"
import { ProviderName, type Tone } from "../../ui/Parts.tsx"

export interface Told {
  readonly icon: Name
  readonly tone: Tone
  readonly title: ReactNode
  readonly detail: ReactNode
}

const entry = (icon: Name, tone: Tone, title: ReactNode, detail: ReactNode = null): Told => ({
  icon,
  tone,
  title,
  detail,
})

const p = (name: string | null) => <ProviderName name={name} />

const joined = (parts: ReadonlyArray<string | null | undefined>): string | null => {
  const text = parts.filter((part) => part !== null && part !== undefined && part !== "").join(" · ")
  return text === "" ? null : text
}

const tried = (it: Entry & { readonly kind: "tried" }): Told => {
  const facts = joined([
    it.message,
    Format.duration(it.duration_ms),
    it.tries > 1 ? `${it.tries} tries` : null,
    it.outcome === null || it.result === "opened" ? null : `outcome ${Format.words(it.outcome)}`,
    it.request_id === null ? null : `request ${it.request_id}`,
  ])
  switch (it.result) {
    case "opened":
      return entry("check", "good", <>{p(it.provider)} opened a page</>, facts)
    case "transient_error":
      return entry(
        "cross",
        "warn",
        <>
          {p(it.provider)} failed: {Format.words(it.reason ?? "transient error")}
        </>,
        facts,
      )
    case "permanent_error":
      return entry(
        "cross",
        "bad",
        <>
          {p(it.provider)} refused: {Format.words(it.reason ?? "permanent error")}
        </>,
        facts,
      )
    default:
      return entry("skip", "quiet", <>{p(it.provider)} was asked beside another, which came first</>, facts)
  }
}

const sendings = {
  succeeded: ["check", "good", "arrived at"],
  pending: ["clock", "warn", "is being sent to"],
  failed: ["cross", "bad", "was not taken by"],
  canceled: ["skip", "quiet", "is not sent any more to"],
} as const

const delivered = (it: Entry & { readonly kind: "delivery" }): Told => {
  const [icon, tone, how] = sendings[it.status]
  return entry(
    icon,
    tone,
    <>
      <Link to="/events/$id" params={{ id: it.event_id }} className="mono">
        {it.event_type}
      </Link>{" "}
      {how} {it.url ?? it.endpoint_id}
    </>,
    joined([
      it.tries === 1 ? "1 try" : `${it.tries} tries`,
      it.last_status === null ? null : `HTTP ${it.last_status}`,
      it.last_error === null || it.last_error === `http_${it.last_status}` ? null : Format.words(it.last_error),
      it.next_try_at === null ? null : `next at ${Format.clock(it.next_try_at)}`,
    ]),
  )
}

const verdicts = { opened: "good", refused: "bad", nobody: "bad", abandoned: "warn" } as const
const sessionTones = { completing: "warn", completed: "good", withdrawn: "quiet" } as const

export const told = (it: Entry): Told => {
  switch (it.kind) {
    case "requested":
      return entry(
        "page",
        "info",
        <>Asked for {it.amount === null ? it.mode : Format.money(it.amount, it.currency)}</>,
        joined([
          it.mode,
          it.price_id === null ? null : `price ${it.price_id}`,
          it.preferred_provider === null ? null : `preferred ${Format.provider(it.preferred_provider)}`,
        ]),
      )
    case "skipped":
      return entry(
        "skip",
        "quiet",
        <>{p(it.provider)} was passed over</>,
        it.message ?? (it.reason === null ? null : Format.words(it.reason)),
      )
    case "tried":
      return tried(it)
    case "not_asked":
      return entry("dot", "quiet", <>{p(it.provider)} was not asked</>, it.cause)
    case "failed_over":
      return entry(
        "failovers",
        "warn",
        <>
          Failover {p(it.from)} → {p(it.to)}
        </>,
        joined([Format.words(it.reason), it.message]),
      )
    case "decided":
      return entry(
        it.verdict === "opened" ? "arrow" : "alerts",
        verdicts[it.verdict],
        `Decided: ${it.verdict}`,
        it.cause,
      )
    case "session_shown":
      return entry("page", "info", <>Page of {p(it.provider)} shown</>, <span className="mono">{it.session_id}</span>)
    case "session_state":
      return entry(
        it.state === "withdrawn" ? "cross" : "check",
        sessionTones[it.state],
        <>
          Page of {p(it.provider)} is {it.state}
        </>,
        it.cause,
      )
    case "webhook":
      return entry(
        "inbox",
        "info",
        <>
          Webhook of {p(it.provider)}: {it.type}
        </>,
        joined([Format.words(it.state), it.event_id]),
      )
    case "payment":
      return entry(
        "payments",
        it.state === "declined" ? "bad" : it.state === "pending" ? "warn" : "good",
        <>
          <Link to="/payments/$id" params={{ id: it.id }}>
            {Format.money(it.amount, it.currency)}
          </Link>{" "}
          {Format.words(it.state)} at {p(it.provider)}
        </>,
        joined([it.payment_kind, it.provider_payment_id]),
      )
    case "refund":
      return entry(
        "undo",
        it.status === "succeeded" ? "good" : it.status === "failed" ? "bad" : "warn",
        <>
          Refund of {Format.money(it.amount, it.currency)} {Format.words(it.status)}
        </>,
        joined([it.reason, it.message]),
      )
    case "event":
      return entry(
        "events",
        "quiet",
        <>
          Told the shop{" "}
          <Link to="/events/$id" params={{ id: it.id }} className="mono">
            {it.type}
          </Link>
        </>,
        it.cause,
      )
    case "delivery":
      return delivered(it)
    case "action":
      return entry("user", "info", <>Somebody did {it.action}</>, joined([it.actor, it.reason]))
    default:
      return entry("dot", "quiet", "Something else happened")
  }
}
