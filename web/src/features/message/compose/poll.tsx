import { ArrowDown, ArrowUp, CircleCheck, Circle, Plus, X } from "lucide-react"
import { useEffect, useRef, useState, type FormEvent, type KeyboardEvent } from "react"
import { limits } from "@/contract"
import { useT } from "@/shared/i18n"
import { cn } from "@/shared/lib/cn"
import { useLatest } from "@/shared/lib/hooks"
import { uuid } from "@/shared/lib/id"
import { Button } from "@/shared/ui/button"
import { Dialog } from "@/shared/ui/dialog"
import { Field, FormError, Input, Textarea } from "@/shared/ui/field"
import { Switch } from "@/shared/ui/misc"
import { toast } from "@/shared/ui/toast"
import type { NewPoll } from "../answer"
import { pollFault } from "./poll-rules"
import { sendContent, type ContentDialogProps } from "./send-content"
import { useKept } from "./use-kept"
import { useWords } from "./words"

interface Option {
  id: string
  text: string
}

interface Form {
  question: string
  options: readonly Option[]
  anonymous: boolean
  multiple: boolean
  quiz: boolean
  /** The id of the right option. */
  right: string | null
  explanation: string
}

const empty = (): Option => ({ id: uuid(), text: "" })

export default function PollDialog({ conversation, onClose }: ContentDialogProps) {
  const t = useWords()
  const { common } = useT()
  const { poll: say } = t
  const [form, setForm, forget] = useKept<Form>(`poll.${conversation}`, () => ({ question: "", options: [empty(), empty()], anonymous: true, multiple: false, quiz: false, right: null, explanation: "" }))
  const { question, options, anonymous, multiple, quiz, right, explanation } = form
  const set = (change: Partial<Form>) => setForm({ ...form, ...change })
  const latest = useLatest(set)
  const setOptions = (options: readonly Option[]) => set({ options })
  const [tried, setTried] = useState(false)
  const list = useRef<HTMLOListElement>(null)
  const focusAt = useRef<number | null>(null)

  useEffect(() => {
    if (focusAt.current === null) return
    list.current?.querySelectorAll<HTMLInputElement>("[data-slot=input]")[focusAt.current]?.focus()
    focusAt.current = null
  }, [options])

  const filled = options.map(({ id, text }) => ({ id, text: text.trim() })).filter(({ text }) => text !== "")
  const poll: NewPoll = {
    question: question.trim(), options: filled.map(({ text }) => text), anonymous, multiple: multiple && !quiz, quiz,
    ...(quiz && { correct_option: filled.findIndex(({ id }) => id === right) }), ...(quiz && explanation.trim() !== "" && { explanation: explanation.trim() }),
  }
  const fault = pollFault(poll)
  const add = () => {
    if (options.length >= limits.poll_options_max) return
    focusAt.current = options.length
    setOptions([...options, empty()])
  }
  const write = (at: number, text: string) => setOptions(options.map((option, i) => (i === at ? { ...option, text } : option)))
  const move = (at: number, by: number) => {
    const option = options[at]
    if (!option || !options[at + by]) return
    focusAt.current = at + by
    setOptions(options.toSpliced(at, 1).toSpliced(at + by, 0, option))
  }
  const remove = (at: number) => {
    const option = options[at]
    if (!option || options.length <= 2) return
    setOptions(options.toSpliced(at, 1))
    if (option.text.trim() !== "") toast.done(say.removed, { label: common.undo, run: () => latest.current({ options: options.toSpliced(at, 1).toSpliced(at, 0, option) }) })
  }
  const key = (event: KeyboardEvent, at: number) => {
    if (event.key === "Enter" && at === options.length - 1 && options[at]?.text.trim() !== "") add()
    else if (event.key === "Enter") list.current?.querySelectorAll<HTMLInputElement>("[data-slot=input]")[at + 1]?.focus()
    else if (event.altKey && event.key === "ArrowUp") move(at, -1)
    else if (event.altKey && event.key === "ArrowDown") move(at, 1)
    else if (event.key === "Backspace" && options[at]?.text === "" && options.length > 2) {
      focusAt.current = Math.max(0, at - 1)
      remove(at)
    } else return
    event.preventDefault()
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    setTried(true)
    if (fault) return
    sendContent(conversation, { kind: "poll", poll })
    forget()
    onClose()
  }
  const room = limits.poll_options_max - options.length
  return (
    <Dialog open onClose={onClose} title={say.title} sheet>
      <form onSubmit={submit} className="flex flex-col gap-4">
        <FormError>{tried && fault ? say[fault] : null}</FormError>
        <Field label={say.question} hint={question.length > limits.poll_question_max - 60 ? say.left(limits.poll_question_max - [...question].length) : undefined}>
          {(props) => <Textarea {...props} autoFocus rows={2} maxLength={limits.poll_question_max} className="min-h-16" value={question} onChange={(event) => set({ question: event.target.value })} />}
        </Field>
        <fieldset>
          <legend className="mb-1.5 text-[13px] font-medium">{say.options}</legend>
          <ol ref={list} className="flex flex-col gap-2">
            {options.map(({ id, text }, at) => (
              <li key={id} className="flex items-center gap-1">
                {quiz && (
                  <button type="button" role="radio" aria-checked={right === id} aria-label={say.right(at + 1)} onClick={() => set({ right: id })} className={cn("grid size-9 shrink-0 place-items-center rounded-lg hover:bg-accent", right === id ? "text-success" : "text-subtle")}>
                    {right === id ? <CircleCheck className="size-5" /> : <Circle className="size-5" />}
                  </button>
                )}
                <Input aria-label={say.option(at + 1)} placeholder={say.option(at + 1)} maxLength={limits.poll_option_max} value={text} onChange={(event) => write(at, event.target.value)} onKeyDown={(event) => key(event, at)} />
                <Button variant="ghost" size="icon-sm" aria-label={say.up(at + 1)} disabled={at === 0} onClick={() => move(at, -1)}><ArrowUp /></Button>
                <Button variant="ghost" size="icon-sm" className="max-md:hidden" aria-label={say.down(at + 1)} disabled={at === options.length - 1} onClick={() => move(at, 1)}><ArrowDown /></Button>
                <Button variant="ghost" size="icon-sm" aria-label={say.remove(at + 1)} disabled={options.length <= 2} onClick={() => remove(at)}><X /></Button>
              </li>
            ))}
          </ol>
          {room > 0 && <Button variant="ghost" size="sm" className="mt-2 text-link" onClick={add}><Plus />{say.add}</Button>}
          {room <= 3 && room > 0 && <p className="text-[13px] text-subtle">{say.more(room)}</p>}
        </fieldset>
        <div className="border-t pt-2">
          <Switch label={say.anonymous} hint={say.anonymousHint} checked={anonymous} onChange={(anonymous) => set({ anonymous })} />
          <Switch label={say.multiple} checked={multiple && !quiz} disabled={quiz} onChange={(multiple) => set({ multiple })} />
          <Switch label={say.quiz} hint={say.quizHint} checked={quiz} onChange={(quiz) => set({ quiz })} />
        </div>
        {quiz && (
          <Field label={say.explanation} hint={say.explanationHint}>
            {(props) => <Input {...props} maxLength={limits.poll_explanation_max} value={explanation} onChange={(event) => set({ explanation: event.target.value })} />}
          </Field>
        )}
        <div className="flex justify-end"><Button type="submit">{t.send}</Button></div>
      </form>
    </Dialog>
  )
}
