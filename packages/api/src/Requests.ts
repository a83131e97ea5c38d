/** How faults of a request are answered: every one by its path. */
import { HttpApiMiddleware } from "effect/http-api"
import { InvalidRequest, TooLarge } from "./Problem.ts"

/** Turns what the schemas refuse into `invalid_request`. */
export class RequestFaults extends HttpApiMiddleware.Service<RequestFaults>()(
  "@payment-orchestrator/api/Requests/RequestFaults",
  { error: [InvalidRequest, TooLarge] },
) {}
