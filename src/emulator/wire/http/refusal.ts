/** What the HTTP kernel itself refuses, before or beside an operation. Each plane answers it in an error body of its own. */

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
