import { expect, it, vi } from "vitest"
import type { Message, MessageKind } from "@/contract"
import { en } from "./en"
import { contentName, messageLine } from "@/shared/lib/words"
import { viewOfMessages } from "@/features/message/view"

/** A kind that exists only as a row of spec/kinds.tbl. */
vi.mock("@/contract", async (original) => {
  const contract = await original<typeof import("@/contract")>()
  return { ...contract, messageKinds: { ...contract.messageKinds, survey: { counts: true, content: true, preview: { en: "Survey", ru: "Анкета" } } } }
})
const kind = "survey" as MessageKind

it("a kind with a content is shown as a placeholder and named by the table", () => {
  const message = { id: 1, kind, content: "quiz", text: "", files: [], edited_at: null } as unknown as Message
  expect(viewOfMessages([message], "Eve").pieces).toEqual([expect.objectContaining({ kind, content: "quiz", state: null })])
  expect(contentName("quiz", en, kind)).toBe("Survey")
  expect(messageLine({ kind, content: "quiz", preview: "quiz" }, en)).toBe("Survey")
  expect(messageLine({ kind, content: "quiz", preview: "Which lamp?" }, en)).toBe("Which lamp?")
})
