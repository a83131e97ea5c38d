/** Light or dark: as the system says, unless somebody has chosen here. */
export type Theme = "system" | "light" | "dark"

const key = "theme"

export const chosen = (): Theme => {
  const stored = localStorage.getItem(key)
  return stored === "light" || stored === "dark" ? stored : "system"
}

const mark = (theme: Theme): void => {
  if (theme === "system") delete document.documentElement.dataset["theme"]
  else document.documentElement.dataset["theme"] = theme
}

export const choose = (theme: Theme): void => {
  if (theme === "system") localStorage.removeItem(key)
  else localStorage.setItem(key, theme)
  mark(theme)
  dispatchEvent(new Event("themechange"))
}

/** Before anything is drawn. */
export const begin = (): void => mark(chosen())
