import type { LucideIcon } from "lucide-react"
import type { ComponentType, ReactElement } from "react"
import type { DurableEvent, Operator, Permission } from "@/contract"
import type { Catalogue } from "../i18n"
import type { DurableType, EventOf, EventType } from "../realtime/events"
import type { Action } from "./action"

/**
 * The interface of a feature, in `feature.ts` of its folder; `src/app` only collects these (app/features.ts). Its texts
 * stand beside it (words-en.ts, words-ru.ts): the way in needs words before the desk has come, and of one language only.
 */
export interface Feature {
  readonly name: string
  /** The cached responses that events update: every query whose key begins so, and its reducer. */
  readonly keeps?: readonly Kept[]
  /** Handlers that run after the reducers, mostly to request again what no reducer can compute. `me` is the operator. */
  readonly on?: { readonly [T in EventType]?: (event: EventOf<T>, me: number) => void }
  /** Called once per batch, after the handlers; `fresh` are the events that had not been applied before. */
  readonly after?: (fresh: readonly DurableEvent[], me: number) => void
  /** Responses without a seq: they are requested again at the first connection. */
  readonly unplaced?: readonly (readonly unknown[])[]
  /** The panel has fallen behind and requests everything again: delete state that no request restores. */
  readonly forget?: () => void
  /** The pages; each parses its own addresses. */
  readonly routes?: readonly ((path: string) => Screen | null)[]
  /** Entries of the main navigation. */
  readonly places?: readonly Place[]
  /** Pages of the settings; their components are loaded later, from settings.tsx of the folder. */
  readonly settings?: readonly SettingsPage[]
  /** The actions from which buttons, menus, keys and the palette are made. */
  readonly actions?: { readonly [C in keyof ActionContexts]?: readonly Action<ActionContexts[C]>[] }
  /** Actions whose number depends on data, such as one for each operator. */
  readonly choices?: { readonly [C in keyof ActionContexts]?: (context: ActionContexts[C]) => readonly Action<ActionContexts[C]>[] }
}

export interface PanelContext {
  me: Operator
}

/** What an action can apply to. A feature adds its own, such as a conversation. */
export interface ActionContexts {
  panel: PanelContext
}

export interface Screen {
  page: ReactElement
  /** On a phone it covers the navigation. */
  whole?: boolean
  /** Requests its data while the script is still loading. */
  ahead?: (me: number) => Promise<unknown>[]
}

export interface Place {
  id: string
  icon: LucideIcon
  name: (t: Catalogue) => string
  /** The short name in a phone's navigation. */
  short?: (t: Catalogue) => string
  /** A hook. */
  useHref: () => string
  here: (path: string) => boolean
  /** The number on its icon. */
  Count?: ComponentType<{ className: string }>
}

export interface SettingsPage {
  /** /settings/SECTION */
  section: string
  icon: LucideIcon
  name: (t: Catalogue) => string
  /** On all subjects: the routes of these pages do not accept a permission on own subjects only. */
  permission?: Permission
  /** A personal page; these come last. */
  own?: true
  /** Words by which the palette finds the page. */
  holds: (t: Catalogue) => readonly string[]
}

interface Kept {
  readonly key: readonly unknown[]
  readonly reduce: ((state: never, event: DurableEvent) => unknown) & { readonly by: Partial<Readonly<Record<DurableType, unknown>>> }
}

/** Keeps the types of the handled events, so that app/features.ts can check that none is missing. */
export function feature<const F extends Feature>(all: F): F {
  return all
}

type TypesKept<K> = K extends { reduce: { by: infer By } } ? keyof By : never

/** The types of events that a feature handles. */
export type Handled<F> = (F extends { on: infer On } ? keyof On : never) | (F extends { keeps: readonly (infer K)[] } ? TypesKept<K> : never)

let gathered: readonly Feature[] = []

export function gather(all: readonly Feature[]): readonly Feature[] {
  return (gathered = all)
}

type ActionsOf<C extends keyof ActionContexts> = readonly Action<ActionContexts[C]>[]

/** The actions on the panel or on a conversation, combined from all features. */
export function actionsOf<C extends keyof ActionContexts>(about: C): ActionsOf<C> {
  return gathered.flatMap(({ actions }): ActionsOf<C> => actions?.[about] ?? [])
}

export function choicesOf<C extends keyof ActionContexts>(about: C, context: ActionContexts[C]): ActionsOf<C> {
  return gathered.flatMap(({ choices }): ActionsOf<C> => choices?.[about]?.(context) ?? [])
}
