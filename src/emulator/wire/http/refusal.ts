/** What the HTTP kernel itself refuses, for every plane. Each plane puts it into its own kind of error body. */

export type RefusalKind =
  | 'badRequest'
  | 'incompleteBody'
  | 'payloadTooLarge'
  | 'unsupportedMediaType'
  | 'unknownApiVersion'
  | 'notFound'
  | 'methodNotAllowed'
  | 'notImplemented';

export class HttpRefusal extends Error {
  readonly kind: RefusalKind;
  /** For the log. */
  readonly reason: string;

  constructor(kind: RefusalKind, message: string, reason = message) {
    super(message);
    this.name = 'HttpRefusal';
    this.kind = kind;
    this.reason = reason;
  }
}
