/** The arrows between packages (A → B: A may import B), checked against the manifests; pnpm refuses undeclared imports. */
import { globSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { root, say } from "./run.ts"

const providers = ["provider-paypal", "provider-polar", "provider-stripe"]
const provider = { src: ["domain", "transport"], test: ["provider-kit", "emulators"] }

/** What `src` may import, and what tests may import besides. */
const allowed: {
  readonly [name: string]: { readonly src: ReadonlyArray<string>; readonly test: ReadonlyArray<string> }
} = {
  domain: { src: [], test: [] },
  core: { src: ["domain"], test: [] },
  payments: { src: ["core", "domain"], test: [] },
  storage: { src: ["payments", "core", "domain"], test: [] },
  api: { src: ["domain"], test: [] },
  emulators: { src: [], test: [] },
  transport: { src: [], test: ["emulators"] },
  "provider-kit": { src: ["domain", "emulators"], test: [] },
  "provider-paypal": provider,
  "provider-polar": provider,
  "provider-stripe": provider,
  // The whole product below the server, at the seam where a provider is put in; nobody imports it.
  simulation: { src: ["core", "domain", "payments", "storage"], test: [] },
  dashboard: { src: ["api", "domain"], test: [] },
  server: { src: ["api", "core", "domain", "payments", "storage", ...providers], test: ["emulators", "dashboard"] },
  payctl: {
    src: ["api", "core", "domain", "payments", "server", "storage", ...providers],
    test: ["emulators"],
  },
  demo: { src: ["api", "domain", "emulators", "server", ...providers], test: [] },
  "example-backend": { src: ["api"], test: ["emulators", "server", ...providers] },
  "example-library": { src: ["core", ...providers], test: [] },
}

/** A provider of somebody else's: an adapter like ours, and the server that it is put into. */
const ownProvider = { src: [...provider.src, "server", ...providers], test: provider.test }

/** Outside packages that belong to these rooms only; with none, to tests and `bench`. */
const fenced: { readonly [dependency: string]: ReadonlyArray<string> } = {
  "@paypal/paypal-server-sdk": [],
  "@polar-sh/sdk": ["provider-polar"],
  stripe: ["provider-stripe"],
  "@effect/sql-pg": ["storage"],
}

interface Manifest {
  readonly name: string
  readonly dependencies?: { readonly [name: string]: string }
  readonly devDependencies?: { readonly [name: string]: string }
}

const scope = "@payment-orchestrator/"
const ours = (dependencies: { readonly [name: string]: string } = {}) =>
  Object.keys(dependencies).flatMap((name) => (name.startsWith(scope) ? [name.slice(scope.length)] : []))

export const arrows = (): ReadonlyArray<string> =>
  globSync(["packages/*/package.json", "apps/*/package.json", "examples/*/package.json"], { cwd: root }).flatMap(
    (file) => {
      const manifest: Manifest = JSON.parse(readFileSync(join(root, file), "utf8"))
      const name = manifest.name.slice(scope.length)
      const rule = allowed[name] ?? (name.startsWith("example-provider-") ? ownProvider : undefined)
      if (rule === undefined) return [`${file}: ${name} has no arrows in scripts/arrows.ts`]
      const wrong = [
        ...ours(manifest.dependencies).filter((other) => !rule.src.includes(other)),
        ...ours(manifest.devDependencies).filter((other) => ![...rule.src, ...rule.test].includes(other)),
      ].map((other) => `${file}: ${name} must not depend on ${other}`)
      const strangers = Object.keys(manifest.dependencies ?? {})
        .filter((other) => fenced[other]?.includes(name) === false)
        .map((other) => `${file}: ${other} belongs to ${fenced[other]?.join(", ") || "tests"} alone`)
      return [...wrong, ...strangers]
    },
  )

if (import.meta.main) {
  const faults = arrows()
  for (const fault of faults) say(fault)
  process.exitCode = faults.length === 0 ? 0 : 1
}
