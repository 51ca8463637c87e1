import { useMutation } from "@tanstack/react-query"
import type { Settings, SettingsChange } from "@/contract"
import { patch } from "@/shared/api/http"
import { queryClient } from "@/shared/lib/query"
import { settingsKey } from "./get-settings"

export function useChangeSettings() {
  return useMutation({
    mutationFn: (change: SettingsChange) => patch<Settings>("/api/settings", change),
    onSuccess: (settings) => queryClient.setQueryData(settingsKey, settings),
  })
}
