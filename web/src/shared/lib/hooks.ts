import { useCallback, useEffect, useRef, useState, useSyncExternalStore, type TouchEvent } from "react"

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

/** Below this width, where two columns do not fit, the phone layout is used. */
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

/** Whether the operator is present: the tab is visible and the window has the focus. */
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

const awayPx = 80

/** Props for an element that can be swiped away to either side; it follows the finger. */
export function useSwipeAway(away: () => void) {
  const from = useRef<number | null>(null)
  const move = (element: HTMLElement, by: number) => {
    element.style.transform = by === 0 ? "" : `translateX(${by}px)`
    element.style.opacity = by === 0 ? "" : String(Math.max(0.2, 1 - Math.abs(by) / 300))
  }
  return {
    style: { touchAction: "pan-y" } as const,
    onTouchStart: (event: TouchEvent<HTMLElement>) => void (from.current = event.touches[0]?.clientX ?? null),
    onTouchMove: (event: TouchEvent<HTMLElement>) => {
      if (from.current !== null) move(event.currentTarget, (event.touches[0]?.clientX ?? from.current) - from.current)
    },
    onTouchEnd: (event: TouchEvent<HTMLElement>) => {
      const by = from.current === null ? 0 : (event.changedTouches[0]?.clientX ?? from.current) - from.current
      from.current = null
      if (Math.abs(by) > awayPx) away()
      else move(event.currentTarget, 0)
    },
    onTouchCancel: (event: TouchEvent<HTMLElement>) => {
      from.current = null
      move(event.currentTarget, 0)
    },
  }
}

let watcher: IntersectionObserver | undefined
const watched = new WeakMap<Element, (inView: boolean) => void>()

/** Whether an element is visible. All elements share one observer. */
export function useInView<T extends Element>(): readonly [(element: T | null) => void, boolean] {
  const [inView, setInView] = useState(false)
  const last = useRef<T | null>(null)
  const ref = useCallback((element: T | null) => {
    watcher ??= new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) watched.get(target)?.(isIntersecting)
    })
    if (last.current) watcher.unobserve(last.current)
    last.current = element
    if (!element) return
    watched.set(element, setInView)
    watcher.observe(element)
  }, [])
  return [ref, inView]
}
