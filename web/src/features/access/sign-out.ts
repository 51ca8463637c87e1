import { ApiFailure, csrfToken, post } from "@/shared/api/http"
import { toastFailure } from "@/shared/ui/toast"

/**
 * Signing out ends the session in every tab of this browser at once. Each feature deletes what it has stored; the reload afterwards
 * clears the memory.
 */
const endings = new Set<() => void | Promise<void>>()
const questions = new Set<() => Promise<boolean>>()
const channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel("switchboard.session")
const ended = "ended"

/** Called in every tab when the operator signs out. */
export function onSessionEnd(clear: () => void | Promise<void>): void {
  endings.add(clear)
}

/** Called before signing out; if one returns false, the session stays. */
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
    // A session that had already ended is no failure; after any other error the session still exists.
    if (!(error instanceof ApiFailure && error.code === "unauthorized")) return toastFailure(error)
  }
  channel?.postMessage(ended)
  await end()
}

// A page that the browser restores with "back" must not show data after signing out.
if (typeof addEventListener === "function")
  addEventListener("pageshow", ({ persisted }) => {
    if (persisted && !csrfToken()) location.reload()
  })
