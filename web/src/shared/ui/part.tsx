import { Component, lazy, Suspense, useState, type ComponentType, type ReactNode } from "react"
import { serverAnswers } from "../api/http"
import { changeLocale, getT } from "../i18n"
import type { Locale } from "../lib/prefs"
import { toast } from "./toast"

/** The script of a part could not be had: there is no network, or the server has another version of the panel by now. */
export class PartMissing extends Error {
  /** Lets the next drawing ask for the script again. Not before the error was caught: React draws once more first. */
  readonly renew: () => void
  readonly load: () => Promise<unknown>

  constructor(renew: () => void, load: () => Promise<unknown>, cause: unknown) {
    super("a part of the panel cannot be loaded", { cause })
    this.renew = renew
    this.load = load
  }
}

async function sayMissing(): Promise<void> {
  const answers = await serverAnswers()
  const t = getT().app
  toast.error(answers ? t.partFailed : t.partOffline)
}

/** A language is a part, too. */
export async function chooseLocale(locale: Locale): Promise<void> {
  await changeLocale(locale).catch(sayMissing)
}

type Loadable<P> = ComponentType<P> & {
  /** Fetches the script; a part that is drawn when it is there is drawn at once. */
  ahead: () => Promise<void>
  here: () => boolean
}

/** A component whose script comes when it is first drawn, and is asked for again after it could not be had. */
export function part<P extends object>(load: () => Promise<{ default: ComponentType<P> }>): Loadable<P> {
  let here: ComponentType<P> | null = null
  const fetch = () =>
    load().then((module) => {
      here = module.default
      return module
    })
  const attempt = () =>
    lazy(() =>
      fetch().catch((cause: unknown) => {
        throw new PartMissing(() => (current = attempt()), fetch, cause)
      }),
    )
  let current: ComponentType<P> = attempt()
  function Part(props: P) {
    // Kept while it is drawn: another component in its place would begin anew.
    const [Drawn] = useState(() => here ?? current)
    return <Drawn {...props} />
  }
  return Object.assign(Part, { ahead: () => fetch().then(() => {}, () => {}), here: () => here !== null })
}

interface FrameProps {
  children: ReactNode
  /** Until the script has come. */
  waiting?: ReactNode
  /** In its place when it does not come, with what tries once more; without it a toast says so. */
  missing?: (again: () => Promise<void>) => ReactNode
  /** Called when it does not come: what lay over the page closes. */
  onMissing?: () => void
}

/** Keeps the page when one of its parts cannot be loaded. Other errors go on to whoever is above. */
export class PartFrame extends Component<FrameProps, { error: unknown }> {
  override state: { error: unknown } = { error: null }

  static getDerivedStateFromError(error: unknown) {
    return { error }
  }

  override componentDidCatch(error: unknown) {
    if (!(error instanceof PartMissing)) return
    error.renew()
    if (!this.props.missing) void sayMissing()
    this.props.onMissing?.()
  }

  private readonly again = async () => {
    const { error } = this.state
    if (!(error instanceof PartMissing)) return
    await error.load()
    this.setState({ error: null })
  }

  override render() {
    const { error } = this.state
    if (error !== null && !(error instanceof PartMissing)) throw error
    if (error !== null) return this.props.missing?.(this.again) ?? null
    return <Suspense fallback={this.props.waiting}>{this.props.children}</Suspense>
  }
}
