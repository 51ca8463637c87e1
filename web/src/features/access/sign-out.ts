import { post } from "@/shared/api/http"

/** A full reload afterwards leaves nothing of the session in memory. */
export async function signOut(): Promise<void> {
  try {
    await post<void>("/api/auth/logout")
  } finally {
    location.assign("/login")
  }
}
