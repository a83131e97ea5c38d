/** Which address shows what. Every page but the first is loaded when it is wanted. */
import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from "@tanstack/react-router"
import { Overview } from "./pages/Overview.tsx"
import { NotFound, Shell } from "./Shell.tsx"

const root = createRootRoute({ component: Shell, notFoundComponent: NotFound })

/** What of an address's search is text. */
const texts = (search: Record<string, unknown>): { readonly [name: string]: string | undefined } =>
  Object.fromEntries(
    Object.entries(search).flatMap(([name, value]) =>
      typeof value === "string" || typeof value === "number" ? [[name, String(value)]] : [],
    ),
  )

const page = <Path extends string>(path: Path, load: () => Promise<{ readonly default: () => React.ReactNode }>) =>
  createRoute({
    getParentRoute: () => root,
    path,
    validateSearch: texts,
    component: lazyRouteComponent(load),
  })

const routeTree = root.addChildren([
  createRoute({ getParentRoute: () => root, path: "/", validateSearch: texts, component: Overview }),
  page("/checkouts", () => import("./pages/Checkouts.tsx")),
  page("/checkouts/$id", () => import("./pages/Checkout.tsx")),
  page("/failovers", () => import("./pages/Failovers.tsx")),
  page("/events", () => import("./pages/Events.tsx")),
  page("/events/$id", () => import("./pages/Event.tsx")),
  page("/inbox", () => import("./pages/Inbox.tsx")),
  page("/subscriptions", () => import("./pages/Subscriptions.tsx")),
  page("/subscriptions/$id", () => import("./pages/Subscription.tsx")),
  page("/payments", () => import("./pages/Payments.tsx")),
  page("/payments/$id", () => import("./pages/Payment.tsx")),
  page("/disputes", () => import("./pages/Disputes.tsx")),
  page("/alerts", () => import("./pages/Alerts.tsx")),
  page("/drills", () => import("./pages/Drills.tsx")),
  page("/drills/$id", () => import("./pages/Drill.tsx")),
  page("/settings", () => import("./pages/Settings.tsx")),
])

export const router = createRouter({
  routeTree,
  basepath: "/dashboard",
  defaultPreload: "intent",
  scrollRestoration: true,
})

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router
  }
}
