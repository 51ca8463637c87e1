import { moveInGrid } from "@/shared/lib/grid-keys"
import { Dialog } from "@/shared/ui/dialog"
import { startsHere } from "@/shared/ui/field"
import { sendContent, type ContentDialogProps } from "./send-content"
import { useWords } from "./words"

const signs = ["🎲", "🎯", "🏀", "⚽", "🎳", "🎰"] as const

export default function DiceDialog({ conversation, onClose }: ContentDialogProps) {
  const { dice: say } = useWords()
  return (
    <Dialog open onClose={onClose} title={say.title} description={say.body} sheet className="w-[min(24rem,calc(100vw-2rem))]">
      <div onKeyDown={moveInGrid} className="grid grid-cols-3 gap-2">
        {signs.map((emoji) => (
          <button
            key={emoji}
            ref={emoji === signs[0] ? startsHere : undefined}
            type="button"
            onClick={() => {
              sendContent(conversation, { kind: "dice", dice: { emoji } })
              onClose()
            }}
            className="flex flex-col items-center gap-1 rounded-xl border bg-surface px-1 py-3 hover:bg-accent"
          >
            <span aria-hidden="true" className="text-4xl leading-none">{emoji}</span>
            <span className="text-center text-xs text-muted-foreground">{say.names[emoji]}</span>
          </button>
        ))}
      </div>
    </Dialog>
  )
}
