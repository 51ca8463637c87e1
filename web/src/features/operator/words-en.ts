import { isolate } from "@/shared/lib/bidi"
import { pluralEn } from "@/shared/i18n/plural"

export const en = {
  operators: {
    title: "Operators",
    body: "People who reply in this panel.",
    add: "Add operator",
    addTitle: "Add an operator",
    login: "Username", email: "Email", name: "Name", role: "Role",
    roles: { admin: "Administrator", senior_operator: "Senior operator", operator: "Operator" },
    roleHints: { admin: "Everything, including the bot, settings and operators", senior_operator: "Replies, assigns and removes failed messages", operator: "Replies and takes conversations" },
    create: "Add",
    oneTimeTitle: "One-time password",
    oneTimeBody: (name: string) => `Give it to ${isolate(name)}. It’s shown only this once and must be changed at the first sign-in.`,
    copyPassword: "Copy password",
    reset: "Reset password",
    resetTitle: "Reset the password?",
    resetBody: (name: string) => `${isolate(name)} will be signed out everywhere and get a new one-time password.`,
    deactivate: "Deactivate",
    activate: "Activate",
    deactivateTitle: "Deactivate the operator?",
    deactivateBody: (name: string) => `${isolate(name)} will be signed out and won’t be able to sign in. Everything they wrote is kept.`,
    inactive: "Deactivated",
    cannotSignIn: "Replies in the staff group", cannotSignInHint: "Set a password to let them into the panel too.",
    join: "Join to another operator",
    joinTitle: (name: string) => `Who is ${isolate(name)}?`,
    joinBody: "Their messages, conversations and log entries become those of the operator you choose. This can’t be undone.",
    joinInto: "It’s the same person as",
    joinNow: "Join",
    joined: "Joined",
    mustChange: "Hasn’t signed in yet",
    actionsFor: (name: string) => `Actions for ${isolate(name)}`,
    updated: "Changes saved",
    count: (n: number) => pluralEn(n, "operator", "operators"),
  },
}

type Words = typeof en

declare module "@/shared/i18n" {
  interface Catalogue extends Words {}
}
