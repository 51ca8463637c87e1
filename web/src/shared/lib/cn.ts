import { clsx, type ClassValue } from "clsx"

/** The possible values after a utility's name and a dash. */
type Value = (value: string) => boolean

const any: Value = () => true
const number: Value = (value) => /^\d+$/.test(value)
const fontSize: Value = (value) => /^(xs|sm|base|lg|\d?xl|\[[\d.]+(px|rem)\])$/.test(value)

const sides = ["t", "r", "b", "l"]
const paddings = ["p", "px", "py", "pt", "pr", "pb", "pl"]
const margins = ["m", "mx", "my", "mt", "mr", "mb", "ml"]

/** Utilities without a value, by the property that they set. */
const whole: Record<string, string> = {
  "display": "block inline-block inline flex inline-flex grid inline-grid contents flow-root hidden",
  "overflow": "overflow-auto overflow-hidden overflow-visible overflow-scroll",
  "resize": "resize-none resize-y resize-x resize",
  "direction": "flex-row flex-row-reverse flex-col flex-col-reverse",
  "flex": "flex-auto flex-none",
  "shrink": "shrink",
  "position": "static relative absolute fixed sticky",
  "rounded": "rounded",
  "shadow": "shadow shadow-2xs shadow-xs shadow-sm shadow-md shadow-lg shadow-xl shadow-2xl shadow-none",
  "font-weight": "font-normal font-medium font-semibold font-bold",
  "font-family": "font-sans font-mono",
  "text-wrap": "text-wrap text-nowrap text-balance text-pretty",
  "text-align": "text-left text-center text-right text-start text-end text-justify",
  "border-side": sides.map((side) => `border-${side}`).join(" "),
  "border-style": "border-solid border-dashed border-dotted border-none",
  "border-width": "border",
  "whitespace": "whitespace-normal whitespace-nowrap whitespace-pre whitespace-pre-line whitespace-pre-wrap",
  "object-fit": "object-contain object-cover object-fill object-none object-scale-down",
  "text-decoration": "underline overline line-through no-underline",
}

/** Utilities with a value, by name: the property that they set, by the first matching kind of value. */
const valued: Record<string, readonly (readonly [string, Value])[]> = {
  flex: [["flex", number]],
  shrink: [["shrink", number]],
  rounded: [["rounded", any]],
  text: [["text-size", fontSize], ["text-color", any]],
  border: [["border-width", number], ["border-color", any]],
}
for (const name of ["size", "w", "h", "min-w", "min-h", "max-w", "max-h", ...paddings, ...margins, "gap", "gap-x", "gap-y", "inset", "inset-x", "inset-y", "top", "right", "bottom", "left", "bg", "opacity", "leading", "z", "items", "justify", "cursor", "transition", "float", "line-clamp", "underline-offset", "pointer-events"])
  valued[name] = [[name, any]]
for (const corner of [...sides, "tl", "tr", "bl", "br"]) valued[`rounded-${corner}`] = [["rounded-corner", any]]
for (const side of sides) valued[`border-${side}`] = [["border-side", number], ["border-side-color", any]]

/** The other properties that a later utility overrides. */
const overrules: Record<string, readonly string[]> = {
  "size": ["w", "h"],
  "p": paddings, "px": ["pr", "pl"], "py": ["pt", "pb"],
  "m": margins, "mx": ["mr", "ml"], "my": ["mt", "mb"],
  "gap": ["gap-x", "gap-y"],
  "inset": ["inset-x", "inset-y", "top", "right", "bottom", "left"], "inset-x": ["right", "left"], "inset-y": ["top", "bottom"],
  "flex": ["shrink"],
  "text-size": ["leading"],
  "line-clamp": ["display", "overflow"],
  "border-width": ["border-side"],
  "border-color": ["border-side-color"],
}

const kinds = new Map(Object.entries(whole).flatMap(([kind, words]) => words.split(" ").map((word) => [word, kind] as const)))

function kindOf(utility: string): string | undefined {
  const known = kinds.get(utility)
  if (known !== undefined) return known
  const bracket = utility.indexOf("[")
  const end = bracket < 0 ? utility.length : bracket
  for (let at = utility.lastIndexOf("-", end); at > 0; at = utility.lastIndexOf("-", at - 1)) {
    const value = utility.slice(at + 1)
    const fitting = valued[utility.slice(0, at)]?.find(([, fits]) => value !== "" && fits(value))
    if (fitting) return fitting[0]
  }
  return undefined
}

/** The position after the variants "hover:", "max-md:" or "[&>svg]:". */
function afterVariants(word: string): number {
  let depth = 0
  let start = 0
  for (let i = 0; i < word.length; i++) {
    const sign = word[i]
    if (sign === "[") depth += 1
    else if (sign === "]") depth -= 1
    else if (sign === ":" && depth === 0) start = i + 1
  }
  return start
}

function merge(classes: string): string {
  const taken = new Set<string>()
  const kept: string[] = []
  for (const word of classes.split(" ").reverse()) {
    const start = afterVariants(word)
    const important = word.endsWith("!")
    const utility = word.slice(word[start] === "-" ? start + 1 : start, important ? -1 : undefined)
    const kind = kindOf(utility)
    if (kind !== undefined) {
      const scope = word.slice(0, start) + (important ? "!" : "")
      if (taken.has(scope + kind)) continue
      taken.add(scope + kind)
      for (const other of overrules[kind] ?? []) taken.add(scope + other)
    }
    kept.push(word)
  }
  return kept.reverse().join(" ")
}

const mostKept = 1000
const merged = new Map<string, string>()

/**
 * Joins classes; of two that set the same property, the later one stays. The tables above contain the utilities of the panel; a test
 * compares them with tailwind-merge, whose complete table would delay a phone's first page by 80 ms.
 */
export function cn(...inputs: ClassValue[]): string {
  const classes = clsx(inputs)
  let result = merged.get(classes)
  if (result === undefined) {
    if (merged.size >= mostKept) merged.clear()
    merged.set(classes, (result = merge(classes)))
  }
  return result
}
