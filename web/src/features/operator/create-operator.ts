import { useMutation } from "@tanstack/react-query"
import type { Operator, Role } from "@/contract"
import { post } from "@/shared/api/http"
import { queryClient } from "@/shared/lib/query"
import { operatorsKey } from "./get-operators"

export interface NewOperator {
  login: string
  email: string
  name: string
  role: Role
}

export interface CreatedOperator {
  operator: Operator
  password: string
}

export function useCreateOperator() {
  return useMutation({
    mutationFn: (operator: NewOperator) => post<CreatedOperator>("/api/operators", operator),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: operatorsKey }),
  })
}
