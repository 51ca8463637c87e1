// What the site's page and the frame say to each other. The first message carries a port; after it only the port is
// used, so nobody else on the page can listen or speak. The page learns how many messages are unread and whether the
// chat wants to close, and nothing more.

export interface Visitor {
  /** The site's own id of its user; empty for a visitor who has not signed in there. */
  userId: string
  userName: string
  /** HMAC-SHA256 of the id, made by the site's server, where the desk asks for signed ids. */
  userHash: string
}

export type Language = "en" | "ru"
export type Theme = "light" | "dark" | "auto"

export interface FrameSettings extends Visitor {
  appKey: string
  color: string
  language: Language
  theme: Theme
  title: string
}

/** How the frame is shown just now. sheet: it covers a small screen. */
export interface Shown {
  open: boolean
  sheet: boolean
}

export const greeting = "switchboard-widget"

export interface Hello extends Shown {
  type: typeof greeting
  settings: FrameSettings
}

export type ToFrame = ({ do: "show" } & Shown) | ({ do: "identify" } & Visitor)

export type ToPage = { say: "ready" } | { say: "close" } | { say: "unread"; count: number }
