/**
 * Pages of the emulators: plain HTML, everything that comes from outside escaped, no script needed to pay.
 */

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
}

/** Text, or an attribute's value in quotes. */
export const escape = (text: string): string => text.replace(/[&<>"']/g, (character) => entities[character] ?? "")

const style = `
:root { color-scheme: light dark; --ink: #1c2430; --paper: #fff; --back: #eef1f5; --line: #cfd6df; --strong: #14508c; --warn: #fff4d6; --warnink: #5c4400 }
@media (prefers-color-scheme: dark) { :root { --ink: #e8ecf1; --paper: #1b2129; --back: #11151a; --line: #3b4653; --strong: #8cc2ff; --warn: #4a3a10; --warnink: #ffe9ad } }
* { box-sizing: border-box }
body { margin: 0; background: var(--back); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif }
main { max-width: 34rem; margin: 2rem auto; padding: 1.5rem; background: var(--paper); border: 1px solid var(--line); border-radius: .75rem }
main.wide { max-width: 64rem }
h1 { font-size: 1.4rem; margin: 0 0 .75rem } h2 { font-size: 1.1rem; margin: 1.5rem 0 .5rem }
.notice { background: var(--warn); color: var(--warnink); padding: .5rem .75rem; border-radius: .5rem; margin: 0 0 1rem }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem; margin: 0 0 1.25rem } dt { opacity: .75 } dd { margin: 0; overflow-wrap: anywhere }
dd.amount { font-size: 1.25rem; font-weight: 600 }
form { display: inline-block; margin: 0 .5rem .5rem 0 }
button { font: inherit; padding: .5rem 1rem; border-radius: .5rem; border: 1px solid var(--line); background: transparent; color: inherit; cursor: pointer }
button.primary { background: #14508c; border-color: #14508c; color: #fff }
button:focus-visible, a:focus-visible, input:focus-visible, select:focus-visible { outline: 3px solid var(--strong); outline-offset: 2px }
label { display: block; margin: .75rem 0 .25rem } input, select { font: inherit; padding: .4rem .6rem; width: 100%; border: 1px solid var(--line); border-radius: .4rem; background: transparent; color: inherit }
a { color: var(--strong) } code { font-size: .9em; overflow-wrap: anywhere }
table { border-collapse: collapse; width: 100% } th, td { text-align: left; padding: .3rem .5rem; border-bottom: 1px solid var(--line); vertical-align: top }
`

/** A whole page. `body` is HTML, `title` is text. */
export const page = (title: string, body: string, options: { readonly wide?: boolean } = {}): string =>
  `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)}</title>
<style>${style}</style>
</head>
<body>
<main${options.wide === true ? ' class="wide"' : ""}>
${body}
</main>
</body>
</html>
`

/** A list of names and values; an entry of empty value is left out. */
export const facts = (entries: ReadonlyArray<readonly [name: string, value: string, kind?: "amount"]>): string =>
  `<dl>${entries
    .filter(([, value]) => value !== "")
    .map(
      ([name, value, kind]) =>
        `<dt>${escape(name)}</dt><dd${kind === undefined ? "" : ` class="${kind}"`}>${escape(value)}</dd>`,
    )
    .join("")}</dl>`

/** A form of one button that posts hidden fields to `action`. */
export const button = (options: {
  readonly action: string
  readonly label: string
  readonly fields: Readonly<Record<string, string>>
  readonly primary?: boolean
}): string =>
  `<form method="post" action="${escape(options.action)}">${Object.entries(options.fields)
    .map(([name, value]) => `<input type="hidden" name="${escape(name)}" value="${escape(value)}">`)
    .join("")}<button${options.primary === true ? ' class="primary"' : ""}>${escape(options.label)}</button></form>`
