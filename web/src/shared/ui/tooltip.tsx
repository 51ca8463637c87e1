import { cloneElement, useEffect, useLayoutEffect, useRef, useState, type ReactElement } from "react"
import { Keys } from "./keys"
import { place, type Side } from "./place"

const waitMs = 400

interface TooltipProps {
  label: string
  shortcut?: string | undefined
  side?: Side
  children: ReactElement
}

/** Marks an element; one layer of the page shows the texts of all marked elements, so that a hundred of them in a thread cost nothing. */
export function Tooltip({ label, shortcut, side = "bottom", children }: TooltipProps) {
  return cloneElement(children as ReactElement<Record<string, unknown>>, { "data-tip": label, "data-tip-keys": shortcut, "data-tip-side": side })
}

interface Shown {
  anchor: HTMLElement
  label: string
  shortcut: string | undefined
  side: Side
}

export function TooltipLayer() {
  const [shown, setShown] = useState<Shown | null>(null)
  const box = useRef<HTMLDivElement>(null)

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    // A finger leaves nothing behind that would hide the tooltip of what gets the focus after a tap.
    let touched = false
    const hide = () => {
      clearTimeout(timer)
      setShown(null)
    }
    const show = (target: EventTarget | null, delay: number) => {
      const anchor = target instanceof Element ? target.closest<HTMLElement>("[data-tip]") : null
      hide()
      if (!anchor) return
      timer = setTimeout(() => setShown(describe(anchor)), delay)
    }
    const over = (event: PointerEvent) => event.pointerType === "mouse" && show(event.target, waitMs)
    const focus = (event: FocusEvent) => event.target instanceof Element && !touched && event.target.matches(":focus-visible") && show(event.target, waitMs)
    const feel = (event: Event) => (touched = event instanceof PointerEvent && event.pointerType !== "mouse")
    const controller = new AbortController()
    const options = { capture: true, passive: true, signal: controller.signal }
    document.addEventListener("pointerover", over, options)
    document.addEventListener("focusin", focus, options)
    for (const type of ["pointerdown", "keydown"]) document.addEventListener(type, feel, options)
    for (const type of ["focusout", "pointerdown", "keydown", "scroll"]) document.addEventListener(type, hide, options)
    return () => {
      controller.abort()
      clearTimeout(timer)
    }
  }, [])

  useLayoutEffect(() => {
    if (!shown || !box.current) return
    const { left, top } = place(shown.anchor.getBoundingClientRect(), box.current.getBoundingClientRect(), { side: shown.side, align: "center", gap: 6 })
    box.current.style.translate = `${left}px ${top}px`
  }, [shown])

  if (!shown) return null
  return (
    <div ref={box} role="tooltip" className="pointer-events-none fixed top-0 left-0 z-70 flex max-w-72 items-center gap-2 rounded-lg bg-[#1d212a] px-2.5 py-1.5 text-xs text-white shadow-lg dark:bg-[#343b48]">
      {shown.label}
      {shown.shortcut && <Keys shortcut={shown.shortcut} className="opacity-75" />}
    </div>
  )
}

function describe(anchor: HTMLElement): Shown | null {
  const { tip, tipKeys, tipSide } = anchor.dataset
  // The button of an open menu shows no tooltip.
  if (!tip || !anchor.isConnected || anchor.getAttribute("aria-expanded") === "true") return null
  return { anchor, label: tip, shortcut: tipKeys, side: (tipSide as Side | undefined) ?? "bottom" }
}
