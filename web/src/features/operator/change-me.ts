import type { Operator, OperatorStatus } from "@/contract"
import { patch } from "@/shared/api/http"

export function changeMe(body: { name?: string; status?: OperatorStatus }): Promise<Operator> {
  return patch<Operator>("/api/operators/me", body)
}
