import { useLocale } from "../i18n"
import { formatFull } from "../i18n/dates"

/** A short time of which a mouse learns the whole; the browser's tables of dates wait for that mouse. */
export function Moment({ at, children }: { at: string; children: string }) {
  const locale = useLocale()
  return <time dateTime={at} onPointerEnter={({ currentTarget }) => currentTarget.setAttribute("title", formatFull(locale, at))}>{children}</time>
}
