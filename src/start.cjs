/* For enrollkit.cjs: what older versions of Node.js cannot parse. */
'use strict';

import('./bin.js');
