import { expect, it } from "vitest"
import type { MessageKind } from "@/contract"
import { en } from "./en"
import { contentName, kindName, messageLine } from "@/shared/lib/words"

it.each([
  ["a text is its words", "text", null, "hello", "hello"],
  ["a caption hides nothing behind the photo", "photo", null, "broken here", "broken here"],
  ["a photo without words says what it is", "photo", null, "", "Photo"],
  ["the words under a file go before its name", "unsupported", "document", "refund me", "refund me"],
  ["a file without words says what it is", "unsupported", "document", "document", "Document"],
  ["an edit may have taken the words away", "unsupported", "video", "", "Video"],
  ["a content newer than the program", "unsupported", "hologram", "hologram", "Unsupported message"],
  ["a video without words", "video", null, "", "Video"],
  ["a poll is its question", "poll", null, "Which lamp?", "Which lamp?"],
  ["a sticker is its sign and what it is", "sticker", null, "😄", "😄 Sticker"],
  ["one without a sign", "sticker", null, "", "Sticker"],
  ["its words all the same", "unsupported", "hologram", "look at this", "look at this"],
] as const)("%s", (_why, kind: MessageKind, content, preview, expected) => {
  expect(messageLine({ kind, content, preview }, en)).toBe(expected)
})

it.each(["document", "video", "voice", "audio", "animation", "paid_media", "live_photo", "sticker", "video_note", "poll", "location"])("%s has a name", (content) => {
  expect(contentName(content, en)).not.toBe(kindName("unsupported"))
})
