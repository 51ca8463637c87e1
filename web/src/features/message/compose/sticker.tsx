import { Upload } from "lucide-react"
import { useMemo, useRef, useState } from "react"
import type { Message } from "@/contract"
import { useT } from "@/shared/i18n"
import { moveInGrid } from "@/shared/lib/grid-keys"
import { uuid } from "@/shared/lib/id"
import { queryClient } from "@/shared/lib/query"
import { Button } from "@/shared/ui/button"
import { Dialog } from "@/shared/ui/dialog"
import { FormError } from "@/shared/ui/field"
import { abilitiesOf } from "../abilities"
import { noAnswer } from "../answer"
import { headBytes, kindsOfFile, named, typeOf } from "../file-kinds"
import { threadsKey } from "../get-messages"
import { sendMessage } from "../outgoing"
import { StickerFile } from "../pieces/sticker"
import type { ThreadState } from "../reduce"
import { sendContent, type ContentDialogProps } from "./send-content"
import { useWords } from "./words"

const most = 24
/** Every channel with stickers takes the same files. */
const telegram = abilitiesOf("telegram")

/** Those of the conversations that this tab has loaded, the newest first, each once. */
function recentStickers(): readonly Message[] {
  const threads = queryClient.getQueriesData<ThreadState>({ queryKey: [threadsKey] })
  const all = threads.flatMap(([, thread]) => thread?.rows.map(({ message }) => message) ?? []).filter(({ kind, files }) => kind === "sticker" && files[0]?.state === "ready")
  const seen = new Set<string>()
  return all
    .sort((a, b) => b.id - a.id)
    .filter(({ sticker, files: [file] }) => {
      const key = `${sticker?.set_name} ${sticker?.emoji} ${file?.size}`
      return !seen.has(key) && seen.add(key)
    })
    .slice(0, most)
}

export default function StickerDialog({ conversation, onClose }: ContentDialogProps) {
  const t = useT().message.kinds
  const { sticker: say } = useWords()
  const picker = useRef<HTMLInputElement>(null)
  const recent = useMemo(() => recentStickers(), [])
  const [trouble, setTrouble] = useState<string | null>(null)
  const upload = async (chosen: File | undefined) => {
    if (!chosen) return
    const type = typeOf(new Uint8Array(await chosen.slice(0, headBytes).arrayBuffer()), chosen.name)
    if (!kindsOfFile(type, chosen.size, {}, telegram).includes("sticker")) return setTrouble(say.notSticker)
    const file = named(chosen, type)
    sendMessage(conversation, { ...noAnswer, files: [{ id: uuid(), file, url: URL.createObjectURL(file), as: "sticker", facts: {} }] })
    onClose()
  }
  return (
    <Dialog open onClose={onClose} title={say.title} sheet>
      <FormError>{trouble}</FormError>
      <h3 className="mb-2 text-[13px] font-medium">{say.recent}</h3>
      {recent.length === 0 ? <p className="rounded-xl bg-muted px-4 py-6 text-center text-sm text-muted-foreground">{say.none}</p> : (
        <ul onKeyDown={moveInGrid} className="grid grid-cols-5 gap-1 max-md:grid-cols-4">
          {recent.map(({ id, sticker, files: [file] }) => file && (
            <li key={id}>
              <button
                type="button"
                aria-label={say.send(sticker?.emoji ?? "")}
                className="block aspect-square w-full rounded-xl p-1.5 hover:bg-accent"
                onClick={() => {
                  sendContent(conversation, { kind: "sticker", file_id: file.id, emoji: sticker?.emoji ?? "" })
                  onClose()
                }}
              >
                <StickerFile file={file} format={sticker?.format} emoji={sticker?.emoji ?? ""} label={sticker?.emoji ? t.stickerOf(sticker.emoji) : say.send("")} className="size-full [&_*]:text-4xl" />
              </button>
            </li>
          ))}
        </ul>
      )}
      <div className="mt-4 flex flex-wrap items-center gap-3">
        <Button variant="outline" onClick={() => picker.current?.click()}><Upload />{say.upload}</Button>
        <span className="text-[13px] text-subtle">{say.hint}</span>
      </div>
      <input ref={picker} type="file" accept="image/webp,video/webm,.webp,.tgs,.webm" hidden aria-label={say.upload} onChange={(event) => void upload(event.target.files?.[0])} />
    </Dialog>
  )
}
