import { Download, File as FileIcon, FileArchive, FileCode, FileImage, FileMusic, FileSpreadsheet, FileText, FileVideo, type LucideIcon } from "lucide-react"
import type { File } from "@/contract"
import { useLocale, useT } from "@/shared/i18n"
import { formatBytes } from "@/shared/i18n/units"
import { kindName } from "@/shared/lib/words"
import { Spinner } from "@/shared/ui/button"
import { FetchAgain } from "../fetch-again"
import { endingOf, familyOf, type Family } from "./family"
import { Fact, Foot, Tile, type PieceProps, type Tone } from "./tile"

const looks: Record<Family, { icon: LucideIcon; tone: Tone }> = {
  pdf: { icon: FileText, tone: "red" }, text: { icon: FileText, tone: "soft" }, sheet: { icon: FileSpreadsheet, tone: "green" },
  picture: { icon: FileImage, tone: "soft" }, video: { icon: FileVideo, tone: "soft" }, sound: { icon: FileMusic, tone: "soft" },
  archive: { icon: FileArchive, tone: "amber" }, code: { icon: FileCode, tone: "calm" }, other: { icon: FileIcon, tone: "calm" },
}

/** A download. A picture or a video that was sent as a file is shown as a file. */
export function DocumentCard({ piece: { files }, state: { kind } }: PieceProps) {
  const t = useT().message.kinds
  const locale = useLocale()
  const [file] = files
  if (!file) return null
  const name = file.name || kindName("document")
  const facts = [file.size > 0 ? formatBytes(locale, file.size) : null, endingOf(name)].filter(Boolean).join(" · ")
  const body = (
    <>
      <FileTile file={file} />
      {file.state === "ready" && <span className="sr-only">{t.download}</span>}
      <span className="min-w-0 flex-1">
        <span dir="auto" className="line-clamp-2 text-left leading-5 font-medium wrap-anywhere" title={name}>{name}</span>
        <Fact>{facts || "\u00a0"}</Fact>
        {file.state === "failed" && <FetchAgain file={file.id} error={file.error} why={t.fetchFailed}><Foot /></FetchAgain>}
      </span>
    </>
  )
  const row = "flex min-w-56 items-center gap-3 px-2.5 py-2"
  if (file.state === "ready")
    return <a data-testid="piece" data-kind={kind} href={`/api/files/${file.id}`} download={name} className={`${row} group/file rounded-2xl -outline-offset-2 hover:bg-code`}>{body}</a>
  return <div data-testid="piece" data-kind={kind} className={`${row} items-start`}>{body}</div>
}

function FileTile({ file }: { file: File }) {
  const t = useT().message.kinds
  const { icon, tone } = looks[familyOf(file.name, file.mime)]
  if (file.state === "pending") return <span role="img" aria-label={t.pending(file.name)} className="grid size-10 shrink-0 place-items-center rounded-xl bg-code text-subtle"><Spinner /></span>
  return (
    <span className="relative">
      <Tile icon={icon} tone={tone} className="transition-opacity group-hover/file:opacity-0" />
      <Tile icon={Download} tone="blue" className="absolute inset-0 opacity-0 transition-opacity group-hover/file:opacity-100" />
    </span>
  )
}
