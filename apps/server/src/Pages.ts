/** Plain, accessible pages for buyers, when the merchant gave no URL of its own. */
import { Context, Effect } from "effect"
import { HttpServerResponse } from "effect/http"

/** A sentence that stands on every page; the demo says there that it is one. */
export const Notice = Context.Reference<string>("@payment-orchestrator/server/Pages/Notice", { defaultValue: () => "" })

const escape = (text: string): string => text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`)

/** A page with a heading, a sentence, and a link back to the payment where that makes sense. */
export const page = (status: number, heading: string, sentence: string, retry?: string) =>
  Effect.map(Notice, (notice) => render(notice, status, heading, sentence, retry))

const render = (notice: string, status: number, heading: string, sentence: string, retry: string | undefined) =>
  HttpServerResponse.text(
    `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${escape(heading)}</title>
<style>
:root { color-scheme: light dark; font: 1.125rem/1.5 system-ui, sans-serif; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; }
main { max-width: 32rem; padding: 2rem; }
h1 { font-size: 1.5rem; line-height: 1.25; }
</style>
</head>
<body><main>${notice === "" ? "" : `<p role="note"><strong>${escape(notice)}</strong></p>`}<h1>${escape(heading)}</h1><p>${escape(sentence)}</p>${
      retry === undefined ? "" : `<p><a href="${escape(retry)}">Go back to the payment</a></p>`
    }</main></body>
</html>
`,
    {
      status,
      contentType: "text/html; charset=utf-8",
      headers: {
        "content-security-policy":
          "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
      },
    },
  )
