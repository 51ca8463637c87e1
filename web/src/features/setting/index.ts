export { EditedField } from "./edited-field"
export { ProxyWarning } from "./proxy-warning"
export { useSettings } from "./get-settings"
export { useEdited } from "./use-edited"
