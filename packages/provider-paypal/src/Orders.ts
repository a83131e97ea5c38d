/** One-time payments: Orders v2. The buyer approves, then we capture; nothing is money before. */
import { Money, type Operation, PaymentError, type Session } from "@payment-orchestrator/domain"
import { Effect, Option } from "effect"
import * as Amounts from "./internal/Amounts.ts"
import * as Opening from "./internal/Opening.ts"
import * as Requests from "./internal/Requests.ts"
import * as Snapshots from "./internal/Snapshots.ts"
import * as Texts from "./internal/Texts.ts"
import * as Wire from "./internal/Wire.ts"
import { type Answer, badResponse, orNone, type PayPalClient } from "./PayPalClient.ts"
import type { Options } from "./PayPalConfig.ts"

const path = "/v2/checkout/orders"

/** Codes with which a capture is refused because there is one already: read it and be content. */
const alreadyCaptured: ReadonlySet<string> = new Set(["ORDER_ALREADY_CAPTURED", "ORDER_ALREADY_COMPLETED"])

export interface Orders {
  readonly create: (
    request: Session.SessionRequest,
  ) => Effect.Effect<Session.ProviderSession, PaymentError.PaymentError>
  /** Repeats the create, whose key PayPal keeps for 6 hours, and looks at what it opened. */
  readonly findByAttempt: (
    request: Session.SessionRequest,
  ) => Effect.Effect<Option.Option<Session.SessionSnapshot>, PaymentError.PaymentError>
  readonly find: (
    operation: Operation.Operation,
    id: string,
  ) => Effect.Effect<Option.Option<Session.SessionSnapshot>, PaymentError.PaymentError>
  readonly complete: (id: string, approval: number) => Effect.Effect<Session.SessionSnapshot, PaymentError.PaymentError>
  readonly withdraw: (id: string) => Effect.Effect<Session.WithdrawResult, PaymentError.PaymentError>
}

/** The amount PayPal says it will ask for, where it says so, must be ours (F12). */
const sameAmount = (order: Wire.Order, asked: Money.Money): boolean =>
  (order.purchase_units ?? []).every((unit) =>
    unit.amount === null || unit.amount === undefined
      ? true
      : Option.exists(
          Amounts.fromWire(unit.amount),
          (echoed) => echoed.amount === asked.amount && echoed.currency === asked.currency,
        ),
  )

const snapshot = (operation: Operation.Operation, answer: Answer<Wire.Order>) =>
  Effect.mapError(Effect.fromOption(Snapshots.order(answer.value, answer)), () =>
    badResponse(operation, "a captured amount that cannot be read", answer.requestId),
  )

const tellsMoney = (seen: Session.SessionSnapshot): boolean => seen.payments.length > 0

export const make = (client: PayPalClient, options: Options): Orders => {
  const post = Effect.fnUntraced(function* (operation: Operation.Operation, request: Session.SessionRequest) {
    const money = yield* Opening.moneyOf(operation, request)
    const amount = yield* Amounts.toWire(operation, money)
    const description = Option.flatMap(request.description, (text) => Texts.cut(text, 127))
    const emailAddress = Option.flatMap(request.customerEmail, Texts.email)
    const body: Requests.Order = {
      intent: "CAPTURE",
      purchase_units: [
        {
          amount,
          ...(Option.isSome(description) ? { description: description.value } : {}),
          custom_id: request.attemptId,
        },
      ],
      payment_source: {
        paypal: {
          ...(Option.isSome(emailAddress) ? { email_address: emailAddress.value } : {}),
          experience_context: {
            shipping_preference: "NO_SHIPPING",
            return_url: Texts.url(request.successUrl),
            cancel_url: Texts.url(request.cancelUrl),
            user_action: "PAY_NOW",
          },
        },
      },
    }
    const answer = yield* client.call(
      { operation, request: Requests.post(path, body, { key: request.attemptId, whole: true }) },
      Wire.Order,
    )
    return { answer, money, description, emailAddress }
  })

  const get = (operation: Operation.Operation, id: string) =>
    client.call({ operation, byId: true, request: Requests.get(`${path}/${id}`) }, Wire.Order)

  const look = (operation: Operation.Operation, id: string) =>
    Effect.flatMap(get(operation, id), (answer) => snapshot(operation, answer))

  const find = (operation: Operation.Operation, id: string) =>
    Texts.isId(id) ? orNone(look(operation, id)) : Effect.succeedNone

  const capture = (id: string, approval: number) =>
    client
      .call(
        {
          operation: "complete",
          byId: true,
          request: Requests.post(`${path}/${id}/capture`, {}, { key: `cap_${id}_${approval}`, whole: true }),
        },
        Wire.Order,
      )
      .pipe(
        Effect.flatMap((answer) => snapshot("complete", answer)),
        // an answer that names no capture says nothing about the money
        Effect.filterOrElse(tellsMoney, () => look("complete", id)),
        Effect.catch((error) => settle(id, error)),
      )

  /** Looks at the order when the answer to a capture leaves open what happened; the error stands if it was nothing. */
  const settle = (id: string, error: PaymentError.PaymentError) => {
    const done = error._tag === "PermanentPaymentError" && alreadyCaptured.has(error.code ?? "")
    if (done) return look("complete", id)
    if (error.outcome !== "unknown") return Effect.fail(error)
    return look("complete", id).pipe(
      Effect.mapError(() => error),
      Effect.filterOrFail(tellsMoney, () => error),
    )
  }

  return {
    create: Effect.fnUntraced(function* (request) {
      const { answer, description, emailAddress, money } = yield* post("createCheckoutSession", request)
      if (!sameAmount(answer.value, money)) {
        return yield* badResponse(
          "createCheckoutSession",
          `the order is not over ${Money.toDecimal(money)} ${money.currency}`,
          answer.requestId,
        )
      }
      return yield* Opening.opened(options, answer, [
        ...Opening.changed("description", request.description, description),
        ...Opening.changed("customerEmail", request.customerEmail, emailAddress),
      ])
    }),
    findByAttempt: (request) =>
      Effect.flatMap(post("findSession", request), ({ answer }) => find("findSession", answer.value.id)),
    find,
    complete: (id, approval) =>
      Texts.isId(id)
        ? Effect.filterOrElse(
            look("complete", id),
            (seen) => seen.state !== "approved",
            () => capture(id, approval),
          )
        : Effect.fail(Opening.noSuch("complete")),
    withdraw: (id) =>
      // the fence is ours: an order without a capture is never paid unless we capture it
      Effect.map(find("withdraw", id), (found) =>
        Option.exists(found, ({ state }) => state === "completed" || state === "processing")
          ? "being_paid"
          : "withdrawn",
      ),
  }
}
