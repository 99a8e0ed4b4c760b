/**
 * For what does not test how hard a passphrase is to guess: keys and PKCS#12 files that this process writes take a few
 * iterations. Other programs read them as they read any; 700,000 iterations a file would be most of a test's time.
 */
import { iterations } from '../../src/pki/containers/iterations.js';

iterations.pbkdf2 = 2048;
iterations.pkcs12Mac = 2048;
