/** The page API: the operations of all planes, as the OpenAPI document has them. */
import { apiOperations, planes } from '../openapi/document.js';
import { Badge, Table } from './layout.js';
import type { PageContext } from './page-context.js';

export function ApiPage({ page }: { page: PageContext }) {
  const { apiPage } = page.text;
  return (
    <>
      <p>
        {apiPage.intro} <a href={`${page.console.endpoints().armEndpoint}/openapi.json`}>openapi.json</a>
      </p>
      {planes.map((plane) => (
        <section>
          <h2>{apiPage.planes[plane]}</h2>
          <Table
            label={apiPage.planes[plane]}
            head={[apiPage.operation, apiPage.method, apiPage.path, apiPage.supported]}
          >
            {apiOperations
              .filter((one) => one.plane === plane)
              .map(({ name, route, supported }) => (
                <tr>
                  <td>{name}</td>
                  <td>{route.method}</td>
                  <td class="id">
                    <code>{route.path.replace(/:(\w+)/g, '{$1}')}</code>
                  </td>
                  <td>
                    <Badge kind={supported ? 'good' : 'neutral'}>
                      {supported ? apiPage.yes : apiPage.no}
                    </Badge>
                  </td>
                </tr>
              ))}
          </Table>
        </section>
      ))}
    </>
  );
}
