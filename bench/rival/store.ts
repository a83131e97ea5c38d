/** The orders on SQLite, as durable as ours: WAL, and every commit on the disk. */
import { randomUUID } from "node:crypto"
import { DatabaseSync } from "node:sqlite"
import type { Opened } from "./providers.ts"

export type Claim =
  | { readonly isNew: true; readonly id: string }
  | { readonly isNew: false; readonly answer: string | null }

export const makeStore = (path: string) => {
  const db = new DatabaseSync(path)
  db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 5000;")
  db.exec(`CREATE TABLE IF NOT EXISTS orders (
    id TEXT PRIMARY KEY, idempotency_key TEXT UNIQUE, body TEXT, status TEXT,
    provider TEXT, session_id TEXT, url TEXT, answer TEXT, created_at INTEGER);
    CREATE TABLE IF NOT EXISTS events (id TEXT PRIMARY KEY, type TEXT, order_id TEXT, body TEXT, created_at INTEGER);
    CREATE TABLE IF NOT EXISTS webhooks (id TEXT PRIMARY KEY, body TEXT, received_at INTEGER);`)
  const find = db.prepare("SELECT answer FROM orders WHERE idempotency_key = ?")
  const insert = db.prepare(
    "INSERT INTO orders (id, idempotency_key, body, status, created_at) VALUES (?, ?, ?, 'pending', ?)",
  )
  const update = db.prepare(
    "UPDATE orders SET status = 'open', provider = ?, session_id = ?, url = ?, answer = ? WHERE id = ?",
  )
  const tell = db.prepare(
    "INSERT INTO events (id, type, order_id, body, created_at) VALUES (?, 'checkout.opened', ?, ?, ?)",
  )
  const keep = db.prepare("INSERT INTO webhooks (id, body, received_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING")
  return {
    keep: (id: string, body: string): void => void keep.run(id, body, Date.now()),
    claim: (key: string, body: unknown): Claim => {
      const before = find.get(key)
      if (before !== undefined) {
        return { isNew: false, answer: typeof before["answer"] === "string" ? before["answer"] : null }
      }
      const id = randomUUID()
      insert.run(id, key, JSON.stringify(body), Date.now())
      return { isNew: true, id }
    },
    opened: (id: string, { provider, sessionId, url }: Opened, answer: string): void => {
      db.exec("BEGIN IMMEDIATE")
      try {
        update.run(provider, sessionId, url, answer, id)
        tell.run(randomUUID(), id, answer, Date.now())
        db.exec("COMMIT")
      } catch (error) {
        db.exec("ROLLBACK")
        throw error
      }
    },
  }
}
