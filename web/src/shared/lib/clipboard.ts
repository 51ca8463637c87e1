import { getT } from "../i18n"
import { toast } from "../ui/toast"

/** Copies also on plain http, as in a local network, where browsers offer no navigator.clipboard. */
async function write(text: string): Promise<boolean> {
  if (navigator.clipboard) return navigator.clipboard.writeText(text).then(() => true, () => false)
  const field = document.createElement("textarea")
  field.value = text
  field.className = "sr-only"
  // In an open dialog, since the rest of the page is inert and cannot be selected.
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
