/** What every list is asked with, in the words of the ports: one row more than is shown, to see whether there are more. */
import { Page } from "@payment-orchestrator/api"

interface Query<Id> {
  readonly limit?: number
  readonly cursor?: Id
  readonly created_after?: number
  readonly created_before?: number
}

export const asked = <Id>({ created_after, created_before, cursor, limit = Page.defaultLimit }: Query<Id>) => ({
  createdAfter: created_after,
  createdBefore: created_before,
  before: cursor,
  limit: limit + 1,
})

export const answer = <Row extends { readonly id: string }>(
  rows: ReadonlyArray<Row>,
  { limit = Page.defaultLimit }: Query<unknown>,
) => Page.of(rows, limit)
