/** As much of the Web Locks as is used. */
export interface Locks {
  request(
    name: string,
    options: { readonly signal?: AbortSignal; readonly steal?: boolean },
    work: () => Promise<void>,
  ): Promise<unknown>;
}

/**
 * Which of several tabs leads: the one that has the lock. The browser gives it on when a tab closes or crashes.
 * `changed` hears when it is gained, and when another tab has taken it.
 */
export class Leadership {
  #leads = false;
  #giveUp: (() => void) | undefined;

  constructor(
    private readonly locks: Locks,
    private readonly name: string,
    private readonly changed: (leads: boolean) => void,
  ) {}

  /** Gets in line, if not there. */
  contend(): void {
    if (this.#giveUp) return;
    const patience = new AbortController();
    this.#request({ signal: patience.signal }, () => patience.abort());
  }

  /** Takes it from whoever has it, who does not answer. */
  seize(): void {
    if (this.#leads) return;
    this.#giveUp?.();
    this.#request({ steal: true }, () => {});
  }

  /** Gives it to the next, or leaves the line. `changed` hears nothing of it. */
  leave(): void {
    const giveUp = this.#giveUp;
    this.#giveUp = undefined;
    this.#leads = false;
    giveUp?.();
  }

  #request(options: { readonly signal?: AbortSignal; readonly steal?: boolean }, cancel: () => void): void {
    let letGo = (): void => {};
    const over = new Promise<void>((resolve) => (letGo = resolve));
    const giveUp = (): void => {
      letGo();
      cancel();
    };
    this.#giveUp = giveUp;
    const isPresent = (): boolean => this.#giveUp === giveUp;
    const held = async (): Promise<void> => {
      if (!isPresent()) return;
      this.#set(true);
      await over;
    };
    // It ends when it is let go, is taken by another, or can't be had at all.
    const ended = (error?: unknown): void => {
      if (!isPresent()) return;
      if (!this.#leads && (error as DOMException | undefined)?.name !== 'AbortError') return this.#set(true);
      this.#giveUp = undefined;
      if (this.#leads) this.#set(false);
      this.contend();
    };
    void this.locks.request(this.name, options, held).then(() => {}, ended);
  }

  #set(leads: boolean): void {
    this.#leads = leads;
    this.changed(leads);
  }
}
