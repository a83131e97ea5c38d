/** A list of the server, newest first, page after page. */
import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query"
import type { ReactNode } from "react"
import * as Api from "../Api.ts"
import type { Page } from "../Contract.ts"
import { Button } from "./Parts.tsx"
import { Failed, Loading } from "./States.tsx"
import { type Column, Table } from "./Table.tsx"

export const usePages = <Row,>(name: string, path: string, query: Api.Query, pageSize = 25) =>
  useInfiniteQuery({
    queryKey: [name, path, query, pageSize],
    queryFn: ({ pageParam, signal }) =>
      Api.get<Page<Row>>(path, { query: { limit: pageSize, ...query, cursor: pageParam }, signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next_cursor }) => next_cursor ?? undefined,
    placeholderData: keepPreviousData,
  })

export const List = <Row extends { readonly id: string }>({
  columns,
  empty,
  label,
  name,
  pageSize,
  path,
  query = {},
  to,
}: {
  /** The first word of its query's key. */
  readonly name: string
  readonly path: string
  readonly query?: Api.Query
  readonly label: string
  readonly columns: ReadonlyArray<Column<Row>>
  readonly empty: ReactNode
  readonly to?: (row: Row) => string
  readonly pageSize?: number
}) => {
  const pages = usePages<Row>(name, path, query, pageSize)
  if (pages.isPending) return <Loading />
  if (pages.isError) return <Failed error={pages.error} retry={() => void pages.refetch()} />
  const rows = pages.data.pages.flatMap(({ data }) => data)
  if (rows.length === 0) return <>{empty}</>
  return (
    <>
      <Table label={label} columns={columns} rows={rows} {...(to === undefined ? {} : { to })} />
      {pages.hasNextPage ? (
        <div className="more">
          <Button busy={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
            Load more
          </Button>
        </div>
      ) : null}
    </>
  )
}
