import { ApiFailure, csrfToken, post } from "@/shared/api/http"
import { toastFailure } from "@/shared/ui/toast"

/**
 * Signing out ends the session in every tab of this browser at once. Each feature clears what it keeps; a full reload
 * afterwards leaves nothing in memory.
 */
const endings = new Set<() => void | Promise<void>>()
const questions = new Set<() => Promise<boolean>>()
const channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel("switchboard.session")
const ended = "ended"

/** Called in every tab when the session ends by the person's own will. */
export function onSessionEnd(clear: () => void | Promise<void>): void {
  endings.add(clear)
}

/** Asked before signing out; a false one keeps the session. */
export function beforeSignOut(ask: () => Promise<boolean>): void {
  questions.add(ask)
}

async function end(): Promise<void> {
  await Promise.allSettled([...endings].map(async (clear) => clear()))
  location.assign("/login")
}

if (channel) channel.onmessage = ({ data }) => data === ended && void end()

export async function signOut(): Promise<void> {
  for (const ask of questions) if (!(await ask())) return
  try {
    await post<void>("/api/auth/logout")
  } catch (error) {
    // A session that is gone already is what was wanted; one that the server could not end still stands.
    if (!(error instanceof ApiFailure && error.code === "unauthorized")) return toastFailure(error)
  }
  channel?.postMessage(ended)
  await end()
}

// A page that the browser kept for "back" must not show what was signed out of.
if (typeof addEventListener === "function")
  addEventListener("pageshow", ({ persisted }) => {
    if (persisted && !csrfToken()) location.reload()
  })
