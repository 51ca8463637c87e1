import type { Operator, Role } from "@/contract"
import { patch } from "@/shared/api/http"

export function changeOperator(id: number, change: { name?: string; role?: Role; active?: boolean }): Promise<Operator> {
  return patch<Operator>(`/api/operators/${id}`, change)
}
