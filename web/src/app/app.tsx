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

// Whoever signs in first has no need of the desk yet.
const Shell = part(() => import("./shell"))

/** Whoever seems to be signed in will need it: it comes while the server is asked who they are. */
export function fetchShell(): void {
  if (csrfToken()) void Shell.ahead()
}

// Any request may be the first to find the session gone; asking who we are then shows the way in.
setUnauthorizedHandler(() => {
  if (queryClient.getQueryState(meKey)?.fetchStatus !== "fetching") void queryClient.resetQueries({ queryKey: meKey })
})

/** Decides between the ways in and the desk. */
export function App() {
  const t = useT()
  const path = usePath()
  const { data: me, error, isPending, refetch } = useMeQuery()
  const signedOut = error instanceof ApiFailure && error.code === "unauthorized"
  const ready = me !== undefined && !me.operator.must_change_password
  // Later and in slices: drawing all of the desk at once would hold up a phone for a third of a second.
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
