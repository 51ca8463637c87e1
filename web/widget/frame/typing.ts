// Who is typing an answer. It expires by itself, since the event that they stopped may be lost.
const fadesMs = 6000

export class Typing {
  /** The name is null if the desk did not send one; the whole is null if nobody is typing. */
  who: { name: string | null } | null = null
  private timer = 0
  private readonly changed: () => void

  constructor(changed: () => void) {
    this.changed = changed
  }

  /** The desk's event. */
  hear(data: unknown): void {
    const { operator_name, typing } = (data ?? {}) as { operator_name?: unknown; typing?: unknown }
    if (typing === true) this.set({ name: typeof operator_name === "string" ? operator_name : null })
    else this.stop()
  }

  stop(): void {
    if (this.who) this.set(null)
  }

  private set(who: { name: string | null } | null): void {
    clearTimeout(this.timer)
    if (who) this.timer = window.setTimeout(() => this.stop(), fadesMs)
    this.who = who
    this.changed()
  }
}
