const UUID = '[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}';
const CONTROLS = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;
const OF_UUID = new RegExp(`^${UUID}([-.:_]\\w{1,12})?$`, 'i');
/** JSON web tokens whole, then whatever is long and random enough to be a key, but for UUIDs. */
const JWT = /\beyJ[\w-]*\.[\w-]*(\.[\w-]*)*/g;
const OURS = /\bt[kr]_[\w-]*/g;
const SCHEME = /\b(bearer|basic|token)\s+\S+/gi;
const USER_INFO = /:\/\/[^/\s@]*@/g;
const LONG_RUN = /[\w+=-]{20,}/g;

const HIDDEN = '[hidden]';

/** One line for a terminal or a log reader: no control, format or direction character stays what it was. */
export const oneLine = (text: string, most: number): string =>
  text
    .slice(0, most)
    .toWellFormed()
    .replace(CONTROLS, (found) => `\\u{${found.codePointAt(0)?.toString(16)}}`);

/** Without what looks like a secret. A net below the list of fields, not a reason to log what is secret. */
export const masked = (text: string): string =>
  text
    .replace(JWT, HIDDEN)
    .replace(OURS, HIDDEN)
    .replace(SCHEME, `$1 ${HIDDEN}`)
    .replace(USER_INFO, `://${HIDDEN}@`)
    .replace(LONG_RUN, (run) => (OF_UUID.test(run) || !/\d.*\d/.test(run) ? run : HIDDEN));

/**
 * What a library says about an error quotes the input that it choked on. From the first quotation mark to the last one,
 * for the input may hold some of its own.
 */
export const unquoted = (message: string): string => message.replace(/["'`“‘«][^]*["'`”’»]/, '"…"');
