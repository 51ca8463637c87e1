import { Hand } from "lucide-react"
import { expect, it } from "vitest"
import { allows, usable, type Action, type Permissions } from "./action"

const who: Permissions = { permissions: ["conversation.read"], own_permissions: ["conversation.write"] }
const plain: Action<{ mine: boolean }> = { id: "a", icon: Hand, name: () => "a", permission: "conversation.write", run: () => {} }
const onOwn: Action<{ mine: boolean }> = { ...plain, own: ({ mine }) => mine }

it("a permission on own subjects suffices only on an own subject, and only where the route accepts it", () => {
  expect(usable(onOwn, who, { mine: true })).toBe(true)
  expect(usable(onOwn, who, { mine: false })).toBe(false)
  expect(usable(plain, who, { mine: true })).toBe(false)
  expect(usable({ ...onOwn, available: () => false }, who, { mine: true })).toBe(false)
})

it("a permission on all subjects suffices everywhere, and none is no permission", () => {
  const rows = [[undefined, true], ["conversation.read", true], ["conversation.write", false], ["outbox.retry", false]] as const
  for (const [needed, granted] of rows) expect(allows(who, needed), needed).toBe(granted)
  expect(allows(who, "outbox.retry", true)).toBe(false)
  expect(usable({ ...plain, permission: "conversation.read" }, who, { mine: false })).toBe(true)
})
