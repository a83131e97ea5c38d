/** The orders on PostgreSQL, in the same two commits as on SQLite: `pg` with a pool, as large as ours. */
import { randomUUID } from "node:crypto"
import { Pool, type PoolClient } from "pg"
import type { Opened } from "./providers.ts"
import type { Claim } from "./store.ts"

const schema = `
  CREATE TABLE IF NOT EXISTS orders (
    id TEXT PRIMARY KEY, idempotency_key TEXT UNIQUE, body TEXT, status TEXT,
    provider TEXT, session_id TEXT, url TEXT, answer TEXT, created_at BIGINT);
  CREATE TABLE IF NOT EXISTS events (id TEXT PRIMARY KEY, type TEXT, order_id TEXT, body TEXT, created_at BIGINT);
  CREATE TABLE IF NOT EXISTS webhooks (id TEXT PRIMARY KEY, body TEXT, received_at BIGINT);`

export const makePostgresStore = async (connectionString: string) => {
  const pool = new Pool({ connectionString, max: 10 })
  // The same tables may be made by several at once.
  await pool.query(`BEGIN; SELECT pg_advisory_xact_lock(1); ${schema} COMMIT;`)

  const transaction = async (work: (client: PoolClient) => Promise<void>): Promise<void> => {
    const client = await pool.connect()
    try {
      await client.query("BEGIN")
      await work(client)
      await client.query("COMMIT")
    } catch (error) {
      await client.query("ROLLBACK")
      throw error
    } finally {
      client.release()
    }
  }

  return {
    keep: async (id: string, body: string): Promise<void> => {
      await pool.query({
        name: "keep",
        text: "INSERT INTO webhooks (id, body, received_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        values: [id, body, Date.now()],
      })
    },
    claim: async (key: string, body: unknown): Promise<Claim> => {
      const id = randomUUID()
      const { rowCount } = await pool.query({
        name: "claim",
        text: `INSERT INTO orders (id, idempotency_key, body, status, created_at) VALUES ($1, $2, $3, 'pending', $4)
          ON CONFLICT (idempotency_key) DO NOTHING`,
        values: [id, key, JSON.stringify(body), Date.now()],
      })
      if (rowCount === 1) return { isNew: true, id }
      const { rows } = await pool.query<{ answer: string | null }>({
        name: "find",
        text: "SELECT answer FROM orders WHERE idempotency_key = $1",
        values: [key],
      })
      return { isNew: false, answer: rows[0]?.answer ?? null }
    },
    opened: (id: string, { provider, sessionId, url }: Opened, answer: string): Promise<void> =>
      transaction(async (client) => {
        await client.query({
          name: "open",
          text: "UPDATE orders SET status = 'open', provider = $1, session_id = $2, url = $3, answer = $4 WHERE id = $5",
          values: [provider, sessionId, url, answer, id],
        })
        await client.query({
          name: "tell",
          text: "INSERT INTO events (id, type, order_id, body, created_at) VALUES ($1, 'checkout.opened', $2, $3, $4)",
          values: [randomUUID(), id, answer, Date.now()],
        })
      }),
  }
}
