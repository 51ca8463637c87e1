import { pluralEn } from "@/shared/i18n/plural"
import { isolate } from "@/shared/lib/bidi"

export const en = {
  sources: {
    title: "Sources",
    body: "Links like t.me/your_bot?start=ads_may tell where a customer comes from. A source is found by how the link’s payload begins; if several match, the longest one counts.",
    none: "No sources yet. Add one, or paste a table.",
    add: "Add a source", addTitle: "New source", editTitle: "Edit the source", import: "Paste a table",
    payload: "Payload begins with", payloadHint: "What follows “start=” in the link: letters A–Z, digits, _ and -.",
    name: "Source", nameHint: "Shown on the customer’s card and used in filters.",
    tag: "Tag", language: "Language", languageHint: "The bot greets in this language, such as en or ru. Leave empty to use the language of the customer’s app.",
    editOf: (name: string) => `Edit ${isolate(name)}`, removeOf: (name: string) => `Remove ${isolate(name)}`,
    removeTitle: (name: string) => `Remove the source ${isolate(name)}?`, removeBody: "Customers who came through it keep it on their cards.",
    removed: "Source removed", saved: "Source saved",
    importTitle: "Paste a table of sources", importLabel: "Payload, source, tag, language", importHint: "One source per line, copied from a spreadsheet or separated by commas or semicolons. Tag and language are optional. Sources with the same payload are replaced.",
    badLines: (lines: string) => `These lines can’t be read: ${lines}`,
    importSome: (n: number) => `Import ${pluralEn(n, "source", "sources")}`, imported: (n: number) => `${pluralEn(n, "source", "sources")} imported`,
    alsoFoundBy: ["deep link", "start", "payload", "campaign", "utm"],
  },
}

type Words = typeof en

declare module "@/shared/i18n" {
  interface Catalogue extends Words {}
}
