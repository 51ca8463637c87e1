import { TriangleAlert } from "lucide-react"
import { Component, type ReactNode } from "react"
import { getT } from "@/shared/i18n"
import { Button } from "@/shared/ui/button"
import { EmptyState } from "@/shared/ui/misc"

/** A mistake of ours in drawing the page ends here, with a way on, and not in a white screen. */
export class Crash extends Component<{ children: ReactNode }, { broken: boolean }> {
  override state = { broken: false }

  static getDerivedStateFromError() {
    return { broken: true }
  }

  override render() {
    if (!this.state.broken) return this.props.children
    const t = getT().app
    return (
      <EmptyState icon={TriangleAlert} tone="danger" title={t.crashedTitle} body={t.crashedBody}>
        <Button onClick={() => location.reload()}>{t.reload}</Button>
      </EmptyState>
    )
  }
}
