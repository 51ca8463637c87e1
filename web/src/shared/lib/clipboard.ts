import { getT } from "../i18n"
import { toast } from "../ui/toast"

/** The clipboard's own interface exists on secure origins only; a desk on a local network may be plain http. */
async function write(text: string): Promise<boolean> {
  if (navigator.clipboard) return navigator.clipboard.writeText(text).then(() => true, () => false)
  const field = document.createElement("textarea")
  field.value = text
  field.className = "sr-only"
  // Inside an open dialog the rest of the page is inert, and what is inert cannot be selected.
  const host = document.querySelector("dialog[open]") ?? document.body
  host.append(field)
  field.select()
  const done = document.execCommand("copy")
  field.remove()
  return done
}

export async function copyText(text: string, said?: string): Promise<void> {
  const t = getT()
  if (await write(text)) toast.done(said ?? t.common.copied)
  else toast.error(t.common.copyFailed)
}
