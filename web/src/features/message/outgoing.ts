import type { Message } from "@/contract"
import { beforeSignOut, getMe, onSessionEnd } from "@/features/access"
import { ApiFailure, post } from "@/shared/api/http"
import { upload } from "@/shared/api/upload"
import { getT } from "@/shared/i18n"
import { uuid } from "@/shared/lib/id"
import { queryClient } from "@/shared/lib/query"
import { createStore, useStore } from "@/shared/lib/store"
import { connection } from "@/shared/realtime/client"
import { askConfirm } from "@/shared/ui/confirm"
import { explain, toast } from "@/shared/ui/toast"
import { hasOptions, type Answer, type OutgoingFile } from "./answer"
import { threadKey } from "./get-messages"
import { planAnswer } from "./plan"
import { countKept, forget, forgetOthers, keep, takeLeft } from "./outgoing-store"
import { acknowledge, type ThreadState } from "./reduce"
import { tellActivity, uploadActivity } from "./typing"

/**
 * What was written here and not yet seen on the server. It is shown at once, and the server's message with the same
 * client_id takes its place. Sent one after another in each conversation, so that order holds.
 */
export interface Outgoing extends Answer {
  client_id: string
  conversation_id: number
  state: "sending" | "failed"
  error: string | null
  /** Failed for want of a connection or a session: sent again by itself when there is one. */
  waits: boolean
  progress: number
  created_at: string
}

const store = createStore<readonly Outgoing[]>([])
const chains = new Map<number, Promise<void>>()
const cancels = new Map<string, () => void>()
/** An album arrives as several events; its previews stay until all are here, or this long. */
const albumPatienceMs = 3000
/** A request may find no way although the socket lives. */
const retryMs = 5000
/** An album that has arrived is still shown for a while: the server has it all the same. */
const unsent = new Set<string>()
/** Null while nobody is signed in. */
let owner: number | null = null

export function useOutgoing(): readonly Outgoing[] {
  return useStore(store)
}

/** Several requests if the answer's files are not one album. */
export function sendMessage(conversation_id: number, answer: Answer): void {
  for (const part of planAnswer(answer)) {
    const item: Outgoing = {
      ...part, conversation_id, client_id: uuid(), state: "sending", error: null, waits: false, progress: 0, created_at: new Date().toISOString(),
    }
    add(item)
    enqueue(item)
  }
}

function add(item: Outgoing): void {
  store.set((old) => [...old, item])
  keepItem(item)
}

function settle(item: Pick<Outgoing, "client_id" | "files">): void {
  unsent.delete(item.client_id)
  if (owner !== null) forget(owner, item)
}

function keepItem(item: Outgoing): void {
  unsent.add(item.client_id)
  if (owner !== null) void keep(owner, item, () => unsent.has(item.client_id))
}

const find = (client_id: string) => store.get().find((one) => one.client_id === client_id)

/** Goes on with what this operator's earlier tabs left unsent; what somebody else left is removed. */
export function openOutgoing(operator: number): void {
  if (owner === operator) return void setTimeout(retryWaiting)
  for (const { client_id } of store.get()) drop(client_id)
  owner = operator
  forgetOthers(operator)
  void takeLeft(operator).then((left) => {
    if (owner !== operator) return
    store.set((old) => [...left, ...old])
    retryWaiting()
  })
}

export function retryOutgoing(client_id: string): void {
  const item = update(client_id, { state: "sending", error: null, waits: false, progress: 0 })
  if (item) enqueue(item)
}

function drop(client_id: string): void {
  cancels.get(client_id)?.()
  const item = find(client_id)
  store.set((old) => old.filter((one) => one !== item))
  if (item) settle(item)
}

/** At once, and taken back by a press: an upload then begins anew, what had failed waits for a decision again. */
export function discardOutgoing(client_id: string): void {
  const item = find(client_id)
  if (!item) return
  drop(client_id)
  const { message, common } = getT()
  toast.done(message.discarded, {
    label: common.undo,
    run: () => {
      add(item)
      if (item.state === "sending") retryOutgoing(client_id)
    },
  })
}

function retryWaiting(): void {
  // On the sign-in page every refusal would begin the page anew.
  if (connection.get() !== "online" || !getMe()) return
  for (const item of store.get()) if (item.waits) retryOutgoing(item.client_id)
}
connection.subscribe(retryWaiting)

addEventListener("beforeunload", (event) => {
  // Asked once, because leaving would lose what is not on the server yet.
  if (store.get().length > 0) event.preventDefault()
})

beforeSignOut(async () => {
  const t = getT()
  if (store.get().length === 0 && (owner === null || countKept(owner) === 0)) return true
  return askConfirm({ title: t.account.unsentTitle, body: t.account.unsentBody, action: t.account.signOut, destructive: true })
})
onSessionEnd(() => {
  for (const { client_id } of store.get()) drop(client_id)
  owner = null
  forgetOthers(null)
})

function update(client_id: string, change: Partial<Outgoing>): Outgoing | undefined {
  store.set((old) => old.map((item) => (item.client_id === client_id ? { ...item, ...change } : item)))
  return find(client_id)
}

function enqueue(item: Outgoing): void {
  const before = chains.get(item.conversation_id) ?? Promise.resolve()
  chains.set(item.conversation_id, before.then(() => deliver(item)))
}

async function deliver(item: Outgoing): Promise<void> {
  if (!find(item.client_id)) return
  try {
    const message = await transfer(item)
    queryClient.setQueryData<ThreadState>(threadKey(item.conversation_id), (old) => old && acknowledge(old, message))
    finish(item)
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") return
    const waits = error instanceof ApiFailure && (error.code === "network" || error.code === "unauthorized")
    const failed = update(item.client_id, { state: "failed", error: explain(error), waits })
    if (failed && !waits) keepItem(failed)
    if (waits) setTimeout(retryWaiting, retryMs)
  } finally {
    cancels.delete(item.client_id)
  }
}

function transfer(item: Outgoing): Promise<Message> {
  const { client_id, conversation_id, files } = item
  const path = `/api/conversations/${conversation_id}/messages`
  const fields = fieldsOf(item)
  if (files.length === 0) return post<Message>(path, fields)
  const form = new FormData()
  for (const [name, value] of Object.entries(fields)) form.set(name, typeof value === "string" ? value : JSON.stringify(value))
  for (const { file } of files) form.append("files", file, file.name)
  const activity = uploadActivity(files[0]?.as)
  tellActivity(conversation_id, activity)
  const { done, cancel } = upload<Message>(path, form, (progress) => {
    if (progress < 1) tellActivity(conversation_id, activity)
    update(client_id, { progress })
  })
  cancels.set(client_id, cancel)
  return done
}

/** The fields of the request; as form data, objects and lists are JSON. */
function fieldsOf({ client_id, text, entities, files, content, reply_to, quote, options, buttons }: Outgoing): Record<string, unknown> {
  const [first] = files
  // Photos and videos of one album have different kinds, which the server sees from their bytes.
  const kind = content?.kind ?? (first && first.as !== "photo" && first.as !== "video" ? first.as : null)
  return {
    client_id,
    ...(text !== "" && { text, entities }),
    ...(kind && { kind }),
    ...(content && contentFields(content)),
    ...(files.some(({ facts }) => Object.keys(facts).length > 0) && { file_facts: files.map(({ facts }) => facts) }),
    ...(reply_to && { reply_to: reply_to.id }),
    ...(reply_to && quote && { quote }),
    ...(hasOptions(options) && options),
    ...(buttons.length > 0 && { buttons }),
  }
}

function contentFields(content: NonNullable<Answer["content"]>): Record<string, unknown> {
  switch (content.kind) {
    case "location":
    case "venue": return { location: content.location }
    case "contact": return { contact: content.contact }
    case "poll": return { poll: content.poll }
    case "dice": return { dice: content.dice }
    case "sticker": return { file_ids: [content.file_id] }
  }
}

function finish({ client_id, files }: Outgoing): void {
  settle({ client_id, files })
  if (files.length > 0) keepPreviews(client_id, files)
  const remove = () => store.set((old) => old.filter((item) => item.client_id !== client_id))
  if (files.length > 1) setTimeout(remove, albumPatienceMs)
  else remove()
}

const previews = new Map<string, readonly string[]>()
const previewLimit = 40

/** The pictures just sent stay on the screen as they are: fetching them back would only flicker. */
function keepPreviews(client_id: string, files: readonly OutgoingFile[]): void {
  previews.set(client_id, files.map(({ url }) => url))
  for (const [oldest, urls] of previews) {
    if (previews.size <= previewLimit) break
    urls.forEach((url) => URL.revokeObjectURL(url))
    previews.delete(oldest)
  }
}

export function previewsOf(client_id: string | null): readonly string[] | undefined {
  return client_id === null ? undefined : previews.get(client_id)
}
