/** The survivors, each as it reads, and the score of each file. */
import type { Mutant } from "./Mutants.ts"
import type { Outcome } from "./Trial.ts"

const oneLine = (text: string): string => text.replaceAll(/\s+/g, " ").slice(0, 110)

const survivor = ({ file, id, kind, line, original, replacement }: Mutant, { unreached }: Outcome): string =>
  [
    `${file}:${line} ${kind}${unreached.has(id) ? ", which no test reaches" : ""}`,
    `  - ${oneLine(original)}`,
    `  + ${oneLine(replacement)}`,
  ].join("\n")

const row = (name: string, all: ReadonlyArray<Mutant>, { killed, unreached, untried }: Outcome): string => {
  const mutants = all.filter(({ id }) => !untried.has(id))
  const dead = mutants.filter(({ id }) => killed.has(id)).length
  const never = mutants.filter(({ id }) => unreached.has(id)).length
  const score = mutants.length === 0 ? "–" : `${((100 * dead) / mutants.length).toFixed(1)} %`
  return `| ${name} | ${mutants.length} | ${dead} | ${mutants.length - dead - never} | ${never} | ${score} |`
}

export const report = (mutants: ReadonlyArray<Mutant>, outcome: Outcome): string => {
  const files = Map.groupBy(mutants, ({ file }) => file)
  return [
    ...mutants
      .filter(({ id }) => !outcome.killed.has(id) && !outcome.untried.has(id))
      .map((mutant) => survivor(mutant, outcome)),
    ...[...outcome.spoilt].map(
      (test) => `"${test}" failed without a mutant: what it noticed was tried again with its file loaded anew`,
    ),
    "",
    "| file | mutants | killed | survived | not reached | score |",
    "| --- | ---: | ---: | ---: | ---: | ---: |",
    ...[...files].map(([file, some]) => row(file, some, outcome)),
    row("all", mutants, outcome),
    ...(outcome.untried.size > 0
      ? [`${outcome.untried.size} that are met while modules are loaded were not tried`]
      : []),
  ].join("\n")
}
