import { feature } from "@/shared/lib/feature"
import { operatorsKey } from "./get-operators"
import { reduceOperators } from "./reduce"

export const operator = feature({
  name: "operator",
  keeps: [{ key: operatorsKey, reduce: reduceOperators }],
  unplaced: [operatorsKey],
})
