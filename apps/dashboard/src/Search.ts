/** What an address says behind its `?`: filters that a link or a reload keeps. */
import { useNavigate, useParams, useSearch } from "@tanstack/react-router"

export const useFilters = () => {
  const search: { readonly [name: string]: string | undefined } = useSearch({ strict: false })
  const navigate = useNavigate()
  /** An empty value takes a filter away. */
  const set = (change: { readonly [name: string]: string }) => {
    const next = Object.fromEntries(
      Object.entries({ ...search, ...change }).filter(([, value]) => value !== undefined && value !== ""),
    )
    void navigate({ to: ".", search: next, replace: true })
  }
  return [search, set] as const
}

/** The id that an address names. */
export const useId = (): string => {
  const { id } = useParams({ strict: false })
  return id ?? ""
}
