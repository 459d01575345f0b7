import * as v from 'valibot';
import { DeviceStatus } from '#app/domain/connection/presence.ts';
import { internalOnly } from '../protocol/welcome.ts';
import { nothing } from '../protocol/primitives.ts';
import { command } from './command.ts';

export const presenceSet = () =>
  command({
    type: 'presence.set',
    summary: 'Whether somebody is at this device; a new connection is `online` until it says otherwise.',
    access: 'user',
    limit: 'signal',
    overHttp: false,
    input: v.object({ status: v.picklist(Object.values(DeviceStatus), 'online or away') }),
    output: nothing,
    run: async ({ status }, { connection }) => {
      (connection ?? internalOnly()).setStatus(status);
      return {};
    },
  });
