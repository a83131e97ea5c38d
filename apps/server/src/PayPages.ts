/** What buyers are told on the way to their payment. Never what a provider or a database says. */
import { Option } from "effect"
import * as Pages from "./Pages.ts"

/** Where it is not known what the buyer did, nothing else is said of it. */
const ifPaid = "If you have paid already, nothing is lost."

export const unknown = Pages.page({
  status: 404,
  heading: "This link is not known",
  sentences: ["Please go back to the shop and try again."],
})

/** Our database cannot be reached. */
export const troubled = Pages.page({
  status: 503,
  heading: "This is taking longer than usual",
  sentences: ["Please try again in a moment. Nothing was charged by this page."],
})

const shop = (cancelUrl: Option.Option<string>) =>
  Option.getOrUndefined(Option.map(cancelUrl, (href) => ({ href, text: "Go back to the shop" })))

const before = (url: Option.Option<string>) =>
  Option.getOrUndefined(Option.map(url, (href) => ({ href, text: "Go back to the page you were on" })))

export const neverOpened = (cancelUrl: Option.Option<string>) =>
  Pages.page({
    heading: "This payment could not be started",
    sentences: ["Nothing was charged. Please go back to the shop and try again."],
    link: shop(cancelUrl),
  })

export const expired = (cancelUrl: Option.Option<string>) =>
  Pages.page({
    heading: "The time to pay has passed",
    sentences: [`Please go back to the shop if you still want to pay. ${ifPaid}`],
    link: shop(cancelUrl),
  })

export const paid = Pages.page({ heading: "Thank you", sentences: ["Your payment has arrived."] })

export const onItsWay = Pages.page({
  heading: "Thank you",
  sentences: ["Your payment is being processed. You may close this page."],
})

/** The buyer asks what has become of it; the page asks again by itself. */
export const confirming = Pages.page({
  heading: "Your payment is being confirmed",
  sentences: [
    "Nothing is lost. This can take a moment, and this page goes on by itself as soon as it is done.",
    "You may also close it and come back later by the same link.",
  ],
  reloads: true,
})

export const canceled = (link: string) =>
  Pages.page({
    heading: "The payment was not completed",
    sentences: ["Nothing was charged."],
    link: { href: link, text: "Go back to the payment" },
  })

const continueOf = (link: string): string => `${new URL(link).pathname}/continue`

/** The page before cannot be used: its provider has failed, or its time is over. */
export const offer = (link: string, failed: boolean) =>
  Pages.page({
    heading: failed ? "The payment page is not available right now" : "This payment page is no longer valid",
    sentences: [
      `You can go on with ${failed ? "another way to pay" : "a new one"}.`,
      `${ifPaid} We look that up first.`,
    ],
    button: { action: continueOf(link), text: "Go on", afterMillis: 0 },
  })

/** Another page would be a risk now: the one before might still be paid. */
export const waits = (link: string, url: Option.Option<string>) =>
  Pages.page({
    heading: "One moment, please",
    sentences: [
      "The payment page you were on is not available right now, and could not be closed yet.",
      "So that you never pay twice, we wait for that first, and try again every few seconds.",
      ifPaid,
    ],
    button: { action: continueOf(link), text: "Try again now", afterMillis: 8_000 },
    link: before(url),
  })

/** Nobody can open another page now. */
export const unreachable = (link: string, url: Option.Option<string>, retryAfterMillis: number) =>
  Pages.page({
    status: 503,
    heading: "No payment page can be reached right now",
    sentences: [`Please try again in a moment. ${ifPaid}`],
    button: { action: continueOf(link), text: "Try again" },
    link: before(url),
    headers: { "retry-after": String(Math.max(1, Math.ceil(retryAfterMillis / 1000))) },
  })

/** There is no other page, and none before that could be paid. */
export const noOther = (cancelUrl: Option.Option<string>) =>
  Pages.page({
    status: 503,
    heading: "This payment cannot go on right now",
    sentences: [`Please try again later, or go back to the shop. ${ifPaid}`],
    link: shop(cancelUrl),
  })

/** A form that another site sent: the buyer decides on our own page. */
export const fromElsewhere = (link: string) =>
  Pages.page({
    status: 403,
    heading: "Please go on from here",
    sentences: ["Another site asked for this in your name, so that nothing was done."],
    link: { href: link, text: "Go to the payment" },
  })
