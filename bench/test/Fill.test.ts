import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { afterAll, assert, describe, it } from "vitest"
import * as Fill from "../src/Fill.ts"
import * as Lookalike from "../src/Lookalike.ts"

const folder = mkdtempSync(join(tmpdir(), "bench-fill-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const made = Date.parse("2026-11-20T12:00:00.000Z")
const checkout = "co_01M8BVJ3SDXMSZAQ8MVVZX7C03"
const event = "evt_01M8BVJ3W09DQEHZVY9G1ZFWYE"
const endpoint = "whe_01M8BVJ3M612Z93BZ0G88ZN2RW"

const source = join(folder, "source.db")
const samples = new DatabaseSync(source)
samples.exec(`
  create table checkouts (id text primary key, session_id text unique, status text, seen integer, created_at integer);
  create table events (id text primary key, object_id text not null references checkouts (id), data text, created_at integer);
  create table deliveries (id text primary key, endpoint_id text, event_id text unique, body text, created_at integer);
  create table endpoints (id text primary key, created_at integer);
  create index checkouts_time on checkouts (created_at);`)
const put = (table: string, ...values: ReadonlyArray<string | number>) =>
  samples.prepare(`insert into ${table} values (${values.map(() => "?").join(", ")})`).run(...values)
put("checkouts", checkout, "0YMFSJGFK0OSW67JM", "open", 3, made)
put(
  "events",
  event,
  checkout,
  `{"id":"${checkout}","session":"0YMFSJGFK0OSW67JM","at":"2026-11-20T12:00:01.000Z"}`,
  made,
)
put("deliveries", "dlv_01M8BVJ3W1TK1ZRE65B0RQJPSW", endpoint, event, "told", made + 5)
put("endpoints", endpoint, made)
samples.close()

const day = 86_400_000
const to = made - day

const filled = (name: string, options: Partial<Parameters<typeof Fill.run>[0]> = {}) => {
  const path = join(folder, name)
  const { rows } = Fill.run({ source, path, root: "checkouts", times: 100, from: to - 10 * day, to, ...options })
  const db = new DatabaseSync(path)
  return {
    rows,
    all: (query: string) => db.prepare(query).all(),
    one: (query: string) => Object.values(db.prepare(query).get() ?? {})[0],
  }
}

describe("a database that is filled", () => {
  it("holds copies with every row that belongs to them, under their own ids and at their own time", () => {
    const { all, one, rows } = filled("all.db")
    assert.strictEqual(rows, 300)
    assert.strictEqual(one("select count(*) from endpoints"), 1)
    assert.strictEqual(
      one(`select count(*) from checkouts c join events e on e.object_id = c.id and e.created_at = c.created_at
        join deliveries d on d.event_id = e.id and d.created_at = c.created_at + 5
        where d.endpoint_id = '${endpoint}' and e.data like '%"' || c.id || '"%"' || c.session_id || '"%'
          and c.status = 'open' and c.seen = 3`),
      101,
    )
    for (const row of all("select data, created_at from events")) {
      const { at }: { readonly at: string } = JSON.parse(String(row["data"]))
      assert.strictEqual(Date.parse(at), Number(row["created_at"]) + 1_000)
    }
    assert.strictEqual(one("select count(distinct created_at) from checkouts"), 101)
    assert.strictEqual(one("select min(created_at) from checkouts"), to - 10 * day)
    assert.strictEqual(one("select count(*) from sqlite_master where name = 'checkouts_time'"), 1)
  })

  it("keeps of old copies what the program would keep", () => {
    const { one } = filled("old.db", {
      lifetimes: { events: 5 * day },
      emptied: { "deliveries.body": 2 * day },
      afterwards: "update checkouts set status = 'expired'",
    })
    assert.strictEqual(one("select count(*) from events"), 51)
    assert.strictEqual(one("select count(*) from deliveries where body = 'told'"), 21)
    assert.strictEqual(one("select count(*) from deliveries"), 101)
    assert.strictEqual(one("select count(*) from checkouts where status = 'expired'"), 101)
  })

  it("is refused when there is nothing to copy", () => {
    assert.throws(() => filled("none.db", { root: "nothing" }), /nothing in nothing/)
  })
})

describe("a lookalike", () => {
  it("is of the same kind, and an id of ours keeps its order in time", () => {
    const by = Lookalike.random(1)
    const other = Lookalike.of(checkout)
    const [first, later] = [other(0, by), other(60_000, by)]
    assert.match(first, /^co_01M8BVJ3SD[0-9A-HJKMNP-TV-Z]{16}$/)
    assert.notStrictEqual(first, checkout)
    assert.isAbove(later.localeCompare(first), 0)
    assert.match(Lookalike.of("0YMFSJGFK0OSW67JM")(0, by), /^\d[A-Z]{8}\d[A-Z]{3}\d{2}[A-Z]{2}$/)
    assert.match(
      Lookalike.of("aabc967f-91d0-404e-9a29-6f423836089b")(0, by),
      /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
    )
    assert.match(Lookalike.of("buyer-1234@example.com")(0, by), /^buyer-\d{4}@example\.com$/)
  })
})
