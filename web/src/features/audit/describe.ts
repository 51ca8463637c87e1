import type { AuditEntry, Operator } from "@/contract"
import type { Catalogue } from "@/shared/i18n"

type Known = readonly Pick<Operator, "id" | "name">[]

function nameOf(id: number, operators: Known, t: Catalogue): string {
  return operators.find((operator) => operator.id === id)?.name ?? t.audit.unknownOperator(id)
}

/** The actor: the name of an operator, or the server. */
export function actorName({ actor, actor_id }: AuditEntry, operators: Known, t: Catalogue): string {
  return actor === "operator" && actor_id !== null ? nameOf(actor_id, operators, t) : t.audit.server
}

/** The action, as a sentence without its subject. */
export function whatWasDone({ action, target }: AuditEntry, operators: Known, t: Catalogue): string {
  const id = /^operator:(\d+)$/.exec(target)?.[1]
  return action === null ? t.audit.unknownAction : t.audit.done[action](id === undefined ? "" : nameOf(Number(id), operators, t))
}

const isRole = (text: string, t: Catalogue): text is keyof Catalogue["operators"]["roles"] => Object.hasOwn(t.operators.roles, text)

/** The further details of an entry; empty if there are none. jobs: the description of each kind of job. */
export function detailOf({ action, detail }: AuditEntry, t: Catalogue, jobs: Readonly<Record<string, string>>): string {
  if (action?.startsWith("dead_")) return jobs[detail] ?? detail
  const [, role = detail, active] = /^role=(\w+) active=([01])$/.exec(detail) ?? []
  if (action !== "operator.created" && action !== "operator.changed") return detail
  const name = isRole(role, t) ? t.operators.roles[role] : role
  return active === "0" ? `${name} · ${t.operators.inactive}` : name
}
