/* For enrollkit.cjs: what older versions of Node.js cannot parse. */
'use strict';

const { existsSync } = require('node:fs');
const { enableCompileCache } = require('node:module');
const { join } = require('node:path');

// Node.js 22 and later can keep what they compile for the next command. Where they cannot, they say so by a status that
// nobody needs, and compile. Not in the folder for temporary files, which is their default: what is there can be another
// user's, and is run.
if (enableCompileCache && !process.env.NODE_COMPILE_CACHE) {
  const folder = folderForCaches(process.env);
  if (folder !== undefined) enableCompileCache(join(folder, 'enrollkit'));
}

module.exports = import('./bin.js');

/** The user's folder for caches; undefined without a home folder. */
function folderForCaches({ XDG_CACHE_HOME, HOME, LOCALAPPDATA }) {
  const [base, folder] =
    process.platform === 'win32'
      ? [LOCALAPPDATA, LOCALAPPDATA]
      : XDG_CACHE_HOME
        ? [XDG_CACHE_HOME, XDG_CACHE_HOME]
        : [HOME, HOME && join(HOME, process.platform === 'darwin' ? 'Library/Caches' : '.cache')];
  return base && existsSync(base) ? folder : undefined;
}
