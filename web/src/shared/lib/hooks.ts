import { useEffect, useRef, useState, useSyncExternalStore } from "react"

export function useMedia(query: string): boolean {
  return useSyncExternalStore(
    (listener) => {
      const media = matchMedia(query)
      media.addEventListener("change", listener)
      return () => media.removeEventListener("change", listener)
    },
    () => matchMedia(query).matches,
  )
}

/** The phone layout starts where two columns no longer fit. */
export function usePhone(): boolean {
  return useMedia("(max-width: 767px)")
}

export function useDebounced<T>(value: T, delayMs: number): T {
  const [settled, setSettled] = useState(value)
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), delayMs)
    return () => clearTimeout(timer)
  }, [value, delayMs])
  return settled
}

/** The newest version of a callback, for effects which must not restart when it changes. */
export function useLatest<T>(value: T): { readonly current: T } {
  const ref = useRef(value)
  ref.current = value
  return ref
}

/** Whether the person is looking: the tab is shown and the window has focus. */
export function useAttention(): boolean {
  return useSyncExternalStore(
    (listener) => {
      const targets: [EventTarget, string][] = [[document, "visibilitychange"], [window, "focus"], [window, "blur"]]
      for (const [target, type] of targets) target.addEventListener(type, listener)
      return () => {
        for (const [target, type] of targets) target.removeEventListener(type, listener)
      }
    },
    () => document.visibilityState === "visible" && document.hasFocus(),
  )
}
