import { v7 } from 'uuid';
import type { RunningServer } from '../support/running-server.ts';
import type { WsClient } from '../support/ws-client.ts';

/** Two people whom none of it concerns: while they hear each other, the server is well. */
export class Witness {
  private constructor(
    private readonly group: string,
    private readonly speaker: WsClient,
    private readonly listener: WsClient,
  ) {}

  static async of(running: RunningServer): Promise<Witness> {
    const [one, other] = await running.users(2);
    const group = await running.aGroup(one!, [other!]);
    return new Witness(group, await running.connectAs(one!), await running.connectAs(other!));
  }

  /** A message arrives, and its answer. */
  async delivers(): Promise<void> {
    for (const [from, to] of [
      [this.speaker, this.listener],
      [this.listener, this.speaker],
    ] as const) {
      const id = v7();
      const reply = await from.call('message.send', { id, conversationId: this.group, content: 'are you there?' });
      if (!reply.ok) throw new Error(`the witness is not served: ${JSON.stringify(reply.error)}`);
      await to.until(({ data }) => (data.message as { id?: string } | undefined)?.id === id);
    }
    this.speaker.events.length = this.listener.events.length = 0;
  }
}
