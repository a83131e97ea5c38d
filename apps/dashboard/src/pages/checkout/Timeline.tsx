/** Why a checkout went where it went, from the request to the money. */
import type { Entry } from "../../Contract.ts"
import * as Format from "../../Format.ts"
import { Icon } from "../../ui/Icon.tsx"
import { Time } from "../../ui/Parts.tsx"
import { told } from "./Telling.tsx"

/** `+0.34 s`: how long after the request. */
const since = (at: string, begin: string): string => {
  const millis = Date.parse(at) - Date.parse(begin)
  return millis <= 0 ? "" : `+${Format.duration(millis)}`
}

export const Timeline = ({ entries }: { readonly entries: ReadonlyArray<Entry> }) => {
  const begin = entries[0]?.at ?? ""
  return (
    <ol className="timeline">
      {entries.map((entry, place) => {
        const { detail, icon, title, tone } = told(entry)
        return (
          <li key={`${entry.kind}-${place}`} className={`moment ${tone}`}>
            <span className="moment-mark">
              <Icon name={icon} size={12} />
            </span>
            <div className="moment-body">
              <p className="moment-title">{title}</p>
              {detail === null ? null : <p className="moment-detail">{detail}</p>}
            </div>
            <div className="moment-time">
              <Time at={entry.at} kind="clock" />
              <span className="muted num">{since(entry.at, begin)}</span>
            </div>
          </li>
        )
      })}
    </ol>
  )
}
