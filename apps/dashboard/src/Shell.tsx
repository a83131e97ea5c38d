/** What stands around every page: where one can go, who one is, and whether what one sees is live. */
import { useQuery, useQueryClient } from "@tanstack/react-query"
import { Link, Outlet, useLocation } from "@tanstack/react-router"
import { useCallback, useEffect, useRef, useState } from "react"
import * as Api from "./Api.ts"
import type { Alert, Page } from "./Contract.ts"
import { type Connection, useLive } from "./Live.ts"
import { useSeesAll, useSession } from "./Session.tsx"
import * as Theme from "./Theme.ts"
import { Icon, type Name } from "./ui/Icon.tsx"
import { Pill } from "./ui/Parts.tsx"
import { Empty } from "./ui/States.tsx"

const places: ReadonlyArray<readonly [to: string, text: string, icon: Name]> = [
  ["/", "Overview", "overview"],
  ["/checkouts", "Checkouts", "checkouts"],
  ["/failovers", "Failovers", "failovers"],
  ["/payments", "Payments", "payments"],
  ["/subscriptions", "Subscriptions", "subscriptions"],
  ["/disputes", "Disputes", "disputes"],
  ["/events", "Events & deliveries", "events"],
  ["/inbox", "Webhooks in", "inbox"],
  ["/alerts", "Alerts", "alerts"],
  ["/drills", "Drills", "drills"],
  ["/settings", "Settings", "settings"],
]

/** What is not about one tenant. */
const everybodys = new Set(["/alerts", "/drills", "/inbox"])

const useOpenAlerts = (): number => {
  const seesAll = useSeesAll()
  const { data } = useQuery({
    queryKey: ["alerts", "open"],
    queryFn: ({ signal }) => Api.get<Page<Alert>>("/v1/alerts", { query: { status: "open", limit: 100 }, signal }),
    refetchInterval: 30_000,
    enabled: seesAll,
  })
  return data?.data.length ?? 0
}

const Places = ({ go }: { readonly go: () => void }) => {
  const { pathname } = useLocation()
  const alerts = useOpenAlerts()
  const seesAll = useSeesAll()
  return (
    <nav aria-label="Pages">
      {places
        .filter(([to]) => seesAll || !everybodys.has(to))
        .map(([to, text, icon]) => {
          const here = to === "/" ? pathname === "/" : pathname.startsWith(to)
          return (
            <Link key={to} to={to} className="place" aria-current={here ? "page" : undefined} onClick={go}>
              <Icon name={icon} />
              {text}
              {to === "/alerts" && alerts > 0 ? (
                <span className="badge" aria-label={`${alerts} open`}>
                  {alerts}
                </span>
              ) : null}
            </Link>
          )
        })}
    </nav>
  )
}

const connections: { readonly [state in Connection]: readonly [string, "good" | "quiet" | "warn"] } = {
  live: ["Live", "good"],
  connecting: ["Connecting", "quiet"],
  lost: ["Reconnecting", "warn"],
}

const themes: ReadonlyArray<readonly [Theme.Theme, string, Name]> = [
  ["light", "Light", "sun"],
  ["dark", "Dark", "moon"],
  ["system", "As the system", "system"],
]

const Themes = () => {
  const [theme, setTheme] = useState(Theme.chosen)
  return (
    <div className="segments icons" role="group" aria-label="Appearance">
      {themes.map(([value, text, icon]) => (
        <button
          key={value}
          type="button"
          aria-label={text}
          title={text}
          aria-pressed={theme === value}
          onClick={() => {
            Theme.choose(value)
            setTheme(value)
          }}
        >
          <Icon name={icon} size={14} />
        </button>
      ))}
    </div>
  )
}

const Person = () => {
  const session = useSession()
  const client = useQueryClient()
  const leave = () => {
    void Api.remove("/v1/session").finally(() => {
      client.setQueryData(["session"], null)
      client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== "session" })
    })
  }
  return (
    <div className="person">
      <div className="person-who">
        <span className="person-name">{session.name ?? session.key_id}</span>
        <span className="muted small">
          {session.role}
          {session.tenant_id === null ? "" : ` · ${session.tenant_id}`}
        </span>
      </div>
      <button type="button" className="button ghost icon-only" aria-label="Sign out" title="Sign out" onClick={leave}>
        <Icon name="leave" />
      </button>
    </div>
  )
}

/** Says in the window's title where one is. */
const useTitle = () => {
  const { pathname } = useLocation()
  useEffect(() => {
    const place = places.findLast(([to]) => (to === "/" ? pathname === "/" : pathname.startsWith(to)))
    document.title = `${place?.[1] ?? "Not found"} · Payment Orchestrator`
  }, [pathname])
}

export const Shell = () => {
  const { livemode } = useSession()
  const [open, setOpen] = useState(false)
  const menu = useRef<HTMLButtonElement>(null)
  const client = useQueryClient()
  const refused = useCallback(() => void client.invalidateQueries({ queryKey: ["session"] }), [client])
  const connection = useLive(refused)
  useTitle()

  useEffect(() => {
    if (!open) return undefined
    const close = (event: KeyboardEvent) => {
      if (event.key !== "Escape") return
      setOpen(false)
      menu.current?.focus()
    }
    addEventListener("keydown", close)
    return () => removeEventListener("keydown", close)
  }, [open])

  const [text, tone] = connections[connection]
  return (
    <div className={`shell ${open ? "open" : ""}`}>
      <a className="skip" href="#content">
        Skip to content
      </a>
      <header className="bar">
        <button
          ref={menu}
          type="button"
          className="button ghost icon-only"
          aria-label="Menu"
          aria-expanded={open}
          aria-controls="side"
          onClick={() => setOpen(!open)}
        >
          <Icon name={open ? "cross" : "menu"} />
        </button>
        <span className="brand">
          <img src="/dashboard/icon.svg" alt="" width={20} height={20} />
          Orchestrator
        </span>
        <Pill tone={tone}>{text}</Pill>
      </header>
      <aside className="side" id="side">
        <div className="side-head">
          <span className="brand">
            <img src="/dashboard/icon.svg" alt="" width={22} height={22} />
            Orchestrator
          </span>
          {livemode ? null : (
            <span className="mode" title="No real money moves">
              Test
            </span>
          )}
        </div>
        <Places go={() => setOpen(false)} />
        <div className="side-foot">
          <div className="row between">
            <span role="status">
              <Pill tone={tone}>{text}</Pill>
            </span>
            <Themes />
          </div>
          <Person />
        </div>
      </aside>
      <main id="content" className="content" tabIndex={-1}>
        <Outlet />
      </main>
    </div>
  )
}

export const NotFound = () => (
  <Empty title="There is no such page" icon="search">
    <Link to="/">To the overview</Link>
  </Empty>
)
