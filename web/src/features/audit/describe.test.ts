import { expect, it } from "vitest"
import type { AuditEntry } from "@/contract"
import type { Catalogue } from "@/shared/i18n"
import { actorName, detailOf, whatWasDone } from "./describe"
import { en } from "./words-en"
import { ru } from "./words-ru"

const roles = { admin: "Administrator", senior_operator: "Senior operator", operator: "Operator" }
const t = { ...en, operators: { roles, inactive: "Deactivated" } } as unknown as Catalogue
const rt = { ...ru, operators: { roles: { ...roles, operator: "Оператор" }, inactive: "Отключён" } } as unknown as Catalogue
const operators = [{ id: 7, name: "Mira" }]
const entry = (part: Partial<AuditEntry>): AuditEntry => ({ id: 1, actor: "operator", actor_id: 7, action: "settings.changed", target: "", detail: "", address: "", created_at: "", ...part })
const jobs = { "prune.raw": "Deleting updates" }
const bare = (text: string) => text.replace(/[\u2066-\u2069]/g, "")

it("names who acted: an operator, one who is not known here, the server", () => {
  expect(actorName(entry({}), operators, t)).toBe("Mira")
  expect(actorName(entry({ actor_id: 9 }), operators, t)).toBe("Operator 9")
  expect(actorName(entry({ actor: "system", actor_id: null }), operators, rt)).toBe("Сервер")
  expect(actorName(entry({ actor: null }), operators, t)).toBe("The server")
})

it("says what was done and to whom", () => {
  expect(bare(whatWasDone(entry({ action: "operator.password_reset", target: "operator:7" }), operators, t))).toBe("Reset the password of Mira")
  expect(bare(whatWasDone(entry({ action: "operator.created", target: "operator:9" }), operators, rt))).toBe("Новый оператор: Оператор 9")
  expect(whatWasDone(entry({ action: null }), operators, t)).toBe("Something that only another version can name")
  for (const action of Object.keys(en.audit.done) as (keyof typeof en.audit.done)[])
    for (const words of [t, rt]) expect(whatWasDone(entry({ action, target: "operator:7" }), operators, words)).toBeTruthy()
})

it("says the role or the kind of job in words, and whether an account is deactivated", () => {
  expect(detailOf(entry({ action: "operator.created", detail: "senior_operator" }), t, jobs)).toBe("Senior operator")
  expect(detailOf(entry({ action: "operator.changed", detail: "role=admin active=1" }), t, jobs)).toBe("Administrator")
  expect(detailOf(entry({ action: "operator.changed", detail: "role=operator active=0" }), rt, jobs)).toBe("Оператор · Отключён")
  expect(detailOf(entry({ action: "operator.changed", detail: "role=toString active=1" }), t, jobs)).toBe("toString")
  expect(detailOf(entry({ action: "staff_group.set", detail: "-1001" }), t, jobs)).toBe("-1001")
  expect(detailOf(entry({ action: "dead_job.retried", target: "job:3", detail: "prune.raw" }), t, jobs)).toBe("Deleting updates")
  expect(detailOf(entry({ action: "dead_job.dismissed", target: "job:3", detail: "of.tomorrow" }), t, jobs)).toBe("of.tomorrow")
})
