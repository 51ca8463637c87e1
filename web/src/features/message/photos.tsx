import { X } from "lucide-react"
import { limits } from "@/contract"
import { getT, useT } from "@/shared/i18n"
import { uuid } from "@/shared/lib/id"
import { asImage } from "@/shared/lib/image-type"
import { toast } from "@/shared/ui/toast"
import type { OutgoingPhoto } from "./outgoing"

/** For the system's own dialog, which knows endings where it knows no types. What is chosen is judged by its bytes. */
export const photoFiles = "image/jpeg,image/png,image/webp,image/gif,.jpg,.jpeg,.png,.webp,.gif"

/** What of the chosen files can be sent; says why the rest cannot. `room` is asked when the files have been looked at. */
export async function acceptPhotos(files: readonly File[], room: () => number): Promise<readonly OutgoingPhoto[]> {
  const t = getT().composer
  const images = await Promise.all(files.map((file) => asImage(file).catch(() => null)))
  const photos = images.filter((file) => file !== null)
  const fitting = photos.filter((file) => file.size <= limits.photo_max_bytes)
  const left = Math.max(0, room())
  if (photos.length < files.length) toast.error(t.notPhoto)
  else if (fitting.length < photos.length) toast.error(t.tooBig)
  else if (fitting.length > left) toast.error(t.tooMany)
  return fitting.slice(0, left).map((file) => ({ id: uuid(), file, url: URL.createObjectURL(file) }))
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
