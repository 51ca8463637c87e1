import { createStore, useStore } from "../lib/store"
import { ConfirmDialog } from "./dialog"

interface Question {
  title: string
  body: string
  action: string
  destructive?: boolean
}

const asked = createStore<(Question & { answer: (yes: boolean) => void }) | null>(null)

/** Asks from any code, since an action may be run by a button, a key or the palette. */
export function askConfirm(question: Question): Promise<boolean> {
  return new Promise((resolve) => asked.set({ ...question, answer: resolve }))
}

export function ConfirmHost() {
  const question = useStore(asked)
  const reply = (yes: boolean) => {
    asked.set(null)
    question?.answer(yes)
  }
  return (
    <ConfirmDialog
      open={question !== null}
      title={question?.title ?? ""}
      body={question?.body ?? ""}
      action={question?.action ?? ""}
      destructive={question?.destructive ?? false}
      onClose={() => reply(false)}
      onConfirm={() => reply(true)}
    />
  )
}
