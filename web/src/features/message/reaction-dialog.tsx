import type { Message } from "@/contract"
import { useT } from "@/shared/i18n"
import { cn } from "@/shared/lib/cn"
import { moveInGrid } from "@/shared/lib/grid-keys"
import { Dialog } from "@/shared/ui/dialog"
import { startsHere } from "@/shared/ui/field"
import { toastFailure } from "@/shared/ui/toast"
import { ownReaction, reactToMessage } from "./change-message"
import { drawnEmoji, reactionEmoji } from "./reactions"

/** All reactions that the channel takes. */
export default function ReactionDialog({ message, onClose }: { message: Message; customer: string; onClose: () => void }) {
  const t = useT().message
  const own = ownReaction(message)
  const choose = (emoji: string) => {
    onClose()
    void reactToMessage(message, emoji === own ? null : emoji).catch(toastFailure)
  }
  return (
    <Dialog open onClose={onClose} title={t.react} sheet className="w-[min(27rem,calc(100vw-2rem))]">
      <div onKeyDown={moveInGrid} className="-mx-2 grid grid-cols-8 gap-0.5 max-md:grid-cols-7">
        {reactionEmoji.map((emoji) => (
          <button key={emoji} ref={emoji === (own ?? reactionEmoji[0]) ? startsHere : undefined} type="button" aria-label={emoji === own ? t.takeReaction(emoji) : t.reactWith(emoji)} aria-pressed={emoji === own} onClick={() => choose(emoji)} className={cn("grid aspect-square place-items-center rounded-lg text-2xl hover:bg-accent", emoji === own && "bg-primary-soft")}>
            <span aria-hidden="true">{drawnEmoji(emoji)}</span>
          </button>
        ))}
      </div>
    </Dialog>
  )
}
