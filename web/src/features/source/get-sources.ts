import { useMutation, useQuery } from "@tanstack/react-query"
import type { Source, SourceNew } from "@/contract"
import { del, get, patch, post } from "@/shared/api/http"
import { queryClient } from "@/shared/lib/query"

export const sourcesKey = ["sources"] as const

export function useSources() {
  return useQuery({ queryKey: sourcesKey, queryFn: async ({ signal }) => (await get<{ data: Source[] }>("/api/sources", signal)).data })
}

const again = () => queryClient.invalidateQueries({ queryKey: sourcesKey })

/** Without an id a new one. */
export function useSaveSource() {
  return useMutation({
    mutationFn: ({ id, ...row }: SourceNew & { id: number | null }) => (id === null ? post<Source>("/api/sources", row) : patch<Source>(`/api/sources/${id}`, row)),
    onSuccess: again,
  })
}

export const removeSource = (id: number): Promise<unknown> => del(`/api/sources/${id}`).finally(again)

export function useImportSources() {
  return useMutation({ mutationFn: (sources: readonly SourceNew[]) => post<{ data: Source[] }>("/api/sources/import", { sources }), onSuccess: again })
}
