// The frame's storage, in the desk's origin. Browsers may refuse it in frames of other sites; then values last as long as the page.

export interface Store {
  get(key: string): string | null
  /** null removes. */
  set(key: string, value: string | null): void
}

const prefix = "switchboard.widget."

export function openStore(kind: "localStorage" | "sessionStorage"): Store {
  const memory = new Map<string, string>()
  const real = (): Storage | undefined => {
    try {
      return window[kind]
    } catch {
      return undefined
    }
  }
  return {
    get(key) {
      try {
        return memory.get(key) ?? real()?.getItem(prefix + key) ?? null
      } catch {
        return memory.get(key) ?? null
      }
    },
    set(key, value) {
      memory.delete(key)
      try {
        const storage = real()
        if (!storage) throw new Error("refused")
        if (value === null) storage.removeItem(prefix + key)
        else storage.setItem(prefix + key, value)
      } catch {
        if (value !== null) memory.set(key, value)
      }
    },
  }
}

export function moveKey(store: Store, from: string, to: string): void {
  store.set(to, store.get(from))
  store.set(from, null)
}

/** Calls back when another tab of the same site has changed a value. */
export function followStore(changed: (key: string, value: string | null) => void): void {
  window.addEventListener("storage", ({ key, newValue }) => {
    if (key?.startsWith(prefix)) changed(key.slice(prefix.length), newValue)
  })
}

/** 22 random letters, digits, - and _: 132 bits. */
export function randomId(): string {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
  return [...crypto.getRandomValues(new Uint8Array(22))].map((byte) => letters[byte & 63]).join("")
}
