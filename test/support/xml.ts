/** Checks of XML, without a parser. */
import assert from 'node:assert/strict';

/** That every tag is closed in its order, and every ampersand begins an entity. */
export function assertBalanced(svg: string): void {
  const open: string[] = [];
  const body = svg.replace(/^<\?xml[^>]*\?>\n/, '');
  for (const [, closing, name, empty] of body.matchAll(/<(\/?)([a-z]+)(?:\s+[\w:-]+="[^"<]*")*\s*(\/?)>/gi)) {
    if (closing) assert.equal(open.pop(), name);
    else if (!empty) open.push(name!);
  }
  assert.deepEqual(open, []);
  const content = body.replace(/<\/?[a-z]+(\s+[\w:-]+="[^"<]*")*\s*\/?>/gi, '');
  assert.doesNotMatch(content, /[<]|&(?!(amp|lt|gt|quot|#39);)/);
}
