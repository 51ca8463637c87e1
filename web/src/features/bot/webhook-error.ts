export type WebhookError = "refused" | "timeout" | "name" | "certificate" | "status" | "other"

const parts: readonly [RegExp, WebhookError][] = [
  [/wrong response from the webhook/i, "status"],
  [/refused|reset by peer|closed|unreachable/i, "refused"],
  [/time(d)? ?out|expired/i, "timeout"],
  [/resolve|name or service|unknown host|ENOTFOUND|EAI_AGAIN/i, "name"],
  [/ssl|tls|certificate/i, "certificate"],
]

/** What Telegram's words about a failed delivery mean, so that the screen can say what to do. */
export function webhookErrorOf(words: string): WebhookError {
  return parts.find(([pattern]) => pattern.test(words))?.[1] ?? "other"
}
