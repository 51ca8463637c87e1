export { CustomerDetails } from "./details"
