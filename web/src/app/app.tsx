import { CloudOff } from "lucide-react"
import { useDeferredValue, useEffect } from "react"
import { ForcedPasswordPage, LoginPage, meKey, useMeQuery } from "@/features/access"
import { ApiFailure, csrfToken, setUnauthorizedHandler } from "@/shared/api/http"
import { useT } from "@/shared/i18n"
import { queryClient } from "@/shared/lib/query"
import { navigate, usePath } from "@/shared/lib/router"
import { Button } from "@/shared/ui/button"
import { EmptyState } from "@/shared/ui/misc"
import { MissingPart } from "@/shared/ui/missing-part"
import { part, PartFrame } from "@/shared/ui/part"
import { Splash } from "./splash"

// The sign-in page does not need the desk yet.
const Shell = part(() => import("./shell"))

/** Loads the desk while /me is being requested, if there seems to be a session. */
export function fetchShell(): void {
  if (csrfToken()) void Shell.ahead()
}

// Any request may be the first to find that the session has ended; requesting /me again then shows the sign-in page.
setUnauthorizedHandler(() => {
  if (queryClient.getQueryState(meKey)?.fetchStatus !== "fetching") void queryClient.resetQueries({ queryKey: meKey })
})

/** Shows the sign-in pages or the desk. */
export function App() {
  const t = useT()
  const path = usePath()
  const { data: me, error, isPending, refetch } = useMeQuery()
  const signedOut = error instanceof ApiFailure && error.code === "unauthorized"
  const ready = me !== undefined && !me.operator.must_change_password
  // As a transition, in slices: drawing the whole desk at once would block a phone for a third of a second.
  const drawn = useDeferredValue(ready)

  useEffect(() => {
    if (ready && (path === "/login" || path === "/")) navigate("/inbox/waiting", { replace: true })
  }, [ready, path])

  if (signedOut) return <LoginPage />
  if (isPending || ready)
    return (
      <PartFrame waiting={<Splash />} missing={(again) => <MissingPart again={again} />}>
        {ready && drawn ? <Shell /> : <Splash />}
      </PartFrame>
    )
  if (!me)
    return (
      <EmptyState page icon={CloudOff} tone="danger" title={t.app.unreachableTitle} body={t.app.unreachableBody}>
        <Button onClick={() => void refetch()}>{t.common.retry}</Button>
      </EmptyState>
    )
  return <ForcedPasswordPage />
}
