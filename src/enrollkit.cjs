#!/usr/bin/env node
/* The executable: CommonJS in the syntax of ES5, so that an old version of Node.js can say that it is too old. */
'use strict';

var version = process.versions.node;
var numbers = version.split('.').map(Number);
var isSupported = numbers[0] > 20 || (numbers[0] === 20 && numbers[1] >= 19);
var env = process.env;
var isChinese = /^zh/.test(env.ENROLLKIT_LANG || env.LC_ALL || env.LC_MESSAGES || env.LANG);

if (isSupported) {
  try {
    require('./start.cjs').then(null, reportDamage);
  } catch (error) {
    reportDamage(error);
  }
} else {
  // The catalogue of sentences is a module that this version may be unable to load.
  process.stderr.write(
    isChinese
      ? '错误：enrollkit 需要 Node.js 20.19 或更高版本，当前版本为 ' +
          version +
          '。\n\n下一步：安装较新的版本：https://nodejs.org/\n'
      : 'error: enrollkit requires Node.js 20.19 or later; this is ' +
          version +
          '.\n\nnext: Install a newer version: https://nodejs.org/\n',
  );
  process.exit(9);
}

/* Before the command line runs, nothing can fail but loading it: a file of ours is missing or cut off. */
function reportDamage(error) {
  var isMissing = /MODULE_NOT_FOUND$/.test(error.code);
  if (!isMissing && error.name !== 'SyntaxError') throw error;
  // An error of syntax does not say where it is.
  var file = isMissing ? /'([^']+)'/.exec(error.message) : null;
  var name = file ? file[1] : __dirname;
  var sentence = isChinese
    ? ['错误：enrollkit 的安装已损坏：', ' 缺失或不完整。\n\n下一步：请重新安装 enrollkit。\n']
    : [
        'error: The installation of enrollkit is damaged: ',
        ' is missing or incomplete.\n\nnext: Reinstall enrollkit.\n',
      ];
  process.stderr.write(sentence.join(name));
  process.exit(9);
}
