import { useEffect, useState } from "react"
import { useT } from "../i18n"
import { useStore } from "../lib/store"
import { connection, type ConnectionState } from "../realtime/client"
import { Spinner } from "./button"
import { Dot } from "./misc"
import { Tooltip } from "./tooltip"

const tone: Record<Exclude<ConnectionState, "online">, "warning" | "danger"> = { connecting: "warning", offline: "danger" }

/** Visible only while the connection is lost; a screen reader finds the state at any time. */
export function ConnectionLamp() {
  const t = useT().connection
  const state = useStore(connection)
  const label = state === "online" ? t.onlineHint : t[state]
  if (state === "online") return <span role="img" aria-label={label} data-testid="connection-state" data-state={state} className="sr-only" />
  return (
    <Tooltip label={label} side="right">
      <span role="img" aria-label={label} data-testid="connection-state" data-state={state} className="grid size-10 place-items-center">
        <Dot tone={tone[state]} className={state === "connecting" ? "animate-dot" : ""} />
      </span>
    </Tooltip>
  )
}

const patienceMs = 1500

/** Reports a lost connection after a delay, so that a short interruption is not reported. */
export function ConnectionBar() {
  const t = useT().connection
  const state = useStore(connection)
  const [shown, setShown] = useState(false)
  useEffect(() => {
    if (state === "online") return setShown(false)
    const timer = setTimeout(() => setShown(true), patienceMs)
    return () => clearTimeout(timer)
  }, [state])
  return (
    <div role="status" aria-live="polite">
      {shown && state !== "online" && (
        <p className="flex items-center justify-center gap-2.5 bg-warning-soft px-4 py-2 text-center text-[13px] text-warning">
          <Spinner className="size-3.5" />
          {state === "offline" ? t.offlineBody : t.connecting}
        </p>
      )}
    </div>
  )
}
