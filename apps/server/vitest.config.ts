import { mergeConfig } from "vitest/config"
import shared from "../../vitest.shared.ts"

/** Each test has a server of its own and mostly waits for it, so that the tests of a file run beside each other. */
export default mergeConfig(shared, { test: { globalSetup: ["test/Built.ts"], sequence: { concurrent: true } } })
