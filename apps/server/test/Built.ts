/** Before any test: what the tests start as a process is built. */
import { build } from "../build.ts"

export const setup = async (): Promise<void> => {
  await build()
}
