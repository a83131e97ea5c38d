/** The configuration as the server sees it, who may call, who is told, and who did what. */
import type { ReactNode } from "react"
import { useFilters } from "../Search.ts"
import { useSeesAll } from "../Session.tsx"
import { Segments } from "../ui/Field.tsx"
import { Head } from "../ui/Parts.tsx"
import { Audit } from "./settings/Audit.tsx"
import { Checklist } from "./settings/Checklist.tsx"
import { Configuration } from "./settings/Configuration.tsx"
import { Endpoints } from "./settings/Endpoints.tsx"
import { Keys } from "./settings/Keys.tsx"

const parts: ReadonlyArray<readonly [value: string, text: string, part: () => ReactNode]> = [
  ["checklist", "Checklist", Checklist],
  ["configuration", "Configuration", Configuration],
  ["keys", "Keys", Keys],
  ["endpoints", "Endpoints", Endpoints],
  ["audit", "Audit log", Audit],
]

/** What is not about one tenant. */
const everybodys = new Set(["checklist", "configuration", "keys"])

const Settings = () => {
  const [filters, set] = useFilters()
  const seesAll = useSeesAll()
  const shown = parts.filter(([name]) => seesAll || !everybodys.has(name))
  const [value, , Part] = shown.find(([name]) => name === filters["part"]) ?? shown[0] ?? ["audit", "", Audit]
  return (
    <>
      <Head title="Settings" />
      <div className="tabs">
        <Segments
          label="Part"
          value={value}
          choices={shown.map(([name, text]) => [name, text] as const)}
          onChange={(part) => set({ part, action: "" })}
        />
      </div>
      <Part />
    </>
  )
}

export default Settings
