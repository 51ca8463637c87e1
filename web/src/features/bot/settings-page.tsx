import { Plus } from "lucide-react"
import { useState } from "react"
import { useMe } from "@/features/access"
import { useT } from "@/shared/i18n"
import { allows } from "@/shared/lib/action"
import { Button } from "@/shared/ui/button"
import { Skeleton } from "@/shared/ui/misc"
import { BotCard } from "./bot-card"
import { FirstSteps } from "./first-steps"
import { useBots } from "./get-bot"
import { GroupCard } from "./group-card"
import { BotFatherSteps, BotSetupCard } from "./setup-card"
import { RemovedBots } from "./successor"
import { TokenForm } from "./token-form"

export function BotSettings() {
  const t = useT()
  const bots = useBots()
  const session = useMe()
  const manages = allows(session, "bot.manage")
  if (!bots) return <Skeleton className="h-40 rounded-2xl" />
  if (bots.length === 0) return <BotSetupCard />
  return (
    <div>
      <FirstSteps fallback={null} />
      <section aria-labelledby="bot-title" className="first:mt-0 mt-8">
        <h2 id="bot-title" className="mb-5 text-lg font-semibold">{t.bot.title}</h2>
        <ul className="flex flex-col gap-4">
          {bots.map((bot) => <li key={bot.id}><BotCard bot={bot} manages={manages} /></li>)}
        </ul>
        {manages && <RemovedBots />}
        {manages ? <AddBot /> : <p className="mt-4 text-[13px] text-subtle">{t.settings.adminOnly}</p>}
      </section>
      {allows(session, "setting.manage") && <GroupCard />}
    </div>
  )
}

function AddBot() {
  const t = useT().bot
  const [adding, setAdding] = useState(false)
  if (!adding) return <Button variant="outline" className="mt-4" onClick={() => setAdding(true)}><Plus />{t.add}</Button>
  return (
    <section aria-labelledby="add-bot" className="mt-4 animate-rise rounded-2xl border bg-surface p-5" data-testid="add-bot">
      <h3 id="add-bot" className="text-base font-semibold">{t.addTitle}</h3>
      <p className="mt-1 text-[13px] text-subtle">{t.addBody}</p>
      <BotFatherSteps />
      <TokenForm of="another" action={t.connect} onDone={() => setAdding(false)} onCancel={() => setAdding(false)} />
    </section>
  )
}
