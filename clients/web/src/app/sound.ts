const LENGTH_S = 0.22;
const AT_MOST_EVERY_MS = 1_000;
const LOCK = 'tertulia-sound';

let context: AudioContext | undefined;

/** Two soft notes, once a second at most in all tabs together. Silent where the browser has not been touched yet. */
export const playSound = async (): Promise<void> => {
  // Locks are missing where a page came without encryption; then each tab has its own say.
  if (!('locks' in navigator)) return play();
  await navigator.locks.request(LOCK, { ifAvailable: true }, async (lock) => {
    if (!lock) return;
    await play();
    await new Promise((done) => setTimeout(done, AT_MOST_EVERY_MS));
  });
};

const play = async (): Promise<void> => {
  context ??= new AudioContext();
  if (context.state === 'suspended')
    await Promise.race([context.resume(), new Promise((late) => setTimeout(late, AT_MOST_EVERY_MS))]);
  if (context.state !== 'running') return;
  note(context, 660, 0);
  note(context, 880, 0.09);
};

const note = (audio: AudioContext, frequency: number, after: number): void => {
  const begin = audio.currentTime + after;
  const tone = new OscillatorNode(audio, { frequency, type: 'sine' });
  const volume = new GainNode(audio, { gain: 0 });
  volume.gain.setValueAtTime(0, begin);
  volume.gain.linearRampToValueAtTime(0.12, begin + 0.015);
  volume.gain.exponentialRampToValueAtTime(0.001, begin + LENGTH_S);
  tone.connect(volume).connect(audio.destination);
  tone.start(begin);
  tone.stop(begin + LENGTH_S);
};
