import { beforeEach, describe, expect, it, vi } from "vitest"

// Stubs of the browser's interfaces that the features' files use when they are loaded.
vi.hoisted(() => {
  const nothing = () => {}
  Object.assign(globalThis, {
    location: { pathname: "/", search: "", protocol: "http:", host: "" },
    addEventListener: nothing,
    matchMedia: () => ({ matches: false, addEventListener: nothing }),
    document: { cookie: "", addEventListener: nothing, visibilityState: "hidden", hasFocus: () => false },
  })
})

import { QueryObserver } from "@tanstack/react-query"
import type { Conversation, DurableEvent, Permission } from "@/contract"
import { meKey } from "@/features/access"
import { conversationKey, listQuery, type ConversationState } from "@/features/conversation"
import { threadKey } from "@/features/message/get-messages"
import { queryClient } from "@/shared/lib/query"
import { Desk, random } from "@/testing/desk"
import { applyEvents } from "./apply-events"

const me = 1
const colleague = 99
const id = 1
const filter = { status: "all", assignee: "any", q: "" } as const

/** A session, a desk whose conversation 1 is the operator's, and the server's responses about it. */
function open(own_permissions: Permission[]) {
  const desk = new Desk(me, random(5), 3)
  let seq = 1000
  const give = (assignee_id: number): DurableEvent => {
    const old = desk.conversations.get(id)
    if (!old) throw new Error("an empty desk")
    const conversation: Conversation = { ...old, assignee_id, status: "active" }
    desk.conversations.set(id, conversation)
    return { type: "chat_status_change", seq: ++seq, data: { conversation, message: null } } as DurableEvent
  }
  give(me)
  queryClient.setQueryData(meKey, { operator: { id: me }, permissions: [], own_permissions })
  const answer = (path: string) => {
    const conversation = desk.conversations.get(id)
    if (path.startsWith("/api/conversations?")) return { data: [conversation], next_cursor: null, seq }
    if (own_permissions.length > 0 && conversation?.assignee_id !== me) return null
    return path.includes("/messages") ? { ...desk.thread(id, 50), seq } : conversation
  }
  vi.stubGlobal("fetch", async (path: string) => {
    const body = answer(path)
    return new Response(JSON.stringify(body ?? { error: { code: "not_found", message: "" } }), { status: body ? 200 : 404, headers: { "Content-Type": "application/json" } })
  })
  return { desk, give }
}

const thread = () => queryClient.getQueryData(threadKey(id))
const rows = () => queryClient.getQueryData(listQuery(filter, me).queryKey)?.rows.map(({ conversation }) => conversation.id)

async function load(desk: Desk) {
  await queryClient.fetchQuery(listQuery(filter, me))
  queryClient.setQueryData(conversationKey(id), { conversation: desk.conversations.get(id), me, seq: 1000 })
  queryClient.setQueryData(threadKey(id), { conversation_id: id, rows: [], before: null, after: null, first_unread: null, seq: 1000 })
}

beforeEach(() => queryClient.clear())

describe("a conversation that is taken away", () => {
  it("leaves the list and the cache of an operator who reaches only their own conversations", async () => {
    const { desk, give } = open(["conversation.read"])
    await load(desk)
    expect(rows()).toEqual([id])
    applyEvents([give(colleague)], me, 1000)
    expect(rows()).toEqual([])
    expect(queryClient.getQueryData(conversationKey(id))).toBeUndefined()
    expect(thread()).toBeUndefined()
  })

  it("leaves no messages with a gap, even when it comes back in the same batch", async () => {
    const { desk, give } = open(["conversation.read"])
    await load(desk)
    applyEvents([give(colleague), give(me)], me, 1000)
    expect(rows()).toEqual([id])
    expect(thread()).toBeUndefined()
  })

  it("is not found where it is open, and is shown again when it comes back", async () => {
    const { desk, give } = open(["conversation.read"])
    await load(desk)
    const ask = async () => {
      const answer = await fetch(`/api/conversations/${id}`)
      if (!answer.ok) throw new Error("not found")
      return { conversation: (await answer.json()) as Conversation, me, seq: 1000 }
    }
    const initialData: ConversationState = { conversation: desk.conversations.get(id) as Conversation, me, seq: 1000 }
    queryClient.removeQueries({ queryKey: conversationKey(id) })
    const seen = new QueryObserver<ConversationState>(queryClient, { queryKey: conversationKey(id), queryFn: ask, initialData })
    const stop = seen.subscribe(() => {})
    applyEvents([give(colleague)], me, 1000)
    await vi.waitFor(() => expect(seen.getCurrentResult().status).toBe("error"))
    expect(seen.getCurrentResult().data).toBeUndefined()
    applyEvents([give(me)], me, 1001)
    await vi.waitFor(() => expect(seen.getCurrentResult().data?.conversation.assignee_id).toBe(me))
    stop()
  })

  it("stays with an operator who reaches all conversations", async () => {
    const { desk, give } = open([])
    await load(desk)
    applyEvents([give(colleague)], me, 1000)
    expect(rows()).toEqual([id])
    expect(thread()).toBeDefined()
  })
})
