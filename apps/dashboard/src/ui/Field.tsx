/** Fields with their labels. */
import { type ReactNode, useId } from "react"

interface Common {
  readonly label: string
  readonly name: string
  readonly hint?: ReactNode
}

export const TextField = ({
  hint,
  label,
  name,
  value = "",
  ...rest
}: Common & {
  readonly value?: string
  readonly required?: boolean
  readonly type?: "text" | "password" | "url" | "number"
  readonly placeholder?: string
  readonly autoComplete?: string
  readonly min?: number
  readonly max?: number
  readonly maxLength?: number
  readonly autoFocus?: boolean
  readonly pattern?: string
}) => {
  const id = useId()
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        name={name}
        defaultValue={value}
        {...rest}
        {...(hint === undefined ? {} : { "aria-describedby": `${id}-hint` })}
      />
      {hint === undefined ? null : (
        <p id={`${id}-hint`} className="hint">
          {hint}
        </p>
      )}
    </div>
  )
}

/** Why; what a form says with it is `because`. */
export const WhyField = () => (
  <TextField label="Reason" name="reason" maxLength={255} autoFocus hint="May be left out; it is in the audit log" />
)

export type Choices = ReadonlyArray<readonly [value: string, text: string]>

export const SelectField = ({
  choices,
  hint,
  label,
  name,
  value,
}: Common & { readonly choices: Choices; readonly value?: string }) => {
  const id = useId()
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <select id={id} name={name} defaultValue={value}>
        {choices.map(([key, text]) => (
          <option key={key} value={key}>
            {text}
          </option>
        ))}
      </select>
      {hint === undefined ? null : <p className="hint">{hint}</p>}
    </div>
  )
}

export const CheckField = ({ hint, label, name }: Common) => {
  const id = useId()
  return (
    <div className="field check">
      <input id={id} name={name} type="checkbox" value="true" />
      <label htmlFor={id}>{label}</label>
      {hint === undefined ? null : <p className="hint">{hint}</p>}
    </div>
  )
}

/** A choice that takes effect at once: a filter of a list. */
export const Filter = ({
  choices,
  label,
  onChange,
  value,
}: {
  readonly label: string
  readonly value: string
  readonly choices: Choices
  readonly onChange: (value: string) => void
}) => (
  <select aria-label={label} className="filter" value={value} onChange={(event) => onChange(event.currentTarget.value)}>
    {choices.map(([key, text]) => (
      <option key={key} value={key}>
        {text}
      </option>
    ))}
  </select>
)

/** A few choices side by side. */
export const Segments = ({
  choices,
  label,
  onChange,
  value,
}: {
  readonly label: string
  readonly value: string
  readonly choices: Choices
  readonly onChange: (value: string) => void
}) => (
  <div className="segments" role="group" aria-label={label}>
    {choices.map(([key, text]) => (
      <button key={key} type="button" aria-pressed={key === value} onClick={() => onChange(key)}>
        {text}
      </button>
    ))}
  </div>
)

/** What somebody typed; empty is nothing. */
export const text = (form: FormData, name: string): string | undefined => {
  const value = form.get(name)
  return typeof value === "string" && value.trim() !== "" ? value.trim() : undefined
}

/** The body of a request that says why, where somebody did. */
export const because = (form: FormData): { readonly reason?: string } => {
  const reason = text(form, "reason")
  return reason === undefined ? {} : { reason }
}
