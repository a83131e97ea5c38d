/** `SignInStore` on SQL. */
import { Id, Timestamp, Tracing } from "@payment-orchestrator/domain"
import { SignInStore } from "@payment-orchestrator/payments"
import { Array, Effect, Layer, Schema } from "effect"
import { SqlClient } from "effect/sql"
import * as Failure from "./internal/Failure.ts"

const SignInRow = Schema.Struct({
  digest: Schema.String,
  keyId: Id.KeyId,
  proof: Schema.String,
  createdAt: Timestamp.Millis,
  usedAt: Timestamp.Millis,
  expiresAt: Timestamp.Millis,
}).pipe(Schema.encodeKeys({ keyId: "key_id", createdAt: "created_at", usedAt: "used_at", expiresAt: "expires_at" }))

const decode = Schema.decodeUnknownEffect(Schema.Array(SignInRow))
const encode = Schema.encodeEffect(SignInRow)

/** Over a database that was migrated. */
export const layer: Layer.Layer<SignInStore.SignInStore, never, SqlClient.SqlClient> = Layer.effect(
  SignInStore.SignInStore,
  Effect.map(SqlClient.SqlClient, (sql) =>
    SignInStore.SignInStore.of({
      add: (signIn) =>
        Tracing.span("SignInStore.add")(
          Effect.flatMap(encode(signIn), (row) => sql`insert into sign_ins ${sql.insert(row)}`).pipe(
            Effect.asVoid,
            Failure.storing("keep a sign-in"),
          ),
        ),
      find: (digest) =>
        Tracing.span("SignInStore.find")(
          sql`select * from sign_ins where digest = ${digest}`.pipe(
            Effect.flatMap(decode),
            Effect.map(Array.head),
            Failure.storing("look up a sign-in"),
          ),
        ),
      used: (digest, at) =>
        Tracing.span("SignInStore.used")(
          sql`update sign_ins set used_at = ${at} where digest = ${digest} and used_at < ${at}`.pipe(
            Effect.asVoid,
            Failure.storing("note the use of a sign-in"),
          ),
        ),
      remove: (digest) =>
        Tracing.span("SignInStore.remove")(
          sql`delete from sign_ins where digest = ${digest}`.pipe(Effect.asVoid, Failure.storing("end a sign-in")),
        ),
    }),
  ),
)
