/** What the process with the tests tells the one that started it. */
export interface Verdicts {
  /** Mutants that were noticed, and by which test. */
  readonly killed: Readonly<Record<string, string>>
  /** Mutants that tests reached. */
  readonly reached: ReadonlyArray<string>
  /** Mutants that loading the file reached. */
  readonly loaded: ReadonlyArray<string>
  /** Tests that failed without a mutant, before or after those with one: what they found counts only once it is found anew. */
  readonly spoilt: ReadonlyArray<string>
  /** Mutants that those tests noticed, or could have. */
  readonly doubtful: ReadonlyArray<string>
}

declare module "vitest" {
  interface ProvidedContext {
    /** Those that count; others in the source stay off. */
    readonly mutants: ReadonlyArray<string>
  }
  interface TaskMeta {
    /** What was noticed in this file. */
    verdicts?: Verdicts
  }
}

const separator = "?mutant="

/** A test file that is loaded with a mutant on: `Money.test.ts?mutant=12`. */
export const withMutant = (file: string, id: string): string => `${file}${separator}${id}`

export const loadedFor = (file: string): string | undefined => file.split(separator)[1]

export const withoutMutant = (file: string): string => file.split(separator)[0] ?? file
