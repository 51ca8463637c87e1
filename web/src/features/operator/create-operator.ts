import { useMutation } from "@tanstack/react-query"
import type { OperatorCreated, OperatorNew } from "@/contract"
import { post } from "@/shared/api/http"
import { queryClient } from "@/shared/lib/query"
import { operatorsKey } from "./get-operators"

export function useCreateOperator() {
  return useMutation({
    mutationFn: (operator: OperatorNew) => post<OperatorCreated>("/api/operators", operator),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: operatorsKey }),
  })
}
