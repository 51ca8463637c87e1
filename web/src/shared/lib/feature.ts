import type { LucideIcon } from "lucide-react"
import type { ComponentType, ReactElement } from "react"
import type { DurableEvent, Operator, Permission } from "@/contract"
import type { Catalogue } from "../i18n"
import type { DurableType, EventOf, EventType } from "../realtime/events"
import type { Action } from "./action"

/**
 * What a feature gives to the whole, in `feature.ts` of its folder; `src/app` only gathers it (app/features.ts). Its words
 * stand beside it (words-en.ts, words-ru.ts): the way in needs words before the desk has come, and of one language only.
 */
export interface Feature {
  readonly name: string
  /** The cached answers that events keep true: every query whose key begins so, and its reducer. */
  readonly keeps?: readonly Kept[]
  /** What else an event asks for, after the reducers: mostly to fetch anew what no reducer can know. `me` is the operator. */
  readonly on?: { readonly [T in EventType]?: (event: EventOf<T>, me: number) => void }
  /** Once a batch, after all of that; `fresh` are the events that had not been applied before. */
  readonly after?: (fresh: readonly DurableEvent[], me: number) => void
  /** Answers that name no position in the log: the first connection asks for them again. */
  readonly unplaced?: readonly (readonly unknown[])[]
  /** The panel fell behind and fetches everything: forget what no request brings. */
  readonly forget?: () => void
  /** Each knows the addresses of its own. */
  readonly routes?: readonly ((path: string) => Screen | null)[]
  /** Entries of the main navigation. */
  readonly places?: readonly Place[]
  /** Pages of the settings; what draws them comes later, from settings.ts of the folder. */
  readonly settings?: readonly SettingsPage[]
  /** Buttons, menus, keys and the palette are made from these. */
  readonly actions?: { readonly [C in keyof ActionContexts]?: readonly Action<ActionContexts[C]>[] }
  /** Actions that there are as many of as of something else, such as one for each operator. */
  readonly choices?: { readonly [C in keyof ActionContexts]?: (context: ActionContexts[C]) => readonly Action<ActionContexts[C]>[] }
}

export interface PanelContext {
  me: Operator
}

/** What an action can be about. A feature adds its own, as the conversation's does. */
export interface ActionContexts {
  panel: PanelContext
}

export interface Screen {
  page: ReactElement
  /** On a phone it covers the navigation. */
  whole?: boolean
  /** Fetches what it shows, while the program is still being read. */
  ahead?: (me: number) => Promise<unknown>[]
}

export interface Place {
  id: string
  icon: LucideIcon
  name: (t: Catalogue) => string
  /** Under the thumb, where a long name has no room. */
  short?: (t: Catalogue) => string
  /** A hook. */
  useHref: () => string
  here: (path: string) => boolean
  /** A number on its picture. */
  Count?: ComponentType<{ className: string }>
}

export interface SettingsPage {
  /** /settings/SECTION */
  section: string
  icon: LucideIcon
  name: (t: Catalogue) => string
  permission?: Permission
  /** Concerns the person alone; such pages come last. */
  own?: true
  /** What one may look for without knowing on which page it is. */
  holds: (t: Catalogue) => readonly string[]
}

interface Kept {
  readonly key: readonly unknown[]
  readonly reduce: ((state: never, event: DurableEvent) => unknown) & { readonly by: Partial<Readonly<Record<DurableType, unknown>>> }
}

/** Keeps the types of the events that are named, for app/features.ts to see that none is forgotten. */
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

/** What can be done with the panel, or with a conversation: every feature's part of it. */
export function actionsOf<C extends keyof ActionContexts>(about: C): ActionsOf<C> {
  return gathered.flatMap(({ actions }): ActionsOf<C> => actions?.[about] ?? [])
}

export function choicesOf<C extends keyof ActionContexts>(about: C, context: ActionContexts[C]): ActionsOf<C> {
  return gathered.flatMap(({ choices }): ActionsOf<C> => choices?.[about]?.(context) ?? [])
}
