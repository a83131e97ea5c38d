/** What a caller may do. */
import { Authorization, Problem } from "@payment-orchestrator/api"
import type { Role } from "@payment-orchestrator/domain"
import { Effect } from "effect"

/**
 * `open`: new checkouts, and where their events go. `own`: to see what is a tenant's. `read`: to see how the installation
 * does. `act`: expire, refund, cancel, redeliver. `operate`: drain, restore, rehearse. `administer`: keys. Which tenant's
 * things are meant is told by `tenantOf` and `scopeOf`.
 */
export type Need = "open" | "own" | "read" | "act" | "operate" | "administer"

const allowed: { readonly [need in Need]: ReadonlyArray<Role.Role> } = {
  open: ["merchant", "admin"],
  own: ["merchant", "viewer", "operator", "admin"],
  read: ["viewer", "operator", "admin"],
  act: ["merchant", "operator", "admin"],
  operate: ["operator", "admin"],
  administer: ["admin"],
}

/** The caller, if the key's role covers the need. */
export const require = (
  need: Need,
): Effect.Effect<Authorization.Caller, Problem.Forbidden, Authorization.CurrentCaller> =>
  Effect.filterOrFail(
    Authorization.CurrentCaller,
    ({ role }) => allowed[need].includes(role),
    ({ role }) =>
      new Problem.Forbidden({
        detail: `a key of role ${role} may not do this; it takes ${allowed[need].join(" or ")}`,
      }),
  )

/** The same for what is everybody's: a key that belongs to a tenant may not. */
export const requireAll = (need: Need) =>
  Effect.filterOrFail(
    require(need),
    ({ tenantId }) => tenantId === undefined,
    () => new Problem.Forbidden({ detail: "this is about every tenant, and this key belongs to one" }),
  )

/** The tenant a caller acts for: its key's, or the one it names when its key belongs to none. */
export const tenantOf = (
  caller: Authorization.Caller,
  named: string | undefined,
): Effect.Effect<string, Problem.Forbidden> => {
  if (caller.tenantId === undefined) return Effect.succeed(named ?? "default")
  return named === undefined || named === caller.tenantId
    ? Effect.succeed(caller.tenantId)
    : Effect.fail(new Problem.Forbidden({ detail: "tenant_id differs from the tenant of this key" }))
}

/** Whose things a list shows: of the key's tenant, of the one a key without a tenant names, or (undefined) everybody's. */
export const scopeOf = (
  caller: Authorization.Caller,
  named: string | undefined,
): Effect.Effect<string | undefined, Problem.Forbidden> =>
  caller.tenantId === undefined ? Effect.succeed(named) : tenantOf(caller, named)
