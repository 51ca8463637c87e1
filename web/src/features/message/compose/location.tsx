import { ExternalLink, LocateFixed } from "lucide-react"
import { useState, type FormEvent } from "react"
import { useLatest } from "@/shared/lib/hooks"
import { Button } from "@/shared/ui/button"
import { Dialog } from "@/shared/ui/dialog"
import { Field, FormError, Input } from "@/shared/ui/field"
import { mapUrl, pointText } from "../pieces/point"
import { parsePoint } from "./parse-point"
import { sendContent, type ContentDialogProps } from "./send-content"
import { useKept } from "./use-kept"
import { useWords } from "./words"

const patienceMs = 15_000
const denied = 1

export default function LocationDialog({ conversation, onClose }: ContentDialogProps) {
  const t = useWords()
  const { location: say } = t
  const [form, setForm, forget] = useKept(`location.${conversation}`, () => ({ typed: "", title: "", address: "" }))
  const { typed, title, address } = form
  const set = (change: Partial<typeof form>) => setForm({ ...form, ...change })
  const latest = useLatest(set)
  const [asking, setAsking] = useState(false)
  const [trouble, setTrouble] = useState<string | null>(null)
  const [tried, setTried] = useState(false)
  const point = parsePoint(typed)
  const place = title.trim() !== "" || address.trim() !== ""
  const faults = {
    point: tried && !point ? say.bad : null,
    title: tried && place && title.trim() === "" ? say.needName : null,
    address: tried && place && address.trim() === "" ? say.needAddress : null,
  }
  const here = () => {
    setAsking(true)
    setTrouble(null)
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        setAsking(false)
        latest.current({ typed: pointText(coords) })
      },
      ({ code }) => {
        setAsking(false)
        setTrouble(code === denied ? say.refused : say.unknown)
      },
      { enableHighAccuracy: true, timeout: patienceMs },
    )
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    setTried(true)
    if (!point || (place && (title.trim() === "" || address.trim() === ""))) return
    sendContent(conversation, place ? { kind: "venue", location: { ...point, title: title.trim(), address: address.trim() } } : { kind: "location", location: point })
    forget()
    onClose()
  }
  return (
    <Dialog open onClose={onClose} title={say.title} sheet>
      <form onSubmit={submit} className="flex flex-col gap-4">
        <FormError>{trouble}</FormError>
        {"geolocation" in navigator && <Button variant="soft" size="sm" className="self-start" busy={asking} onClick={here}>{!asking && <LocateFixed />}{asking ? say.asking : say.here}</Button>}
        <Field label={say.coordinates} hint={say.coordinatesHint} error={faults.point}>
          {(props) => <Input {...props} autoFocus value={typed} placeholder="48.20820, 16.37380" onChange={(event) => set({ typed: event.target.value })} />}
        </Field>
        {point && <a href={mapUrl(point)} target="_blank" rel="noopener noreferrer" className="-mt-2 inline-flex min-h-8 items-center gap-1.5 self-start text-[13px] font-medium text-link hover:underline max-md:min-h-10"><ExternalLink className="size-3.5" aria-hidden="true" />{say.check}</a>}
        <Field label={say.name} hint={say.nameHint} error={faults.title}>
          {(props) => <Input {...props} maxLength={128} value={title} onChange={(event) => set({ title: event.target.value })} />}
        </Field>
        <Field label={say.address} error={faults.address}>
          {(props) => <Input {...props} maxLength={256} value={address} onChange={(event) => set({ address: event.target.value })} />}
        </Field>
        <div className="flex justify-end"><Button type="submit">{t.send}</Button></div>
      </form>
    </Dialog>
  )
}
