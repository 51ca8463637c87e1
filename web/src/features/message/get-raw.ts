import { useQuery } from "@tanstack/react-query"
import { get } from "@/shared/api/http"

export function useRaw(messageId: number) {
  return useQuery({
    queryKey: ["raw", messageId],
    queryFn: async ({ signal }) => JSON.stringify(await get<unknown>(`/api/messages/${messageId}/raw`, signal), null, 2),
  })
}
