import type { Conversation, DurableEvent, Message } from "@/contract"
import { getT } from "@/shared/i18n"
import { getPrefs } from "@/shared/lib/prefs"
import { navigate } from "@/shared/lib/router"
import { createStore, useStore } from "@/shared/lib/store"

/** Tells a person who looks elsewhere that a customer wrote: a number in the title, a tone, a notification. */
const missed = createStore(0)
/** Read by screen readers; one sentence at a time. */
const spoken = createStore("")

const quietMs = 1500
let toneAt = 0
let audio: AudioContext | null = null

const attentive = () => document.visibilityState === "visible" && document.hasFocus()

addEventListener("focus", () => missed.set(0))

export function useMissed(): number {
  return useStore(missed)
}

export function useSpoken(): string {
  return useStore(spoken)
}

export function notify(batch: readonly DurableEvent[], me: number): void {
  const fresh = batch.flatMap((event) =>
    event.type === "new_message" && event.data.message.direction === "in" && recent(event.data.message) ? [event.data] : [],
  )
  const concern = fresh.filter(({ conversation }) => conversation.assignee_id === null || conversation.assignee_id === me)
  const last = concern.at(-1)
  if (!last) return
  const text = last.message.text || getT().message.photo
  spoken.set(getT().message.newFrom(last.conversation.customer.name, text))
  if (attentive()) return
  missed.set((n) => n + concern.length)
  if (getPrefs().sound) tone()
  if (getPrefs().desktop) show(last.conversation, text)
}

/** A replay after a reconnect brings old messages; they are no news. */
function recent({ created_at }: Message): boolean {
  return Date.now() - Date.parse(created_at) < 60_000
}

function show({ id, customer }: Conversation, text: string): void {
  if (typeof Notification === "undefined" || Notification.permission !== "granted") return
  const notification = new Notification(getT().notify.title(customer.name), { body: text, tag: `c${id}`, icon: "/icon-192.png" })
  notification.onclick = () => {
    window.focus()
    navigate(`/c/${id}`)
    notification.close()
  }
}

function tone(): void {
  if (Date.now() - toneAt < quietMs) return
  toneAt = Date.now()
  try {
    audio ??= new AudioContext()
    for (const [index, frequency] of [660, 880].entries()) {
      const start = audio.currentTime + index * 0.11
      const oscillator = audio.createOscillator()
      const gain = audio.createGain()
      oscillator.frequency.value = frequency
      gain.gain.setValueAtTime(0.0001, start)
      gain.gain.exponentialRampToValueAtTime(0.06, start + 0.02)
      gain.gain.exponentialRampToValueAtTime(0.0001, start + 0.25)
      oscillator.connect(gain).connect(audio.destination)
      oscillator.start(start)
      oscillator.stop(start + 0.3)
    }
  } catch {
    // A browser may refuse sound until the first click; silence is then right.
  }
}
