import { ru as access } from "@/features/access/words-ru"
import { ru as apps } from "@/features/apps/words-ru"
import { ru as audit } from "@/features/audit/words-ru"
import { ru as bot } from "@/features/bot/words-ru"
import { ru as conversation } from "@/features/conversation/words-ru"
import { ru as customer } from "@/features/customer/words-ru"
import { ru as message } from "@/features/message/words-ru"
import { ru as notice } from "@/features/notice/words-ru"
import { ru as operator } from "@/features/operator/words-ru"
import { ru as outbox } from "@/features/outbox/words-ru"
import { ru as setting } from "@/features/setting/words-ru"
import { ru as source } from "@/features/source/words-ru"
import { ru as storage } from "@/features/storage/words-ru"
import type { Catalogue } from "@/shared/i18n"
import { ru as shared } from "@/shared/i18n/ru"
import { ru as own } from "./own-ru"

/** Russian, likewise; each part is checked against its English one. */
export const ru: Catalogue = { ...shared, ...own, ...access, ...apps, ...audit, ...bot, ...conversation, ...customer, ...message, ...notice, ...operator, ...outbox, ...setting, ...source, ...storage }
