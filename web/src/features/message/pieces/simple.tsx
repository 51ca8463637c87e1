import { BookOpen, Copy, Gamepad2, PanelTop } from "lucide-react"
import { useState } from "react"
import { useT } from "@/shared/i18n"
import { copyText } from "@/shared/lib/clipboard"
import { cn } from "@/shared/lib/cn"
import { readable } from "./readable"
import { actionStyle, Card, Fact, Foot, Tile, type PieceProps } from "./tile"

export function DiceCard({ state: { dice } }: PieceProps) {
  const t = useT().message.kinds
  if (!dice) return null
  return (
    <div data-testid="piece" data-kind="dice" className="flex items-center gap-3 px-3.5 pt-2.5 pb-2.5">
      <span aria-hidden="true" className="text-[52px] leading-none">{dice.emoji}</span>
      <span className="sr-only">{dice.emoji} {dice.value > 0 && t.diceValue(dice.value)}</span>
      {/* Telegram draws the value of ours when it is sent. */}
      {dice.value > 0 && <span aria-hidden="true" className="block text-[13px] text-muted-foreground">{t.diceValue(dice.value)}</span>}
    </div>
  )
}

export function StoryCard({ state: { story } }: PieceProps) {
  const t = useT().message.kinds
  return (
    <Card kind="story" tile={<Tile icon={BookOpen} tone="soft" />} title={story?.name ? t.storyOf(story.name) : t.story}>
      <Fact>{t.storyHint}<Foot /></Fact>
    </Card>
  )
}

export function GameCard({ state: { game } }: PieceProps) {
  const t = useT().message.kinds
  if (!game) return null
  return (
    <Card kind="game" tile={<Tile icon={Gamepad2} tone="soft" />} title={game.title}>
      <Fact>{t.game}{!game.description && <Foot />}</Fact>
      {game.description && <p dir="auto" className="mt-1 text-left text-[13px] wrap-anywhere">{game.description}<Foot /></p>}
    </Card>
  )
}

const foldedLines = 6
const foldedLetters = 320

export function WebAppCard({ state: { web_app_data: sent } }: PieceProps) {
  const t = useT().message.kinds
  const [open, setOpen] = useState(false)
  if (!sent) return null
  const data = readable(sent.data)
  const long = data.length > foldedLetters || data.split("\n").length > foldedLines
  return (
    <Card kind="web_app_data" tile={<Tile icon={PanelTop} tone="soft" />} title={t.webAppData}>
      {sent.button_text && <Fact>{t.webAppButton(sent.button_text)}</Fact>}
      {data && <pre tabIndex={0} className={cn("mt-2 max-w-full rounded-lg bg-code px-2.5 py-2 font-mono text-xs leading-relaxed whitespace-pre-wrap wrap-anywhere", long && !open && "max-h-32 overflow-hidden mask-b-from-60%")}>{data}</pre>}
      <div className="flex flex-wrap items-center gap-x-4">
        {long && <button type="button" aria-expanded={open} onClick={() => setOpen(!open)} className={actionStyle}>{open ? t.showLess : t.showAll}</button>}
        {data && <button type="button" onClick={() => void copyText(sent.data)} className={actionStyle}><Copy className="size-3.5" aria-hidden="true" />{t.copyData}</button>}
        <Foot />
      </div>
    </Card>
  )
}
