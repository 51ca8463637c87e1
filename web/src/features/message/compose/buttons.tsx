import { ArrowDown, ArrowLeft, ArrowRight, ArrowUp, Plus, Trash2 } from "lucide-react"
import { useState } from "react"
import { limits, type Button as MessageButton, type ButtonStyle } from "@/contract"
import { useT } from "@/shared/i18n"
import { cn } from "@/shared/lib/cn"
import { useLatest } from "@/shared/lib/hooks"
import { Button } from "@/shared/ui/button"
import { Dialog } from "@/shared/ui/dialog"
import { Field, Input } from "@/shared/ui/field"
import { toast } from "@/shared/ui/toast"
import type { Buttons } from "../answer"
import { buttonsOf, getDraft, setButtons, useDraft } from "../draft"
import { buttonTones } from "../keyboard"
import { addButton, buttonFault, bytesOf, completed, completeUrl, kindOfButton, mapButton, moveButton, removeButton, valueOfButton, withAction, type ButtonKind } from "./button-rules"
import type { ContentDialogProps } from "./send-content"
import { useWords } from "./words"

const kinds: readonly ButtonKind[] = ["url", "callback", "copy"]
const styles: readonly ButtonStyle[] = ["default", "primary", "success", "danger"]

interface Place {
  row: number
  at: number
}

/** Builds the rows of buttons in the draft itself, so that nothing is lost when the dialog is closed; unfinished ones are not sent. */
export default function ButtonsDialog({ conversation, onClose }: ContentDialogProps) {
  const { buttons: say } = useWords()
  const { common } = useT()
  const rows = buttonsOf(useDraft(conversation))
  const [place, setPlace] = useState<Place | null>(() => (rows.length > 0 ? { row: 0, at: 0 } : null))
  const [tried, setTried] = useState(false)
  const set = (next: Buttons, to: Place | null = place) => {
    setButtons(conversation, next)
    setPlace(to)
  }
  const latest = useLatest(set)
  const chosen = place && rows[place.row]?.[place.at]
  const count = rows.flat().length
  const faulty = rows.flatMap((list, row) => list.flatMap((button, at) => (buttonFault(button) ? [{ row, at }] : [])))

  const add = (row: number | null) => set(addButton(rows, row), row === null ? { row: rows.length, at: 0 } : { row, at: rows[row]?.length ?? 0 })
  const remove = ({ row, at }: Place) => {
    const next = removeButton(rows, row, at)
    const near = next[row] ? { row, at: Math.min(at, (next[row]?.length ?? 1) - 1) } : next.length > 0 ? { row: next.length - 1, at: 0 } : null
    set(next, near)
    if (rows[row]?.[at]?.text) toast.done(say.removed, { label: common.undo, run: () => latest.current(rows, { row, at }) })
  }
  const finish = () => {
    const [first] = faulty
    if (first && tried) return setPlace(first)
    if (first) {
      setTried(true)
      return setPlace(first)
    }
    onClose()
  }
  /** A button that was begun and left without a label or an action is no button; what was typed into it can be taken back. */
  const close = () => {
    const begun = buttonsOf(getDraft(conversation)).map((list) => list.map(completed))
    const finished = begun.map((list) => list.filter((button) => buttonFault(button) === null)).filter((list) => list.length > 0)
    setButtons(conversation, finished)
    if (begun.flat().some((button) => buttonFault(button) !== null && (button.text + valueOfButton(button)).trim() !== ""))
      toast.done(say.unfinished, { label: common.undo, run: () => setButtons(conversation, begun) })
    onClose()
  }
  return (
    <Dialog open onClose={close} title={say.title} sheet className="w-[min(34rem,calc(100vw-2rem))]">
      <div className="rounded-xl bg-chat p-3" data-testid="button-preview">
        <p className="mb-2 text-xs text-subtle">{say.preview}</p>
        {count === 0 ? <p className="py-2 text-center text-sm text-muted-foreground">{say.empty}</p> : (
          <div className="flex flex-col gap-1">
            {rows.map((list, row) => (
              <div key={row} className="flex gap-1">
                {list.map((button, at) => (
                  <button
                    key={at}
                    type="button"
                    aria-label={say.edit(button.text || say.unnamed)}
                    aria-pressed={place?.row === row && place.at === at}
                    onClick={() => setPlace({ row, at })}
                    className={cn("min-w-0 flex-1 truncate rounded-lg px-2 py-2 text-center text-[13px] font-medium max-md:py-2.5", buttonTones[button.style ?? "default"], !button.text && "italic", place?.row === row && place.at === at && "ring-2 ring-ring ring-offset-1 ring-offset-chat", tried && buttonFault(button) && "border-2 border-destructive")}
                  >
                    {button.text || say.unnamed}
                  </button>
                ))}
                {list.length < limits.button_row_max && count < limits.buttons_max && <Button variant="outline" size="icon-sm" className="border-dashed" aria-label={say.addToRow} data-tip={say.addToRow} onClick={() => add(row)}><Plus /></Button>}
              </div>
            ))}
          </div>
        )}
        {count < limits.buttons_max && <Button variant="outline" size="sm" className="mt-2 w-full border-dashed" onClick={() => add(null)}><Plus />{count === 0 ? say.addFirst : say.addRow}</Button>}
      </div>
      {chosen && place && (
        <Form
          key={`${place.row} ${place.at}`}
          button={chosen}
          tried={tried}
          onChange={(change) => set(mapButton(rows, place.row, place.at, change))}
          onMove={(where) => {
            const moved = moveButton(rows, place.row, place.at, where)
            set(moved.rows, { row: moved.row, at: moved.at })
          }}
          onRemove={() => remove(place)}
        />
      )}
      <div className="sticky -bottom-6 z-10 -mx-6 mt-5 -mb-6 flex justify-end gap-2 border-t bg-surface px-6 py-3">
        {count > 0 && <Button variant="ghost" onClick={() => {
          set([], null)
          toast.done(say.removed, { label: common.undo, run: () => latest.current(rows, { row: 0, at: 0 }) })
        }}>{say.clear}</Button>}
        <Button onClick={finish}>{say.save}</Button>
      </div>
    </Dialog>
  )
}

interface FormProps {
  button: MessageButton
  tried: boolean
  onChange: (change: (button: MessageButton) => MessageButton) => void
  onMove: (where: "left" | "right" | "up" | "down") => void
  onRemove: () => void
}

const arrows = [["left", ArrowLeft], ["right", ArrowRight], ["up", ArrowUp], ["down", ArrowDown]] as const

function Form({ button, tried, onChange, onMove, onRemove }: FormProps) {
  const { buttons: say } = useWords()
  const kind = kindOfButton(button)
  const value = valueOfButton(button)
  const fault = buttonFault(button)
  const shown = tried ? fault : null
  const over = bytesOf(value.trim()) - limits.button_callback_max
  const valueFault = fault === "callbackLong" ? say.callbackLong(over) : shown === "needValue" || shown === "urlBad" ? say[shown] : null
  const label = { url: say.url, callback: say.callback, copy: say.copy }[kind]
  return (
    <div className="mt-4 flex flex-col gap-4">
      <Field label={say.label} error={shown === "needLabel" ? say.needLabel : null}>
        {(props) => <Input {...props} autoFocus={button.text === ""} maxLength={limits.button_text_max} value={button.text} onChange={(event) => onChange((old) => ({ ...old, text: event.target.value }))} />}
      </Field>
      <Choice label={say.kind} value={kind} options={kinds} name={(one) => say.kinds[one]} onChange={(next) => onChange((old) => withAction(old, next, next === kind ? value : ""))} />
      <Field label={label} hint={kind === "callback" ? say.callbackHint : undefined} error={valueFault}>
        {(props) => (
          <Input
            {...props}
            value={value}
            inputMode={kind === "url" ? "url" : "text"}
            placeholder={kind === "url" ? "https://" : ""}
            maxLength={kind === "copy" ? limits.button_copy_max : 2048}
            onChange={(event) => onChange((old) => withAction(old, kind, event.target.value))}
            onBlur={() => kind === "url" && onChange((old) => withAction(old, kind, completeUrl(value)))}
          />
        )}
      </Field>
      <Choice label={say.style} value={button.style ?? "default"} options={styles} name={(one) => say.styles[one]} onChange={(style) => onChange((old) => ({ ...old, style }))} sample />
      <div className="flex items-center gap-1">
        {arrows.map(([where, Icon]) => <Button key={where} variant="outline" size="icon-sm" aria-label={say[where]} data-tip={say[where]} onClick={() => onMove(where)}><Icon /></Button>)}
        <Button variant="ghost" size="sm" className="ml-auto text-destructive" onClick={onRemove}><Trash2 />{say.remove}</Button>
      </div>
    </div>
  )
}

interface ChoiceProps<T extends string> {
  label: string
  value: T
  options: readonly T[]
  name: (option: T) => string
  onChange: (option: T) => void
  /** Shows the colour of each. */
  sample?: boolean
}

function Choice<T extends string>({ label, value, options, name, onChange, sample = false }: ChoiceProps<T>) {
  return (
    <fieldset>
      <legend className="mb-1.5 text-[13px] font-medium">{label}</legend>
      <div className="flex flex-wrap gap-1.5">
        {options.map((option) => (
          <label key={option} className="flex h-8 cursor-pointer items-center gap-2 rounded-lg border px-3 text-[13px] text-muted-foreground has-checked:border-primary has-checked:bg-primary-soft has-checked:font-medium has-checked:text-link has-focus-visible:outline-2 has-focus-visible:outline-ring max-md:h-10">
            <input type="radio" name={label} className="sr-only" checked={option === value} onChange={() => onChange(option)} />
            {sample && <span aria-hidden="true" className={cn("size-3.5 rounded-full", buttonTones[option as ButtonStyle])} />}
            {name(option)}
          </label>
        ))}
      </div>
    </fieldset>
  )
}
