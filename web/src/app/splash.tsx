import { useT } from "@/shared/i18n"
import { Logo } from "@/shared/ui/logo"

/** The same as in index.html, so that nothing moves when React replaces it. */
export function Splash() {
  const t = useT()
  return (
    <div className="splash" role="status" aria-label={t.app.loading}>
      <Logo className="size-14" bare />
      <h1>{t.app.name}</h1>
    </div>
  )
}
