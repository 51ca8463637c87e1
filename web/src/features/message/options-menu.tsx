import { BellOff, CaptionsIcon, ChevronUp, EyeOff, Lock, Rows3, Unlink, X, type LucideIcon } from "lucide-react"
import type { LinkPreview } from "@/contract"
import { useT } from "@/shared/i18n"
import { cn } from "@/shared/lib/cn"
import { Button } from "@/shared/ui/button"
import { Menu, MenuChoice, MenuContent, MenuItem, MenuLabel, MenuSeparator, MenuTrigger } from "@/shared/ui/menu"
import type { Abilities, Ability } from "./abilities"
import type { Buttons, OutgoingFile, SendOptions } from "./answer"

const offered: readonly Ability[] = ["silent", "protected", "display", "link_preview", "buttons"]
const previews: readonly LinkPreview[] = ["auto", "off", "small", "large"]

export const offersOptions = (channel: Abilities): boolean => offered.some((what) => channel.can(what))

interface OptionsProps {
  channel: Abilities
  options: SendOptions
  buttons: Buttons
  files: readonly OutgoingFile[]
  text: string
  onChange: (change: SendOptions) => void
  onButtons: () => void
}

export const looks = ({ as }: OutgoingFile) => as === "photo" || as === "video" || as === "animation"
const linked = /\b(?:https?:\/\/|www\.)\S|\.[a-z]{2,}\b/i

export function OptionsMenu({ channel, options, files, text, onChange, onButtons }: OptionsProps) {
  const t = useT().composer
  const pictures = channel.can("display") && files.some(looks)
  const toggle = (what: "silent" | "protected" | "spoiler" | "caption_above", icon: React.ReactNode, name: string) => (
    <MenuChoice alone checked={options[what] ?? false} onSelect={() => onChange({ [what]: !options[what] })}>{icon}{name}</MenuChoice>
  )
  return (
    <Menu>
      <MenuTrigger asChild>
        <Button variant="default" size="icon" data-testid="send-options" aria-label={t.options} data-tip={t.options} data-tip-side="top" className="w-6 rounded-none -outline-offset-2 max-md:w-8 [&_svg]:size-4"><ChevronUp /></Button>
      </MenuTrigger>
      <MenuContent side="top" align="end">
        {channel.can("silent") && toggle("silent", <BellOff />, t.optionSilent)}
        {channel.can("protected") && toggle("protected", <Lock />, t.optionProtected)}
        {pictures && toggle("spoiler", <EyeOff />, t.optionSpoiler)}
        {pictures && text.trim() !== "" && toggle("caption_above", <CaptionsIcon />, t.optionAbove)}
        {channel.can("buttons") && <MenuItem onSelect={onButtons}><Rows3 />{t.optionButtons}</MenuItem>}
        {channel.can("link_preview") && files.length === 0 && linked.test(text) && (
          <>
            <MenuSeparator />
            <MenuLabel>{t.preview}</MenuLabel>
            {previews.map((preview) => <MenuChoice key={preview} checked={(options.link_preview ?? "auto") === preview} onSelect={() => onChange({ link_preview: preview })}>{t.previews[preview]}</MenuChoice>)}
          </>
        )}
      </MenuContent>
    </Menu>
  )
}

/** What was chosen stands above the field, where a press takes it back. */
export function OptionChips({ options, buttons, onChange, onButtons, onNoButtons }: Omit<OptionsProps, "channel" | "files" | "text"> & { onNoButtons: () => void }) {
  const t = useT().composer
  const chips: { icon: LucideIcon; name: string; off: () => void; open?: () => void }[] = []
  if (buttons.length > 0) chips.push({ icon: Rows3, name: t.chipButtons(buttons.flat().length), off: onNoButtons, open: onButtons })
  if (options.silent) chips.push({ icon: BellOff, name: t.chipSilent, off: () => onChange({ silent: false }) })
  if (options.protected) chips.push({ icon: Lock, name: t.chipProtected, off: () => onChange({ protected: false }) })
  if (options.spoiler) chips.push({ icon: EyeOff, name: t.chipSpoiler, off: () => onChange({ spoiler: false }) })
  if (options.caption_above) chips.push({ icon: CaptionsIcon, name: t.chipAbove, off: () => onChange({ caption_above: false }) })
  const preview = options.link_preview ?? "auto"
  if (preview !== "auto") chips.push({ icon: Unlink, name: t.chipPreview[preview], off: () => onChange({ link_preview: "auto" }) })
  if (chips.length === 0) return null
  return (
    <ul aria-label={t.options} className="flex flex-wrap gap-1.5 px-3 pt-2.5">
      {chips.map(({ icon: Icon, name, off, open }) => (
        <li key={name} className="flex h-7 items-center rounded-full bg-primary-soft pl-2.5 text-xs font-medium text-link max-md:h-9">
          <button type="button" disabled={!open} onClick={open} aria-label={open ? `${t.changeButtons}: ${name}` : undefined} className={cn("flex items-center gap-1.5", open && "hover:underline")}><Icon className="size-3.5" aria-hidden="true" />{name}</button>
          <button type="button" aria-label={t.removeOption(name)} onClick={off} className="grid size-7 place-items-center rounded-full hover:bg-primary/15 max-md:size-9"><X className="size-3" /></button>
        </li>
      ))}
    </ul>
  )
}
