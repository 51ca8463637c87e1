let audio: AudioContext | null = null

/** Two short notes, generated, so that no file is loaded. */
export function playTone(): void {
  try {
    audio ??= new AudioContext()
    void audio.resume()
    for (const [index, frequency] of [660, 880].entries()) {
      const start = audio.currentTime + index * 0.11
      const oscillator = audio.createOscillator()
      const gain = audio.createGain()
      oscillator.frequency.value = frequency
      gain.gain.setValueAtTime(0.0001, start)
      gain.gain.exponentialRampToValueAtTime(0.06, start + 0.02)
      gain.gain.exponentialRampToValueAtTime(0.0001, start + 0.25)
      oscillator.connect(gain).connect(audio.destination)
      oscillator.start(start)
      oscillator.stop(start + 0.3)
    }
  } catch {
    // A browser may refuse sound until the first click; then there is none.
  }
}
