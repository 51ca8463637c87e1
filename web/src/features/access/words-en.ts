import { limits } from "@/contract"
import { pluralEn } from "@/shared/i18n/plural"

export const en = {
  login: {
    title: "Sign in",
    subtitle: "Welcome back. Your customers are waiting.",
    identifier: "Username or email",
    password: "Password",
    show: "Show password",
    hide: "Hide password",
    submit: "Sign in",
    working: "Signing in…",
    hint: "First time here? The administrator’s one-time password is in the server’s output from its first start.",
    forgot: "Forgot your password? An administrator can give you a new one-time password.",
    pitch: "One inbox for the whole team.",
    pitchPoints: [
      "Every message from your Telegram bot, in order, as it arrives",
      "Take a conversation, and the whole team sees it’s yours",
      "Know whether a reply was delivered, or exactly why it wasn’t",
    ],
  },
  password: {
    title: "Choose your own password",
    forced: "You signed in with a one-time password. Now choose one that only you know.",
    current: "Current password",
    oneTime: "One-time password",
    next: "New password",
    again: "Repeat new password",
    rule: `At least ${limits.password_min} characters. A few words you can remember are better than symbols you can’t.`,
    mismatch: "The passwords don’t match.",
    short: `At least ${limits.password_min} characters, please.`,
    submit: "Save and continue",
    change: "Change password",
    changed: "Your password has been changed.",
  },
  account: { title: "Account", draftsTitle: (n: number) => `Sign out and discard ${pluralEn(n, "draft", "drafts")}?`, draftsBody: "Drafts are kept only in this browser, and signing out deletes them.", unsentTitle: "Sign out with unsent messages?", unsentBody: "What you wrote hasn’t reached the server yet and would be lost.", online: "Online", away: "Away", offline: "Offline", signOut: "Sign out", status: "Your status", profile: "Profile" },
  demo: {
    badge: "Demo",
    title: "This is a demo",
    body: "Telegram is simulated: the customers are made up, and nothing leaves this computer. Write as a customer in the simulator and watch the message arrive here.",
    open: "Open the simulator",
  },
}

type Words = typeof en

declare module "@/shared/i18n" {
  interface Catalogue extends Words {}
}
