import type { LucideIcon } from "lucide-react"
import type { Me, Permission } from "@/contract"
import type { Catalogue } from "../i18n"

/** What the operator may do, as GET /api/auth/me lists it: on all subjects, and on the operator's own subjects only. */
export type Permissions = Pick<Me, "permissions" | "own_permissions">

/** An action of the operator; buttons, menus, keys and the palette are made from it. */
export interface Action<Context> {
  id: string
  icon: LucideIcon
  /** Without a context in the list of shortcuts, where it applies to nothing yet. */
  name: (t: Catalogue, context?: Context) => string
  /** A shorter name under a heading that contains the rest. */
  short?: (t: Catalogue) => string
  /** "mod+,", "shift+e", "c" (see keyboard.ts): works outside text fields. */
  shortcut?: string
  /** Works everywhere, also in text fields, so it is never a single letter. */
  chord?: string
  /** Hides an action that the server would refuse. */
  permission?: Permission
  /**
   * Whether the subject is the operator's own, so that the permission on own subjects suffices. Only for an action whose route
   * accepts it (`.own` in the route's row on the server).
   */
  own?: (context: Context) => boolean
  available?: (context: Context) => boolean
  run: (context: Context) => void | Promise<void>
}

/** `own`: the subject is the operator's own, and the route accepts the permission on own subjects. */
export function allows({ permissions, own_permissions }: Permissions, needed: Permission | undefined, own = false): boolean {
  return needed === undefined || permissions.includes(needed) || (own && own_permissions.includes(needed))
}

export function usable<C>(action: Action<C>, permissions: Permissions, context: C): boolean {
  return allows(permissions, action.permission, action.own?.(context)) && (action.available?.(context) ?? true)
}
