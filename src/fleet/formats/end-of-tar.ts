/** What ends an archive, once: two blocks of zeros (POSIX.1-2017, pax, ustar interchange format). */
export const endOfTar = Buffer.alloc(1024);
