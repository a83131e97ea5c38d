import { defineConfig } from "vitest/config"

/** Every package's tests run with these settings; `scripts/test.ts` adds up the written results. */
export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    reporters: ["default", ["json", { outputFile: ".vitest/results.json" }]],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    maxWorkers: 2,
  },
})
