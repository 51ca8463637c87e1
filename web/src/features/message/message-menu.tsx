import { Copy, History, MoreHorizontal, Pencil, Pin, PinOff, Quote, Reply, SmilePlus, Trash2 } from "lucide-react"
import type { Message, ReplyQuote } from "@/contract"
import { useT, type Catalogue } from "@/shared/i18n"
import { copyText } from "@/shared/lib/clipboard"
import { Button } from "@/shared/ui/button"
import { Menu, MenuContent, MenuItem, MenuRow, MenuSeparator, MenuSign, MenuTrigger } from "@/shared/ui/menu"
import { toastFailure } from "@/shared/ui/toast"
import { abilitiesOf, type Abilities } from "./abilities"
import type { QuotedPiece } from "./answer"
import { ownReaction, pinMessage, reactToMessage } from "./change-message"
import { askDelete, startEdit } from "./message-actions"
import { toEdit, whyNoDelete, whyNoEdit, type Refusal } from "./may"
import { drawnEmoji, quickReactions } from "./reactions"
import { selectedPiece } from "./selected-piece"
import type { BubbleView } from "./view"

interface MenuProps {
  view: BubbleView
  id: number
  channel: string
  onReply: (quote: ReplyQuote, piece?: QuotedPiece) => void
  onEdits: (id: number) => void
  onReactions: (id: number) => void
}

export const quoteOf = (view: BubbleView, id: number): ReplyQuote => ({
  id, direction: view.out ? "out" : "in", kind: view.kind, content: view.content, preview: (view.text || view.headline).replace(/[\r\n]+/g, " "),
})

export function BubbleMenu(props: MenuProps) {
  const t = useT().message
  return (
    <Menu>
      <MenuTrigger asChild>
        <Button variant="ghost" size="icon-sm" aria-label={t.actions} className="-my-1 opacity-0 group-hover/message:opacity-100 focus:opacity-100 data-[state=open]:opacity-100 pointer-coarse:text-subtle pointer-coarse:opacity-45"><MoreHorizontal /></Button>
      </MenuTrigger>
      <MenuContent align={props.view.out ? "end" : "start"}><Items {...props} /></MenuContent>
    </Menu>
  )
}

function Items({ view, id, channel, onReply, onEdits, onReactions }: MenuProps) {
  const t = useT()
  const { message: say } = t
  const abilities = abilitiesOf(channel)
  const { messages } = view
  const [first] = messages
  const edited = [...view.captions, ...view.pieces.flatMap(({ words }) => words ?? [])].find((words) => words.edited)?.id ?? view.editedBare
  const reachable = first !== undefined && !view.deleted && (!view.out || view.delivery === "sent")
  const quoted = reachable && abilities.can("quote") ? messages.map((message) => ({ message, piece: selectedPiece(message) })).find(({ piece }) => piece !== null) : undefined
  return (
    <>
      {reachable && abilities.can("react") && <Reactions message={first} onMore={() => onReactions(first.id)} />}
      {!view.deleted && <MenuItem onSelect={() => onReply(quoteOf(view, id))}><Reply />{say.reply}</MenuItem>}
      {quoted?.piece && <MenuItem onSelect={() => quoted.piece && onReply(quoteOf(view, quoted.message.id), quoted.piece)}><Quote />{say.quoteSelected}</MenuItem>}
      {view.out && !view.deleted && changes(messages, abilities, "edit") && <EditItem messages={messages} abilities={abilities} t={t} />}
      {view.text && <MenuItem onSelect={() => void copyText(view.text)}><Copy />{say.copyText}</MenuItem>}
      {reachable && abilities.can("pin") && (
        <MenuItem onSelect={() => void pinMessage(first, !view.pinned).catch(toastFailure)}>{view.pinned ? <PinOff /> : <Pin />}{view.pinned ? say.unpin : say.pin}</MenuItem>
      )}
      {edited !== null && <MenuItem onSelect={() => onEdits(edited)}><History />{say.editHistory}</MenuItem>}
      {view.out && !view.deleted && changes(messages, abilities, "delete") && <DeleteItem messages={messages} abilities={abilities} t={t} />}
    </>
  )
}

/** Offered if the channel can do it, even if not with this message now; and with one that was not sent in any channel. */
const changes = (messages: readonly Message[], abilities: Abilities, what: "edit" | "delete") => abilities.can(what) || messages.some(({ can }) => can?.[what])

interface ItemProps {
  messages: readonly Message[]
  abilities: Abilities
  t: Catalogue
}

function EditItem({ messages, abilities, t }: ItemProps) {
  const message = toEdit(messages, abilities)
  const why = message || !messages[0] ? null : whyNoEdit(messages[0], abilities)
  return <MenuItem refused={refusalText(why, t.message.noEdit, abilities)} onSelect={() => message && startEdit(message)}><Pencil />{t.message.edit}</MenuItem>
}

function DeleteItem({ messages, abilities, t }: ItemProps) {
  const able = messages.filter((message) => whyNoDelete(message, abilities) === null)
  const why = able.length > 0 || !messages[0] ? null : whyNoDelete(messages[0], abilities)
  return (
    <>
      <MenuSeparator />
      <MenuItem destructive refused={refusalText(why, t.message.noDelete, abilities)} onSelect={() => void askDelete(able, messages, abilities)}><Trash2 />{t.message.delete}</MenuItem>
    </>
  )
}

type Reasons = Readonly<Record<NonNullable<Refusal>, (channel: string, hours: number) => string>>

const refusalText = (why: Refusal, reasons: Reasons, { title, deleteMs }: Abilities) => (why ? reasons[why](title, Math.round(deleteMs / 3_600_000)) : undefined)

function Reactions({ message, onMore }: { message: Message; onMore: () => void }) {
  const t = useT().message
  const own = ownReaction(message)
  const shown = own === null || quickReactions.includes(own) ? quickReactions : [own, ...quickReactions.slice(0, -1)]
  return (
    <>
      <MenuRow label={t.react}>
        {shown.map((emoji) => (
          <MenuSign key={emoji} checked={emoji === own} label={emoji === own ? t.takeReaction(emoji) : t.reactWith(emoji)} onSelect={() => void reactToMessage(message, emoji === own ? null : emoji).catch(toastFailure)}>
            <span aria-hidden="true">{drawnEmoji(emoji)}</span>
          </MenuSign>
        ))}
        <MenuSign checked={false} label={t.moreReactions} onSelect={onMore}><SmilePlus className="size-5 text-subtle" aria-hidden="true" /></MenuSign>
      </MenuRow>
      <MenuSeparator />
    </>
  )
}
