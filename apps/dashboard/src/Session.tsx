/** Who is at the page, and what they may do. */
import { createContext, useContext } from "react"
import type { Session } from "./Contract.ts"

const Current = createContext<Session | null>(null)
export const SessionProvider = Current.Provider

/** The person's session. Only inside the pages that one sees when signed in. */
export const useSession = (): Session => {
  const session = useContext(Current)
  if (session === null) throw new Error("nobody is signed in")
  return session
}

/** Whether it is about everybody: alerts, drills and the configuration are, and a key of one tenant sees none of them. */
export const useSeesAll = (): boolean => useSession().tenant_id === null

/** `act`: expire, refund, cancel, redeliver. `operate`: drain, restore, drills. `administer`: keys, endpoints. */
export type Deed = "act" | "operate" | "administer"

export const useMay = (deed: Deed): boolean => {
  const { role } = useSession()
  return role === "admin" || (role === "operator" && deed !== "administer")
}
