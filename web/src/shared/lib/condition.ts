import { foldedLetters, type Condition, type ConditionOp, type ConditionType, type ConditionValue } from "@/contract"

/**
 * Evaluates conditions for one row, as the server's SQL does (server/desk/condition describes the language). Conditions are not
 * checked here, since each was accepted by the server or is part of this program.
 */
export interface Fields<Row> {
  readonly [field: string]: { readonly type: ConditionType; readonly of: (one: Row) => string | number | boolean | null | undefined }
}

/** Undefined: the row lacks a field that decides, as an event does not contain the operator's read position. */
export type Truth = boolean | undefined

export function matches<Row>(fields: Fields<Row>, condition: Condition, row: Row, reader: number): Truth {
  if ("all" in condition) return join(condition.all, false)
  if ("any" in condition) return join(condition.any, true)
  if ("none" in condition) return not(join(condition.none, true))
  const field = fields[condition.field]
  const has = field?.of(row)
  if (!field || has === undefined) return undefined
  return holds(field.type, condition.op, field.type === "name" && has !== null ? fold(String(has)) : has, list(condition.value), reader)

  /** A result equal to `deciding` decides; otherwise an undefined one makes the whole undefined. */
  function join(items: readonly Condition[], deciding: boolean): Truth {
    let result: Truth = !deciding
    for (const item of items) {
      const one = matches(fields, item, row, reader)
      if (one === deciding) return deciding
      if (one === undefined) result = undefined
    }
    return result
  }
}

type Has = string | number | boolean | null

function holds(type: ConditionType, op: ConditionOp, has: Has, values: readonly ConditionValue[], reader: number): boolean {
  const [first, second] = values
  const equal = () => values.some((value) => equals(type, has, value, reader))
  switch (op) {
    case "is":
    case "in":
      return equal()
    case "is_not":
    case "not_in":
      return !equal()
    case "contains":
      return has !== null && String(has).includes(textOf(type, first))
    case "starts":
      return has !== null && String(has).startsWith(textOf(type, first))
    case "before":
    case "less":
      return has !== null && numberOf(type, has) < numberOf(type, first)
    case "after":
    case "more":
      return has !== null && numberOf(type, has) > numberOf(type, first)
    case "between":
      return has !== null && numberOf(type, has) >= numberOf(type, first) && numberOf(type, has) <= numberOf(type, second)
    case "empty":
      return has === null || has === ""
    case "not_empty":
      return has !== null && has !== ""
  }
}

function equals(type: ConditionType, has: Has, value: ConditionValue, reader: number): boolean {
  if (type === "operator" && value === "none") return has === null
  if (type === "operator" && value === "me") return has === reader
  return has === (type === "name" ? textOf(type, value) : value)
}

function list(value: ConditionValue | readonly ConditionValue[] | undefined): readonly ConditionValue[] {
  if (value === undefined) return []
  return typeof value === "object" ? value : [value]
}

function textOf(type: ConditionType, value: ConditionValue | undefined): string {
  return type === "name" ? fold(String(value)) : String(value)
}

function numberOf(type: ConditionType, value: Has | undefined): number {
  return type === "time" ? Date.parse(String(value)) : Number(value)
}

function not(truth: Truth): Truth {
  return truth === undefined ? undefined : !truth
}

let letters: ReadonlyMap<string, string> | undefined

/** In lower case and without accents, like the server. */
export function fold(text: string): string {
  letters ??= new Map(foldedLetters.split(" ").flatMap(([letter = "", ...others]) => others.map((other) => [other, letter] as const)))
  let folded = ""
  for (const letter of text) if (letter < "\u0300" || letter > "\u036f") folded += letters.get(letter) ?? letter
  return folded
}
