import { ChartBar, Dices, FileText, Image, MapPin, Paperclip, Sticker, UserRound, Video, type LucideIcon } from "lucide-react"
import { useRef } from "react"
import type { MessageKind } from "@/contract"
import { useT } from "@/shared/i18n"
import { Button } from "@/shared/ui/button"
import { Menu, MenuContent, MenuItem, MenuSeparator, MenuTrigger } from "@/shared/ui/menu"
import { Tooltip } from "@/shared/ui/tooltip"
import type { Abilities } from "./abilities"
import type { Wanted } from "./files"
import { canRecordNote } from "./record/support"

export type ContentDialog = "location" | "contact" | "poll" | "dice" | "sticker" | "videoNote"

const contents: readonly { dialog: ContentDialog; kind: MessageKind; icon: LucideIcon }[] = [
  { dialog: "videoNote", kind: "video_note", icon: Video },
  { dialog: "location", kind: "location", icon: MapPin },
  { dialog: "contact", kind: "contact", icon: UserRound },
  { dialog: "poll", kind: "poll", icon: ChartBar },
  { dialog: "dice", kind: "dice", icon: Dices },
  { dialog: "sticker", kind: "sticker", icon: Sticker },
]

/** For the system's own dialog, which knows endings where it knows no types. What is chosen is judged by its bytes. */
const photoFiles = "image/jpeg,image/png,image/webp,image/gif,.jpg,.jpeg,.png,.webp,.gif"
const videoFiles = ",video/mp4,.mp4"

interface AttachProps {
  channel: Abilities
  onFiles: (files: readonly File[], wanted: Wanted) => void
  onDialog: (dialog: ContentDialog) => void
}

/** What the channel cannot carry is not offered; where only photos remain, the button opens their dialog at once. */
export function AttachMenu({ channel, onFiles, onDialog }: AttachProps) {
  const t = useT().composer
  const media = useRef<HTMLInputElement>(null)
  const any = useRef<HTMLInputElement>(null)
  const offered = contents.filter(({ dialog, kind }) => channel.carries(kind) && (dialog !== "videoNote" || canRecordNote()))
  const files = channel.carries("document")
  const choose = (wanted: Wanted) => (event: React.ChangeEvent<HTMLInputElement>) => {
    onFiles([...(event.target.files ?? [])], wanted)
    event.target.value = ""
  }
  return (
    <>
      {!files && offered.length === 0 ? (
        <Tooltip label={t.attach} side="top">
          <Button variant="ghost" size="icon" aria-label={t.attach} onClick={() => media.current?.click()}><Paperclip /></Button>
        </Tooltip>
      ) : (
        <Menu>
          <MenuTrigger asChild><Button variant="ghost" size="icon" aria-label={t.attachMenu} data-tip={t.attachMenu} data-tip-side="top"><Paperclip /></Button></MenuTrigger>
          <MenuContent side="top">
            <MenuItem onSelect={() => media.current?.click()}><Image />{t.photoOrVideo}</MenuItem>
            {files && <MenuItem onSelect={() => any.current?.click()}><FileText /><span className="flex-1">{t.anyFile}</span><span className="text-xs text-subtle">{t.fileHint}</span></MenuItem>}
            {offered.length > 0 && <MenuSeparator />}
            {offered.map(({ dialog, icon: Icon }) => <MenuItem key={dialog} onSelect={() => onDialog(dialog)}><Icon />{t[dialog]}</MenuItem>)}
          </MenuContent>
        </Menu>
      )}
      <input ref={media} type="file" accept={photoFiles + (channel.carries("video") ? videoFiles : "")} multiple hidden aria-label={t.photoOrVideo} onChange={choose("any")} />
      {files && <input ref={any} type="file" multiple hidden aria-label={t.anyFile} onChange={choose("document")} />}
    </>
  )
}
