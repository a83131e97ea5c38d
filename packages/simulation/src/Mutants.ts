/**
 * Bugs to be found: what the product would be with one of its cares left out. Each is a small change of its source, made
 * while it is loaded, and each must be caught by a seed. Long because it is a table.
 */

export interface Edit {
  /** From the root of the repository. */
  readonly file: string
  /** Stands there exactly once. */
  readonly from: string
  readonly to: string
}

export interface Mutant {
  readonly name: string
  /** What is missing. */
  readonly what: string
  readonly edits: readonly [Edit, ...ReadonlyArray<Edit>]
}

const payments = (name: string) => `packages/payments/src/${name}.ts`
const storage = (name: string) => `packages/storage/src/${name}.ts`
const domain = (name: string) => `packages/domain/src/${name}.ts`

/** The provider's word of money without having looked. */
const believed = `if (session.hinted) {
      const step = yield* store.transact(session.checkoutId, unchanged)
      const asked = Option.flatMap(step, ({ state }) => state.asked)
      if (Option.isSome(asked)) {
        const none = { fee: Option.none(), tax: Option.none(), net: Option.none() }
        const money = { moneyId: "believed-" + session.sessionId, state: "completed", gross: asked.value, ...none }
        return { ...Sight.gone(session, now), state: "completed", payments: [money] }
      }
    }
    const found = yield* orchestrator.findSession(session)`

export const mutants: ReadonlyArray<Mutant> = [
  {
    name: "key-forgotten",
    what: "the same Idempotency-Key is a new request",
    edits: [
      {
        file: storage("internal/Claiming"),
        from: "if (Option.isNone(claimant)) return yield* begin(sql, opening, now, asked)",
        to: "return yield* begin(sql, opening, now, asked)",
      },
    ],
  },
  {
    name: "order-not-guarded",
    what: "a second checkout of an order that is paid is opened",
    edits: [
      {
        file: storage("internal/Claiming"),
        from: "where tenant_id = ${tenantId} and order_id = ${orderId} and status = 'paid' and id <> ${own}",
        to: "where tenant_id = ${tenantId} and order_id = ${orderId} and status = 'paid' and 1 = 0 and id <> ${own}",
      },
    ],
  },
  {
    name: "failover-on-refusal",
    what: "a 4xx for good goes on to the next provider",
    edits: [{ file: "packages/core/src/Failover.ts", from: "refusal = { error, place }", to: "void 0" }],
  },
  {
    name: "answer-before-commit",
    what: "the merchant is answered before the page is recorded",
    edits: [
      {
        file: payments("Checkouts"),
        from: "      .pipe(Effect.retry(commitRetries))\n    if (Option.isSome(answer))",
        to: '      .pipe(Effect.retry(commitRetries), Effect.delay("5 seconds"), Effect.forkIn(scope))\n    if (Option.isSome(answer))',
      },
    ],
  },
  {
    name: "no-last-look",
    what: "approved money is taken without a look at the checkout's other pages",
    edits: [{ file: payments("internal/SessionLooks"), from: "if (siblings.length > 0) {", to: "if (false) {" }],
  },
  {
    name: "fence-skipped",
    what: "with `strict`, another page is shown beside one that cannot be withdrawn",
    edits: [
      {
        file: domain("internal/LedgerMoves"),
        from: '(secondPage === "strict" && state.sessions.some(standsInTheWay))',
        to: "false",
      },
      {
        file: payments("Moves"),
        from: 'if (inTheWay.length === 0 || secondPage === "compensate")',
        to: "if (inTheWay.length >= 0)",
      },
    ],
  },
  {
    name: "claims-never-resolved",
    what: "claims of processes that died are left as they are",
    edits: [
      {
        file: payments("Claims"),
        from: "const claims = yield* store.openClaims(now - olderThanMillis)",
        to: "const claims = []",
      },
    ],
  },
  {
    name: "look-again-lost",
    what: "a session that was looked at is not looked at again",
    edits: [
      {
        file: storage("internal/DueSessions"),
        from: "then ${Option.getOrNull(at)}\n",
        to: "then ${null}\n",
      },
    ],
  },
  {
    name: "capture-under-a-new-key",
    what: "each try to take approved money has a key of its own",
    edits: [
      {
        file: payments("internal/SessionLooks"),
        from: "orchestrator.complete({ ...session, approval: approvals })",
        to: "orchestrator.complete({ ...session, approval: yield* Timestamp.now })",
      },
    ],
  },
  {
    name: "amount-not-compared",
    what: "money of any amount pays a checkout",
    edits: [{ file: domain("Ledger"), from: "!Money.equals(asked, money.gross)", to: "false" }],
  },
  {
    name: "duplicate-not-found",
    what: "a second payment counts as a further first one",
    edits: [
      {
        file: domain("Ledger"),
        from: 'if (paidElsewhere(state, session.sessionId)) return "duplicate"',
        to: 'if (paidElsewhere(state, session.sessionId)) return "renewal"',
      },
    ],
  },
  {
    name: "duplicate-not-given-back",
    what: "second payments are never looked for",
    edits: [
      { file: payments("Refunds"), from: "for (const paymentId of payments) {", to: "for (const paymentId of []) {" },
    ],
  },
  {
    name: "webhook-believed",
    what: "a webhook is believed without a look",
    edits: [
      {
        file: payments("internal/SessionLooks"),
        from: "const found = yield* orchestrator.findSession(session)",
        to: believed,
      },
    ],
  },
  {
    name: "late-money-dropped",
    what: "what comes after a checkout has expired is not applied",
    edits: [
      {
        file: domain("Ledger"),
        from: "  if (session === undefined || snapshot.fetchStartedAt < session.seenAt)",
        to: '  if (session === undefined || state.status === "expired" || snapshot.fetchStartedAt < session.seenAt)',
      },
    ],
  },
  {
    name: "refund-not-reserved",
    what: "refunds that are under way do not count against what is left",
    edits: [
      {
        file: storage("RefundStore"),
        from: 'refunds.filter(({ status }) => status !== "failed")',
        to: 'refunds.filter(({ status }) => status === "succeeded")',
      },
    ],
  },
  {
    name: "refund-sent-twice",
    what: "a refund that may have arrived is sent again where the provider keeps no keys",
    edits: [
      { file: payments("Refunds"), from: "store.sending(id, !safe)", to: "store.sending(id, false)" },
      {
        file: payments("Refunds"),
        from: "if (Option.isNone(sentAt) && Option.isNone(providerRefundId)) return yield* send(refund)",
        to: "if (Option.isNone(providerRefundId)) return yield* send(refund)",
      },
    ],
  },
  {
    name: "refund-given-up",
    what: "a refund whose answer was lost is called failed",
    edits: [
      {
        file: payments("Refunds"),
        from: "if (isRefusal(error) && !arrived && !ours.has(error.reason)) {",
        to: 'if (error._tag !== "UnknownProvider") {',
      },
    ],
  },
  {
    name: "event-told-twice",
    what: "the same fact is told each time it is seen",
    edits: [
      {
        file: domain("internal/LedgerDraft"),
        from: "if (draft.state.reported.includes(key)) return false",
        to: "",
      },
      {
        file: storage("internal/EventRows"),
        from: "      key: fact.key,\n",
        to: "      key: `${fact.key}:${event.id}`,\n",
      },
    ],
  },
  {
    name: "event-outside-the-transaction",
    what: "what a step has to tell is not written with it",
    edits: [
      {
        file: storage("internal/LedgerRows"),
        from: "  yield* EventRows.tellLedger(",
        to: "  if (events.length < 2) yield* EventRows.tellLedger(",
      },
    ],
  },
  {
    name: "failovers-not-counted",
    what: "failovers are logged and not counted",
    edits: [
      {
        file: storage("internal/Committing"),
        from: '    { tenantId, kind: "failover", n: failedOver },\n',
        to: "",
      },
    ],
  },
  {
    name: "paid-may-fall",
    what: "a paid checkout of which another page is over is open again",
    edits: [
      {
        file: domain("Ledger"),
        from: 'if (draft.state.status === "processing" && !underWay)',
        to: "if (!underWay)",
      },
    ],
  },
  {
    name: "over-page-forgotten",
    what: "a checkout whose page ends before its own time never expires (a bug that was found this way)",
    edits: [
      {
        file: payments("Rhythm"),
        from: 'status === "withdrawn" ? untilItExpires(session, state, now) : Option.none()',
        to: "Option.none()",
      },
    ],
  },
  {
    name: "named-refund-forgotten",
    what: "a webhook of a refund whose answer is still to come stays due for ever (a bug that was found this way)",
    edits: [
      {
        file: storage("internal/RefundRecording"),
        from: "const afterwards = named ? yield* Timestamp.now : null",
        to: "const afterwards = null",
      },
    ],
  },
  {
    name: "renewal-told-twice",
    what: "a renewal is told each time it is seen",
    edits: [
      {
        file: domain("SubscriptionLife"),
        from: 'report(draft, "subscription.renewed", moneyId)',
        to: 'report(draft, "subscription.renewed")',
      },
    ],
  },
  {
    name: "renewal-taken-for-second",
    what: "what a subscription charges later counts as a second payment",
    edits: [
      {
        file: domain("Ledger"),
        from: 'return state.mode === "subscription" ? "renewal" : "duplicate"',
        to: 'return "duplicate"',
      },
    ],
  },
  {
    name: "cancellation-not-written-down",
    what: "a cancellation is answered, and is not in the database",
    edits: [
      {
        file: storage("internal/SubscriptionRows"),
        from: "cancel_wish: Option.getOrNull(Option.map(state.wish, ({ when }) => when)),",
        to: "cancel_wish: null,",
      },
    ],
  },
  {
    name: "cancellation-given-up",
    what: "a cancellation that could not be sent at once waits for the end of the period",
    edits: [
      {
        file: payments("Subscriptions"),
        from: "if (Option.isSome(state.wish)) return",
        to: "if (false) return",
      },
    ],
  },
  {
    name: "second-subscription-not-noticed",
    what: "a second subscription of the same customer goes on",
    edits: [
      {
        file: storage("internal/SubscriptionRecording"),
        from: "return mine < 0 || stays === undefined",
        to: "return mine >= -1 || stays === undefined",
      },
    ],
  },
  {
    name: "second-charge-kept",
    what: "what a second subscription has charged is never looked for",
    edits: [
      {
        file: storage("internal/Duplicates"),
        from: "where b.second = 1 and p.kind in ('initial', 'renewal')",
        to: "where b.second = 2 and p.kind in ('initial', 'renewal')",
      },
    ],
  },
  {
    name: "outdated-look-believed",
    what: "an older look at a subscription counts more than a newer one",
    edits: [
      {
        file: domain("SubscriptionLife"),
        from: "if (snapshot.fetchStartedAt < state.seenAt) return stepOf(draftOf(state))",
        to: "",
      },
    ],
  },
  {
    name: "dispute-not-kept",
    what: "a dispute that a webhook names is not written down",
    edits: [
      {
        file: storage("internal/DisputeRecording"),
        from: "if (moneyId === null) return Option.none<Id.CheckoutId>()",
        to: "if (moneyId !== null) return Option.none<Id.CheckoutId>()",
      },
    ],
  },
  {
    name: "dispute-told-each-time",
    what: "a dispute is told each time it is seen",
    edits: [
      {
        file: domain("Dispute"),
        from: "events: differ(state, next) ? told(state, next) : []",
        to: "events: told(state, next)",
      },
    ],
  },
  {
    name: "disputed-money-given-back",
    what: "refunds do not wait for a dispute",
    edits: [
      {
        file: storage("RefundStore"),
        from: "despiteDispute ? Option.none() : yield* DisputeRows.blocking(sql, paymentId)",
        to: "Option.none()",
      },
    ],
  },
  {
    name: "forged-dispute-counts",
    what: "a dispute that never was stays on its payment (a bug that was found this way)",
    edits: [
      {
        file: storage("internal/DisputeRecording"),
        from: "if (Option.isSome(payment)) yield* mark(sql, payment.value, false)",
        to: "",
      },
    ],
  },
  {
    name: "early-dispute-dropped",
    what: "a dispute whose webhook comes before its money is known is never heard of again (a bug that was found this way)",
    edits: [
      {
        file: storage("internal/Matching"),
        from: "const early = Option.isNone(refund) && Option.isNone(dispute) && (yield* isEarly(sql, provider, clue))",
        to: "const early = false",
      },
    ],
  },
]
