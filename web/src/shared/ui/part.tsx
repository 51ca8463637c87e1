import { Component, lazy, Suspense, useState, type ComponentType, type ReactNode } from "react"
import { serverAnswers } from "../api/http"
import { changeLocale, getT } from "../i18n"
import type { Locale } from "../lib/prefs"
import { toast } from "./toast"

/** The script of a part could not be loaded: there is no network, or the server now has another version of the panel. */
export class PartMissing extends Error {
  /** Lets the next rendering request the script again. Called after the error was caught, because React renders once more before. */
  readonly renew: () => void
  readonly load: () => Promise<unknown>

  constructor(renew: () => void, load: () => Promise<unknown>, cause: unknown) {
    super("a part of the panel cannot be loaded", { cause })
    this.renew = renew
    this.load = load
  }
}

/** Shows why a part cannot be loaded. */
export async function sayMissing(): Promise<void> {
  const answers = await serverAnswers()
  const t = getT().app
  toast.error(answers ? t.partFailed : t.partOffline)
}

/** Languages are parts, too. */
export async function chooseLocale(locale: Locale): Promise<void> {
  await changeLocale(locale).catch(sayMissing)
}

type Loadable<P> = ComponentType<P> & {
  /** Fetches the script ahead; a part whose script is loaded is rendered at once. */
  ahead: () => Promise<void>
  here: () => boolean
}

/** A component whose script is loaded when it is first rendered, and requested again after a failure. */
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
    // Kept while it is rendered: another component in its place would lose the state.
    const [Drawn] = useState(() => here ?? current)
    return <Drawn {...props} />
  }
  return Object.assign(Part, { ahead: () => fetch().then(() => {}, () => {}), here: () => here !== null })
}

interface FrameProps {
  children: ReactNode
  /** Shown until the script is loaded. */
  waiting?: ReactNode
  /** Shown if the script cannot be loaded; the argument retries. Without this property a toast reports the failure. */
  missing?: (again: () => Promise<void>) => ReactNode
  /** Called if the script cannot be loaded, to close a layer over the page. */
  onMissing?: () => void
}

/** Keeps the page if one of its parts cannot be loaded. Other errors are passed up. */
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
