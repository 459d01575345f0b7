import { aMemoryWorld } from '../support/chat-world.ts';
import { conversationsContract } from './conversations.contract.ts';

conversationsContract('in process', aMemoryWorld);
