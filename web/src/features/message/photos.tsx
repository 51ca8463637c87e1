import { X } from "lucide-react"
import { limits } from "@/contract"
import { getT, useT } from "@/shared/i18n"
import { isolate } from "@/shared/lib/bidi"
import { uuid } from "@/shared/lib/id"
import { asImage } from "@/shared/lib/image-type"
import { toast } from "@/shared/ui/toast"
import { getDraft, updateDraft } from "./draft"
import type { OutgoingPhoto } from "./outgoing"

/** For the system's own dialog, which knows endings where it knows no types. What is chosen is judged by its bytes. */
export const photoFiles = "image/jpeg,image/png,image/webp,image/gif,.jpg,.jpeg,.png,.webp,.gif"

const mostNames = 5

/** "a.pdf, b.txt +3": each is named as long as one can still read them. */
function namesOf(files: readonly File[]): string {
  const names = files.slice(0, mostNames).map(({ name }) => isolate(shorten(name))).join(", ")
  return files.length > mostNames ? `${names} +${files.length - mostNames}` : names
}

/** With its beginning and its ending, by which one knows a file. */
function shorten(name: string): string {
  const signs = [...name]
  return signs.length <= 40 ? name : `${signs.slice(0, 26).join("")}…${signs.slice(-12).join("")}`
}

/** What of the chosen files can be sent; names the rest and says why they cannot. `room` is asked when the files have been looked at. */
export async function acceptPhotos(files: readonly File[], room: () => number): Promise<readonly OutgoingPhoto[]> {
  const t = getT().composer
  const images = await Promise.all(files.map((file) => asImage(file).catch(() => null)))
  const photos = images.filter((file) => file !== null)
  const fitting = photos.filter((file) => file.size <= limits.photo_max_bytes)
  const left = Math.max(0, room())
  const refuse = (refused: readonly File[], why: string) => {
    if (refused.length > 0) toast.error(t.notAdded(namesOf(refused), why))
  }
  refuse(files.filter((_, i) => images[i] === null), t.notPhoto)
  refuse(photos.filter((file) => !fitting.includes(file)), t.tooBig)
  refuse(fitting.slice(left), t.tooMany)
  return fitting.slice(0, left).map((file) => ({ id: uuid(), file, url: URL.createObjectURL(file) }))
}

/** At once, and taken back by a press. */
export function removePhoto(conversation: number, gone: string): void {
  const { photos } = getDraft(conversation)
  const at = photos.findIndex(({ id }) => id === gone)
  const photo = photos[at]
  if (!photo) return
  updateDraft(conversation, (old) => ({ photos: old.photos.filter(({ id }) => id !== gone) }))
  const { composer, common } = getT()
  toast.done(composer.photoRemoved, {
    label: common.undo,
    run: () => {
      if (getDraft(conversation).photos.length >= limits.photos_max) return toast.error(composer.notAdded(photo.file.name, composer.tooMany))
      updateDraft(conversation, (old) => ({ photos: old.photos.toSpliced(at, 0, photo) }))
    },
  })
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
