import { useMutation } from "@tanstack/react-query"
import type { StaffGroup, StaffGroupBody } from "@/contract"
import { put } from "@/shared/api/http"
import { queryClient } from "@/shared/lib/query"
import { groupKey } from "./get-group"

/** chat_id null: removes the group. A refused choice may still have shown what is missing, so the group is asked for again. */
export function useSetGroup() {
  return useMutation({
    mutationFn: (choice: StaffGroupBody) => put<StaffGroup>("/api/channels/telegram/group", choice),
    onSuccess: (group) => queryClient.setQueryData(groupKey, group),
    onError: () => queryClient.invalidateQueries({ queryKey: groupKey }),
  })
}
