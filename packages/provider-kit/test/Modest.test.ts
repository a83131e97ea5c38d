/** The same suite for a provider with few capabilities that says so: limits are no faults, claims are. */
import { conformance } from "../src/index.ts"
import * as Acme from "./acme/Harness.ts"

conformance(Acme.modest)
