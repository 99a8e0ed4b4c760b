/** Every sentence in Simplified Chinese, with the terms of Azure's Chinese documentation. */
import type { Sentences } from './en.js';

export const zhCN: Sentences = {
  /** src/errors.ts */
  errors: {
    /** What to do next, unless the error says something more precise; by code. */
    next: {
      INTERNAL: '这是 enrollkit 的缺陷。请加上 --verbose 重新运行命令，并报告输出内容。',
      USAGE: '使用 --help 运行该命令，查看它的参数和选项。',
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
      NEEDS_INPUT: '设置该选项，或使用 --yes 接受默认值。',
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
    labels: { error: '错误：', next: '下一步：' },
    emptyFolder: '--dir 为空。',
    nameFolder: '指定文件夹：--dir FOLDER。',
    notAChoice: (flag, value, choices) => `--${flag} 必须是 ${choices.join('、')} 之一，而不是“${value}”。`,
    notANumber: (flag, value, minimum, maximum) =>
      `--${flag} 必须是 ${minimum} 到 ${maximum} 之间的整数，而不是“${value}”。`,
    unknownLanguage: (source, name) => `${source}：没有语言“${name}”。`,
    knownLanguages: (tags) => `请使用以下之一：${tags.join('、')}。`,
    outputNotWritten: (reason) => `无法写入标准输出：${reason}。`,
    interrupting: '将在下一个安全点停止。再按一次 Ctrl-C 立即停止。',
    flags: {
      dir: (folder) => `证书文件夹（默认：${folder}）`,
      json: '在标准输出中打印一个 JSON 对象',
      verbose: '在标准错误中打印每个请求以及错误的原因',
      noColor: '不使用颜色；与 NO_COLOR 相同',
      lang: (tags) => `消息的语言：${tags.join('、')}（默认：区域设置的语言）`,
      yes: '不要求确认',
      passphraseFile: '第一行为私钥密码的文件',
    },
    environment: {
      ENROLLKIT_PASSPHRASE: '私钥的密码。',
      ENROLLKIT_SERVICE_CONNECTION_STRING: 'Azure：DPS 共享访问策略的连接字符串。',
      ENROLLKIT_HUB_CONNECTION_STRING: 'Azure：IoT 中心的连接字符串，用于查找和删除设备。',
      ENROLLKIT_LANG: '消息的语言（en、zh-CN），取代区域设置。',
      DEFAULT_VALIDITY_DAYS: 'certgen --edge：证书的有效天数，取代 30 天。',
      AZURE_TENANT_ID: 'Azure：服务主体的租户。',
      AZURE_CLIENT_ID: 'Azure：服务主体的客户端 ID。',
      AZURE_CLIENT_SECRET: 'Azure：服务主体的客户端密码。',
      HTTPS_PROXY: 'HTTPS 代理。NO_PROXY 列出例外。',
      NODE_EXTRA_CA_CERTS: '包含其他受信任 CA 证书的文件。',
      CI: '如果设置，enrollkit 从不提问。',
      ENROLLKIT_MESSAGE_IDS: '如果为 1，消息和问题以其 ID 开头，供脚本使用。',
      NO_COLOR: '如果设置，则不使用颜色。',
      FORCE_COLOR: '如果设置，即使输出不是终端也使用颜色；0 表示不使用。',
    },
    usage: {
      seeHelp: (command) => `运行“${command}”查看用法。`,
      missingCommand: (family) => `${family} 后面需要一个命令。`,
      unknownCommand: (name, suggestions) => `未知的命令“${name}”。${didYouMean(suggestions)}`,
      unknownFlag: (flag, suggestions) => `未知的选项 ${flag}。${didYouMean(suggestions)}`,
      hyphens: '使用 --help 运行该命令，查看它的选项。请将以连字符开头的名称放在最后，置于 -- 之后。',
      missingArgument: (name) => `缺少参数：${name}。`,
      missingValue: (flag) => `缺少值：${flag}。`,
      excessArguments: (expected, given) => `参数过多：应为 ${expected} 个，实际为 ${given} 个。`,
      invalidChoice: (flag, value, choices) => `${flag}：“${value}”不是 ${choices.join('、')} 之一。`,
      noHelp: (topic) => `没有关于“${topic}”的帮助。`,
    },
    help: {
      description:
        '用于 Azure IoT 中心设备预配服务 (DPS) 的 X.509 设备注册，可在 Azure 上或内置模拟器上运行。不带命令时，在终端中启动引导式设置。',
      titles: {
        examples: '示例：',
        ofCommander: {
          'Usage:': '用法：',
          'Arguments:': '参数：',
          'Options:': '选项：',
          'Commands:': '命令：',
        },
      },
      examples: {
        wizard: '引导式设置',
        emulator: '在内置模拟器上预配三台设备',
        clean: '删除快速入门创建的内容',
      },
      more: '更多：enrollkit help <command>、enrollkit help environment、\n      enrollkit help exit-codes',
      version: '打印版本',
      helpFlag: '显示此帮助',
      helpCommand: '显示命令的帮助，或主题的帮助：environment、exit-codes',
      topic: '一个命令、environment 或 exit-codes',
      opposite: (flag) => `关闭 --${flag}`,
      choices: (choices) => `（${choices.join('、')}）`,
      family: (summary, members) => `${summary}：${members.join('、')}`,
      environmentTitle: '环境变量：',
      exitStatusTitle: '退出状态及其错误代码：',
      exitStatuses: {
        ok: '成功。',
        internal: 'enrollkit 的缺陷。',
        usage: '输入无效：选项、名称或文件。',
        credentials: '凭据、权限或密码缺失或错误。',
        refused: '服务拒绝了请求，或缺少所需的内容。',
        network: '无法访问服务、服务失败或服务正在限流。',
        proofOfPossession: '所有权证明尚未完成：CA 未经验证。',
        partial: '部分设备成功，其他设备未成功。',
        needsInput: '需要回答，但没有可供提问的终端。',
        local: '此计算机上的问题：文件、文件夹、端口或时钟。',
        notDue: '证书尚不需要续订 (cert needs-renewal)。',
        rejected: '检查未通过（cert verify、cert lint、doctor）。',
        notRunning: '没有正在运行的模拟器 (emulator status)。',
        differs: '运行与记录不同（replay --check、runs compare）。',
        interrupted: '已中断。已完成的部分会保留。',
      },
    },
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
  commandTable: {
    commands: {
      quickstart: '创建证书、创建注册组、注册设备',
      replay: '重新运行已记录的快速入门并进行比较',
      runs: '列出文件夹中记录的运行',
      'runs compare': '比较两次记录的运行',
      clean: '删除快速入门在预配服务中创建的内容',
      doctor: '检查此计算机、文件夹及其预配服务',
      explain: '解释错误代码：含义、原因和处理方法',
      'device register': '以设备身份注册设备',
      'device send': '注册设备、向其 IoT 中心发送消息、读取设备孪生',
      'group create': '创建注册组',
      'group list': '列出注册组',
      'group show': '显示注册组',
      'group delete': '删除注册组',
      'ca upload': '上传 CA 证书',
      'ca verify': '验证已上传的 CA 证书（所有权证明）',
      'ca list': '列出已上传的 CA 证书',
      'ca delete': '删除已上传的 CA 证书',
      'cert root': '创建根 CA',
      'cert intermediate': '创建中间 CA',
      'cert device': '创建设备证书',
      'cert edge': '创建 IoT Edge 网关的 CA',
      'cert server': '创建 TLS 服务器证书',
      'cert self-signed': '创建用于个体注册的证书',
      'cert verification': '创建验证证书（所有权证明）',
      'cert csr': '创建证书签名请求',
      'cert sign': '为证书签名请求签名',
      'cert renew': '续订证书',
      'cert rollover': '替换 CA，期间两个 CA 的设备均被接受',
      'cert bundle': '将证书链按顺序放入一个文件',
      'cert pfx': '将证书、密钥和证书链打包为 PKCS#12 文件',
      'cert convert': '在 PEM、DER、PKCS#7 和 PKCS#12 之间转换',
      'cert inspect': '显示文件或文件夹中的证书',
      'cert fingerprint': '打印 SHA-1 和 SHA-256 指纹',
      'cert needs-renewal': '检查证书是否即将过期（退出状态）',
      'cert verify': '校验证书链',
      'cert lint': '按 RFC 5280 和 DPS 的规则检查证书',
      'fleet issue': '使用所有核心为大量设备创建证书',
      'fleet enroll': '为每台设备创建个体注册',
      'fleet register': '以设备身份注册每台设备',
      'fleet deregister': '删除设备群的注册记录和设备',
      'fleet merge': '合并设备群各部分的清单',
      certgen: 'certGen.sh 的命令，生成相同的文件',
      'emulator start': '在此计算机上运行预配服务和 IoT 中心',
      'emulator status': '显示模拟器是否正在运行及其地址',
      'emulator stop': '停止正在运行的模拟器',
      'emulator reset': '删除在模拟器中创建的所有内容',
      'emulator clock': '显示或设置正在运行的模拟器的时钟',
      'emulator faults': '向正在运行的模拟器注入故障',
      'emulator logs': '显示模拟器拒绝了什么以及原因',
      'emulator messages': '显示设备发送到模拟器 IoT 中心的消息',
      'emulator env': '打印将 SDK 指向模拟器的环境变量',
    },
    families: {
      device: { summary: '以设备身份操作' },
      group: { summary: '注册组' },
      ca: { summary: 'DPS 中的 CA 证书' },
      cert: {
        summary: '此计算机上的证书',
        highlights: '创建、签名、转换、查看、校验、规范检查',
      },
      fleet: { summary: '大量设备' },
      emulator: { summary: '内置 DPS' },
    },
  },
};

function didYouMean(suggestions: readonly string[]): string {
  return suggestions.length === 0 ? '' : `是否指 ${suggestions.join(' 或 ')}？`;
}
