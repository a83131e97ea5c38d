/** `payctl keys`. */
import { Keys } from "@payment-orchestrator/api"
import { CheckoutRequest, Id, Role, Text } from "@payment-orchestrator/domain"
import { Console, Effect } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import * as Flags from "../Flags.ts"
import * as Output from "../Output.ts"
import { ask } from "../Server.ts"

const list = Command.make(
  "list",
  { ...Flags.page(Id.KeyId), tenant: Flags.tenant },
  Effect.fn(function* ({ after, before, cursor, limit, tenant }) {
    const query = { ...limit, ...cursor, ...after, ...before, ...tenant }
    yield* Output.page(
      Keys.Key,
      ["id", "role", "tenant_id", "name", "created_at", "last_used_at", "revoked_at"],
      yield* ask((client) => client.keys.list({ query })),
    )
  }),
).pipe(Command.withDescription("Keys, newest first, revoked ones too"))

const create = Command.make(
  "create",
  {
    role: Flag.Literals("role", Role.Role.literals).pipe(
      Flag.withDescription("merchant: its own things; viewer: reads all; operator: acts too; admin: everything"),
    ),
    tenant: Flags.part("tenant_id", Flags.checked("tenant", CheckoutRequest.TenantId, "Whose things it sees")),
    name: Flags.part("name", Flags.checked("name", Text.line(100), "What it is for")),
  },
  Effect.fn(function* ({ name, role, tenant }) {
    const made = yield* ask((client) => client.keys.create({ payload: { role, ...tenant, ...name } }))
    yield* Output.one(Keys.NewKey, made)
    yield* Console.error("the secret is shown this once and never again")
  }),
).pipe(Command.withDescription("Makes a key; prints its secret once"))

const revoke = Command.make(
  "revoke",
  { id: Argument.String("id").pipe(Argument.withSchema(Id.KeyId), Argument.withDescription("key_…")) },
  Effect.fn(function* ({ id }) {
    const key = yield* ask((client) => client.keys.revoke({ params: { id } }))
    yield* Output.done(Keys.Key, key, `${id} is revoked, within 5 seconds on every replica`)
  }),
).pipe(Command.withDescription("Revokes a key for good"))

export const keys = Command.make("keys").pipe(
  Command.withDescription("Who may call, and as whom"),
  Command.withAlias("key"),
  Command.withSubcommands([list, create, revoke]),
)
