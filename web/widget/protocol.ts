// The messages between the site's page and the frame. The first message carries a port; afterwards only the port is used, so no
// other script in the page can read or send messages. The page learns the number of unread messages and that the visitor closes
// the chat, and nothing more.

export interface Visitor {
  /** The site's own id of its user; empty for a visitor who has not signed in there. */
  userId: string
  userName: string
  /** HMAC-SHA256 of the id, made by the site's server, if the desk requires signed ids. */
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

/** How the frame is shown. sheet: it covers a small screen. */
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
