import { aMemoryWorld } from '../support/chat-world.ts';
import { messageLogContract } from './message-log.contract.ts';

messageLogContract('in process', aMemoryWorld);
