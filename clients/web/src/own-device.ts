/** Names by which browsers and systems call themselves, the telling ones before those that the others claim to be. */
const BROWSERS = [
  [/Edg\//, 'Edge'],
  [/OPR\//, 'Opera'],
  [/YaBrowser\//, 'Yandex Browser'],
  [/Firefox\//, 'Firefox'],
  [/Chrom(?:e|ium)\//, 'Chrome'],
  [/Safari\//, 'Safari'],
] as const;
const SYSTEMS = [
  [/Android/, 'Android'],
  [/iPhone/, 'iPhone'],
  [/iPad/, 'iPad'],
  [/Windows/, 'Windows'],
  [/Mac OS X/, 'macOS'],
  [/CrOS/, 'ChromeOS'],
  [/Linux/, 'Linux'],
] as const;

/** By which the user recognises this browser in the list of sessions. */
export const ownDevice = (agent = navigator.userAgent) => {
  const browser = BROWSERS.find(([mark]) => mark.test(agent))?.[1] ?? 'Browser';
  const system = SYSTEMS.find(([mark]) => mark.test(agent))?.[1];
  return { name: system ? `${browser} (${system})` : browser, platform: 'web' };
};
