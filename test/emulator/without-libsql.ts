/** Processes that find no database, or only that of Node.js. */

/** Runs before a program: the package with libsql's native code for this platform is not installed. */
export const withoutNativeCode = `import Module from 'node:module';
  const resolve = Module._resolveFilename;
  Module._resolveFilename = (request, ...more) => {
    if (!request.startsWith('@libsql/')) return resolve(request, ...more);
    throw Object.assign(new Error('Cannot find module ' + request), { code: 'MODULE_NOT_FOUND' });
  };`;

/** The environment of a process that runs a program first. */
export const preloading = (code: string) => ({
  NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(code)}`,
});

export const withoutLibsql = preloading(withoutNativeCode);
