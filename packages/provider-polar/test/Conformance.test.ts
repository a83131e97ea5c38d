import { PolarEmulator } from "@payment-orchestrator/emulators"
import { conformance } from "@payment-orchestrator/provider-kit"
import { describe } from "vitest"
import { harness } from "./Harness.ts"

describe("as it is configured most simply", () => conformance(harness()))

describe("with a discount that withdraws and 19 % tax in every price", () =>
  conformance(harness({ withdrawDiscountId: PolarEmulator.fullDiscountId }, { taxRate: 0.19, buyerCountry: "DE" })))
