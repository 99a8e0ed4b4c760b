/** For assert.throws and assert.rejects: whether an error has this code, and a message like this. */
export const fails =
  (code: string, pattern = /./) =>
  (error: Error & { code?: string }) =>
    error.code === code && pattern.test(error.message);
