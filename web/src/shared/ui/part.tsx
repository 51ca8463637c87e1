import { Component, lazy, Suspense, type ComponentType, type ReactNode } from "react"
import { getT } from "../i18n"
import { toast } from "./toast"

/** The script of a part could not be had: there is no network, or the server has another version of the panel by now. */
export class PartMissing extends Error {
  /** Lets the next drawing ask for the script again. Not before the error was caught: React draws once more first. */
  readonly renew: () => void

  constructor(renew: () => void, cause: unknown) {
    super("a part of the panel cannot be loaded", { cause })
    this.renew = renew
  }
}

/** A component whose script comes when it is first drawn, and is asked for again after it could not be had. */
export function part<P extends object>(load: () => Promise<{ default: ComponentType<P> }>): ComponentType<P> {
  const attempt = () =>
    lazy(() =>
      load().catch((cause: unknown) => {
        throw new PartMissing(() => (current = attempt()), cause)
      }),
    )
  let current: ComponentType<P> = attempt()
  return function Part(props: P) {
    const Loaded = current
    return <Loaded {...props} />
  }
}

interface FrameProps {
  children: ReactNode
  /** Until the script has come. */
  waiting?: ReactNode
  /** In its place when it does not come; without it a toast says so. */
  missing?: ReactNode
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
    if (!this.props.missing) toast.error(getT().app.partFailed)
    this.props.onMissing?.()
  }

  override render() {
    const { error } = this.state
    if (error !== null && !(error instanceof PartMissing)) throw error
    if (error !== null) return this.props.missing ?? null
    return <Suspense fallback={this.props.waiting}>{this.props.children}</Suspense>
  }
}
