/** Databases of their own for every run: a file, or one on a PostgreSQL that is there already. */
import { randomBytes } from "node:crypto"
import { existsSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Client } from "pg"
import { say } from "./Report.ts"

export type Kind = "sqlite" | "postgres"

export interface Database {
  readonly kind: Kind
  /** As `DATABASE_URL`. */
  readonly url: string
  readonly drop: () => Promise<void>
}

/** Where databases may be made; `BENCH_DATABASE_URL` says another place. */
const server = process.env["BENCH_DATABASE_URL"] ?? "postgres://postgres@127.0.0.1:5432/postgres"

const within = async <A>(use: (client: Client) => Promise<A>, url = server): Promise<A> => {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 5_000 })
  await client.connect()
  try {
    return await use(client)
  } finally {
    await client.end()
  }
}

const inFile = (): Database => {
  const folder = mkdtempSync(join(tmpdir(), "bench-"))
  return {
    kind: "sqlite",
    url: `sqlite:${join(folder, "payments.db")}`,
    drop: async () => rmSync(folder, { recursive: true, force: true }),
  }
}

const onPostgres = async (): Promise<Database> => {
  const name = `bench_${process.pid}_${randomBytes(6).toString("hex")}`
  await within((client) => client.query(`create database ${name}`))
  const url = new URL(server)
  url.pathname = `/${name}`
  return {
    kind: "postgres",
    url: url.href,
    drop: async () => void (await within((client) => client.query(`drop database if exists ${name} with (force)`))),
  }
}

/** An empty one. */
export const make = async (kind: Kind): Promise<Database> => (kind === "sqlite" ? inFile() : onPostgres())

/** Those of benches that were killed. */
const dropLeft = async (client: Client): Promise<void> => {
  const { rows } = await client.query<{ datname: string }>(
    "select datname from pg_database where datname ~ '^bench_[0-9]+_[0-9a-f]+$'",
  )
  for (const { datname } of rows) {
    if (existsSync(`/proc/${datname.split("_")[1]}`)) continue
    await client.query(`drop database if exists ${datname} with (force)`)
  }
}

/** What PostgreSQL says of itself, with what its durability rests on; undefined, said aloud, when it cannot be reached. */
export const postgres = async (): Promise<string | undefined> => {
  try {
    return await within(async (client) => {
      await dropLeft(client)
      const shown = async (name: string) => String((await client.query(`show ${name}`)).rows[0]?.[name])
      const version = await shown("server_version")
      return `PostgreSQL ${version} (fsync ${await shown("fsync")}, synchronous_commit ${await shown("synchronous_commit")})`
    })
  } catch (error) {
    say(
      `\n!!! PostgreSQL IS NOT MEASURED: ${new URL(server).host} cannot be used (${error instanceof Error ? error.message : String(error)}).` +
        " BENCH_DATABASE_URL names another one.\n",
    )
    return undefined
  }
}
