/** `payctl checkouts`. */
import { Checkout, CheckoutRequest, Explanation, Id, ProviderName, Text } from "@payment-orchestrator/domain"
import { Console, Effect, Schema } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { Failure } from "../Failure.ts"
import * as Flags from "../Flags.ts"
import * as Output from "../Output.ts"
import { ask } from "../Server.ts"

const id = Argument.String("id").pipe(Argument.withSchema(Id.CheckoutId), Argument.withDescription("co_…"))
const line = Text.line(255)
const text = (name: string, description: string) => Flags.checked(name, line, description)

const columns = ["id", "status", "provider", "amount", "currency", "order_id", "created_at"] as const

const list = Command.make(
  "list",
  {
    ...Flags.page(Id.CheckoutId),
    tenant: Flags.tenant,
    status: Flags.part("status", Flag.Literals("status", Checkout.CheckoutStatus.literals)),
    provider: Flags.part("provider", Flags.checked("provider", ProviderName.ProviderName, "At which provider")),
    reference: Flags.part("reference", text("reference", "With this reference")),
    order: Flags.part("order_id", text("order", "Of this order")),
    customer: Flags.part("customer_id", text("customer", "Of this customer")),
  },
  Effect.fn(function* ({ after, before, cursor, customer, limit, order, provider, reference, status, tenant }) {
    const query = {
      ...limit,
      ...cursor,
      ...after,
      ...before,
      ...tenant,
      ...status,
      ...provider,
      ...reference,
      ...order,
      ...customer,
    }
    const found = yield* ask((client) => client.checkouts.list({ query }))
    yield* Output.page(Checkout.CheckoutJson, columns, found)
  }),
).pipe(Command.withDescription("Checkouts, newest first"))

const get = Command.make(
  "get",
  { id, wait: Flags.part("wait", Flags.whole("wait", 1, 30, "Seconds to wait until its status changes")) },
  Effect.fn(function* ({ id, wait }) {
    const found = yield* ask((client) => client.checkouts.get({ params: { id }, query: wait }))
    yield* Output.one(Checkout.CheckoutJson, found)
  }),
).pipe(Command.withDescription("One checkout"), Command.withAlias("show"))

/** The command's own words, decoded as the library's input is, so that every fault is named. */
const requestOf = Schema.decodeUnknownEffect(CheckoutRequest.CheckoutRequest, { errors: "all" })

const open = Command.make(
  "open",
  {
    amount: Flags.part("amount", Flag.String("amount").pipe(Flag.withDescription('Such as "99.99"'))),
    currency: Flags.part("currency", Flag.String("currency").pipe(Flag.withDescription("USD when nothing is said"))),
    price: Flags.part("priceId", text("price", "A price of the catalog")),
    mode: Flags.part("mode", Flag.Literals("mode", CheckoutRequest.Mode.literals)),
    provider: Flags.part("preferredProvider", text("provider", "Which provider is asked first")),
    order: Flags.part("orderId", text("order", "The order, paid at most once")),
    customer: Flags.part("customerId", text("customer", "Who pays")),
    reference: Flags.part("reference", text("reference", "A label")),
    tenant: Flags.part("tenantId", text("tenant", "Whose; for a key that belongs to no tenant")),
    success: Flags.part("successUrl", text("success-url", "Where the buyer goes once it is paid")),
    cancel: Flags.part("cancelUrl", text("cancel-url", "Where the buyer goes when he gives up")),
    key: Flags.part("idempotency-key", text("idempotency-key", "The same key and words give the same checkout again")),
  },
  Effect.fn(function* ({ key, ...said }) {
    const payload = yield* requestOf(Object.assign({}, ...Object.values(said))).pipe(
      Effect.mapError((error) => new Failure({ why: "usage", detail: String(error) })),
    )
    const opened = yield* ask((client) => client.checkouts.open({ headers: key, payload }))
    yield* Output.one(Checkout.CheckoutJson, opened)
  }),
).pipe(
  Command.withDescription("Opens a checkout, failing over; prints the page's address"),
  Command.withAlias("create"),
)

const expire = Command.make(
  "expire",
  { id, reason: Flags.why },
  Effect.fn(function* ({ id, reason }) {
    const closed = yield* ask((client) => client.checkouts.expire({ params: { id }, headers: {}, payload: reason }))
    yield* Output.done(Checkout.CheckoutJson, closed, `${id} is ${closed.status}`)
  }),
).pipe(Command.withDescription("Closes a checkout; its pages are withdrawn where that can be done"))

/** What an entry says besides when and what kind it is. */
const words = (entry: { readonly [field: string]: unknown }) =>
  Object.entries(entry)
    .filter(([name, value]) => name !== "at" && name !== "kind" && value !== null && value !== "")
    .map(([name, value]) => `${name}=${String(value)}`)
    .join(" ")

const explain = Command.make(
  "explain",
  { id },
  Effect.fn(function* ({ id }) {
    const why = yield* ask((client) => client.checkouts.explain({ params: { id } }))
    if (yield* Output.Json) return yield* Output.one(Explanation.Explanation, why)
    const { data } = yield* Effect.orDie(Schema.encodeEffect(Explanation.Explanation)(why))
    yield* Output.table(
      ["at", "what", "how"],
      data.map((entry) => [entry.at, entry.kind, words(entry)]),
    )
    if (data.length === 0) yield* Console.log("nothing is recorded")
  }),
).pipe(Command.withDescription("Why a checkout went where it went: everything that is recorded of it, in order"))

export const checkouts = Command.make("checkouts").pipe(
  Command.withDescription("Open checkouts and look at them"),
  Command.withAlias("checkout"),
  Command.withSubcommands([open, list, get, explain, expire]),
)
