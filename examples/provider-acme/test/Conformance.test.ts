import { conformance } from "@payment-orchestrator/provider-kit"
import { harness } from "./Harness.ts"

conformance(harness)
