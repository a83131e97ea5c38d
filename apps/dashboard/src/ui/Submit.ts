/** Sending a form. A second press while the first is under way does nothing, however quickly it comes. */
import { useMutation, type UseMutationOptions } from "@tanstack/react-query"
import { type FormEvent, useRef } from "react"

export const useSubmit = <Result>(
  send: (form: FormData) => Promise<Result>,
  options: Pick<UseMutationOptions<Result, Error, FormData>, "onSuccess"> = {},
) => {
  const running = useRef(false)
  const sending = useMutation({
    ...options,
    mutationFn: send,
    onSettled: () => {
      running.current = false
    },
  })
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    if (running.current) return
    running.current = true
    sending.mutate(new FormData(event.currentTarget))
  }
  return [sending, submit] as const
}
