export { jobNames } from "./job-names"
