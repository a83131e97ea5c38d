/** Plain, accessible pages for buyers: light and dark, and of use without script. */
import { Context, Effect } from "effect"
import { HttpServerResponse } from "effect/http"
import { createHash } from "node:crypto"

/** A sentence that stands on every page; the demo says there that it is one. */
export const Notice = Context.Reference<string>("@payment-orchestrator/server/Pages/Notice", { defaultValue: () => "" })

export interface Page {
  /** @default 200 */
  readonly status?: number
  readonly heading: string
  readonly sentences: ReadonlyArray<string>
  /** Something is under way, and the page is loaded again by itself, every few seconds. */
  readonly reloads?: boolean
  /** A button that goes on; pressed by script after so many milliseconds, where a number is given. */
  readonly button?: { readonly action: string; readonly text: string; readonly afterMillis?: number }
  /** Where else the buyer may go. */
  readonly link?: { readonly href: string; readonly text: string } | undefined
  readonly headers?: { readonly [name: string]: string }
}

const reloadSeconds = 5

const style = `
:root { color-scheme: light dark; font: 1.125rem/1.5 system-ui, sans-serif; --text: #1b1f24; --page: #f6f7f9; --card: #fff; --line: #d5d9df; --accent: #0b57d0; --on-accent: #fff; }
@media (prefers-color-scheme: dark) { :root { --text: #e8eaed; --page: #121417; --card: #1d2025; --line: #3a3f47; --accent: #a8c7fa; --on-accent: #062e6f; } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1rem; color: var(--text); background: var(--page); }
main { width: 100%; max-width: 32rem; padding: 2rem; background: var(--card); border: 1px solid var(--line); border-radius: 0.75rem; }
h1 { margin: 0 0 1rem; font-size: 1.5rem; line-height: 1.25; }
p { margin: 0 0 1rem; }
main > :last-child { margin-bottom: 0; }
progress { width: 100%; margin-bottom: 1rem; accent-color: var(--accent); }
button { font: inherit; font-weight: 600; min-height: 3rem; padding: 0.5rem 1.5rem; color: var(--on-accent); background: var(--accent); border: 0; border-radius: 0.5rem; cursor: pointer; }
form { margin: 0 0 1rem; }
a { color: var(--accent); }
button:focus-visible, a:focus-visible { outline: 3px solid var(--accent); outline-offset: 3px; }
[role="note"] { font-size: 0.875rem; }
`

const script = `
const form = document.querySelector("form[data-after]");
if (form) setTimeout(() => form.submit(), Number(form.dataset.after));
`

const hashOf = (text: string): string => `'sha256-${createHash("sha256").update(text).digest("base64")}'`

/**
 * Only our own style and script. A form's answer may lead to a provider or to the shop, and browsers hold the redirect to
 * what the form may be sent to; its action is always ours.
 */
const policy = [
  "default-src 'none'",
  `style-src ${hashOf(style)}`,
  `script-src ${hashOf(script)}`,
  "form-action 'self' https: http:",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join("; ")

const escape = (text: string): string => text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`)

const paragraph = (text: string): string => `<p>${escape(text)}</p>`

const form = ({ action, afterMillis, text }: NonNullable<Page["button"]>): string => {
  const after = afterMillis === undefined ? "" : ` data-after="${afterMillis}"`
  return `<form method="post" action="${escape(action)}"${after}><button>${escape(text)}</button></form>`
}

const render = (notice: string, page: Page): string => {
  const parts = [
    notice === "" ? "" : `<p role="note"><strong>${escape(notice)}</strong></p>`,
    `<h1>${escape(page.heading)}</h1>`,
    page.reloads === true ? `<progress aria-label="Waiting"></progress>` : "",
    `<div role="status">${page.sentences.map(paragraph).join("")}</div>`,
    page.button === undefined ? "" : form(page.button),
    page.link === undefined ? "" : `<p><a href="${escape(page.link.href)}">${escape(page.link.text)}</a></p>`,
  ]
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
${page.reloads === true ? `<meta http-equiv="refresh" content="${reloadSeconds}">\n` : ""}<title>${escape(page.heading)}</title>
<style>${style}</style>
</head>
<body><main>${parts.join("")}</main>${page.button?.afterMillis === undefined ? "" : `<script>${script}</script>`}</body>
</html>
`
}

export const page = (content: Page) =>
  Effect.map(Notice, (notice) =>
    HttpServerResponse.text(render(notice, content), {
      status: content.status ?? 200,
      contentType: "text/html; charset=utf-8",
      headers: {
        "content-security-policy": policy,
        // with `no-referrer` a browser would not say where a form comes from
        "referrer-policy": "same-origin",
        ...content.headers,
      },
    }),
  )
