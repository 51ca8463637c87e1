import { expect, it } from "vitest"
import { parseSources } from "./parse"

const row = (payload: string, name: string, tag: string | null = null, language: string | null = null) => ({ payload, name, tag, language })

it.each([
  ["commas", "ads_may, May ads, ads, en", [row("ads_may", "May ads", "ads", "en")], []],
  ["tabs, as from a spreadsheet", "ads\tAds, all of them\t\tru\nsite\tSite", [row("ads", "Ads, all of them", null, "ru"), row("site", "Site")], []],
  ["semicolons and quotes", 'a;"Shop; the ""old"" one";vip', [row("a", 'Shop; the "old" one', "vip")], []],
  ["a whole link", "https://t.me/shop_bot?start=fb-7, Facebook", [row("fb-7", "Facebook")], []],
  ["headings and blank lines", "payload,source\n\n a , A \r\n", [row("a", "A")], []],
  ["the later of two", "a,One\na,Two", [row("a", "Two")], []],
  ["what cannot be read", "bad payload!,X\nok,Y\nnameless\nlang,Z,,English please", [row("ok", "Y")], [1, 3, 4]],
  ["nothing", " \n", [], []],
])("%s", (_why, text, rows, bad) => expect(parseSources(text)).toEqual({ rows, bad }))
