import { ExternalLink, Link2, Link2Off } from "lucide-react"
import { useEffect, useState } from "react"
import type { LinkCode } from "@/contract"
import { useT } from "@/shared/i18n"
import { copyText } from "@/shared/lib/clipboard"
import { queryClient } from "@/shared/lib/query"
import { Button } from "@/shared/ui/button"
import { askConfirm } from "@/shared/ui/confirm"
import { useSecondsUntil } from "@/shared/ui/countdown"
import { Skeleton } from "@/shared/ui/misc"
import { toast, toastFailure } from "@/shared/ui/toast"
import { accountsKey, linkTo, makeCode, unlink, useAccounts } from "./accounts"
import { NoticesCard } from "./notices-card"

/** The operator's own account in Telegram: what they write in the staff group from it is theirs. */
export function AccountsPage() {
  const t = useT()
  const { data: accounts } = useAccounts()
  const [code, setCode] = useState<LinkCode | null>(null)
  const [busy, setBusy] = useState(false)
  const linked = accounts !== undefined && accounts.length > 0
  useEffect(() => {
    if (linked) setCode(null)
  }, [linked])
  const make = () => {
    setBusy(true)
    void makeCode().then(setCode, toastFailure).finally(() => setBusy(false))
  }
  const drop = async () => {
    if (!(await askConfirm({ title: t.link.unlinkTitle, body: t.link.unlinkBody, action: t.link.unlink, destructive: true }))) return
    await unlink().then(() => toast.done(t.link.unlinked), toastFailure)
    void queryClient.invalidateQueries({ queryKey: accountsKey })
  }
  return (
    <section aria-labelledby="link-title">
      <h2 id="link-title" className="text-lg font-semibold">{t.link.title}</h2>
      <p className="mt-1 mb-5 text-sm text-muted-foreground">{t.link.body}</p>
      <div className="rounded-2xl border bg-surface p-4">
        {accounts === undefined ? <Skeleton className="h-10" /> : linked ? (
          <div className="flex flex-wrap items-center gap-3">
            <ul className="min-w-0 flex-1 basis-48">
              {accounts.map(({ external_id, username }) => (
                <li key={external_id} data-testid="linked-account" className="truncate text-sm font-medium">{username ? `@${username}` : t.link.account(external_id)}</li>
              ))}
            </ul>
            <Button variant="outline" onClick={() => void drop()}><Link2Off />{t.link.unlink}</Button>
          </div>
        ) : code ? <Code code={code} busy={busy} onAgain={make} /> : (
          <div className="flex flex-wrap items-center gap-3">
            <p className="min-w-0 flex-1 basis-48 text-sm text-muted-foreground">{t.link.none}</p>
            <Button busy={busy} onClick={make}><Link2 />{t.link.make}</Button>
          </div>
        )}
      </div>
      <NoticesCard />
    </section>
  )
}

function Code({ code, busy, onAgain }: { code: LinkCode; busy: boolean; onAgain: () => void }) {
  const t = useT()
  const left = useSecondsUntil(code.expires_at)
  const words = `/start ${code.payload}`
  if (!code.ways.length) return <p className="text-sm text-muted-foreground">{t.link.noBot}</p>
  if (!left) return (
    <div className="flex flex-wrap items-center gap-3">
      <p className="min-w-0 flex-1 basis-48 text-sm text-muted-foreground">{t.link.expired}</p>
      <Button busy={busy} onClick={onAgain}><Link2 />{t.link.again}</Button>
    </div>
  )
  return (
    <div className="flex flex-col gap-4">
      <p className="text-sm">{t.link.how}</p>
      <div className="flex flex-wrap gap-2">
        {code.ways.map(({ username }) => (
          <Button key={username} asChild>
            <a href={linkTo(username, code.payload)} target="_blank" rel="noreferrer" data-testid="link-way"><ExternalLink />{t.link.open(username)}</a>
          </Button>
        ))}
      </div>
      <p className="text-sm text-muted-foreground">{t.link.orSend}</p>
      <div className="flex flex-wrap items-center gap-2">
        <code data-testid="link-code" className="min-w-0 flex-1 basis-56 rounded-lg bg-muted px-3 py-2 font-mono text-[13px] break-all select-all">{words}</code>
        <Button variant="outline" onClick={() => void copyText(words)}>{t.link.copy}</Button>
      </div>
      <p className="text-[13px] text-muted-foreground tabular-nums" aria-live="off">{t.link.left(`${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`)}</p>
    </div>
  )
}
