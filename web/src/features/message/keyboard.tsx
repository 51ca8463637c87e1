import { ArrowUpRight, Copy } from "lucide-react"
import type { Button } from "@/contract"
import { useT } from "@/shared/i18n"
import { copyText } from "@/shared/lib/clipboard"
import { cn } from "@/shared/lib/cn"
import type { Buttons } from "./answer"
import { safeUrl } from "./entities"

export const buttonTones: Record<NonNullable<Button["style"]>, string> = {
  default: "bg-foreground/8 text-foreground dark:bg-white/12",
  primary: "bg-primary text-primary-foreground",
  success: "bg-[#1a7f4b] text-white",
  danger: "bg-[#c4332e] text-white",
}

/** The buttons under a message as the customer sees them. A link opens and a text is copied here too; callbacks are the customer's. */
export function Keyboard({ rows, className }: { rows: Buttons; className?: string }) {
  const t = useT().message
  return (
    <div data-testid="keyboard" aria-label={t.buttons} role="group" className={cn("flex min-w-44 flex-col gap-1 text-[13px]", className)}>
      {rows.map((row, i) => <div key={i} className="flex gap-1">{row.map((button, j) => <Press key={j} button={button} />)}</div>)}
    </div>
  )
}

function Press({ button: { text, url, copy, callback, style = "default" } }: { button: Button }) {
  const t = useT().message
  const look = cn("relative block min-w-0 flex-1 rounded-lg px-4 py-1.5 text-center font-medium", buttonTones[style])
  const label = <span dir="auto" className="block truncate">{text}</span>
  const href = url === undefined ? null : safeUrl(url)
  if (href) return <a href={href} target="_blank" rel="noopener noreferrer nofollow" title={url} className={cn(look, "hover:brightness-97")}>{label}<ArrowUpRight className="absolute top-1 right-1 size-3 opacity-70" aria-hidden="true" /></a>
  if (copy !== undefined) return <button type="button" title={copy} onClick={() => void copyText(copy)} className={cn(look, "hover:brightness-97")}>{label}<Copy className="absolute top-1 right-1 size-2.5 opacity-70" aria-hidden="true" /></button>
  return <span title={callback === undefined ? undefined : t.callbackHint(callback)} className={look}>{label}</span>
}
