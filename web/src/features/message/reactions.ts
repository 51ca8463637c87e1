/** The emoji that Telegram takes as reactions, in its order: spec/reactions.tbl. */
const all =
  "❤ 👍 👎 🔥 🥰 👏 😁 🤔 🤯 😱 🤬 😢 🎉 🤩 🤮 💩 🙏 👌 🕊 🤡 🥱 🥴 😍 🐳 ❤‍🔥 🌚 🌭 💯 🤣 ⚡ 🍌 🏆 💔 🤨 😐 🍓 🍾 💋 🖕 😈 😴 😭 🤓 👻 👨‍💻 👀 🎃 🙈 😇 😨 🤝 ✍ 🤗 🫡 🎅 🎄 ☃ 💅 🤪 🗿 🆒 💘 🙉 🦄 😘 💊 🙊 😎 👾 🤷‍♂ 🤷 🤷‍♀ 😡"

export const reactionEmoji: readonly string[] = all.split(" ")

/** Shown in the menu itself. */
export const quickReactions: readonly string[] = ["👍", "❤", "🔥", "👏", "😁", "🙏"]

/** Older signs are drawn in colour only with the mark for emoji. */
export const drawnEmoji = (emoji: string): string => (/^[\u2600-\u27bf]/.test(emoji) ? emoji.replace(/^(.)\ufe0f?/u, "$1\ufe0f") : emoji)
