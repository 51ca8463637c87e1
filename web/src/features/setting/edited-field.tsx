import { TriangleAlert } from "lucide-react"
import type { ComponentProps } from "react"
import { useT } from "@/shared/i18n"
import { Button } from "@/shared/ui/button"
import { Field } from "@/shared/ui/field"
import type { EditedField as Name, useEdited } from "./use-edited"

interface Props {
  form: ReturnType<typeof useEdited>
  field: Name
  label: string
  hint?: string
  children: (props: Parameters<ComponentProps<typeof Field>["children"]>[0] & { value: string; onChange: (event: { target: { value: string } }) => void }) => ReturnType<ComponentProps<typeof Field>["children"]>
}

/** A field of a form with useEdited, and below it the text that another operator has saved meanwhile. */
export function EditedField({ form, field, label, hint, children }: Props) {
  const t = useT().settings
  const theirs = form.theirsOf(field)
  return (
    <div>
      <Field label={label} hint={hint}>
        {(props) => children({ ...props, value: form.valueOf(field), onChange: ({ target }) => form.type(field, target.value) })}
      </Field>
      {theirs !== null && (
        <div role="alert" data-testid="conflict" className="mt-2 animate-rise rounded-lg border bg-background px-3.5 py-3 text-[13px]">
          <p className="flex items-baseline gap-2 font-medium text-warning"><TriangleAlert className="size-3.5 shrink-0 translate-y-0.5" aria-hidden="true" />{theirs ? t.changedMeanwhile : t.emptiedMeanwhile}</p>
          {theirs && <p className="mt-1.5 whitespace-pre-wrap wrap-anywhere">{theirs}</p>}
          <div className="mt-2.5 flex flex-wrap gap-2">
            <Button variant="outline" size="sm" onClick={() => form.takeTheirs(field)}>{t.takeTheirs}</Button>
            <Button variant="outline" size="sm" onClick={() => form.keepMine(field)}>{t.keepMine}</Button>
          </div>
        </div>
      )}
    </div>
  )
}
