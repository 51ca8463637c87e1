import { useMutation, useQuery } from "@tanstack/react-query"
import type { Storage, StorageChange } from "@/contract"
import { get, patch } from "@/shared/api/http"
import { queryClient } from "@/shared/lib/query"

export const storageKey = ["storage"] as const

/** Counted again while it is shown: files come and move. */
export function useStorage() {
  return useQuery({ queryKey: storageKey, queryFn: ({ signal }) => get<Storage>("/api/storage", signal), staleTime: 0, refetchInterval: 15_000 })
}

export function useChangeStorage() {
  return useMutation({
    mutationFn: (change: StorageChange) => patch<Storage>("/api/storage", change),
    onSuccess: (storage) => queryClient.setQueryData(storageKey, storage),
  })
}
