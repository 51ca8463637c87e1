import type { LucideIcon } from "lucide-react"
import type { Permission } from "@/contract"
import type { Catalogue } from "../i18n"

/** What a person can do, said once: buttons, menus, keys and the palette are all made from it. */
export interface Action<Context> {
  id: string
  icon: LucideIcon
  name: (t: Catalogue, context: Context) => string
  /** Under a heading that says the rest of the name. */
  short?: (t: Catalogue) => string
  /** "mod+,", "shift+e", "c" (see keyboard.ts): works where nobody is writing. */
  shortcut?: string
  /** Works everywhere, inside a field too, so it is never a letter alone. */
  chord?: string
  /** The server decides; this only hides what would be refused. */
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
