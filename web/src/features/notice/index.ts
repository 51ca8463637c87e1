export { Notices } from "./notices"
export { useSpoken } from "./notify"
