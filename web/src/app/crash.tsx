import { TriangleAlert } from "lucide-react"
import { Component, type ReactNode } from "react"
import { getT } from "@/shared/i18n"
import { Button } from "@/shared/ui/button"
import { EmptyState } from "@/shared/ui/misc"

/** Shows a page with a way on, instead of a white screen, after an error in rendering. */
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
