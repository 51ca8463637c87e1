import { expect, it } from "vitest"
import table from "../../../../spec/reactions.tbl?raw"
import { drawnEmoji, quickReactions, reactionEmoji } from "./reactions"

it("the panel offers what the server takes", () => {
  expect([...table.matchAll(/^REACTION\("(.+)"\)$/gmu)].map(([, emoji]) => emoji)).toEqual(reactionEmoji)
  expect(reactionEmoji).toEqual(expect.arrayContaining([...quickReactions]))
})

it("older signs are drawn in colour", () => expect(["❤", "👍", "✍"].map(drawnEmoji)).toEqual(["❤\ufe0f", "👍", "✍\ufe0f"]))
