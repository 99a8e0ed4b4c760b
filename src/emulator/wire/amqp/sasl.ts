/**
 * SASL, before AMQP begins. Certificates come with TLS, so EXTERNAL and ANONYMOUS add nothing; PLAIN carries the token of a
 * device with a symmetric key. After MSSBCBS, which the SDK for C uses, tokens come to `$cbs`. Most SDKs leave this layer
 * out.
 *
 * Source: OASIS, AMQP 1.0 part 5 section 5.3; RFC 4616 for PLAIN, RFC 4422 appendix A for EXTERNAL, RFC 4505 for
 * ANONYMOUS; Azure/azure-uamqp-c, saslclient_mssbcbs, for MSSBCBS.
 */
import type { AmqpClient } from './node.js';

/** As rhea expects it: `outcome` says whether the client is accepted, once it is set. */
interface Mechanism {
  outcome: boolean | undefined;
  start(response: Buffer | string | undefined): void;
  step(response: Buffer | string | undefined): void;
}

export interface SaslOptions {
  client: AmqpClient;
  /** Whether these can be a user and its token. */
  accepts(userName: string, password: string): boolean;
  refused(reason: string): void;
}

/** rhea's table of mechanisms: constructors by name. */
export function saslMechanisms(options: SaslOptions): Record<string, () => Mechanism> {
  const { client, refused } = options;
  return Object.assign(Object.create(null), {
    EXTERNAL: () =>
      mechanism(() => {
        if (client.certificates.leaf) return true;
        refused('SASL EXTERNAL without a client certificate');
        return false;
      }),
    ANONYMOUS: acceptAnyone,
    MSSBCBS: acceptAnyone,
    PLAIN: () =>
      mechanism((response) => {
        const [, userName = '', password = ''] = response.split('\0');
        if (!options.accepts(userName, password)) {
          refused('the user name and password of SASL PLAIN are not those of a device');
          return false;
        }
        client.plain = { userName, password };
        return true;
      }),
  });
}

/** Asks for no response: whoever signs in so proves itself later. */
function acceptAnyone(): Mechanism {
  const self: Mechanism = {
    outcome: undefined,
    start() {
      self.outcome = true;
    },
    step() {},
  };
  return self;
}

/** Some clients do not send an empty initial response; they are then asked for it once. */
function mechanism(decide: (response: string) => boolean): Mechanism {
  const self: Mechanism = {
    outcome: undefined,
    start(response) {
      if (response === undefined || response === null) return;
      self.outcome = decide(response.toString());
    },
    step(response) {
      self.outcome = decide((response ?? '').toString());
    },
  };
  return self;
}
