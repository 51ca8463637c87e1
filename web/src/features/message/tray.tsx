import { ArrowLeft, ArrowRight, EyeOff, Film, MoreVertical, Play, Smile, X } from "lucide-react"
import { useEffect, useState, type DragEvent } from "react"
import { useLocale, useT, type Catalogue } from "@/shared/i18n"
import { formatBytes, formatLength } from "@/shared/i18n/units"
import { cn } from "@/shared/lib/cn"
import { KindIcon } from "@/shared/ui/kind-icon"
import { Menu, MenuChoice, MenuContent, MenuItem, MenuLabel, MenuSeparator, MenuTrigger } from "@/shared/ui/menu"
import type { Abilities } from "./abilities"
import type { FileKind, OutgoingFile } from "./answer"
import { changeFile, choicesOf, moveFile, removeFile } from "./files"
import { looks } from "./options-menu"
import { groupFiles } from "./plan"

/** The type of what is dragged within the tray, so that it is not taken for a file from outside. */
const dragType = "application/x-tray"

interface TrayProps {
  conversation: number
  files: readonly OutgoingFile[]
  channel: Abilities
}

/** The files of the draft in their order: a press removes one, a drag moves it, its menu says as what it is sent. */
export function FileTray({ conversation, files, channel }: TrayProps) {
  const t = useT()
  const [dragged, setDragged] = useState<string | null>(null)
  if (files.length === 0) return null
  const groups = groupFiles(files)
  const over = (event: DragEvent, to: number) => {
    if (dragged === null || !event.dataTransfer.types.includes(dragType)) return
    event.preventDefault()
    if (files[to]?.id !== dragged) moveFile(conversation, dragged, to)
  }
  return (
    <div className="scroll-area max-h-60 px-3 pt-3">
      <ul className="flex flex-wrap gap-2">
        {files.map((file, at) => (
          <li
            key={file.id}
            draggable
            data-testid="tray-file"
            data-as={file.as}
            onDragStart={(event) => {
              event.dataTransfer.setData(dragType, file.id)
              event.dataTransfer.effectAllowed = "move"
              setDragged(file.id)
            }}
            onDragOver={(event) => over(event, at)}
            onDrop={(event) => event.dataTransfer.types.includes(dragType) && event.preventDefault()}
            onDragEnd={() => setDragged(null)}
            className={cn("relative animate-in", dragged === file.id && "opacity-50")}
          >
            <Preview file={file} />
            {covered(file) && <span data-testid="tray-covered" className="pointer-events-none absolute inset-0 grid place-items-center rounded-lg bg-black/40 text-white backdrop-blur-md"><EyeOff className="size-5" aria-hidden="true" /></span>}
            <button
              type="button"
              aria-label={t.composer.removePhoto(file.file.name)}
              onClick={() => removeFile(conversation, file.id)}
              className="absolute -top-1.5 -right-1.5 grid size-6 place-items-center rounded-full border-2 border-surface bg-[#1d212a] text-white max-md:size-8"
            >
              <X className="size-3.5" />
            </button>
            <FileMenu conversation={conversation} file={file} at={at} last={files.length - 1} channel={channel} />
          </li>
        ))}
      </ul>
      {groups.length > 1 && <p className="mt-2 text-xs text-muted-foreground" data-testid="arrives-as">{t.composer.arrivesAs(groups.map((group) => nameOf(group, t)).join(", "))}</p>}
    </div>
  )
}

function nameOf(group: readonly OutgoingFile[], { composer: t }: Catalogue): string {
  const [first] = group
  if (!first) return ""
  if (first.as === "document") return t.filesOf(group.length)
  if (first.as === "audio") return t.audiosOf(group.length)
  return group.length > 1 ? t.albumOf(group.length) : t.fileKinds[first.as].toLocaleLowerCase()
}

const covered = (file: OutgoingFile) => looks(file) && (file.facts.spoiler ?? false)

const tile = "size-20 rounded-lg border object-cover"

function Preview({ file: { file, url, as, facts } }: { file: OutgoingFile }) {
  const locale = useLocale()
  const [broken, setBroken] = useState(false)
  const length = facts.duration_ms ? formatLength(facts.duration_ms) : null
  const picture = file.type.startsWith("image/")
  if (picture && (as === "photo" || as === "sticker" || as === "animation") && !broken)
    return (
      <>
        <img src={url} alt={file.name} draggable={false} onError={() => setBroken(true)} className={cn(tile, as === "sticker" && "object-contain")} />
        {as === "sticker" && <Corner><Smile className="size-3" aria-hidden="true" /></Corner>}
      </>
    )
  if (file.type.startsWith("video/") && as !== "document" && !broken)
    return (
      <>
        <video src={`${url}#t=0.1`} aria-label={file.name} muted playsInline preload="metadata" onError={() => setBroken(true)} className={cn(tile, "bg-code", as === "video_note" && "rounded-full")} />
        <span className="pointer-events-none absolute inset-0 grid place-items-center"><span className="grid size-8 place-items-center rounded-full bg-black/50 text-white"><Play className="ml-0.5 size-4 fill-current" aria-hidden="true" /></span></span>
        {length && <Corner>{length}</Corner>}
      </>
    )
  return (
    <span role="img" aria-label={file.name} className="flex h-20 w-44 items-center gap-2.5 rounded-lg border bg-muted py-2 pr-8 pl-2.5">
      <span className="grid size-10 shrink-0 place-items-center rounded-xl bg-primary-soft text-link [&_svg]:size-5 [&_svg]:text-link">{as === "video" ? <Film aria-hidden="true" /> : <KindIcon kind={as} />}</span>
      <span className="min-w-0 text-left text-[13px]">
        <span dir="auto" className="line-clamp-2 leading-4.5 font-medium wrap-anywhere">{file.name}</span>
        <span className="block text-xs text-muted-foreground tabular-nums">{[length, formatBytes(locale, file.size)].filter(Boolean).join(" · ")}</span>
      </span>
    </span>
  )
}

function Corner({ children }: { children: React.ReactNode }) {
  return <span className="pointer-events-none absolute bottom-1 left-1 rounded-full bg-black/60 px-1.5 text-[10px] leading-4 text-white tabular-nums">{children}</span>
}

interface FileMenuProps {
  conversation: number
  file: OutgoingFile
  at: number
  last: number
  channel: Abilities
}

function FileMenu({ conversation, file, at, last, channel }: FileMenuProps) {
  const t = useT().composer
  return (
    <Menu>
      <MenuTrigger asChild>
        <button type="button" aria-label={t.fileMenu(file.file.name)} className="absolute right-1 bottom-1 grid size-6 place-items-center rounded-full bg-black/55 text-white hover:bg-black/75 max-md:size-8"><MoreVertical className="size-3.5" /></button>
      </MenuTrigger>
      <MenuContent side="top"><FileItems conversation={conversation} file={file} at={at} last={last} channel={channel} /></MenuContent>
    </Menu>
  )
}

function FileItems({ conversation, file, at, last, channel }: FileMenuProps) {
  const t = useT().composer
  const [kinds, setKinds] = useState<readonly FileKind[]>([file.as])
  useEffect(() => {
    choicesOf(file, channel).then(setKinds, () => {})
    // Asked once, when the menu opens.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [])
  return (
    <>
      <MenuLabel>{t.sendAs}</MenuLabel>
      {kinds.map((kind) => <MenuChoice key={kind} checked={kind === file.as} onSelect={() => changeFile(conversation, file.id, { as: kind })}><KindIcon kind={kind} />{t.fileKinds[kind]}</MenuChoice>)}
      {looks(file) && channel.can("display") && (
        <>
          <MenuSeparator />
          <MenuChoice alone checked={covered(file)} onSelect={() => changeFile(conversation, file.id, { facts: { ...file.facts, spoiler: !covered(file) } })}><EyeOff />{t.coverFile}</MenuChoice>
        </>
      )}
      {last > 0 && <MenuSeparator />}
      {at > 0 && <MenuItem onSelect={() => moveFile(conversation, file.id, at - 1)}><ArrowLeft />{t.moveLeft}</MenuItem>}
      {at < last && <MenuItem onSelect={() => moveFile(conversation, file.id, at + 1)}><ArrowRight />{t.moveRight}</MenuItem>}
    </>
  )
}
