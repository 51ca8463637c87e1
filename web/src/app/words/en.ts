import { en as access } from "@/features/access/words-en"
import { en as apps } from "@/features/apps/words-en"
import { en as audit } from "@/features/audit/words-en"
import { en as bot } from "@/features/bot/words-en"
import { en as conversation } from "@/features/conversation/words-en"
import { en as customer } from "@/features/customer/words-en"
import { en as message } from "@/features/message/words-en"
import { en as notice } from "@/features/notice/words-en"
import { en as operator } from "@/features/operator/words-en"
import { en as outbox } from "@/features/outbox/words-en"
import { en as setting } from "@/features/setting/words-en"
import { en as source } from "@/features/source/words-en"
import { en as storage } from "@/features/storage/words-en"
import type { Catalogue } from "@/shared/i18n"
import { en as shared } from "@/shared/i18n/en"
import { en as own } from "./own-en"

/** English, combined from every feature; a missing feature, or a key in two features, does not compile. */
export const en: Catalogue = { ...shared, ...own, ...access, ...apps, ...audit, ...bot, ...conversation, ...customer, ...message, ...notice, ...operator, ...outbox, ...setting, ...source, ...storage }
