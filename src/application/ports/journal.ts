/** What a line can say: ids, names and numbers; never text of messages, tokens, passwords. What is not in here is not logged. */
export const JOURNAL_FIELDS = {
  id: [
    'apiKeyId',
    'connectionId',
    'conversationId',
    'correlationId',
    'epoch',
    'messageId',
    'node',
    'sessionId',
    'trace',
    'userId',
  ],
  /** Letters, digits and what joins them, a hundred at most. */
  word: [
    'channel',
    'class',
    'codec',
    'command',
    'error',
    'from',
    'kind',
    'level',
    'method',
    'migration',
    'outcome',
    'platform',
    'protocol',
    'reason',
    'role',
    'rule',
    'setting',
    'signal',
    'sqlstate',
    'state',
    'status',
    'to',
    'topic',
    'transport',
    'type',
    'version',
  ],
  /** Of operators and libraries; what looks like a secret is hidden in it. */
  text: ['address', 'cause', 'directory', 'file', 'hint', 'host', 'issuer', 'listener', 'url', 'warning', 'where'],
  number: [
    'attempt',
    'attempts',
    'bytes',
    'code',
    'connections',
    'count',
    'dropped',
    'failed',
    'lagMs',
    'limit',
    'metricsPort',
    'ms',
    'pid',
    'port',
    'queued',
    'rev',
    'rows',
    'seq',
    'size',
    'stored',
    'times',
    'urev',
    'worker',
    'workers',
  ],
  flag: ['clean', 'created', 'duplicate', 'embedded', 'ok'],
} as const;

type Named<Kinds extends keyof typeof JOURNAL_FIELDS, Value> = {
  readonly [Field in (typeof JOURNAL_FIELDS)[Kinds][number]]?: Value | undefined;
};
export type JournalFields = Named<'id' | 'word' | 'text', string> & Named<'number', number> & Named<'flag', boolean>;

/** What operators read afterwards. */
export interface Journal {
  info(event: string, fields?: JournalFields): void;
  warn(event: string, fields?: JournalFields): void;
  /** A fault of ours, with its cause for the log only. Answers the correlation id under which it was noted. */
  fault(error: unknown, where: string): string;
}
