/** Tables: real ones, that become cards where there is no room. */
import { Link } from "@tanstack/react-router"
import type { ReactNode } from "react"

export interface Column<Row> {
  readonly head: string
  readonly cell: (row: Row) => ReactNode
  /** Numbers stand at the end. */
  readonly end?: boolean
  /** Left out where there is little room. */
  readonly minor?: boolean
}

export const Table = <Row extends { readonly id: string }>({
  columns,
  label,
  rows,
  to,
}: {
  readonly label: string
  readonly columns: ReadonlyArray<Column<Row>>
  readonly rows: ReadonlyArray<Row>
  /** Where a row leads: its first cell is the link, and the whole row can be clicked. */
  readonly to?: (row: Row) => string
}) => (
  <div className="table-wrap">
    <table>
      <caption className="hidden">{label}</caption>
      <thead>
        <tr>
          {columns.map(({ end, head, minor }) => (
            <th key={head} scope="col" className={`${end === true ? "end" : ""} ${minor === true ? "minor" : ""}`}>
              {head}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.id} className={to === undefined ? "" : "linked"}>
            {columns.map(({ cell, end, head, minor }, place) => (
              <td
                key={head}
                data-label={head}
                className={`${end === true ? "end" : ""} ${minor === true ? "minor" : ""}`}
              >
                {place === 0 && to !== undefined ? (
                  <Link to={to(row)} className="row-link">
                    {cell(row)}
                  </Link>
                ) : (
                  cell(row)
                )}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  </div>
)
