/** A turn of the event loop that takes longer is one in which the machine had no time for this process. */
const LONGEST_TURN_MS = 50;

let [passed, last] = [0, performance.now()];
const look = () => {
  const now = performance.now();
  passed += Math.min(now - last, LONGEST_TURN_MS);
  last = now;
};
setInterval(look, 10).unref();

/**
 * A clock that goes only while this process runs. For bounds on what happens in it: on a machine that stood still meanwhile,
 * a server in this process could not have been any faster, and its client not have looked any sooner.
 */
export const awakeMs = (): number => {
  look();
  return passed;
};
