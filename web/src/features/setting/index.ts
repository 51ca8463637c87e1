export { useChangeSettings } from "./change-settings"
export { useSettings } from "./get-settings"
