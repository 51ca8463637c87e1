import { ExternalLink } from "lucide-react"
import { useState } from "react"
import { useT } from "@/shared/i18n"
import { Button } from "@/shared/ui/button"
import { Dialog } from "@/shared/ui/dialog"
import { useMe } from "./me"

/** Says that this is a demo with simulated customers, and links to the page on which to write as one. */
export function DemoMark() {
  const t = useT()
  const { demo, demo_url } = useMe()
  const [open, setOpen] = useState(false)
  if (!demo) return null
  return (
    <>
      <button type="button" data-testid="demo-mark" onClick={() => setOpen(true)} className="grid min-h-6 place-items-center rounded-full max-md:min-h-10">
        <span className="rounded-full bg-warning-soft px-2.5 py-0.5 text-xs font-medium text-warning">{t.demo.badge}</span>
      </button>
      <Dialog open={open} onClose={() => setOpen(false)} title={t.demo.title} description={t.demo.body}>
        {demo_url && (
          <div className="mt-2 flex justify-end"><Button asChild><a href={demo_url} target="_blank" rel="noopener">{t.demo.open}<ExternalLink /></a></Button></div>
        )}
      </Dialog>
    </>
  )
}
