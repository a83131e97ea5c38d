/**
 * Stripe's lists: newest first, with cursors and filters on the time of creation.
 */
import { Result } from "effect"
import * as Form from "./Form.ts"
import * as Problem from "./Problem.ts"
import * as View from "./View.ts"

type Outcome<A> = Result.Result<A, Problem.Problem>

/** What every listed thing has. */
export interface Listed {
  readonly id: string
  readonly created: number
}

const byTime = (node: Form.Node | undefined): Outcome<(created: number) => boolean> =>
  Result.gen(function* () {
    if (typeof node === "string") {
      const exact = yield* Form.integer(node, "created")
      return (created: number) => exact === null || created === exact
    }
    const range = Form.tree(node)
    const gt = yield* Form.integer(range["gt"], "created[gt]")
    const gte = yield* Form.integer(range["gte"], "created[gte]")
    const lt = yield* Form.integer(range["lt"], "created[lt]")
    const lte = yield* Form.integer(range["lte"], "created[lte]")
    return (created: number) =>
      (gt === null || created > gt) &&
      (gte === null || created >= gte) &&
      (lt === null || created < lt) &&
      (lte === null || created <= lte)
  })

/** One page of `all` (oldest first, as the state keeps it) that pass `keep`. */
export const page = <A extends Listed>(options: {
  readonly params: Form.Tree
  readonly all: Iterable<A>
  readonly keep: (value: A) => boolean
  readonly view: (value: A) => View.Wire
  readonly url: string
  /** What an unknown cursor is called: `No such checkout.session: 'x'`. */
  readonly what: string
}): Outcome<View.Wire> =>
  Result.gen(function* () {
    const { params } = options
    const limit = (yield* Form.integer(params["limit"], "limit")) ?? 10
    if (limit < 1 || limit > 100) {
      return yield* Result.fail(Problem.invalid("Limit must be between 1 and 100", { param: "limit" }))
    }
    const inTime = yield* byTime(params["created"])
    const newest = [...options.all].toReversed()
    const cursor = (name: "starting_after" | "ending_before"): Outcome<number | null> => {
      const id = Form.text(params[name])
      if (id === null) return Result.succeed(null)
      const index = newest.findIndex((value) => value.id === id)
      return index < 0 ? Result.fail(Problem.noSuch(options.what, id, name, 400)) : Result.succeed(index)
    }
    const after = yield* cursor("starting_after")
    const before = yield* cursor("ending_before")
    const within = newest
      .slice(after === null ? 0 : after + 1, before ?? undefined)
      .filter((value) => inTime(value.created) && options.keep(value))
    // with `ending_before` the page is the one next to the cursor
    const shown = before === null ? within.slice(0, limit) : within.slice(-limit)
    return View.list(shown.map(options.view), options.url, within.length > shown.length)
  })
