import { describe, expect, it } from "vitest"
import { random } from "@/testing/desk"
import { findLinks, realHost } from "./links"

const linked = (text: string) => findLinks(text).flatMap((piece) => (typeof piece === "string" ? [] : [[piece.text, piece.href]]))
const joined = (text: string) => findLinks(text).map((piece) => (typeof piece === "string" ? piece : piece.text)).join("")

describe("an address in plain text becomes a link", () => {
  it.each([
    ["with its scheme", "see https://a.example/x?y=1#z now", "https://a.example/x?y=1#z", "https://a.example/x?y=1#z"],
    ["at the start and the end", "http://a.example", "http://a.example", "http://a.example"],
    ["www", "www.shop.example/sale", "www.shop.example/sale", "https://www.shop.example/sale"],
    ["a bare domain", "it is on Example.com", "Example.com", "https://Example.com"],
    ["a bare domain with a path and a port", "example.org:8080/a/b", "example.org:8080/a/b", "https://example.org:8080/a/b"],
    ["Cyrillic", "на сайте пример.рф/путь есть", "пример.рф/путь", "https://пример.рф/путь"],
    ["an e-mail", "write to ann.lee+x@mail.example.com.", "ann.lee+x@mail.example.com", "mailto:ann.lee+x@mail.example.com"],
    ["mailto", "mailto:ann@a.example", "mailto:ann@a.example", "mailto:ann@a.example"],
    ["tel", "tel:+4712345678", "tel:+4712345678", "tel:+4712345678"],
    ["a full stop is the sentence's", "Go to https://a.example/x.", "https://a.example/x", "https://a.example/x"],
    ["so are several signs", "https://a.example/x?!…", "https://a.example/x", "https://a.example/x"],
    ["a comma", "https://a.example, or not", "https://a.example", "https://a.example"],
    ["brackets around it", "(https://a.example/x)", "https://a.example/x", "https://a.example/x"],
    ["brackets in it", "https://en.example/wiki/Ann_(name)", "https://en.example/wiki/Ann_(name)", "https://en.example/wiki/Ann_(name)"],
    ["both, and a full stop", "(see https://en.example/wiki/Ann_(name)).", "https://en.example/wiki/Ann_(name)", "https://en.example/wiki/Ann_(name)"],
    ["square ones", "[https://a.example/x]", "https://a.example/x", "https://a.example/x"],
    ["quotes", "«https://a.example/x»", "https://a.example/x", "https://a.example/x"],
    ["a slash at the end stays", "https://a.example/x/", "https://a.example/x/", "https://a.example/x/"],
    ["upper case", "HTTPS://A.EXAMPLE", "HTTPS://A.EXAMPLE", "HTTPS://A.EXAMPLE"],
    ["a look-alike is shown as typed", "https://аpple.com/", "https://аpple.com/", "https://аpple.com/"],
    ["an address in numbers", "http://192.0.2.7:3000/x", "http://192.0.2.7:3000/x", "http://192.0.2.7:3000/x"],
    ["a host without dots, with a scheme", "http://localhost:3000", "http://localhost:3000", "http://localhost:3000"],
    ["a text that is turned round ends it", "https://a.example/\u202Egpj.exe", "https://a.example/", "https://a.example/"],
  ])("%s", (_why, text, shown, href) => expect(linked(text)).toEqual([[shown, href]]))

  it("several in one text", () =>
    expect(linked("a.com, b@c.org and http://d.example").map(([, href]) => href)).toEqual(["https://a.com", "mailto:b@c.org", "http://d.example"]))
})

describe("what is no address stays text", () => {
  it.each([
    "javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "ftp://a.example", "ton://transfer/EQabc", "tg://resolve?domain=x",
    "https://", "http:///x", "https://bank.example@evil.example/", "https://user:pass@evil.example", "report.final.docx", "3.14", "e.g. this", "Hello.World", "1.2.3",
    "a@b", "@name", "ann@", "user@host@other.com", "C:\\shop.com", "tel:javascript", "mailto:", "www.", "version2.comma", "xhttps://a.example",
  ])("%s", (text) => expect(linked(text)).toEqual([]))
})

it("no letter is lost or repeated, whatever is written", () => {
  const chance = random(4)
  const parts = ["https://", "www.", "a.com", "@", ".", ")", "(", " ", "x", "/", "é", "рф", "\n", "tel:", "😀", "-", "\u202e"]
  for (let round = 0; round < 2000; round++) {
    const text = Array.from({ length: Math.floor(chance() * 12) }, () => parts[Math.floor(chance() * parts.length)]).join("")
    expect(joined(text)).toBe(text)
  }
})

it("a long text without an end is done in no time", () => {
  const began = performance.now()
  for (const text of ["a.".repeat(2048), "a-".repeat(2048), "(".repeat(4096), `https://${")".repeat(4000)}`, "a@".repeat(2048), "www.".repeat(1024)]) linked(text)
  expect(performance.now() - began).toBeLessThan(1000)
})

it.each([
  ["https://a.example/x", "https://a.example/x", undefined],
  ["https://A.example", "A.example", undefined],
  ["https://аpple.com/", "https://аpple.com/", "xn--pple-43d.com"],
  ["https://evil.example/", "your bank", "evil.example"],
  ["mailto:a@b.example", "write", undefined],
])("%s typed as %s", (href, typed, host) => expect(realHost(href, typed)).toBe(host))
