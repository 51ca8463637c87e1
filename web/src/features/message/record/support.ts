/** Whether this browser can record: only on https or this machine, and with a microphone's interface. */
export function canRecord(): boolean {
  return "mediaDevices" in navigator && typeof MediaRecorder === "function" && typeof AudioContext === "function"
}

/** Telegram plays H.264 in MP4 only, which not every browser can record. */
const noteTypes = ["video/mp4;codecs=avc1.42E01E,mp4a.40.2", "video/mp4;codecs=avc1.42E01E,opus"]
export const noteType = (): string | undefined => noteTypes.find((type) => MediaRecorder.isTypeSupported(type))
export const canRecordNote = (): boolean => canRecord() && "captureStream" in HTMLCanvasElement.prototype && noteType() !== undefined
