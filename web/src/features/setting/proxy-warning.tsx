import { useMe } from "@/features/access"
import { useT } from "@/shared/i18n"
import { allows } from "@/shared/lib/action"
import { useSettings } from "./get-settings"

const silent = "silent:"

/** The warning, also in the log and in `doctor`, about a proxy that hides the addresses of its clients; for administrators only. */
export function ProxyWarning() {
  return allows(useMe(), "setting.manage") ? <Warning /> : null
}

function Warning() {
  const t = useT().settings
  const proxies = useSettings().data?.untrusted_proxies.split(" ").filter(Boolean) ?? []
  if (proxies.length === 0) return null
  return (
    <div role="alert" data-testid="proxy-warning" className="mb-6 flex flex-col gap-2 rounded-xl bg-warning-soft px-4 py-3 text-[13px] text-warning">
      {proxies.map((proxy) => (
        <p key={proxy} className="wrap-anywhere">{proxy.startsWith(silent) ? t.proxySilent(proxy.slice(silent.length)) : t.proxyUntrusted(proxy)}</p>
      ))}
    </div>
  )
}
