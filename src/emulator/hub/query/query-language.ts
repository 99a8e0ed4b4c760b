/**
 * The part of IoT Hub's query language that selects devices: `SELECT * FROM devices WHERE ...`.
 *
 * Source: Microsoft Learn, "IoT Hub query language for device and module twins, jobs, and message routing" and its
 * "Expressions and conditions".
 */
import { isJsonObject } from '../../../dps/contract/merge-patch.js';
import { HubError } from '../hub-error.js';
import { type Candidates, candidatesOfAll, candidatesOfAny, candidatesWith } from './candidates.js';
import { queryTokens, type QueryToken as Token } from './query-tokens.js';

export interface DeviceQuery {
  /** Whether the query selects a twin, given as the service sees it. */
  selects(twin: Record<string, unknown>): boolean;
  /** The devices that it can select; undefined if that may be any. */
  candidates: Candidates | undefined;
}

interface Expression {
  /** Its value; undefined where a property does not exist, or types do not match. */
  (twin: Record<string, unknown>): unknown;
  /** Of a property: the names that lead to it. */
  readonly names?: readonly string[];
  /** Of a literal. */
  readonly value?: string | number | boolean;
  /** The devices for which it can be true; undefined if that may be any. */
  readonly candidates?: Candidates | undefined;
}

/** Twins nest ten deep; a query that nests deeper than this is an attack. */
const maxNesting = 50;
const maxQueryLength = 8192;

/**
 * @throws HubError ArgumentInvalid, with the position, when the syntax is wrong; NotImplemented for queries other than the
 *   selection of whole device twins
 */
export function parseDeviceQuery(query: string): DeviceQuery {
  if (query.length > maxQueryLength) throw invalid(`The query is longer than ${maxQueryLength} characters`);
  return new QueryParser(tokensOf(query)).parse();
}

/** @throws HubError ArgumentInvalid */
function tokensOf(query: string): Token[] {
  const { tokens, invalidAt } = queryTokens(query);
  if (invalidAt !== undefined) throw invalid(`The query has something unexpected at character ${invalidAt}`);
  return tokens;
}

const comparisons: Record<string, (order: number) => boolean> = {
  '=': (order) => order === 0,
  '!=': (order) => order !== 0,
  '<>': (order) => order !== 0,
  '<': (order) => order < 0,
  '<=': (order) => order <= 0,
  '>': (order) => order > 0,
  '>=': (order) => order >= 0,
};

/** By precedence, the lowest first. */
const arithmetic: readonly Record<string, (left: number, right: number) => number>[] = [
  { '+': (left, right) => left + right, '-': (left, right) => left - right },
  {
    '*': (left, right) => left * right,
    '/': (left, right) => left / right,
    '%': (left, right) => left % right,
  },
];

const functions: Record<string, { arity: number; of: (...values: unknown[]) => unknown }> = {
  is_defined: { arity: 1, of: (value) => value !== undefined },
  is_null: { arity: 1, of: (value) => value === null },
  is_bool: { arity: 1, of: (value) => typeof value === 'boolean' },
  is_number: { arity: 1, of: (value) => typeof value === 'number' },
  is_string: { arity: 1, of: (value) => typeof value === 'string' },
  is_object: { arity: 1, of: isJsonObject },
  starts_with: { arity: 2, of: onStrings((text, part) => text.startsWith(part)) },
  startswith: { arity: 2, of: onStrings((text, part) => text.startsWith(part)) },
  ends_with: { arity: 2, of: onStrings((text, part) => text.endsWith(part)) },
  endswith: { arity: 2, of: onStrings((text, part) => text.endsWith(part)) },
  contains: { arity: 2, of: onStrings((text, part) => text.includes(part)) },
};

class QueryParser {
  readonly #tokens: Token[];
  #position = 0;
  #nesting = 0;
  /** Names of the twin itself: `devices`, and `d` in `FROM devices AS d`. */
  readonly #aliases = new Set(['devices']);

  constructor(tokens: Token[]) {
    this.#tokens = tokens;
  }

  parse(): DeviceQuery {
    this.#expectWord('select');
    if (this.#peek().kind === 'end') throw unexpected(this.#peek(), '*');
    if (!this.#takesSign('*')) throw notImplemented('a projection or an aggregation; only SELECT * is');
    this.#expectWord('from');
    this.#expectWord('devices');
    if (this.#takesSign('.')) throw notImplemented('a query of modules or jobs; only FROM devices is');
    if (this.#takesWord('as')) this.#aliases.add(this.#take('word', 'a name').text.toLowerCase());
    let condition: Expression = () => true;
    if (this.#takesWord('where')) condition = this.#or();
    for (const clause of ['group', 'order']) {
      if (this.#takesWord(clause)) throw notImplemented(`${clause.toUpperCase()} BY`);
    }
    this.#take('end', 'the end');
    return { selects: (twin) => condition(twin) === true, candidates: condition.candidates };
  }

  #or(): Expression {
    const terms = [this.#and()];
    while (this.#takesWord('or')) terms.push(this.#and());
    if (terms.length === 1) return terms[0]!;
    const or = (twin: Record<string, unknown>) => {
      const values = terms.map((term) => term(twin));
      return values.includes(true) ? true : values.every((value) => value === false) ? false : undefined;
    };
    return Object.assign(or, { candidates: candidatesOfAny(terms.map((term) => term.candidates)) });
  }

  #and(): Expression {
    const terms = [this.#not()];
    while (this.#takesWord('and')) terms.push(this.#not());
    if (terms.length === 1) return terms[0]!;
    const and = (twin: Record<string, unknown>) => {
      const values = terms.map((term) => term(twin));
      return values.includes(false) ? false : values.every((value) => value === true) ? true : undefined;
    };
    return Object.assign(and, { candidates: candidatesOfAll(terms.map((term) => term.candidates)) });
  }

  #not(): Expression {
    this.#nesting += 1;
    if (this.#nesting > maxNesting) throw invalid('The query nests too deep');
    try {
      if (!this.#takesWord('not')) return this.#comparison();
      const term = this.#not();
      return (twin) => {
        const value = term(twin);
        return typeof value === 'boolean' ? !value : undefined;
      };
    } finally {
      this.#nesting -= 1;
    }
  }

  #comparison(): Expression {
    const left = this.#arithmetic(0);
    const token = this.#peek();
    const compare = token.kind === 'sign' ? comparisons[token.text] : undefined;
    if (compare) {
      this.#position += 1;
      const right = this.#arithmetic(0);
      const comparison = (twin: Record<string, unknown>) => {
        const order = orderOf(left(twin), right(twin));
        return order === undefined ? undefined : compare(order);
      };
      const [property, literal] = left.names === undefined ? [right, left] : [left, right];
      const candidates = token.text === '=' ? candidatesWith(property.names, [literal.value]) : undefined;
      return Object.assign(comparison, { candidates });
    }
    const excludes =
      this.#takesWord('nin') ||
      (this.#nextIsWord(1, 'in') && this.#takesWord('not') && this.#takesWord('in'));
    if (excludes || this.#takesWord('in')) {
      const choices = this.#list();
      const membership = (twin: Record<string, unknown>) => {
        const value = left(twin);
        if (value === undefined) return undefined;
        return choices.some((choice) => orderOf(value, choice(twin)) === 0) !== excludes;
      };
      const values = choices.map((choice) => choice.value);
      return Object.assign(membership, {
        candidates: excludes ? undefined : candidatesWith(left.names, values),
      });
    }
    return left;
  }

  #arithmetic(level: number): Expression {
    const operators = arithmetic[level];
    if (operators === undefined) return this.#operand();
    let left = this.#arithmetic(level + 1);
    for (;;) {
      const token = this.#peek();
      const operate = token.kind === 'sign' ? operators[token.text] : undefined;
      if (operate === undefined) return left;
      this.#position += 1;
      const [first, second] = [left, this.#arithmetic(level + 1)];
      left = (twin) => {
        const [a, b] = [first(twin), second(twin)];
        const result = typeof a === 'number' && typeof b === 'number' ? operate(a, b) : Number.NaN;
        return Number.isFinite(result) ? result : undefined;
      };
    }
  }

  #list(): Expression[] {
    this.#expectSign('[');
    const choices: Expression[] = [];
    do choices.push(this.#operand());
    while (this.#takesSign(','));
    this.#expectSign(']');
    return choices;
  }

  #operand(): Expression {
    if (this.#takesSign('(')) {
      const inner = this.#or();
      this.#expectSign(')');
      return inner;
    }
    if (this.#takesSign('-')) {
      const { text } = this.#take('number', 'a number');
      return literal(-Number(text));
    }
    const token = this.#peek();
    this.#position += 1;
    if (token.kind === 'string') return literal(token.text);
    if (token.kind === 'number') return literal(Number(token.text));
    if (token.kind !== 'word') throw unexpected(token, 'a property or a value');
    const word = token.text.toLowerCase();
    if (word === 'true' || word === 'false') return literal(word === 'true');
    if (word === 'null') return () => null;
    if (word === 'undefined') return () => undefined;
    if (this.#takesSign('(')) return this.#call(token);
    return this.#path(token);
  }

  #call(token: Token): Expression {
    const name = token.text.toLowerCase();
    const called = Object.hasOwn(functions, name) ? functions[name]! : undefined;
    if (called === undefined) throw notImplemented(`the function ${token.text.slice(0, 40)}`);
    const parameters: Expression[] = [];
    do parameters.push(this.#or());
    while (this.#takesSign(','));
    this.#expectSign(')');
    if (parameters.length !== called.arity) throw unexpected(token, `${called.arity} arguments`);
    return (twin) => called.of(...parameters.map((parameter) => parameter(twin)));
  }

  #path(first: Token): Expression {
    const names = [first.text];
    for (;;) {
      if (this.#takesSign('.')) names.push(this.#take('word', 'a name').text);
      else if (this.#takesSign('[')) {
        names.push(this.#take('string', 'a name in apostrophes').text);
        this.#expectSign(']');
      } else break;
    }
    if (names.length > 1 && this.#aliases.has(names[0]!.toLowerCase())) names.shift();
    const property = (twin: Record<string, unknown>) =>
      names.reduce<unknown>(
        (value, name) => (isJsonObject(value) && Object.hasOwn(value, name) ? value[name] : undefined),
        twin,
      );
    return Object.assign(property, { names });
  }

  #peek(): Token {
    return this.#tokens[this.#position]!;
  }

  #nextIsWord(ahead: number, word: string): boolean {
    const token = this.#tokens[this.#position + ahead];
    return token?.kind === 'word' && token.text.toLowerCase() === word;
  }

  #takesWord(word: string): boolean {
    const taken = this.#nextIsWord(0, word);
    if (taken) this.#position += 1;
    return taken;
  }

  #takesSign(sign: string): boolean {
    const token = this.#peek();
    const taken = token.kind === 'sign' && token.text === sign;
    if (taken) this.#position += 1;
    return taken;
  }

  #take(kind: Token['kind'], what: string): Token {
    const token = this.#peek();
    if (token.kind !== kind) throw unexpected(token, what);
    this.#position += 1;
    return token;
  }

  #expectWord(word: string): void {
    if (!this.#takesWord(word)) throw unexpected(this.#peek(), word.toUpperCase());
  }

  #expectSign(sign: string): void {
    if (!this.#takesSign(sign)) throw unexpected(this.#peek(), sign);
  }
}

function literal(value: string | number | boolean): Expression {
  return Object.assign(() => value, { value });
}

/** Negative, zero or positive; undefined when the two cannot be compared. */
function orderOf(left: unknown, right: unknown): number | undefined {
  if (left === null && right === null) return 0;
  if (typeof left !== typeof right) return undefined;
  if (typeof left === 'number' || typeof left === 'boolean') return Number(left) - Number(right);
  if (typeof left === 'string') return left === right ? 0 : left < (right as string) ? -1 : 1;
  return undefined;
}

function onStrings(of: (text: string, part: string) => boolean): (...values: unknown[]) => unknown {
  return (text, part) => (typeof text === 'string' && typeof part === 'string' ? of(text, part) : undefined);
}

function unexpected({ at, kind }: Token, expected: string): HubError {
  return invalid(
    `The query ${kind === 'end' ? 'ends' : `has something else`} at character ${at}, where ${expected} is expected`,
  );
}

function invalid(message: string): HubError {
  return new HubError('ArgumentInvalid', { message: `${message}.` });
}

function notImplemented(what: string): HubError {
  return new HubError('NotImplemented', { message: `Not implemented in this emulator: ${what}.` });
}
