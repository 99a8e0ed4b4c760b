/** Programs of others that ours are held against. Not every machine has them: tests that need one are skipped there. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Callback, Test } from 'uvu';

const debianPackages = {
  openssl: 'openssl',
  certtool: 'gnutls-bin',
  certutil: 'libnss3-tools',
  keytool: 'default-jre-headless',
  chromium: 'chromium',
  python3: 'python3',
  'paho-mqtt': 'python3-paho-mqtt',
  uamqp: 'python3-uamqp',
  tomllib: 'python3',
  pytest: 'python3-pytest',
  curl: 'curl',
  mosquitto_pub: 'mosquitto-clients',
  cc: 'gcc',
  'libpaho-mqtt': 'libpaho-mqtt-dev',
  libcurl: 'libcurl4-openssl-dev',
  zsh: 'zsh',
  fish: 'fish',
  javac: 'default-jdk-headless',
  gofmt: 'golang-go',
  mcs: 'mono-mcs',
  pwsh: undefined,
} as const;

export type Tool = keyof typeof debianPackages;

export const tools = Object.keys(debianPackages) as Tool[];

/** Those that are modules of Python. */
const pythonModules: Partial<Record<Tool, string>> = {
  'paho-mqtt': 'paho.mqtt.client',
  uamqp: 'uamqp',
  // Since Python 3.11.
  tomllib: 'tomllib',
  pytest: 'pytest',
};

/** Too large to install for the few tests that need them. */
const optional: readonly Tool[] = ['javac', 'gofmt', 'mcs', 'pwsh'];

/** Libraries of C, by a header of each. */
const headers: Partial<Record<Tool, string>> = {
  'libpaho-mqtt': 'MQTTClient.h',
  libcurl: 'curl/curl.h',
};

/** Whether a tool is here. CI installs all but the largest, so there its absence fails the tests. */
export function isInstalled(tool: Tool): boolean {
  if (process.env.CI && !optional.includes(tool)) return true;
  const header = headers[tool];
  if (header !== undefined) {
    const { status } = spawnSync('cc', ['-E', '-x', 'c', '-'], { input: `#include <${header}>\n` });
    return status === 0;
  }
  const module = pythonModules[tool];
  return module === undefined ? isOnPath(tool) : pythonWith(module) !== undefined;
}

/** Debian's own Python comes first: its packages are not there for another one. */
export function pythonWith(module: string): string | undefined {
  return ['/usr/bin/python3', 'python3'].find(
    (program) => spawnSync(program, ['-c', `import ${module}`]).status === 0,
  );
}

function isOnPath(program: string): boolean {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  const endings = process.platform === 'win32' ? (process.env.PATHEXT ?? '.EXE').split(';') : [''];
  return folders.some((folder) => endings.some((ending) => existsSync(join(folder, program + ending))));
}

/** For whoever runs the tests: what is missing, and where it comes from. */
export function notInstalled(tool: Tool): string {
  const package_ = debianPackages[tool];
  const source =
    package_ === undefined ? 'Debian does not have it.' : `Debian has it in the package ${package_}.`;
  return `${tool} is not installed: tests that need it are skipped. ${source}`;
}

const said = new Set<Tool>();

/**
 * Adds tests that need a tool; they are skipped where it is missing, which is said once.
 *
 * @param test uvu's, or a suite of it
 */
export function testWith<Context>(
  tool: Tool,
  test: Test<Context>,
): (title: string, act: Callback<Context>) => void {
  if (isInstalled(tool)) return test;
  if (!said.has(tool)) console.error(notInstalled(tool));
  said.add(tool);
  return test.skip;
}
