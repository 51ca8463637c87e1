import { twMerge } from "tailwind-merge"
import { describe, expect, it } from "vitest"
import { cn } from "./cn"

const files = import.meta.glob<string>("../../**/*.tsx", { query: "?raw", import: "default", eager: true })
const lines = Object.entries(files).flatMap(([name, text]) => text.split("\n").map((line) => ({ line, ui: name.startsWith("../ui/") })))

function classes(texts: readonly string[]): string[] {
  return [...new Set(texts.flatMap((text) => text.split(/\s+/)))].filter((word) => /^[a-z\-[*][^A-Z;]*$/.test(word))
}

const quoted = (line: string) => [...line.matchAll(/"([^"]*)"/g)].map(([, text = ""]) => text)
/** The classes that components get from their callers. */
const given = (line: string) => [...line.matchAll(/<[A-Z][^<]*? className="([^"]*)"/g)].map(([, text = ""]) => text)

describe("of two classes that say the same, the later one stays", () => {
  it.each([
    ["h-9 px-3.5 text-sm max-md:h-10", "h-7 px-3 text-xs", "max-md:h-10 h-7 px-3 text-xs"],
    ["size-9 max-md:size-10", "size-7 max-md:size-11", "size-7 max-md:size-11"],
    ["rounded-md bg-accent", "size-11 rounded-full", "bg-accent size-11 rounded-full"],
    ["text-muted-foreground text-sm hover:text-foreground", "text-link", "text-sm hover:text-foreground text-link"],
    ["h-4 w-4", "size-5", "size-5"],
    ["rounded-2xl", "rounded-br-md", "rounded-2xl rounded-br-md"],
    ["border-2 border-background", "border-surface", "border-2 border-surface"],
  ])("%s, and then %s", (base, more, expected) => expect(cn(base, more)).toBe(expected))

  it("as the library's whole table has it, for whatever the panel puts together", () => {
    const joined = lines.filter(({ line }) => line.includes("cn(")).flatMap(({ line }) => quoted(line))
    const first = classes([...lines.filter(({ ui }) => ui).flatMap(({ line }) => quoted(line)), ...joined])
    const then = classes([...lines.flatMap(({ line }) => given(line)), ...joined])
    const pairs = first.flatMap((one) => then.filter((other) => other !== one).map((other) => `${one} ${other}`))
    expect(pairs.length).toBeGreaterThan(10_000)
    expect(pairs.filter((pair) => cn(pair) !== twMerge(pair))).toEqual([])
  }, 60_000)
})
