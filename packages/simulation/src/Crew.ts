/** Many seeds beside each other: each worker takes every n-th one. */
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads"
import type { Violation } from "./Trace.ts"
import * as World from "./World.ts"

/** What a worker tells of one seed. */
export interface Report {
  readonly seed: number
  readonly orders: number
  readonly violations: ReadonlyArray<Violation>
  readonly counts: ReadonlyMap<string, number>
}

export interface Task {
  readonly from: number
  readonly orders: number
  readonly without: ReadonlySet<string>
  readonly workers: number
}

interface Share extends Task {
  readonly nth: number
}

/** Seeds without end; whoever started it ends it. */
const work = async ({ from, nth, orders, without, workers }: Share): Promise<void> => {
  for (let seed = from + nth; ; seed += workers) {
    const outcome = await World.run({ seed, orders, without })
    // A port between threads has no origin.
    // oxlint-disable-next-line unicorn/require-post-message-target-origin
    parentPort?.postMessage({ seed, ...outcome })
  }
}

/** Runs seeds until `enough` says so of what was reported. */
export const run = (task: Task, enough: (report: Report) => boolean): Promise<void> =>
  new Promise((resolve, reject) => {
    const workers = Array.from({ length: task.workers }, (_, nth) => {
      const share: Share = { ...task, nth }
      return new Worker(new URL(import.meta.url), { workerData: share })
    })
    let over = false
    for (const worker of workers) {
      worker.on("error", reject)
      worker.on("message", (report: Report) => {
        if (over || !enough(report)) return
        over = true
        void Promise.all(workers.map((one) => one.terminate())).then(() => resolve())
      })
    }
  })

if (!isMainThread && workerData !== null) {
  const share: Share = workerData
  await work(share)
}
