import { X } from "lucide-react"
import { limits } from "@/contract"
import { getT, useT } from "@/shared/i18n"
import { uuid } from "@/shared/lib/id"
import { toast } from "@/shared/ui/toast"
import type { OutgoingPhoto } from "./outgoing"

export const photoTypes = ["image/jpeg", "image/png", "image/webp", "image/gif"]

/** What of the chosen files can be sent; says why the rest cannot. */
export function acceptPhotos(old: readonly OutgoingPhoto[], files: readonly File[]): readonly OutgoingPhoto[] {
  const t = getT().composer
  const photos = files.filter((file) => photoTypes.includes(file.type))
  const fitting = photos.filter((file) => file.size <= limits.photo_max_bytes)
  if (photos.length < files.length) toast.error(t.notPhoto)
  else if (fitting.length < photos.length) toast.error(t.tooBig)
  else if (old.length + fitting.length > limits.photos_max) toast.error(t.tooMany)
  const added = fitting.map((file) => ({ id: uuid(), file, url: URL.createObjectURL(file) }))
  return [...old, ...added].slice(0, limits.photos_max)
}

export function PhotoTray({ photos, onRemove }: { photos: readonly OutgoingPhoto[]; onRemove: (id: string) => void }) {
  const t = useT()
  if (photos.length === 0) return null
  return (
    <ul className="flex flex-wrap gap-2 px-3 pt-3">
      {photos.map(({ id, url, file }) => (
        <li key={id} className="relative animate-in">
          <img src={url} alt={file.name} className="size-20 rounded-lg border object-cover" />
          <button
            type="button"
            aria-label={t.composer.removePhoto(file.name)}
            onClick={() => onRemove(id)}
            className="absolute -top-1.5 -right-1.5 grid size-6 place-items-center rounded-full border-2 border-surface bg-[#1d212a] text-white max-md:size-8"
          >
            <X className="size-3.5" />
          </button>
        </li>
      ))}
    </ul>
  )
}
