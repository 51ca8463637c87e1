import { clsx, type ClassValue } from "clsx"
import { createTailwindMerge } from "tailwind-merge"

const any = () => true
const isNumber = (value: string) => /^\d+$/.test(value)
const isFontSize = (value: string) => /^(xs|sm|base|lg|\d?xl|\[[\d.]+(px|rem)\])$/.test(value)
/** The utilities that are written as their name, a dash and anything. */
const plain = (...names: string[]) => Object.fromEntries(names.map((name) => [name, [{ [name]: [any] }]]))

const sides = ["t", "r", "b", "l"]
const paddings = ["p", "px", "py", "pt", "pr", "pb", "pl"]
const margins = ["m", "mx", "my", "mt", "mr", "mb", "ml"]

/**
 * What the panel's parts let each other overrule. The library's own table knows all of Tailwind; to build it costs a phone
 * 80 ms before the first page. A test compares this one with it.
 */
const merge = createTailwindMerge(() => ({
  cacheSize: 500,
  theme: {},
  classGroups: {
    display: ["block", "inline-block", "inline", "flex", "inline-flex", "grid", "inline-grid", "contents", "flow-root", "hidden"],
    overflow: [{ overflow: ["auto", "hidden", "visible", "scroll"] }],
    resize: ["resize-none", "resize-y", "resize-x", "resize"],
    direction: [{ flex: ["row", "row-reverse", "col", "col-reverse"] }],
    flex: [{ flex: [isNumber, "auto", "none"] }],
    shrink: [{ shrink: ["", isNumber] }],
    position: ["static", "relative", "absolute", "fixed", "sticky"],
    ...plain("size", "w", "h", "min-w", "min-h", "max-w", "max-h", ...paddings, ...margins, "gap", "gap-x", "gap-y", "top", "right", "bottom", "left", "bg", "opacity", "leading", "z", "items", "justify", "cursor", "transition", "float", "line-clamp", "underline-offset", "pointer-events"),
    "rounded-corner": [Object.fromEntries([...sides, "tl", "tr", "bl", "br"].map((corner) => [`rounded-${corner}`, [any]]))],
    "rounded": [{ rounded: ["", any] }],
    "shadow": [{ shadow: ["", "2xs", "xs", "sm", "md", "lg", "xl", "2xl", "none"] }],
    "font-weight": [{ font: ["normal", "medium", "semibold", "bold"] }],
    "font-family": [{ font: ["sans", "mono"] }],
    "text-wrap": [{ text: ["wrap", "nowrap", "balance", "pretty"] }],
    "text-align": [{ text: ["left", "center", "right", "start", "end", "justify"] }],
    "text-size": [{ text: [isFontSize] }],
    "text-color": [{ text: [any] }],
    "border-side": [Object.fromEntries(sides.map((side) => [`border-${side}`, ["", isNumber]]))],
    "border-side-color": [Object.fromEntries(sides.map((side) => [`border-${side}`, [any]]))],
    "border-style": [{ border: ["solid", "dashed", "dotted", "none"] }],
    "border-width": [{ border: ["", isNumber] }],
    "border-color": [{ border: [any] }],
  },
  conflictingClassGroups: {
    "size": ["w", "h"],
    "p": paddings, "px": ["pr", "pl"], "py": ["pt", "pb"],
    "m": margins, "mx": ["mr", "ml"], "my": ["mt", "mb"],
    "gap": ["gap-x", "gap-y"],
    "flex": ["shrink"],
    "text-size": ["leading"],
    "line-clamp": ["display", "overflow"],
    "border-width": ["border-side"],
    "border-color": ["border-side-color"],
  },
  conflictingClassGroupModifiers: {},
  orderSensitiveModifiers: [],
}))

/** Joins classes; of two that say the same, the later one stays. */
export function cn(...inputs: ClassValue[]): string {
  return merge(clsx(inputs))
}
