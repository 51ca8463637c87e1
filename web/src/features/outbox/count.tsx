import { cn } from "@/shared/lib/cn"
import { countStyle } from "@/shared/ui/misc"
import { useDeadLetterCount } from "./get-dead-letters"

export function FailedCount({ className }: { className: string }) {
  const count = useDeadLetterCount()
  return count && <span data-testid="failed-count" className={cn(countStyle, "bg-destructive text-surface", className)}>{count}</span>
}
