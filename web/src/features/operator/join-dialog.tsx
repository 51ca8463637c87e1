import { useState, type FormEvent } from "react"
import type { Operator } from "@/contract"
import { post } from "@/shared/api/http"
import { useT } from "@/shared/i18n"
import { queryClient } from "@/shared/lib/query"
import { Button } from "@/shared/ui/button"
import { Dialog } from "@/shared/ui/dialog"
import { FormError } from "@/shared/ui/field"
import { explain, toast } from "@/shared/ui/toast"
import { operatorsKey, useOperators } from "./get-operators"

const joinOperator = (id: number, into: number): Promise<Operator> => post<Operator>(`/api/operators/${id}/join`, { operator_id: into })

/** Somebody who is known from the staff group alone is another operator of the list. */
export function JoinDialog({ person, onClose }: { person: Operator; onClose: () => void }) {
  const t = useT()
  const others = useOperators().filter(({ id, active, can_sign_in }) => active && can_sign_in && id !== person.id)
  const [into, setInto] = useState<number | null>(null)
  const [failure, setFailure] = useState<unknown>(null)
  const [busy, setBusy] = useState(false)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    setBusy(true)
    void joinOperator(person.id, into ?? 0).then(
      () => {
        toast.done(t.operators.joined)
        void queryClient.invalidateQueries({ queryKey: operatorsKey })
        onClose()
      },
      setFailure,
    ).finally(() => setBusy(false))
  }
  return (
    <Dialog open onClose={onClose} title={t.operators.joinTitle(person.name)} description={t.operators.joinBody}>
      <form onSubmit={submit} className="mt-3 flex flex-col gap-4">
        <fieldset>
          <legend className="mb-1.5 text-[13px] font-medium">{t.operators.joinInto}</legend>
          <div className="scroll-area flex max-h-72 flex-col gap-2">
            {others.map(({ id, name, login }) => (
              <label key={id} className="flex cursor-pointer items-center gap-3 rounded-lg border px-3 py-2 has-checked:border-ring has-checked:bg-primary-soft has-focus-visible:outline-2 has-focus-visible:outline-ring">
                <input type="radio" name="into" className="size-4 accent-primary" checked={into === id} onChange={() => setInto(id)} />
                <span className="min-w-0">
                  <span className="block truncate text-sm font-medium">{name}</span>
                  <span className="block truncate text-[13px] text-muted-foreground">{login}</span>
                </span>
              </label>
            ))}
          </div>
        </fieldset>
        <FormError>{failure !== null && explain(failure)}</FormError>
        <div className="flex justify-end gap-2">
          <Button variant="outline" onClick={onClose}>{t.common.cancel}</Button>
          <Button type="submit" busy={busy} disabled={!into}>{t.operators.joinNow}</Button>
        </div>
      </form>
    </Dialog>
  )
}
