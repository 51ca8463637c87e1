import { useT } from "@/shared/i18n"

/** The same as in index.html, so that nothing moves when the program takes over from the page. */
export function Splash() {
  const t = useT()
  return (
    <div className="splash" role="status" aria-label={t.app.loading}>
      <img src="/favicon.svg" alt="" width="56" height="56" />
      <h1>{t.app.name}</h1>
    </div>
  )
}
