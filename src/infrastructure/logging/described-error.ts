import { masked, oneLine, unquoted } from './safe-text.ts';

/** What a log may hold of an error: where it happened and of which kind, nothing of what it was about. */
export interface DescribedError {
  readonly name: string;
  readonly message?: string;
  readonly stack?: readonly string[];
  readonly cause?: DescribedError;
  readonly errors?: readonly DescribedError[];
  /** `code`, and of PostgreSQL's errors the names of what they concern. */
  readonly [detail: string]: unknown;
}

const MOST_MESSAGE = 500;
const MOST_FRAMES = 20;
const DEPTH = 4;
const MOST_ERRORS = 5;
/** Names and codes that libraries put on errors; `detail`, `hint`, `where` and `internalQuery` hold rows, so they are not here. */
const DETAILS = [
  'code',
  'severity',
  'schema',
  'table',
  'column',
  'constraint',
  'dataType',
  'routine',
  'syscall',
  'errno',
  'rule',
  'kind',
];
const NAME = /^[\w$]{1,64}$/;
const FRAME =
  /^ {4}at (?:[\w.$<>[\] #]{1,120} \()?(?:async )?(?:file:|node:|\/|[A-Za-z]:\\|<anonymous>)[^()\n]{0,300}\)?$/;

/** Never throws, whatever was thrown. */
export const describedError = (error: unknown, depth = DEPTH): DescribedError => {
  try {
    return error instanceof Error
      ? described(error, depth)
      : { name: `a thrown ${error === null ? 'null' : typeof error}` };
  } catch {
    return { name: 'an error that can not be read' };
  }
};

/** For a flood: only what tells one kind from another. */
export const brieflyDescribed = (error: unknown): DescribedError => {
  const { name, code } = describedError(error, 0);
  return { name, ...(code !== undefined && { code }) };
};

const described = (error: Error, depth: number): DescribedError => {
  const name = String(named(error.name) ?? 'Error');
  const details = Object.fromEntries(
    DETAILS.map((detail) => [detail, named((error as unknown as Record<string, unknown>)[detail])] as const).filter(
      ([, value]) => value !== undefined,
    ),
  );
  const message = masked(oneLine(unquoted(error.message.slice(0, 5_000)), MOST_MESSAGE));
  if (depth <= 0) return { name, ...details };
  return {
    name,
    ...details,
    message,
    stack: framesOf(error),
    ...(error.cause !== undefined && { cause: describedError(error.cause, depth - 1) }),
    ...(error instanceof AggregateError && {
      errors: error.errors.slice(0, MOST_ERRORS).map((one) => describedError(one, depth - 1)),
    }),
  };
};

const named = (value: unknown): string | number | undefined =>
  typeof value === 'number' || (typeof value === 'string' && NAME.test(value) && masked(value) === value)
    ? value
    : undefined;

/** The message stands before the frames and may hold lines that look like one, so it is cut off first. */
const framesOf = ({ stack = '', message }: Error): string[] => {
  const at = message === '' ? -1 : stack.indexOf(message);
  const after = at === -1 ? stack : stack.slice(at + message.length);
  return after
    .split('\n')
    .filter((line) => FRAME.test(line))
    .slice(0, MOST_FRAMES)
    .map((line) => line.trim().slice(3));
};
