import { useEffect, useState } from "react"

const secondsUntil = (at: string) => Math.ceil((Date.parse(at) - Date.now()) / 1000)

/** The whole seconds until a time, counted down; 0 from then on. */
export function useSecondsUntil(at: string): number {
  const [left, setLeft] = useState(() => secondsUntil(at))
  useEffect(() => {
    setLeft(secondsUntil(at))
    const timer = setInterval(() => {
      const now = secondsUntil(at)
      setLeft(now)
      if (now <= 0) clearInterval(timer)
    }, 250)
    return () => clearInterval(timer)
  }, [at])
  return Math.max(0, left)
}

/** A countdown; nothing when it is over. A screen reader reads it when it gets there, not every second. */
export function Countdown({ until, children }: { until: string; children: (seconds: number) => string }) {
  const left = useSecondsUntil(until)
  return left > 0 ? <span role="timer" className="tabular-nums">{children(left)}</span> : null
}
