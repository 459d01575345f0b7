/** One file of the web client, in memory. */
export interface WebFile {
  /** For `Content-Type`. */
  readonly type: string;
  /** Changes whenever the bytes do. */
  readonly hash: string;
  readonly plain: Uint8Array;
  /** The same, compressed; absent where that was not worth it. */
  readonly br?: Uint8Array;
  readonly gzip?: Uint8Array;
}

/** All files of a built web client by their path on the server, `/index.html` among them. */
export type WebFiles = ReadonlyMap<string, WebFile>;
