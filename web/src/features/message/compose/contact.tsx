import { BookUser } from "lucide-react"
import { useState, type FormEvent } from "react"
import { Button } from "@/shared/ui/button"
import { Dialog } from "@/shared/ui/dialog"
import { Field, Input } from "@/shared/ui/field"
import { sendContent, type ContentDialogProps } from "./send-content"
import { useKept } from "./use-kept"
import { useWords } from "./words"

/** The browser's own choice of contacts, on phones. */
interface ContactPicker {
  select(fields: readonly string[]): Promise<readonly { name?: string[]; tel?: string[] }[]>
}
const picker = (navigator as Navigator & { contacts?: ContactPicker }).contacts

const good = /^\+?[\d\s().-]{3,32}$/

export default function ContactDialog({ conversation, onClose }: ContentDialogProps) {
  const t = useWords()
  const { contact: say } = t
  const [form, setForm, forget] = useKept(`contact.${conversation}`, () => ({ phone: "", first: "", last: "" }))
  const { phone, first, last } = form
  const set = (change: Partial<typeof form>) => setForm({ ...form, ...change })
  const [tried, setTried] = useState(false)
  const badPhone = !good.test(phone.trim())
  const choose = async () => {
    const [chosen] = (await picker?.select(["name", "tel"]).catch(() => [])) ?? []
    if (!chosen) return
    const [name = ""] = chosen.name ?? []
    set({ phone: chosen.tel?.[0] ?? "", first: name.split(" ")[0] ?? "", last: name.split(" ").slice(1).join(" ") })
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    setTried(true)
    if (badPhone || first.trim() === "") return
    const last_name = last.trim()
    sendContent(conversation, { kind: "contact", contact: { phone_number: phone.trim(), first_name: first.trim(), ...(last_name && { last_name }) } })
    forget()
    onClose()
  }
  return (
    <Dialog open onClose={onClose} title={say.title} sheet>
      <form onSubmit={submit} className="flex flex-col gap-4">
        {picker && <Button variant="soft" onClick={() => void choose()}><BookUser />{say.pick}</Button>}
        <Field label={say.phone} hint={say.phoneHint} error={tried && badPhone ? say.bad : null}>
          {(props) => <Input {...props} autoFocus type="tel" inputMode="tel" autoComplete="off" maxLength={32} value={phone} onChange={(event) => set({ phone: event.target.value })} />}
        </Field>
        <div className="grid grid-cols-2 gap-3 max-md:grid-cols-1">
          <Field label={say.first} error={tried && first.trim() === "" ? t.buttons.needValue : null}>
            {(props) => <Input {...props} autoComplete="off" maxLength={64} value={first} onChange={(event) => set({ first: event.target.value })} />}
          </Field>
          <Field label={say.last}>{(props) => <Input {...props} autoComplete="off" maxLength={64} value={last} onChange={(event) => set({ last: event.target.value })} />}</Field>
        </div>
        <div className="flex justify-end"><Button type="submit">{t.send}</Button></div>
      </form>
    </Dialog>
  )
}
