import { useQuery } from "@tanstack/react-query"
import type { MessageEdit } from "@/contract"
import { get } from "@/shared/api/http"

export const editsKey = "edits"

export function useEdits(messageId: number) {
  return useQuery({
    queryKey: [editsKey, messageId],
    queryFn: async ({ signal }) => (await get<{ data: MessageEdit[] }>(`/api/messages/${messageId}/edits`, signal)).data,
    staleTime: 0,
  })
}
