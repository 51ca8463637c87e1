export { AccountMenu } from "./account-menu"
export { changeMe } from "./change-me"
export { operatorsKey, operatorsQuery, useOperator, useOperators } from "./get-operators"
export { type OperatorsState } from "./reduce"
