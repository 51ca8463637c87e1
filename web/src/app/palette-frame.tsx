import { Search, X } from "lucide-react"
import type { InputHTMLAttributes, ReactNode } from "react"
import { useT } from "@/shared/i18n"
import { useStore } from "@/shared/lib/store"
import { Button, Spinner } from "@/shared/ui/button"
import { Dialog } from "@/shared/ui/dialog"
import { paletteEnter, paletteQuery } from "./ui-state"

interface FrameProps {
  busy: boolean
  field?: InputHTMLAttributes<HTMLInputElement>
  onClose: () => void
  children?: ReactNode
}

export function PaletteFrame({ busy, field, onClose, children }: FrameProps) {
  const t = useT()
  return (
    <Dialog open onClose={onClose} title={t.palette.title} bare className="mt-[12vh] w-[min(38rem,calc(100vw-2rem))] max-md:mt-3 max-md:w-[calc(100vw-1.5rem)]">
      <div className="flex max-h-[64dvh] flex-col max-md:max-h-[80dvh]" data-testid="palette">
        <div className="flex items-center gap-3 border-b px-4">
          {busy ? <Spinner className="size-4.5 text-subtle" /> : <Search className="size-4.5 shrink-0 text-subtle" aria-hidden="true" />}
          <input
            aria-label={t.palette.placeholder}
            placeholder={t.palette.placeholder}
            autoFocus
            autoComplete="off"
            spellCheck={false}
            value={useStore(paletteQuery)}
            onChange={(event) => paletteQuery.set(event.target.value)}
            className="h-13 min-w-0 flex-1 bg-transparent text-[15px] outline-none placeholder:text-subtle max-md:text-base"
            {...field}
          />
          <Button variant="ghost" size="icon-sm" className="-mr-2" aria-label={t.common.close} onClick={onClose}><X /></Button>
        </div>
        {children}
      </div>
    </Dialog>
  )
}

/** Shown until the palette's script is loaded, so that the first letters become neither commands nor an answer. */
export function PaletteField({ onClose }: { onClose: () => void }) {
  return <PaletteFrame busy onClose={onClose} field={{ onKeyDown: ({ key }) => paletteEnter.set(key === "Enter") }} />
}
