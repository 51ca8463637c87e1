import type { LucideIcon } from "lucide-react"
import type { Permission } from "@/contract"
import type { Catalogue } from "../i18n"

/** An action of the operator; buttons, menus, keys and the palette are made from it. */
export interface Action<Context> {
  id: string
  icon: LucideIcon
  name: (t: Catalogue, context: Context) => string
  /** A shorter name under a heading that contains the rest. */
  short?: (t: Catalogue) => string
  /** "mod+,", "shift+e", "c" (see keyboard.ts): works outside text fields. */
  shortcut?: string
  /** Works everywhere, also in text fields, so it is never a single letter. */
  chord?: string
  /** Hides an action that the server would refuse. */
  permission?: Permission
  available?: (context: Context) => boolean
  run: (context: Context) => void | Promise<void>
}

export function allows(permissions: readonly Permission[], needed: Permission | undefined): boolean {
  return needed === undefined || permissions.includes(needed)
}

export function usable<C>(action: Action<C>, permissions: readonly Permission[], context: C): boolean {
  return allows(permissions, action.permission) && (action.available?.(context) ?? true)
}
