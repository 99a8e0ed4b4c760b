/**
 * For a test file that reads what it wrote itself: PBKDF2 with one round, whatever is asked for, in this process. The
 * 600,000 rounds of each key would be most of its time. What was encrypted is of no use to other programs.
 */
import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';

const { pbkdf2, pbkdf2Sync } = crypto;
crypto.pbkdf2 = (password, salt, _iterations, length, digest, done) =>
  pbkdf2(password, salt, 1, length, digest, done);
crypto.pbkdf2Sync = (password, salt, _iterations, length, digest) =>
  pbkdf2Sync(password, salt, 1, length, digest);
syncBuiltinESMExports();
