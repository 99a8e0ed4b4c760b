/** The environment variables that enrollkit reads, in one table, which the help shows too. */
export const environmentVariables = {
  ENROLLKIT_PASSPHRASE: 'The passphrase of the private keys.',
  ENROLLKIT_SERVICE_CONNECTION_STRING: 'Azure: the connection string of a shared access policy of the DPS.',
  ENROLLKIT_HUB_CONNECTION_STRING: 'Azure: the connection string of a hub, to look up and delete devices.',
  ENROLLKIT_LANG: 'The language of messages, en or zh-CN, instead of that of your locale.',
  DEFAULT_VALIDITY_DAYS: 'certgen --edge: how many days certificates are valid, instead of 30.',
  AZURE_TENANT_ID: 'Azure: the tenant, for a service principal.',
  AZURE_CLIENT_ID: 'Azure: the service principal.',
  AZURE_CLIENT_SECRET: 'Azure: its secret.',
  HTTPS_PROXY: 'The proxy for HTTPS; NO_PROXY names the exceptions.',
  NODE_EXTRA_CA_CERTS: 'A file of CA certificates to trust besides the usual ones.',
  CI: 'When set, nothing is ever asked.',
  ENROLLKIT_MESSAGE_IDS: 'When 1, messages and questions begin with their IDs, for scripts.',
  ENROLLKIT_PLAIN: 'When 1, questions and progress are plain lines, for screen readers.',
  NO_COLOR: 'When set, no colours.',
  FORCE_COLOR: 'When set, colours even if the output is no terminal; 0 for none.',
} as const;
