import { Check, Circle, CircleCheck, Lightbulb } from "lucide-react"
import type { Poll } from "@/contract"
import { useT, type Catalogue } from "@/shared/i18n"
import { cn } from "@/shared/lib/cn"
import { percentOf } from "./percent"
import { Fact, Foot, type PieceProps } from "./tile"

const listStyle = "w-72 max-w-full px-3 pt-2.5 pb-1"

function pollKind({ quiz, anonymous, multiple, closed }: Poll, { kinds: t }: Catalogue["message"]): string {
  const kind = quiz ? (anonymous ? t.anonymousQuiz : t.quiz) : anonymous ? t.anonymousPoll : t.poll
  return [kind, multiple ? t.multiple : null, closed ? t.closed : null].filter(Boolean).join(" · ")
}

export function PollCard({ state: { poll } }: PieceProps) {
  const t = useT().message
  if (!poll) return null
  return (
    <div data-testid="piece" data-kind="poll" className={listStyle}>
      <p dir="auto" className="text-left font-semibold wrap-anywhere">{poll.question}</p>
      <Fact>{pollKind(poll, t)}</Fact>
      <ul className="mt-2 flex flex-col gap-2.5">
        {poll.options.map((option, i) => <Option key={i} {...option} percent={percentOf(option.voters, poll.voters)} />)}
      </ul>
      {poll.explanation && <p dir="auto" className="mt-2.5 flex gap-2 text-left text-[13px] text-muted-foreground wrap-anywhere"><Lightbulb className="mt-0.5 size-3.5 shrink-0" aria-hidden="true" /><span>{poll.explanation}</span></p>}
      <Fact className="mt-2">{t.kinds.votes(poll.voters)}<Foot /></Fact>
    </div>
  )
}

function Option({ text, voters, correct, percent }: Poll["options"][number] & { percent: number }) {
  const t = useT().message.kinds
  return (
    <li>
      <span className="sr-only">{t.option(text, voters, percent)}{correct && `. ${t.rightAnswer}`}</span>
      <span aria-hidden="true" className="flex items-baseline gap-2 text-[14px]">
        <span className="w-9 shrink-0 text-right text-[13px] font-medium text-muted-foreground tabular-nums">{percent}%</span>
        <span dir="auto" className="min-w-0 flex-1 text-left wrap-anywhere">{text}</span>
        {correct && <span title={t.rightAnswer} className="shrink-0 self-center text-success"><Check className="size-4" /></span>}
      </span>
      <span aria-hidden="true" className="mt-1 ml-11 block h-1 overflow-hidden rounded-full bg-code">
        <span className={cn("block h-full rounded-full", correct ? "bg-success-dot" : "bg-primary")} style={{ width: `${percent}%` }} />
      </span>
    </li>
  )
}

export function ChecklistCard({ state: { checklist } }: PieceProps) {
  const t = useT().message.kinds
  if (!checklist) return null
  const { title, tasks } = checklist
  return (
    <div data-testid="piece" data-kind="checklist" className={listStyle}>
      <p dir="auto" className="text-left font-semibold wrap-anywhere">{title}</p>
      <ul className="mt-2 flex flex-col gap-1.5">
        {tasks.map(({ id, text, done }) => {
          const Icon = done ? CircleCheck : Circle
          return (
            <li key={id} className="flex items-start gap-2">
              <Icon role="img" aria-label={done ? t.taskDone : t.taskOpen} className={cn("mt-0.5 size-4.5 shrink-0", done ? "text-link" : "text-subtle")} />
              <span dir="auto" className={cn("min-w-0 text-left wrap-anywhere", done && "text-muted-foreground line-through decoration-subtle/60")}>{text}</span>
            </li>
          )
        })}
      </ul>
      <Fact className="mt-2">{t.done(tasks.filter(({ done }) => done).length, tasks.length)}<Foot /></Fact>
    </div>
  )
}
