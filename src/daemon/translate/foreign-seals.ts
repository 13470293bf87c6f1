import { mayCarrySeals, type Wire } from './form/index.ts';
import { CARRIED_MARK } from './responses/index.ts';

/**
 * Whether a client of this wire may bring seals of another one. Its request cannot pass as it is then, even to an upstream
 * of its own wire, which refuses what it did not seal. Wrong only in saying yes.
 */
export function mayBringForeignSeals(wire: Wire, body: Buffer): boolean {
  switch (wire) {
    case 'chat':
      return false;
    case 'responses':
      return body.includes(CARRIED_MARK);
    case 'messages':
    case 'gemini':
      return mayCarrySeals(body);
  }
}
