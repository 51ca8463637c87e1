import { CloudOff, RefreshCw } from "lucide-react"
import { useCallback, useEffect, useState } from "react"
import { serverAnswers } from "../api/http"
import { useT } from "../i18n"
import { useLatest } from "../lib/hooks"
import { Button } from "./button"
import { EmptyState } from "./misc"

const pauseMs = 3000

/**
 * Takes the place of a page whose script cannot be loaded. Without a connection it retries. If the server responds but does not
 * have the script, the server has another version, and only a reload loads the files of that version. A reload without a connection
 * would replace the panel with the browser's error page, so a request to the server comes first.
 */
export function MissingPart({ again }: { again: () => Promise<void> }) {
  const t = useT()
  const [outdated, setOutdated] = useState(false)
  const latest = useLatest(again)
  const attempt = useCallback(async () => {
    const answers = await serverAnswers()
    if (answers) await latest.current().catch(() => setOutdated(true))
    else setOutdated(false)
    return answers
  }, [latest])
  useEffect(() => {
    if (outdated) return
    let timer: ReturnType<typeof setTimeout> | undefined
    let gone = false
    const go = () => {
      clearTimeout(timer)
      void attempt().then((answers) => {
        if (!gone && !answers) timer = setTimeout(go, pauseMs)
      })
    }
    go()
    addEventListener("online", go)
    return () => {
      gone = true
      clearTimeout(timer)
      removeEventListener("online", go)
    }
  }, [outdated, attempt])
  const reload = async () => {
    if (await serverAnswers()) location.reload()
    else setOutdated(false)
  }
  return (
    <main className="h-full min-w-0 flex-1">
      <EmptyState page icon={outdated ? RefreshCw : CloudOff} tone={outdated ? "primary" : "danger"} title={t.app.partMissingTitle} body={outdated ? t.app.partOutdated : t.app.partWaits}>
        {outdated ? <Button onClick={() => void reload()}>{t.app.reload}</Button> : <Button variant="outline" onClick={() => void attempt()}>{t.common.retry}</Button>}
      </EmptyState>
    </main>
  )
}
