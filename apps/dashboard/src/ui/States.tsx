/** What a place shows that has nothing to show: not yet, nothing there, or something went wrong. */
import type { ReactNode } from "react"
import { Refusal } from "../Api.ts"
import { Icon, type Name } from "./Icon.tsx"
import { Button } from "./Parts.tsx"

export const Loading = ({ lines = 5 }: { readonly lines?: number }) => (
  <div className="skeleton" role="status" aria-label="Loading">
    {Array.from({ length: lines }, (_, line) => (
      <span key={line} />
    ))}
  </div>
)

export const Empty = ({
  children,
  icon = "check",
  title,
}: {
  readonly title: string
  readonly children?: ReactNode
  readonly icon?: Name
}) => (
  <div className="state" role="status">
    <Icon name={icon} size={20} />
    <p className="state-title">{title}</p>
    {children === undefined ? null : <p>{children}</p>}
  </div>
)

export const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : "Something unforeseen happened."

export const Failed = ({ error, retry }: { readonly error: unknown; readonly retry?: () => void }) => (
  <div className="state bad" role="alert">
    <Icon name="alerts" size={20} />
    <p className="state-title">This could not be loaded</p>
    <p>{messageOf(error)}</p>
    {error instanceof Refusal && error.requestId !== null ? (
      <p className="muted mono small">request {error.requestId}</p>
    ) : null}
    {retry === undefined ? null : (
      <Button icon="refresh" onClick={retry}>
        Try again
      </Button>
    )}
  </div>
)
