/**
 * A client may use the same name for two links of a session, one in each direction, as qpid-proton does. rhea keeps its map
 * by name alone, so the names there get the direction added. rhea also forgets the handle of a link that is closed.
 *
 * Source: OASIS, AMQP 1.0 part 2 section 2.6.1 (naming a link).
 */
import type { Session } from 'rhea';
import type { Frame } from './frame-rules.js';

interface Link {
  name: unknown;
  is_receiver(): boolean;
  remote: { handle: unknown };
  local: { handle: number };
}

/** The part of rhea's session that knows the links. */
interface Links {
  /** By name. */
  links: Record<string, Link>;
  remote: { handles: Record<string, Link> };
  local: { handles: Record<string, Link> };
  on_attach(frame: Frame): void;
  remove_link(link: Link): void;
}

/** Call it when a session begins, before a link of it is attached. */
export function nameLinksByDirection(session: Session): void {
  const known = session as unknown as Links;
  const attach = known.on_attach.bind(session);

  known.on_attach = (frame) => {
    const { name, role, handle } = frame.performative;
    const all = known.links;
    const key = keyOf(name, role !== true);
    const alone: Record<string, Link> = Object.create(null);
    if (Object.hasOwn(all, key)) alone[String(name)] = all[key]!;
    known.links = alone;
    try {
      attach(frame);
    } finally {
      known.links = all;
      for (const link of Object.values(alone)) {
        all[key] = link;
        link.remote.handle = handle;
      }
    }
  };

  known.remove_link = (link) => {
    remove(known.links, keyOf(link.name, link.is_receiver()), link);
    remove(known.remote.handles, String(link.remote.handle), link);
    remove(known.local.handles, String(link.local.handle), link);
  };
}

function keyOf(name: unknown, fromClient: boolean): string {
  return `${fromClient ? 'from' : 'to'} client: ${String(name)}`;
}

/** A newer link under the same key stays. */
function remove(links: Record<string, Link>, key: string, link: Link): void {
  if (links[key] === link) delete links[key];
}
