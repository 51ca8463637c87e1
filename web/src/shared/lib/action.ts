import type { LucideIcon } from "lucide-react"
import type { Role } from "@/contract"
import type { Catalogue } from "../i18n"

/** What a person can do, said once: buttons, menus, keys and the palette are all made from it. */
export interface Action<Context> {
  id: string
  icon: LucideIcon
  name: (t: Catalogue, context: Context) => string
  /** "mod+k", "shift+e", "c": see keyboard.ts. */
  shortcut?: string
  /** The least role that may. The server decides; this only hides what would be refused. */
  permission?: Role
  available?: (context: Context) => boolean
  run: (context: Context) => void | Promise<void>
}

const rank: Record<Role, number> = { operator: 0, senior_operator: 1, admin: 2 }

export function allows(role: Role, least: Role | undefined): boolean {
  return least === undefined || rank[role] >= rank[least]
}

export function usable<C>(action: Action<C>, role: Role, context: C): boolean {
  return allows(role, action.permission) && (action.available?.(context) ?? true)
}
