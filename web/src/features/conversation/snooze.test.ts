import { describe, expect, it } from "vitest"
import { fieldOf, momentsAfter, readField, suggestionAfter } from "./snooze"

const named = (now: string) => momentsAfter(new Date(now)).map(({ name, at }) => `${name} ${fieldOf(at)}`)

describe("what is offered for snoozing", () => {
  it("is an hour, tomorrow's morning and Monday's", () => {
    expect(named("2026-11-25T17:40:00")).toEqual(["hour 2026-11-25T18:40", "tomorrow 2026-11-26T09:00", "monday 2026-11-30T09:00"])
  })
  it("is on a Monday the next one", () => {
    expect(named("2026-11-30T08:00:00").at(-1)).toBe("monday 2026-12-07T09:00")
  })
  it.each(["2026-11-25T00:00:00", "2026-11-25T04:59:59"])("is in the night the morning that is coming, too: %s", (now) => {
    expect(named(now).slice(1)).toEqual(["morning 2026-11-25T09:00", "tomorrow 2026-11-26T09:00", "monday 2026-11-30T09:00"])
    expect(fieldOf(suggestionAfter(new Date(now)))).toBe("2026-11-25T09:00")
  })
  it("is from five o'clock tomorrow's morning again", () => {
    expect(named("2026-11-25T05:00:00").slice(1)).toEqual(["tomorrow 2026-11-26T09:00", "monday 2026-11-30T09:00"])
    expect(fieldOf(suggestionAfter(new Date("2026-11-25T05:00:00")))).toBe("2026-11-26T09:00")
  })
  it("names Monday once when it is tomorrow", () => {
    expect(named("2026-11-29T23:30:00")).toEqual(["hour 2026-11-30T00:30", "tomorrow 2026-11-30T09:00"])
  })
})

describe("a date that is typed", () => {
  const now = new Date("2026-11-25T17:40:00")
  const cases: readonly [string, string | null, string][] = [
    ["2026-11-25T17:41", "2026-11-25T17:41", "the next minute"],
    ["2026-11-25T17:40", null, "now"],
    ["2026-11-24T09:00", null, "yesterday"],
    ["2028-01-01T00:00", null, "in more than a year"],
    ["", null, "nothing"],
    ["soon", null, "no date"],
  ]
  for (const [text, wanted, why] of cases)
    it(why, () => {
      const at = readField(text, now)
      expect(at && fieldOf(at)).toBe(wanted)
    })
})
