/** Something is asked before it is done: a native dialog, so that focus, Escape and what is behind are the browser's. */
import { useQueryClient } from "@tanstack/react-query"
import { type ReactNode, useEffect, useId, useRef } from "react"
import { Button } from "./Parts.tsx"
import { messageOf } from "./States.tsx"
import { useSubmit } from "./Submit.ts"

export const Dialog = <Result,>({
  children,
  danger = false,
  done,
  onClose,
  stale,
  submit,
  title,
  verb,
}: {
  readonly title: string
  readonly children?: ReactNode
  /** What the button says. */
  readonly verb: string
  readonly danger?: boolean
  readonly submit: (form: FormData) => Promise<Result>
  /** The first words of the keys of what has changed. */
  readonly stale: ReadonlyArray<string>
  /** What is shown instead of the form once it is done; the dialog closes where nothing is to be said. */
  readonly done?: (result: Result) => ReactNode
  readonly onClose: () => void
}) => {
  const ref = useRef<HTMLDialogElement>(null)
  const heading = useId()
  const client = useQueryClient()
  const [act, send] = useSubmit(submit, {
    onSuccess: () => {
      for (const name of stale) void client.invalidateQueries({ queryKey: [name] })
      if (done === undefined) onClose()
    },
  })

  useEffect(() => {
    const dialog = ref.current
    if (dialog?.open === false) dialog.showModal()
  }, [])

  return (
    <dialog ref={ref} aria-labelledby={heading} onClose={onClose} onCancel={onClose}>
      <h2 id={heading}>{title}</h2>
      {act.isSuccess && done !== undefined ? (
        <>
          {done(act.data)}
          <div className="dialog-foot">
            <Button kind="primary" onClick={onClose}>
              Done
            </Button>
          </div>
        </>
      ) : (
        <form onSubmit={send}>
          {children}
          {act.isError ? (
            <p className="fault" role="alert">
              {messageOf(act.error)}
            </p>
          ) : null}
          <div className="dialog-foot">
            <Button onClick={onClose}>Cancel</Button>
            <Button type="submit" kind={danger ? "danger" : "primary"} busy={act.isPending}>
              {verb}
            </Button>
          </div>
        </form>
      )}
    </dialog>
  )
}
