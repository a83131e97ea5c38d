/** The small things that every page is made of. */
import { useSyncExternalStore, useState, type ReactNode } from "react"
import * as Format from "../Format.ts"
import { Icon, type Name } from "./Icon.tsx"

export type Tone = "good" | "warn" | "bad" | "info" | "quiet"

export const Pill = ({ children, tone = "quiet" }: { readonly children: ReactNode; readonly tone?: Tone }) => (
  <span className={`pill ${tone}`}>
    <span className="pill-dot" aria-hidden="true" />
    {children}
  </span>
)

let now = Date.now()
const watchers = new Set<() => void>()
setInterval(() => {
  now = Date.now()
  for (const watcher of watchers) watcher()
}, 5_000)
const watch = (watcher: () => void) => {
  watchers.add(watcher)
  return () => watchers.delete(watcher)
}

/** A moment that all who look at it share; it goes on every few seconds. */
export const useNow = (): number => useSyncExternalStore(watch, () => now)

const shapes = { stamp: Format.stamp, clock: Format.clock, day: Format.day }

/** In the viewer's zone; UTC when one hovers. */
export const Time = ({
  at,
  kind = "stamp",
}: {
  readonly at: string
  readonly kind?: "stamp" | "clock" | "ago" | "day"
}) => {
  const current = useNow()
  const text = kind === "ago" ? Format.ago(at, current) : shapes[kind](at)
  return (
    <time dateTime={at} title={Format.utc(at)} className="num">
      {text}
    </time>
  )
}

export const Money = ({ amount, currency }: { readonly amount: string | number | null; readonly currency: string }) => (
  <span className="num money">
    {Format.money(amount, currency)} <span className="muted">{currency}</span>
  </span>
)

/** Stays the same colour for one provider everywhere. */
const hues: { readonly [name: string]: string } = { paypal: "p1", polar: "p2", stripe: "p3" }
export const hueOf = (name: string): string => hues[name] ?? `p${4 + ((name.codePointAt(0) ?? 0) % 3)}`

export const ProviderName = ({ name }: { readonly name: string | null }) =>
  name === null ? (
    <span className="muted">none</span>
  ) : (
    <span className="provider">
      <span className={`swatch ${hueOf(name)}`} aria-hidden="true" />
      {Format.provider(name)}
    </span>
  )

export const Button = ({
  busy = false,
  children,
  icon,
  kind = "plain",
  onClick,
  type = "button",
}: {
  readonly children: ReactNode
  readonly onClick?: () => void
  readonly kind?: "plain" | "primary" | "danger" | "ghost"
  readonly icon?: Name
  readonly type?: "button" | "submit"
  readonly busy?: boolean
}) => (
  <button type={type} className={`button ${kind}`} onClick={onClick} aria-disabled={busy} aria-busy={busy}>
    {icon === undefined ? null : <Icon name={icon} size={14} />}
    {children}
  </button>
)

/** An id that can be copied. */
export const Copy = ({ text, short = false }: { readonly text: string; readonly short?: boolean }) => {
  const [copied, setCopied] = useState(false)
  const copy = () => {
    void navigator.clipboard.writeText(text).then(() => {
      setCopied(true)
      setTimeout(() => setCopied(false), 1_500)
    })
  }
  return (
    <button type="button" className="copy" onClick={copy} title={text} aria-label={`Copy ${text}`}>
      <span className="mono">{short ? Format.shortId(text) : text}</span>
      <Icon name={copied ? "check" : "copy"} size={12} />
    </button>
  )
}

export const Card = ({
  actions,
  children,
  className = "",
  title,
}: {
  readonly title?: ReactNode
  readonly actions?: ReactNode
  readonly children: ReactNode
  readonly className?: string
}) => (
  <section className={`card ${className}`}>
    {title === undefined ? null : (
      <header className="card-head">
        <h2>{title}</h2>
        <div className="row">{actions}</div>
      </header>
    )}
    {children}
  </section>
)

export const Head = ({
  actions,
  children,
  title,
}: {
  readonly title: ReactNode
  readonly children?: ReactNode
  readonly actions?: ReactNode
}) => (
  <div className="page-head">
    <div>
      <h1>{title}</h1>
      {children === undefined ? null : <p className="lead">{children}</p>}
    </div>
    {actions === undefined ? null : <div className="row">{actions}</div>}
  </div>
)

/** Names and what they are. */
export const Facts = ({ of }: { readonly of: ReadonlyArray<readonly [name: string, value: ReactNode]> }) => (
  <dl className="facts">
    {of.map(([name, value]) => (
      <div key={name}>
        <dt>{name}</dt>
        <dd>{value}</dd>
      </div>
    ))}
  </dl>
)

/** JSON to read; it can be reached and scrolled by keyboard. */
export const Json = ({ label, of }: { readonly of: unknown; readonly label: string }) => (
  <pre className="json" role="region" aria-label={label} tabIndex={0}>
    {JSON.stringify(of, null, 2)}
  </pre>
)
