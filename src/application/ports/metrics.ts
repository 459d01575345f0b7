/** Counts for operators. Names are Prometheus names; labels come from closed lists, never from input. Never throws. */
export interface Metrics {
  count(name: string, labels?: Readonly<Record<string, string>>, by?: number): void;
  /** Read when somebody scrapes; registering a name again replaces it. */
  gauge(name: string, read: () => number): void;
  /** A duration in milliseconds or a size, by the name's ending: `…_ms`, `…_size`. */
  observe(name: string, value: number, labels?: Readonly<Record<string, string>>): void;
}
