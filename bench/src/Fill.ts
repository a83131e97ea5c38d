/**
 * Fills a SQLite database with copies of what is in it: every row that belongs to a thing (a checkout, an order), in
 * whatever table, is written again under other ids and at another time. So the copies have the shape that the program
 * itself left, and a column that is added later is copied too.
 */
import { DatabaseSync, type SQLInputValue } from "node:sqlite"
import { type Random, random } from "./Lookalike.ts"
import * as Lookalike from "./Lookalike.ts"

export interface Options {
  /** What is copied; it stays as it is. */
  readonly source: string
  /** A file that is not there yet. */
  readonly path: string
  /** Its rows are what is copied, in turn. */
  readonly root: string
  readonly times: number
  /** When the copies begin and end, in epoch milliseconds. */
  readonly from: number
  readonly to: number
  /** Tables that keep rows for so many milliseconds alone. */
  readonly lifetimes?: Readonly<Record<string, number>>
  /** Columns (`table.column`) that are emptied after so many milliseconds. */
  readonly emptied?: Readonly<Record<string, number>>
  /** Run at the end: what only time would have done. */
  readonly afterwards?: string
}

type Row = Readonly<Record<string, unknown>>

/** Besides ids of our own and UUIDs: what names one thing and no other. */
const naming = new Set([
  "checkout_id",
  "session_id",
  "provider_session_id",
  "money_id",
  "link_token",
  "provider_refund_id",
  "provider_subscription_id",
  "provider_dispute_id",
  "order_id",
  "reference",
  "customer_id",
  "customer_email",
  "event_id",
  "origin",
])

interface Table {
  readonly name: string
  readonly columns: ReadonlyArray<string>
  /** Its primary key, when that is one text. */
  readonly id: string | undefined
  readonly rows: ReadonlyArray<Row>
}

const tablesOf = (db: DatabaseSync): ReadonlyArray<Table> =>
  db
    .prepare("select name from sqlite_master where type = 'table' and name not like 'sqlite_%'")
    .all()
    .map((table) => {
      const name = String(table["name"])
      const columns = db.prepare(`select * from pragma_table_info('${name}')`).all()
      const keys = columns.filter((column) => Number(column["pk"]) > 0)
      const [key] = keys
      const isText = keys.length === 1 && String(key?.["type"]).toLowerCase() === "text"
      return {
        name,
        columns: columns.map((column) => String(column["name"])),
        id: isText ? String(key?.["name"]) : undefined,
        rows: db.prepare(`select * from "${name}"`).all(),
      }
    })

/** Ids of our own, but those of endpoints and keys, which many share; and UUIDs. */
const anId = /\b(?!whe_|key_)[a-z]+_[0-9A-HJKMNP-TV-Z]{26}\b|\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g

/** All texts of a row, and the ids within them. */
const mentions = (row: Row): ReadonlyArray<string> =>
  Object.values(row).flatMap((value) =>
    typeof value === "string" ? [value, ...Array.from(value.matchAll(anId), ([id]) => id)] : [],
  )

interface Owned {
  readonly table: Table
  readonly row: Row
}

/** The rows that name something of the root, directly or through others, each table's in their order. */
const belonging = (tables: ReadonlyArray<Table>, root: string): ReadonlyArray<Owned> => {
  const ids = new Set([root])
  const found = new Map<Row, Owned>()
  for (let before = -1; before < found.size;) {
    before = found.size
    for (const table of tables) {
      for (const row of table.rows) {
        if (found.has(row) || !mentions(row).some((text) => ids.has(text))) continue
        found.set(row, { table, row })
        if (table.id !== undefined) ids.add(String(row[table.id]))
      }
    }
  }
  return [...found.values()]
}

/** What is different in each copy. */
interface Copy {
  readonly shift: number
  readonly names: ReadonlyArray<string>
}

type Cell = (copy: Copy) => SQLInputValue

const isMoment = (value: unknown): value is number =>
  typeof value === "number" && value > 1_600_000_000_000 && value < 2_300_000_000_000

const moment = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z`

const escaped = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)

const namesIn = (owned: ReadonlyArray<Owned>): ReadonlyArray<string> => {
  const names = new Set<string>()
  for (const { row, table } of owned) {
    for (const [column, value] of Object.entries(row)) {
      if (typeof value !== "string" || value === "") continue
      for (const [id] of value.matchAll(anId)) names.add(id)
      if (naming.has(column) || column === table.id) names.add(value)
    }
  }
  return [...names].toSorted((a, b) => b.length - a.length)
}

/** How a value is written in a copy. */
const cellOf = (value: unknown, names: ReadonlyArray<string>): Cell => {
  if (isMoment(value)) return ({ shift }) => value + shift
  if (value === null || typeof value === "number" || typeof value === "bigint") return () => value
  if (typeof value !== "string") throw new Error(`a ${typeof value} cannot be copied`)
  const parts = value.split(new RegExp(`(${[...names.map(escaped), moment].join("|")})`))
  if (parts.length === 1) return () => value
  const written = parts.map((part, i): string | ((copy: Copy) => string) => {
    if (i % 2 === 0) return part
    const place = names.indexOf(part)
    if (place >= 0) return (copy) => copy.names[place] ?? ""
    const at = Date.parse(part)
    return ({ shift }) => new Date(at + shift).toISOString()
  })
  return (copy) => {
    let text = ""
    for (const part of written) text += typeof part === "string" ? part : part(copy)
    return text
  }
}

/** All that one thing left, ready to be written again; answers how many rows that were. */
const templateOf = (
  db: DatabaseSync,
  owned: ReadonlyArray<Owned>,
  { emptied = {}, lifetimes = {}, to }: Options,
  at: number,
) => {
  const names = namesIn(owned)
  const others = names.map(Lookalike.of)
  const rows = owned.map(({ row, table }) => {
    const columns = table.columns.map((column) => `"${column}"`).join(", ")
    const marks = table.columns.map(() => "?").join(", ")
    const statement = db.prepare(`insert into "${table.name}" (${columns}) values (${marks})`)
    return {
      oldest: to - (lifetimes[table.name] ?? Infinity),
      cells: table.columns.map((column): Cell => {
        const cell = cellOf(row[column], names)
        const lasts = emptied[`${table.name}.${column}`]
        return lasts === undefined ? cell : (copy) => (at + copy.shift < to - lasts ? "" : cell(copy))
      }),
      write: (values: ReadonlyArray<SQLInputValue>) => statement.run(...values),
    }
  })
  return (when: number, by: Random): number => {
    const copy: Copy = { shift: when - at, names: others.map((other) => other(when - at, by)) }
    let written = 0
    for (const { cells, oldest, write } of rows) {
      if (when < oldest) continue
      write(cells.map((cell) => cell(copy)))
      written += 1
    }
    return written
  }
}

const atOnce = 20_000

/** Answers how many rows were written, and into which tables. */
export const run = (options: Options): { readonly rows: number; readonly perThing: ReadonlyMap<string, number> } => {
  const { from, path, root, source, times, to } = options
  const samples = new DatabaseSync(source)
  samples.exec(`VACUUM INTO '${path}'`)
  samples.close()
  const db = new DatabaseSync(path, { enableForeignKeyConstraints: false })
  try {
    db.exec("PRAGMA journal_mode = DELETE; PRAGMA synchronous = OFF; PRAGMA cache_size = -1500000")
    const tables = tablesOf(db)
    const roots = tables.find(({ name }) => name === root)
    if (roots?.id === undefined || roots.rows.length === 0) throw new Error(`there is nothing in ${root} to be copied`)
    const { id, rows: things } = roots
    const owned = things.map((row) => belonging(tables, String(row[id])))
    const templates = owned.map((all, i) => templateOf(db, all, options, Number(things[i]?.["created_at"])))
    const indexes = db
      .prepare("select name, sql from sqlite_master where type = 'index' and sql like 'CREATE INDEX%'")
      .all()
    for (const index of indexes) db.exec(`DROP INDEX "${index["name"]}"`)
    const by = random(times)
    let rows = 0
    for (let done = 0; done < times; done += atOnce) {
      db.exec("BEGIN")
      for (let i = done; i < Math.min(times, done + atOnce); i++) {
        const when = Math.round(from + ((to - from) * i) / times)
        rows += templates[by(templates.length)]?.(when, by) ?? 0
      }
      db.exec("COMMIT")
    }
    db.exec(options.afterwards ?? "")
    // In one go, that is quicker than with each row.
    for (const index of indexes) db.exec(String(index["sql"]))
    const perThing = new Map<string, number>()
    for (const { table } of owned.flat()) perThing.set(table.name, (perThing.get(table.name) ?? 0) + 1 / things.length)
    return { rows, perThing }
  } finally {
    db.close()
  }
}
