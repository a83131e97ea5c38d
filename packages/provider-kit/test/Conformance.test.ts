import { conformance } from "../src/index.ts"
import * as Acme from "./acme/Harness.ts"

conformance(Acme.make())
