import type { AppChannel } from "@/contract"

export interface WidgetLook {
  color: string
  theme: "auto" | "light" | "dark"
  language: "auto" | "en" | "ru"
  position: "left" | "right"
}

/** The widget's defaults, which the tag omits. */
export const widgetDefaults: WidgetLook = { color: "#2f5be8", theme: "auto", language: "auto", position: "right" }

const escape = (text: string): string => text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;")

/** A tag never contains the apps' key, because every visitor of the site could read it. Each visitor gets another secret. */
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

/** The address of the server's page with the widget; the browser does not send the part after the # to the server. */
export function tryAddress(apps: AppChannel, look: WidgetLook): string {
  const named = chosen(apps, look).map(([name, value]): [string, string] => [name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase()), value])
  return `/widget/try.html#${new URLSearchParams(named)}`
}
