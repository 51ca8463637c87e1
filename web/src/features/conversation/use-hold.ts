import { useEffect, useMemo, useRef, useState, type PointerEvent } from "react"

/** A finger hides what it is about to press, and comes back to where it was. */
const touchRestsMs = 2000

/**
 * Whether a hand is on the list: a mouse over it, or a finger that has just touched or moved it. The keyboard lets go,
 * because whoever moves by keys has left the mouse lying there.
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
      /** A list that still glides after the finger has left is still in that hand. */
      onGlide: () => touching.current && rest(),
    }
  }, [])
  return { held, ...handlers }
}
