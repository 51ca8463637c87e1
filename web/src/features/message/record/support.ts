/** Whether this browser can record: only on https or this machine, and with a microphone's interface. */
export function canRecord(): boolean {
  return "mediaDevices" in navigator && typeof MediaRecorder === "function" && typeof AudioContext === "function"
}
