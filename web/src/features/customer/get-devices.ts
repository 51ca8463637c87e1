import { useQuery } from "@tanstack/react-query"
import { channels, type Customer, type CustomerDevices } from "@/contract"
import { get } from "@/shared/api/http"

const LOOK_MS = 30_000

/** Only for channels that report it. There is no event about presence, so an open panel requests it again at intervals. */
export function useDevices(customer: Customer) {
  const tells = channels[customer.channel as keyof typeof channels]?.seen ?? false
  return useQuery({
    queryKey: ["devices", customer.id],
    queryFn: ({ signal }) => get<CustomerDevices>(`/api/customers/${customer.id}/devices`, signal),
    enabled: tells,
    refetchInterval: LOOK_MS,
  })
}
