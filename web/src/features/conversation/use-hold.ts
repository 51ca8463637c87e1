import { useEffect, useMemo, useRef, useState, type PointerEvent } from "react"

/** How long the list is held after a touch: a finger hides the row below it, and often presses the same place again. */
const touchRestsMs = 2000

/**
 * Whether the list is held: by a mouse over it, or by a finger that has just touched or moved it. Moving with keys ends it, because
 * the mouse is not in use then.
 */
export function useHold() {
  const [held, setHeld] = useState(false)
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined)
  const touching = useRef(false)
  useEffect(() => () => clearTimeout(timer.current), [])

  const handlers = useMemo(() => {
    const hold = () => {
      clearTimeout(timer.current)
      setHeld(true)
    }
    const letGo = () => {
      clearTimeout(timer.current)
      touching.current = false
      setHeld(false)
    }
    const rest = () => {
      clearTimeout(timer.current)
      timer.current = setTimeout(letGo, touchRestsMs)
    }
    return {
      letGo,
      onPointerMove: ({ pointerType }: PointerEvent) => pointerType === "mouse" && hold(),
      onPointerLeave: ({ pointerType }: PointerEvent) => pointerType === "mouse" && letGo(),
      onPointerDown: ({ pointerType }: PointerEvent) => {
        if (pointerType === "mouse") return
        touching.current = true
        hold()
      },
      onPointerUp: ({ pointerType }: PointerEvent) => pointerType !== "mouse" && rest(),
      onPointerCancel: ({ pointerType }: PointerEvent) => pointerType !== "mouse" && rest(),
      /** The list is held as long as it still scrolls after a touch. */
      onGlide: () => touching.current && rest(),
    }
  }, [])
  return { held, ...handlers }
}
