import { pluralEn } from "@/shared/i18n/plural"
import { isolate } from "@/shared/lib/bidi"

export const en = {
  sources: {
    title: "Sources",
    body: "Links like t.me/your_bot?start=ads_may tell where a customer comes from. What a link’s payload begins with decides; of several that fit, the longest.",
    none: "No sources yet. Add one, or paste a table.",
    add: "Add a source", addTitle: "New source", editTitle: "Edit the source", import: "Paste a table",
    payload: "Payload begins with", payloadHint: "What follows “start=” in the link: letters A–Z, digits, _ and -.",
    name: "Source", nameHint: "Shown on the customer’s card and used in filters.",
    tag: "Tag", language: "Language", languageHint: "Greets in this language, e.g. en or ru. Empty: the one of the customer’s app.",
    editOf: (name: string) => `Edit ${isolate(name)}`, removeOf: (name: string) => `Remove ${isolate(name)}`,
    removeTitle: (name: string) => `Remove the source ${isolate(name)}?`, removeBody: "Customers who came by it keep it on their cards.",
    removed: "Source removed", saved: "Source saved",
    importTitle: "Paste a table of sources", importLabel: "Payload, source, tag, language", importHint: "One source a line, as copied from a spreadsheet, or separated by commas or semicolons. Tag and language may be missing. Known payloads are replaced.",
    badLines: (lines: string) => `These lines can’t be read: ${lines}`,
    importSome: (n: number) => `Import ${pluralEn(n, "source", "sources")}`, imported: (n: number) => `${pluralEn(n, "source", "sources")} imported`,
    alsoFoundBy: ["deep link", "start", "payload", "campaign", "utm"],
  },
}

type Words = typeof en

declare module "@/shared/i18n" {
  interface Catalogue extends Words {}
}
