import { expect, it } from "vitest"
import { webhookErrorOf } from "./webhook-error"

it.each([
  ["Connection refused", "refused"],
  ["Connection reset by peer", "refused"],
  ["Connection timed out", "timeout"],
  ["Read timeout expired", "timeout"],
  ["Failed to resolve host: Name or service not known", "name"],
  ["SSL error {error:0A000086:SSL routines::certificate verify failed}", "certificate"],
  ["Wrong response from the webhook: 502 Bad Gateway", "status"],
  ["Wrong response from the webhook: 504 Gateway Timeout", "status"],
  ["Something new", "other"],
] as const)("%s", (words, error) => expect(webhookErrorOf(words)).toBe(error))
