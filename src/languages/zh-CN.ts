/** Every sentence in Simplified Chinese, with the terms of Azure's Chinese documentation. */
import type { Sentences } from './en.js';

export const zhCN: Sentences = {
  /** src/errors.ts */
  errors: {
    /** What to do next, unless the error says something more precise; by code. */
    next: {
      INTERNAL: '这是 enrollkit 的缺陷。请加上 --verbose 重新运行命令，并报告输出内容。',
      USAGE: '使用 --help 运行该命令，查看它的参数和标志。',
      INVALID_REGISTRATION_ID:
        '使用 1 到 64 个字母、数字或 - . _ : 字符；以字母或数字开头，以字母、数字或连字符结尾。',
      INVALID_ENROLLMENT_GROUP_ID:
        '使用 1 到 128 个字母、数字或 - . _ : 字符；以字母或数字开头，以字母、数字或连字符结尾。',
      INVALID_CERTIFICATE_NAME: '使用 1 到 256 个字母、数字或 - . _ 字符。',
      COMMON_NAME_TOO_LONG: '将其缩短到 64 个字符以内。',
      INVALID_COMMON_NAME: '使用 1 到 64 个可打印字符。',
      INVALID_SUBJECT: '更正主题名称中的这一部分。',
      INVALID_ALTERNATIVE_NAME: '使用主机名、IP 地址、电子邮件地址或绝对 URI，且只含 ASCII 字符。',
      INVALID_PLAN: '更正计划文件中的该处。',
      INVALID_RECORDING: '指定 enrollkit 写入的运行记录（FOLDER/.enrollkit/runs 中的文件），或其所在文件夹。',
      INVALID_SEED: '更正种子文件中的该处。',
      INVALID_FAULTS: '更正故障规则中的该处。',
      INVALID_DEVICE_LIST: '更正列表中的这些行。',
      INVALID_MANIFEST: '指定由 fleet issue 写入的清单，每个清单对应同一设备群的不同部分。',
      INVALID_PROFILE: '更正证书配置文件中的该处。',
      INVALID_CERTIFICATE: '指定一个 X.509 证书（PEM 或 DER 格式）。',
      INVALID_CERTIFICATE_REQUEST:
        '指定一个证书签名请求（PKCS#10，PEM 或 DER 格式），且须用其自身的密钥签名。',
      INVALID_PKCS7: '指定一个包含证书的 PKCS#7 文件（.p7b 或 .p7c，PEM 或 DER 格式）。',
      INVALID_PFX: '指定一个包含证书且受密码保护的 PKCS#12 文件（.pfx 或 .p12）。',
      INVALID_KEY: '指定一个私钥（PKCS#8，PEM 格式）。',
      INVALID_VALIDITY: '使用 1950 年到 9999 年之间的日期，并检查此计算机的时钟。',
      INVALID_VERIFICATION_CODE: '从门户重新复制验证码。它是一个不含空格的字符串。',
      INVALID_CONNECTION_STRING:
        '从门户（你的 DPS > 设置 > 共享访问策略）复制完整的连接字符串：HostName=...;SharedAccessKeyName=...;SharedAccessKey=...',
      KEY_MISMATCH: '指定与该证书匹配的私钥。',
      CHAIN_INVALID: '指定一个证书链，其中每个证书都由下一个证书签名。',
      ISSUER_NOT_ALLOWED: '使用当前有效、且路径长度允许再签发一级证书的 CA 证书进行签名。',
      PASSPHRASE_REQUIRED: '设置 ENROLLKIT_PASSPHRASE，或使用 --passphrase-file FILE。',
      WRONG_PASSPHRASE: '使用加密该密钥时所用的密码（ENROLLKIT_PASSPHRASE 或 --passphrase-file FILE）。',
      NO_CREDENTIALS:
        '运行“az login”，或设置 AZURE_TENANT_ID、AZURE_CLIENT_ID 和 AZURE_CLIENT_SECRET，然后重新运行命令。如果没有 Azure 资源管理器的访问权限，请添加 --proof-of-possession portal。',
      FORBIDDEN:
        '请求获得 DPS 的“参与者”(Contributor) 角色，或在门户中验证证书：--proof-of-possession portal。',
      CLOCK_SKEW: '校准此计算机的时钟，然后重新运行命令。',
      DPS_NOT_FOUND: '检查名称。“az iot dps list”列出你的预配服务，“az iot dps create”创建一个新的预配服务。',
      NO_LINKED_HUB:
        '链接一个 IoT 中心：az iot dps linked-hub create --dps-name NAME --resource-group GROUP --hub-name HUB',
      HUB_NOT_LINKED:
        '选择一个已链接的 IoT 中心，或链接此中心：az iot dps linked-hub create --dps-name NAME --hub-name HUB',
      NOT_FOUND: '检查名称。',
      CONFLICT: '选择其他名称，或删除现有的同名项。',
      PRECONDITION_FAILED: '其他人同时进行了更改。请重新运行命令。',
      REFUSED: '请查看服务给出的原因。',
      NOT_READ_BACK: '服务已接受更改，但读取时未显示。请重新运行命令；如果仍然如此，请在门户中检查 DPS。',
      DEVICE_NOT_AUTHORIZED: '检查证书链是否通向已验证的 CA，以及注册组是否已启用。',
      REGISTRATION_FAILED: '请查看服务给出的原因。',
      HUB_REFUSED: '在 IoT 中心检查该设备是否存在且已启用。',
      THROTTLED: '等待一分钟，然后重新运行命令。',
      SERVICE_FAILED: '故障出在服务端。请等待一分钟，然后重新运行命令。',
      NETWORK: '检查网络、代理 (HTTPS_PROXY) 和主机名，然后重新运行命令。',
      TIMEOUT: '重新运行命令。',
      SERVER_NOT_TRUSTED: '如果此处有检查 TLS 流量的代理，请将 NODE_EXTRA_CA_CERTS 设置为其根证书。',
      PROOF_OF_POSSESSION_PENDING: '在门户中完成上面显示的步骤，然后重新运行命令。',
      PROOF_OF_POSSESSION_FAILED: '重新运行命令。它会请求新的验证码并作出应答。',
      PARTIAL: '重新运行命令。已完成的部分会保留，其余部分将重试。',
      NEEDS_INPUT: '设置该标志，或使用 --yes 接受默认值。',
      FOLDER_NOT_EMPTY: '使用空文件夹或新文件夹：--dir FOLDER。',
      FOLDER_IN_USE: '等待另一个进程结束，或使用其他文件夹：--dir FOLDER。',
      FILE_EXISTS: '将其移走，或使用其他文件夹：--dir FOLDER。',
      FILE_UNREADABLE: '检查路径及其权限。',
      FILE_UNWRITABLE: '释放磁盘空间或检查文件夹的权限，然后重新运行命令。',
      JOURNAL_UNREADABLE: '移走 .enrollkit 文件夹，并手动删除先前运行创建的内容。',
      ADDRESS_UNUSABLE: '选择此计算机的一个地址：--host ADDRESS。',
      PORT_IN_USE: '选择其他端口，或使用 0 表示任意空闲端口。',
      PORT_NOT_PERMITTED: '以使用 1024 以下端口所需的权限运行，或选择更高的端口。',
      EMULATOR_STATE_IN_USE: '使用正在该处运行的模拟器，或停止它，或使用其他文件夹：--dir FOLDER。',
      EMULATOR_STATE_UNREADABLE: '移走该文件夹。模拟器会创建新的文件夹。',
      EMULATOR_UNSUPPORTED:
        '在其他计算机或容器中运行模拟器：x64 或 Arm 上的 Linux 或 macOS，或 x64 上的 Windows。enrollkit 的其他功能都可以在此使用。',
      NOT_RECORDED: '此次运行与记录的运行不同。请比较 enrollkit 的版本，或不带 --offline 进行重放。',
      INTERRUPTED: '重新运行命令以继续。',
    },
    interrupted: '已中断。已完成的部分会保留。',
  },

  /** What the codes of services, connections and enrollkit mean: src/explanations/. */
  explanations: {},

  /** src/pki/lint/ */
  pkiLint: {},

  /** src/pki/path/ */
  pkiPath: {},

  /** src/pki/x509/ and src/pki/der/ */
  pkiX509: {},

  /** src/pki/containers/ */
  pkiContainers: {},

  /** src/pki/make/, and the files directly in src/pki/ */
  pkiMake: {},

  /** src/certgen/ */
  certgen: {},

  /** src/rollover/ */
  rollover: {},

  /** src/workspace/ */
  workspace: {},

  /** src/dps/contract/ */
  dpsContract: {},

  /** src/dps/client/ */
  dpsClient: {},

  /** src/dps/client/diagnosis/ */
  diagnosis: {},

  /** src/emulator/: starting it and its log; what it answers clients is English, as in Azure. */
  emulator: {},

  /** src/quickstart/plan/ */
  quickstartPlan: {},

  /** src/quickstart/steps/ */
  quickstartSteps: {},

  /** The files directly in src/quickstart/ */
  quickstart: {},

  /** src/quickstart/recording/ */
  recording: {},

  /** src/fleet/ */
  fleet: {},

  /** src/cli/kernel/ */
  cliKernel: {
    langFlag: (tags) => `消息的语言：${tags.join('、')}（默认：区域设置的语言）`,
    unknownLanguage: (source, name) => `${source}：没有语言“${name}”。`,
    knownLanguages: (tags) => `请使用以下之一：${tags.join('、')}。`,
  },

  /** src/cli/terminal/ */
  cliTerminal: {},

  /** src/cli/input/ */
  cliInput: {},

  /** src/cli/target/ */
  cliTarget: {},

  /** src/cli/quickstart/ */
  cliQuickstart: {},

  /** src/cli/cert/ */
  cliCert: {},

  /** src/cli/certgen/ */
  cliCertgen: {},

  /** src/cli/ca/ */
  cliCa: {},

  /** src/cli/dps/ and src/cli/hub/ */
  cliDps: {},

  /** src/cli/group/ */
  cliGroup: {},

  /** src/cli/enrollment/ and src/cli/registration/ */
  cliEnrollment: {},

  /** src/cli/device/ */
  cliDevice: {},

  /** src/cli/doctor/ */
  cliDoctor: {},

  /** src/cli/emulator/ */
  cliEmulator: {},

  /** src/cli/fleet/ */
  cliFleet: {},

  /** src/cli/explain/ */
  cliExplain: {},

  /** src/cli/command-table.ts: one line on each command. */
  commandTable: {},
};
