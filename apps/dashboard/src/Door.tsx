/** The way in: whoever has no session is asked for a key. */
import { useQuery, useQueryClient } from "@tanstack/react-query"
import { type ReactNode, useEffect } from "react"
import * as Api from "./Api.ts"
import type { Session } from "./Contract.ts"
import { SessionProvider } from "./Session.tsx"
import { text, TextField } from "./ui/Field.tsx"
import { Button } from "./ui/Parts.tsx"
import { Failed, messageOf } from "./ui/States.tsx"
import { useSubmit } from "./ui/Submit.ts"

/** The session, or null when there is none. */
const ask = async (): Promise<Session | null> => {
  const session = (await Api.get<Session | undefined>("/v1/session")) ?? null
  Api.bearToken(session?.csrf_token ?? null)
  return session
}

const Mark = () => <img src="/dashboard/icon.svg" alt="" width={36} height={36} />

const SignIn = () => {
  const client = useQueryClient()
  const [enter, submit] = useSubmit((form) => Api.post<Session>("/v1/session", { api_key: text(form, "key") ?? "" }), {
    onSuccess: (session) => {
      Api.bearToken(session.csrf_token)
      client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== "session" })
      client.setQueryData(["session"], session)
    },
  })
  useEffect(() => {
    document.title = "Sign in · Payment Orchestrator"
  }, [])

  return (
    <main className="door">
      <form className="card" onSubmit={submit}>
        <Mark />
        <h1>Sign in</h1>
        <p className="lead">With an API key of role viewer, operator or admin.</p>
        <TextField
          label="API key"
          name="key"
          type="password"
          required
          autoFocus
          autoComplete="current-password"
          placeholder="sk_…"
        />
        {enter.isError ? (
          <p className="fault" role="alert">
            {enter.error instanceof Api.Refusal && enter.error.status === 401
              ? "This key is not known here."
              : messageOf(enter.error)}
          </p>
        ) : null}
        <Button type="submit" kind="primary" busy={enter.isPending}>
          {enter.isPending ? "Signing in…" : "Sign in"}
        </Button>
        <p className="hint">The key is exchanged for a cookie that lasts 12 hours, or 30 minutes without use.</p>
      </form>
    </main>
  )
}

export const Door = ({ children }: { readonly children: ReactNode }) => {
  const session = useQuery({ queryKey: ["session"], queryFn: ask, staleTime: 60_000, refetchOnWindowFocus: true })
  if (session.isPending) return <main className="door" aria-busy="true" />
  if (session.isError && session.data === undefined) {
    return (
      <main className="door">
        <Failed error={session.error} retry={() => void session.refetch()} />
      </main>
    )
  }
  return session.data == null ? <SignIn /> : <SessionProvider value={session.data}>{children}</SessionProvider>
}
