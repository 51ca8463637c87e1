import { useLocale } from "../i18n"
import { formatFull } from "../i18n/dates"

/** A short time with the full one as a tooltip, which is formatted under the mouse only: it needs the browser's tables of dates. */
export function Moment({ at, children }: { at: string; children: string }) {
  const locale = useLocale()
  return <time dateTime={at} onPointerEnter={({ currentTarget }) => currentTarget.setAttribute("title", formatFull(locale, at))}>{children}</time>
}
