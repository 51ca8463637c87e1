import type { AppChannel } from "@/contract"

export interface WidgetLook {
  color: string
  theme: "auto" | "light" | "dark"
  language: "auto" | "en" | "ru"
  position: "left" | "right"
}

/** What the widget does by itself need not stand in the tag. */
export const widgetDefaults: WidgetLook = { color: "#2f5be8", theme: "auto", language: "auto", position: "right" }

const escape = (text: string): string => text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;")

/** The apps' key is never in a tag: every reader of the page would have it. Visitors get a secret of their own. */
function chosen(apps: AppChannel, look: WidgetLook): [string, string][] {
  const all: [string, string][] = []
  for (const [name, value] of Object.entries(look) as [keyof WidgetLook, string][]) if (value !== widgetDefaults[name]) all.push([name, value])
  if (!apps.visitors) all.push(["user-id", "…"], ["user-hash", "…"])
  return all
}

/** The whole script tag for a site; desk: the origin of this server. */
export function tagOf(desk: string, apps: AppChannel, look: WidgetLook): string {
  const data = chosen(apps, look).map(([name, value]) => ` data-${name}="${escape(value)}"`)
  return `<script async src="${escape(desk)}/widget.js"${data.join("")}></script>`
}

/** A page of ours with the widget on it; what stands behind the # never leaves the browser. */
export function tryAddress(apps: AppChannel, look: WidgetLook): string {
  const named = chosen(apps, look).map(([name, value]): [string, string] => [name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase()), value])
  return `/widget/try.html#${new URLSearchParams(named)}`
}
