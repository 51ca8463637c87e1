export { useChangeSettings } from "./change-settings"
export { ProxyWarning } from "./proxy-warning"
export { useSettings } from "./get-settings"
