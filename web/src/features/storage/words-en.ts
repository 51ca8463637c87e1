import type { FileFamily, StoreState } from "@/contract"
import { pluralEn } from "@/shared/i18n/plural"

const count = (n: number) => pluralEn(n, "file", "files")

export const en = {
  storage: {
    title: "Storage",
    body: "How much space pictures, videos and documents take, and how long they stay.",
    alsoFoundBy: ["Disk space", "Retention", "S3"],
    ofQuota: (size: string) => `of ${size}`, noQuota: "used, without a limit",
    families: { pictures: "Pictures", videos: "Videos", sounds: "Voice and music", others: "Other files", thumbnails: "Thumbnails" } as Record<FileFamily, string>,
    files: count,
    total: (n: number) => `${count(n)} in all; identical ones count once.`, free: (size: string) => `The server’s disk has ${size} free.`,
    nearlyFull: "Almost full: new files from customers are no longer accepted, operators can still send some. Messages are never lost.",
    full: "Full: no new files are accepted, neither from customers nor from operators. Messages are never lost.",
    place: "Where files are kept",
    states: {
      local: "On the server’s disk", ok: "In the S3 bucket", away: "The S3 bucket can’t be used right now", held: "On the server’s disk: they were moved back from the S3 bucket",
      read_only: "On the server’s disk; older files are still in the S3 bucket",
    } as Record<StoreState, string>,
    awayMeans: "Messages and new files keep coming in. Files wait here and move when the bucket is back; older ones that are only in the bucket can’t be opened until then.",
    waiting: (n: number, size: string) => `Waiting to move: ${count(n)} (${size}).`, nothingWaits: "Nothing is waiting to move.",
    here: (n: number, size: string) => `On this server’s disk: ${count(n)} (${size}).`,
    moved: (n: number, size: string) => `Moved since the server started: ${count(n)} (${size}).`,
    limits: "Limits", limitsBody: "Text is never refused or removed, whatever you choose here.",
    quota: "Space for files, in MB", quotaHint: "The last tenth is reserved for what operators send.", quotaBelow: "More than that is in use already, so no new files would be accepted.", unlimited: "No limit",
    kept: "Keep files for, in days", keptHint: "Older files are deleted here and in the bucket. Their place in the conversation says so.", forever: "Forever",
    removeTitle: (days: number) => `Delete files older than ${pluralEn(days, "day", "days")}?`, removeBody: "This starts within a minute and can’t be undone. The messages stay.", removeAction: "Delete old files",
  },
}

type Words = typeof en

declare module "@/shared/i18n" {
  interface Catalogue extends Words {}
}
