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
  explanations: {
    /** What kinds of codes there are. */
    kinds: {
      dps: '设备预配服务',
      arm: 'Azure 资源管理器',
      hub: 'IoT 中心',
      http: 'HTTP 状态',
      tls: 'TLS 警报',
      connection: '连接',
      enrollkit: 'enrollkit',
    },
    /** At the end of an error. */
    short: (code, meaning, cause) =>
      `${code}：${meaning}${cause === undefined ? '' : `最可能的原因：${cause}。`}更多信息：enrollkit explain ${code}`,
    dps: {
      400004: {
        meaning: '请求中的某个参数无效。',
        causes: [
          ['某个 ID 或值不符合 DPS 的规则', '错误消息会指出该字段'],
          [
            '自定义分配策略缺少 Webhook，或指定了 IoT 中心却没有分配策略',
            '查看该注册组：enrollkit group show ID',
          ],
          [
            'DPS 不支持该 api-version',
            '消息中有“Unknown api version”；加上 --verbose 重新运行，查看发送的内容',
          ],
        ],
        next: '按错误消息的提示更正。',
      },
      400207: {
        meaning: '自定义分配策略的 Webhook 调用失败。',
        causes: [
          ['Azure 函数未运行，或拒绝了调用', '自行调用其 URL，并查看其日志'],
          ['它返回的不是已链接的 IoT 中心', '其日志会显示响应；“az iot dps linked-hub list”会列出 IoT 中心'],
        ],
        next: '查看注册中指定的函数的日志。',
      },
      400208: {
        meaning: '没有可分配给该设备的 IoT 中心。',
        causes: [
          ['DPS 没有链接任何 IoT 中心', 'az iot dps linked-hub list --dps-name NAME'],
          [
            '注册中指定的 IoT 中心已不再链接',
            '将该列表与此命令输出中的 iotHubs 比较：enrollkit group show ID',
          ],
        ],
        next: '链接一个 IoT 中心：az iot dps linked-hub create --dps-name NAME --resource-group GROUP --hub-name HUB',
      },
      400209: {
        meaning: '链接的 IoT 中心不允许 DPS 注册设备。',
        causes: [
          [
            '链接所用连接字符串中的密钥已重新生成',
            '与 IoT 中心内该策略的密钥比较：“安全设置”>“共享访问策略”',
          ],
          ['其策略缺少 RegistryWrite 或 ServiceConnect 权限', 'IoT 中心的同一页面会显示该策略的权限'],
        ],
        next: '使用具有 RegistryWrite 和 ServiceConnect 权限的策略重新链接 IoT 中心：az iot dps linked-hub create',
      },
      401000: {
        meaning: 'DPS 不接受请求中的凭据。',
        causes: [
          ['对设备而言：它既没有提供客户端证书，也没有提供令牌', '检查设备的 TLS 配置中是否有证书和密钥'],
          ['对设备而言：没有与其证书匹配的注册', 'enrollkit doctor 会比较两者'],
          ['对服务而言：令牌已过期，或其密钥已重新生成', '将密钥与门户中的策略比较，并核对时钟'],
          ['ID 范围属于另一个 DPS', '与 DPS 的“概述”页比较'],
        ],
        next: '运行 enrollkit doctor，它会比较 ID 范围、证书和注册。',
      },
      401001: {
        meaning: 'DPS 无法识别此 ID 范围。',
        causes: [
          ['ID 范围输入有误，或属于已删除的 DPS', '与 DPS 的“概述”页比较'],
          ['设备连接的是另一个云的终结点', '在公有云中，主机名以 .azure-devices-provisioning.net 结尾'],
        ],
        next: '从 DPS 的“概述”页复制 ID 范围。',
      },
      401002: {
        meaning: 'DPS 无法将设备发送的证书链追溯到某个注册组所使用的已验证 CA。',
        causes: [
          ['CA 尚未上传，或尚未验证', 'enrollkit ca list 会列出每个已上传的 CA 及其是否已验证'],
          [
            '设备只发送了自己的证书，没有发送其上级 CA 证书',
            '检查提供给设备 TLS 库的文件是否包含全部证书（用 grep -c BEGIN chain.pem 计数）；有些库只发送文件中的第一个证书',
          ],
          [
            '注册组使用的是另一个 CA，可能名称相同',
            '将 enrollkit group show ID 显示的指纹与 enrollkit cert fingerprint FILE 的结果比较',
          ],
          ['链中的某个证书已过期或尚未生效', 'enrollkit cert inspect chain.pem 会显示日期'],
          ['证书的公用名与注册 ID 不一致', 'enrollkit cert inspect chain.pem 会显示公用名；不区分大小写'],
          [
            '设备证书不是用所发送的 CA 证书的密钥签名的',
            'enrollkit cert verify chain.pem 会指出哪个签名有误',
          ],
          ['该注册 ID 的个体注册使用的是另一个证书', '个体注册优先：将门户中的指纹与设备证书的指纹比较'],
          ['DPS 不接受的密钥或签名算法', 'enrollkit cert lint chain.pem 会指出'],
        ],
        next: '运行 enrollkit doctor：它会将证书与 DPS 中的内容比较，并指出断开的环节。',
      },
      403000: {
        meaning: 'DPS 不允许此客户端访问。',
        causes: [
          ['DPS 设置了 IP 筛选器', '门户中 DPS 的“网络”页会列出允许的地址'],
          ['公用网络访问已禁用', '同一页面会显示；此时只能使用专用终结点'],
          ['对服务而言：其角色或策略缺少权限', 'DPS 的“访问控制”页会列出角色'],
        ],
        next: '在门户中查看 DPS 的“网络”页。',
      },
      404000: {
        meaning: 'DPS 在此地址没有任何资源。',
        causes: [
          ['路径或资源名称有误', '加上 --verbose 重新运行，查看请求'],
          ['资源已被删除', '列出现有内容：enrollkit group list、enrollkit ca list'],
        ],
        next: '检查名称。',
      },
      404201: {
        meaning: '此个体注册不存在。',
        causes: [
          ['已被删除，或从未创建', 'DPS 的“管理注册”页会列出它们'],
          ['它在另一个预配服务中', '比较名称或 ID 范围'],
        ],
        next: '检查注册 ID 和预配服务。',
      },
      404202: {
        meaning: '此设备没有注册记录。',
        causes: [
          ['设备从未注册过', 'enrollkit doctor 会列出已注册的设备'],
          ['其记录已被删除', '设备可能仍在其 IoT 中心'],
        ],
        next: '重新注册设备：enrollkit device register ID',
      },
      404203: {
        meaning: '此注册操作不存在。',
        causes: [
          ['设备轮询得太晚，或轮询了另一次注册的操作', '操作只保留几分钟'],
          ['在此期间模拟器已重启或重置', 'enrollkit emulator status 会显示它已运行多久'],
        ],
        next: '重新注册设备。',
      },
      404204: {
        meaning: '此注册组不存在。',
        causes: [
          ['已被删除，或从未创建', 'enrollkit group list'],
          ['它在另一个预配服务中', '将其名称与计划中的名称比较'],
        ],
        next: '列出现有的注册组：enrollkit group list',
      },
      405000: {
        meaning: 'DPS 在此地址不支持该方法。',
        causes: [['不属于 DPS API 的请求', '加上 --verbose 重新运行，查看请求']],
        next: '将请求与 DPS 的 REST 参考比较。',
      },
      409201: {
        meaning: '已存在具有此 ID 的个体注册。',
        causes: [
          ['由之前的运行或其他人创建', 'DPS 的“管理注册”页会显示创建时间'],
          ['发送更新时没有提供 etag', 'DPS 只接受带 etag 的批量更新'],
        ],
        next: '选择其他 ID，或删除现有的注册。',
      },
      409202: {
        meaning: '已存在具有此 ID 的注册组。',
        causes: [
          ['由之前的运行或其他人创建', 'enrollkit group show ID 会显示创建时间'],
          ['发送更新时没有提供 etag', 'DPS 只接受带 etag 的更新'],
        ],
        next: '选择其他 ID，或删除现有的注册组：enrollkit group delete ID',
      },
      409203: {
        meaning: '另一个请求同时更改了该注册。',
        causes: [
          ['两台设备或两个进程同时用同一 ID 注册', '确保没有其他设备使用此证书'],
          ['读取之后，其他人更改了它', '将其 lastUpdatedDateTimeUtc 与你上次更改的时间比较'],
        ],
        next: '重新注册设备。',
      },
      412001: {
        meaning: 'etag 与存储的版本不一致。',
        causes: [['读取之后，其他人更改了它', '将其 lastUpdatedDateTimeUtc 与你上次更改的时间比较']],
        next: '重新读取，然后再次更改。',
      },
      413000: {
        meaning: '请求正文太大。',
        causes: [['初始孪生、有效负载或列表太大', '加上 --verbose 重新运行，查看请求']],
        next: '减少发送的内容：初始孪生最多 32 KB 所需属性，批量请求最多 10 个注册。',
      },
      415000: {
        meaning: '请求正文未声明为 JSON。',
        causes: [['客户端发送了其他 Content-Type', '必须为 application/json']],
        next: '发送 Content-Type: application/json。',
      },
      429001: {
        meaning: 'DPS 正在限制请求。',
        causes: [
          ['每分钟的注册或操作超过 1000 次', '检查是否有许多设备同时启动'],
          ['有设备在循环中不断重新注册', '注册记录会显示频率'],
        ],
        next: '等待一分钟，然后重新运行命令。将设备群的注册分散到一段时间内。',
      },
      500000: {
        meaning: 'DPS 出现故障。',
        causes: [['Azure 暂时性故障', 'Azure 状态：https://status.azure.com']],
        next: '等待一分钟，然后重新运行命令。',
      },
      501000: {
        meaning: '模拟器不支持此功能。',
        causes: [['只有 Azure 才有的功能', 'docs/emulator-support.md 列出了模拟器支持的内容']],
        next: '请使用 --target azure。',
      },
    },
    hub: {
      ArgumentInvalid: {
        meaning: 'IoT 中心不接受请求中的某个值。',
        causes: [['设备 ID、孪生或查询不符合 IoT 中心的规则', '消息会指出']],
        next: '按错误消息的提示更正。',
      },
      InvalidProtocolVersion: {
        meaning: 'IoT 中心不支持请求的 api-version。',
        causes: [
          ['SDK 版本过旧，或是预览版', 'api-version 在 URL 或 MQTT 用户名中'],
          ['模拟器比 SDK 旧', 'docs/emulator-support.md 列出了版本'],
        ],
        next: '更新 SDK 或模拟器。',
      },
      IotHubFormatError: {
        meaning: '发送到 IoT 中心的请求格式不正确。',
        causes: [['正文不是所需的 JSON', '消息会指出位置']],
        next: '将请求与 IoT 中心的 REST 参考比较。',
      },
      IotHubUnauthorizedAccess: {
        meaning: 'IoT 中心不接受凭据。',
        causes: [
          ['设备提供的证书与注册时使用的不同', '将指纹与 IoT 中心的设备页面比较；续订后请重新注册'],
          ['设备在 IoT 中心已被禁用或删除', '查看 IoT 中心的设备页面'],
          ['对服务而言：密钥已重新生成，或策略没有相应权限', '查看 IoT 中心的共享访问策略'],
          ['设备的时钟有误，因此其令牌已过期', '与实际时间比较'],
        ],
        next: '重新注册设备，使 IoT 中心获得其当前证书：enrollkit device register ID',
      },
      DeviceMaximumQueueDepthExceeded: {
        meaning: '等待该设备接收的消息太多。',
        causes: [['设备没有完成已有的 50 条消息', 'IoT 中心的设备页面会显示数量']],
        next: '让设备接收消息，或清除这些消息。',
      },
      GenericNotFound: {
        meaning: 'IoT 中心在此地址没有任何资源。',
        causes: [['请求路径有误', '加上 --verbose 重新运行，查看请求']],
        next: '将请求与 IoT 中心的 REST 参考比较。',
      },
      DeviceNotFound: {
        meaning: 'IoT 中心没有此设备。',
        causes: [
          ['设备已在 IoT 中心被删除', '其在 DPS 中的注册记录仍保留：enrollkit doctor 会显示两者'],
          ['设备分配到了另一个 IoT 中心', '注册记录会指出该 IoT 中心'],
          ['设备 ID 输入有误', 'IoT 中心的设备 ID 区分大小写'],
        ],
        next: '重新注册设备：enrollkit device register ID',
      },
      DeviceNotOnline: {
        meaning: '设备未连接，或没有侦听直接方法。',
        causes: [
          ['设备处于脱机状态', 'IoT 中心的设备页面会显示其连接状态'],
          ['它通过 HTTPS 连接，而 HTTPS 不支持直接方法', '检查设备使用的传输协议'],
        ],
        next: '通过 MQTT 或 AMQP 连接设备，然后再次调用该方法。',
      },
      DeviceAlreadyExists: {
        meaning: 'IoT 中心已有使用此 ID 的设备。',
        causes: [['由之前的运行或其他人创建', '查看 IoT 中心的设备页面']],
        next: '选择其他设备 ID，或删除该设备。',
      },
      PreconditionFailed: {
        meaning: 'etag 与 IoT 中心内的设备或孪生不一致。',
        causes: [['读取之后，其他人更改了它', '重新读取，并比较 etag']],
        next: '重新读取，然后再次更改。',
      },
      DeviceMessageLockLost: {
        meaning: '云到设备消息的锁已过期。',
        causes: [['设备用了一分钟以上才完成该消息', '检查消息是否再次传递']],
        next: '更早地完成消息；该消息会再次传递。',
      },
      GenericRequestEntityTooLarge: {
        meaning: '请求正文对 IoT 中心而言太大。',
        causes: [['批量请求超过 500 KB', '检查正文的大小']],
        next: '分成多个较小的请求发送。',
      },
      MessageTooLarge: {
        meaning: '消息太大。',
        causes: [['消息超过 256 KB（发送到设备的消息超过 64 KB）', '检查消息连同其属性的大小']],
        next: '拆分消息，或上传文件。',
      },
      TooManyDevices: {
        meaning: '批量请求中的设备太多。',
        causes: [['一个请求中超过 100 台设备', '请计数']],
        next: '每个请求最多发送 100 台设备。',
      },
      GenericUnsupportedMediaType: {
        meaning: '请求正文未声明为 JSON。',
        causes: [['客户端发送了其他 Content-Type', '必须为 application/json']],
        next: '发送 Content-Type: application/json。',
      },
      ThrottlingException: {
        meaning: 'IoT 中心正在限制请求。',
        causes: [['每秒请求数超出 IoT 中心所在层的限制', '查看 IoT 中心的“限制错误”指标']],
        next: '稍候并以递增的间隔重试，或为 IoT 中心增加单位。',
      },
      ServerError: {
        meaning: 'IoT 中心出现故障。',
        causes: [['Azure 暂时性故障', 'Azure 状态：https://status.azure.com']],
        next: '等待一分钟，然后重试。',
      },
      NotImplemented: {
        meaning: '模拟器的 IoT 中心不支持此功能。',
        causes: [['只有 Azure 才有的功能', 'docs/emulator-support.md 列出了模拟器支持的内容']],
        next: '请使用 --target azure。',
      },
      InvalidResponseWhileProxying: {
        meaning: '设备对直接方法的应答不是 JSON。',
        causes: [['设备程序有误', '其日志会显示应答']],
        next: '让设备以 JSON 应答。',
      },
      GatewayTimeout: {
        meaning: '设备未及时应答直接方法。',
        causes: [
          ['该方法的执行时间超过调用的超时时间', '检查调用中的 responseTimeoutInSeconds'],
          ['设备断开了连接', '查看 IoT 中心的设备页面'],
        ],
        next: '使用更长的超时时间再次调用该方法。',
      },
    },
    arm: {
      400019: {
        meaning: '预配服务已达到此类资源的上限。',
        causes: [['已达到 DPS 的上限，例如 25 个 CA 证书', 'enrollkit ca list 会显示数量']],
        next: '删除不再使用的内容：enrollkit ca delete NAME',
      },
      400053: {
        meaning: '所有权证明失败：验证证书不能证明拥有此 CA 的密钥。',
        causes: [
          ['它是由另一个 CA 签名的，而不是已上传的 CA', '将验证证书的颁发者与已上传 CA 的主题名称比较'],
          ['其公用名不是最新的验证码', '每次请求验证码都会替换之前的验证码'],
        ],
        next: '请求新的验证码，并用已上传 CA 的密钥应答：enrollkit ca verify NAME',
      },
      400059: {
        meaning: '预配服务不支持此 SKU。',
        causes: [['S1 以外的 SKU', '检查请求中的 sku']],
        next: '使用 SKU S1。',
      },
      400303: {
        meaning: '该 IoT 中心被链接了两次。',
        causes: [['IoT 中心列表中有已链接的 IoT 中心', 'az iot dps linked-hub list --dps-name NAME']],
        next: '每个 IoT 中心只列出一次。',
      },
      400305: {
        meaning: '不允许使用该名称。',
        causes: [['资源不允许的字符或长度', '消息会说明规则']],
        next: '选择由 3 到 64 个字母、数字和连字符组成的名称。',
      },
      404002: {
        meaning: '该预配服务不存在。',
        causes: [
          ['名称输入有误', 'az iot dps list 会显示名称'],
          ['选择了另一个订阅', 'az account show'],
        ],
        next: '列出你的预配服务：az iot dps list',
      },
      404015: {
        meaning: '没有使用此名称的 CA 证书。',
        causes: [
          ['已被删除，或从未上传', 'enrollkit ca list'],
          ['它在另一个预配服务中', '将其名称与计划中的名称比较'],
        ],
        next: '列出已上传的 CA：enrollkit ca list',
      },
      409004: {
        meaning: '名称已被占用。',
        causes: [['预配服务的名称在整个 Azure 中是唯一的', '可能有其他人在使用']],
        next: '选择其他名称。',
      },
      500001: {
        meaning: '资源提供程序出现故障。',
        causes: [['Azure 暂时性故障', 'Azure 状态：https://status.azure.com']],
        next: '等待一分钟，然后重新运行命令。',
      },
      AuthenticationFailed: {
        meaning: 'Azure 资源管理器不接受该令牌。',
        causes: [
          ['登录已过期', 'az account get-access-token 也会失败'],
          ['令牌属于另一个租户', 'az account show 会显示租户'],
          ['此计算机的时钟有误', 'enrollkit doctor 会将其与 Azure 的时钟比较'],
        ],
        next: '重新运行 az login。',
      },
      AuthorizationFailed: {
        meaning: '你的身份缺少此资源的角色。',
        causes: [
          ['在 DPS 或其资源组上没有角色分配', 'az role assignment list --assignee USER'],
          ['角色是几分钟前才分配的', '新的分配最多需要 10 分钟生效'],
        ],
        next: '请求获得 DPS 的“参与者”(Contributor) 角色。',
      },
      SubscriptionNotFound: {
        meaning: '该订阅不存在，或你无权查看。',
        causes: [
          ['名称输入有误', 'az iot dps list 会显示名称'],
          ['选择了另一个订阅', 'az account show'],
        ],
        next: '列出你的订阅：az account list',
      },
      ResourceGroupNotFound: {
        meaning: '订阅中没有该资源组。',
        causes: [
          ['名称输入有误', 'az iot dps list 会显示名称'],
          ['选择了另一个订阅', 'az account show'],
        ],
        next: '列出资源组：az group list',
      },
      ResourceNotFound: {
        meaning: '资源组中没有该资源。',
        causes: [
          ['名称输入有误', 'az iot dps list 会显示名称'],
          ['选择了另一个订阅', 'az account show'],
        ],
        next: '列出你的预配服务：az iot dps list',
      },
      ParentResourceNotFound: {
        meaning: '包含此资源的上级资源不存在。',
        causes: [
          ['名称输入有误', 'az iot dps list 会显示名称'],
          ['选择了另一个订阅', 'az account show'],
        ],
        next: '列出你的预配服务：az iot dps list',
      },
      NotFound: {
        meaning: 'Azure 资源管理器在此地址没有任何资源。',
        causes: [
          ['名称输入有误', 'az iot dps list 会显示名称'],
          ['选择了另一个订阅', 'az account show'],
        ],
        next: '加上 --verbose 重新运行，查看请求。',
      },
      InvalidApiVersionParameter: {
        meaning: 'Azure 资源管理器不支持此 api-version。',
        causes: [['客户端比服务新或旧', '消息会列出版本']],
        next: '使用消息中列出的 api-version。',
      },
      InvalidRequestContent: {
        meaning: '无法读取请求正文。',
        causes: [['它不是 JSON，或某个成员的类型不正确', '消息会指出位置']],
        next: '按错误消息的提示更正。',
      },
      InvalidResourceLocation: {
        meaning: '该资源已存在于另一个位置。',
        causes: [['PUT 中的位置与资源的位置不同', 'az iot dps show --name NAME']],
        next: '发送其实际位置，或选择其他名称。',
      },
      MethodNotAllowed: {
        meaning: 'Azure 资源管理器在此地址不支持该方法。',
        causes: [['不属于该 API 的请求', '加上 --verbose 重新运行，查看请求']],
        next: '将请求与 REST 参考比较。',
      },
      RequestEntityTooLarge: {
        meaning: '请求正文太大。',
        causes: [['请求超过 4 MB', '检查正文的大小']],
        next: '减少发送的内容。',
      },
      UnsupportedMediaType: {
        meaning: '请求正文未声明为 JSON。',
        causes: [['客户端发送了其他 Content-Type', '必须为 application/json']],
        next: '发送 Content-Type: application/json。',
      },
    },
    http: {
      200: {
        meaning: '请求成功。',
        causes: [['没有问题', '读取正文']],
        next: '无需任何操作。',
      },
      201: {
        meaning: '资源已创建。',
        causes: [['没有问题', '将其读回']],
        next: '无需任何操作。',
      },
      202: {
        meaning: '请求已接受，结果尚不可知。',
        causes: [['需要一些时间的注册或更改', '轮询响应中指定的操作']],
        next: '在 Retry-After 指定的秒数后轮询。',
      },
      204: {
        meaning: '请求成功，没有要返回的内容。',
        causes: [['没有问题', '将其读回']],
        next: '无需任何操作。',
      },
      400: {
        meaning: '服务不接受该请求。',
        causes: [
          ['某个值不符合规则', '错误消息会指出'],
          ['api-version 未知', '消息会说明'],
        ],
        next: '按消息的提示更正；其中的六位代码提供更多信息。',
      },
      401: {
        meaning: '服务不接受凭据。',
        causes: [
          ['对设备而言：DPS 无法将其证书链追溯到已验证的 CA', 'enrollkit explain 401002'],
          ['登录或令牌已过期，或密钥已重新生成', '查看 az account show，或门户中的共享访问策略'],
          ['时钟有误', 'enrollkit doctor 会将其与服务的时钟比较'],
        ],
        next: '运行 enrollkit doctor，它会检查凭据、时钟和证书。',
      },
      403: {
        meaning: '服务知道你的身份，但不允许此操作。',
        causes: [
          ['缺少角色或权限', '查看资源的“访问控制”页'],
          ['IP 筛选器，或公用网络访问已禁用', '查看资源的“网络”页'],
        ],
        next: '请求获得相应角色，或从此网络访问的权限。',
      },
      404: {
        meaning: '此地址没有任何资源。',
        causes: [
          ['名称输入有误，或资源已被删除', '列出现有内容：enrollkit group list、enrollkit ca list'],
          ['另一个订阅、DPS 或 IoT 中心', '将名称与计划中的名称比较'],
        ],
        next: '检查名称。',
      },
      405: {
        meaning: '服务在此地址不支持该方法。',
        causes: [['不属于该 API 的请求', '加上 --verbose 重新运行，查看请求']],
        next: '将请求与 REST 参考比较。',
      },
      407: {
        meaning: '代理需要用户名和密码。',
        causes: [['HTTPS_PROXY 中的代理没有凭据', '向代理的管理员索取']],
        next: '设置 HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT。',
      },
      408: {
        meaning: '服务等待请求的时间过长。',
        causes: [['连接缓慢或中断', '从其他网络重试']],
        next: '等待一分钟，然后重新运行命令。',
      },
      409: {
        meaning: '请求与当前状态冲突。',
        causes: [
          ['已存在同名内容', '列出现有内容：enrollkit group list、enrollkit ca list'],
          ['更新时没有提供 etag', '消息中的六位代码会说明是哪种情况'],
        ],
        next: '选择其他名称，或删除现有的同名项。',
      },
      412: {
        meaning: '在此期间已被更改：etag 与存储的版本不一致。',
        causes: [['读取之后，其他人更改了它', '重新读取，并比较 etag']],
        next: '重新读取，然后再次更改。',
      },
      413: {
        meaning: '请求太大。',
        causes: [['正文太大', '加上 --verbose 重新运行，查看请求']],
        next: '减少发送的内容。',
      },
      415: {
        meaning: '正文未声明为 JSON。',
        causes: [['使用了其他 Content-Type', '必须为 application/json']],
        next: '发送 Content-Type: application/json。',
      },
      426: {
        meaning: '服务需要另一种协议。',
        causes: [['向 WebSocket 地址发送了普通 HTTP 请求', '检查客户端的设置']],
        next: '通过 WebSocket 使用 MQTT 或 AMQP 连接。',
      },
      429: {
        meaning: '服务正在限制请求。',
        causes: [
          ['DPS 中每分钟的注册或操作超过 1000 次', '检查是否有许多设备同时启动'],
          ['客户端在循环中不断重试', '检查其日志中的请求数'],
        ],
        next: '按 Retry-After 的时间等待。将设备群的注册分散到一段时间内。',
      },
      431: {
        meaning: '请求标头太大。',
        causes: [['令牌或标头过长', '加上 --verbose 重新运行']],
        next: '发送更小的标头。',
      },
      500: {
        meaning: '服务出现故障。',
        causes: [
          ['Azure 暂时性故障', 'Azure 状态：https://status.azure.com'],
          ['模拟器中设置了故障', 'enrollkit emulator faults list'],
        ],
        next: '等待一分钟，然后重新运行命令。',
      },
      501: {
        meaning: '模拟器不支持此功能。',
        causes: [['只有 Azure 才有的功能', 'docs/emulator-support.md 列出了模拟器支持的内容']],
        next: '请使用 --target azure。',
      },
      502: {
        meaning: '网关没有从服务得到有效响应。',
        causes: [
          ['Azure 暂时性故障', 'Azure 状态：https://status.azure.com'],
          ['模拟器中设置了故障', 'enrollkit emulator faults list'],
        ],
        next: '等待一分钟，然后重新运行命令。',
      },
      503: {
        meaning: '服务当前不可用。',
        causes: [
          ['Azure 暂时性故障', 'Azure 状态：https://status.azure.com'],
          ['模拟器中设置了故障', 'enrollkit emulator faults list'],
        ],
        next: '等待一分钟，然后重新运行命令。',
      },
      504: {
        meaning: '网关没有及时从服务得到响应。',
        causes: [
          ['Azure 暂时性故障', 'Azure 状态：https://status.azure.com'],
          ['模拟器中设置了故障', 'enrollkit emulator faults list'],
        ],
        next: '等待一分钟，然后重新运行命令。',
      },
    },
    tls: {
      0: {
        meaning: '对方正常关闭了连接。',
        causes: [
          ['服务器结束了空闲或被拒绝的连接', '检查客户端之前发送的内容'],
          ['对方已停止运行', 'enrollkit emulator status'],
        ],
        next: '重新连接。如果再次发生，请查看对方的日志。',
      },
      10: {
        meaning: '收到了不应出现在握手此阶段的消息。',
        causes: [
          ['两个 TLS 库之一的缺陷：消息顺序错误', '尝试其他客户端：openssl s_client -connect HOST:PORT'],
          ['中间的某个环节（例如代理）更改或读取了连接', 'enrollkit doctor 会检查 TLS 拦截'],
        ],
        next: '更新设备的 TLS 库，或从其他网络重试。',
      },
      20: {
        meaning: '某条记录在传输中被更改，或使用了其他密钥加密。',
        causes: [
          ['两个 TLS 库之一的缺陷：密钥错误', '尝试其他客户端：openssl s_client -connect HOST:PORT'],
          ['中间的某个环节（例如代理）更改或读取了连接', 'enrollkit doctor 会检查 TLS 拦截'],
        ],
        next: '更新设备的 TLS 库，或从其他网络重试。',
      },
      21: {
        meaning: '无法解密某条记录（已不再使用）。',
        causes: [
          ['两个 TLS 库之一的缺陷：密钥错误', '尝试其他客户端：openssl s_client -connect HOST:PORT'],
          ['中间的某个环节（例如代理）更改或读取了连接', 'enrollkit doctor 会检查 TLS 拦截'],
        ],
        next: '更新设备的 TLS 库，或从其他网络重试。',
      },
      22: {
        meaning: '某条记录超出 TLS 允许的长度。',
        causes: [
          ['两个 TLS 库之一的缺陷：记录过长', '尝试其他客户端：openssl s_client -connect HOST:PORT'],
          ['中间的某个环节（例如代理）更改或读取了连接', 'enrollkit doctor 会检查 TLS 拦截'],
        ],
        next: '更新设备的 TLS 库，或从其他网络重试。',
      },
      30: {
        meaning: '无法解压缩某条记录（已不再使用）。',
        causes: [
          [
            '两个 TLS 库之一的缺陷：使用了 TLS 已不再支持的压缩',
            '尝试其他客户端：openssl s_client -connect HOST:PORT',
          ],
          ['中间的某个环节（例如代理）更改或读取了连接', 'enrollkit doctor 会检查 TLS 拦截'],
        ],
        next: '更新设备的 TLS 库，或从其他网络重试。',
      },
      40: {
        meaning: '双方没有共同可接受的参数。',
        causes: [
          ['一方只有旧的密码套件、曲线或签名算法', 'openssl s_client -connect HOST:PORT 会显示协商结果'],
          ['对方不接受的 RSA 或 EC 密钥', 'enrollkit cert lint FILE'],
        ],
        next: '在设备上启用带 ECDHE 密码套件的 TLS 1.2；DPS 支持 TLS 1.2。',
      },
      41: {
        meaning: '客户端没有证书（仅 SSL 3.0）。',
        causes: [['客户端的 TLS 库非常旧', '检查其 SSL 或 TLS 版本']],
        next: '使用 TLS 1.2 或更高版本。',
      },
      42: {
        meaning: '证书已损坏，或其签名有误。',
        causes: [
          ['由服务器发送：设备证书链中的某个证书已损坏，或用其他密钥签名', 'enrollkit cert verify chain.pem'],
          ['由设备发送：服务器的证书有同样的问题', '模拟器或设备的日志会显示由谁发送'],
        ],
        next: '检查双方的证书：enrollkit cert inspect FILE；服务器的证书用 enrollkit doctor 检查。',
      },
      43: {
        meaning: '证书的类型不被接受。',
        causes: [
          [
            '由服务器发送：DPS 不接受设备证书的密钥，或该证书不能用于客户端身份验证',
            'enrollkit cert lint chain.pem',
          ],
          ['由设备发送：服务器的证书有同样的问题', '模拟器或设备的日志会显示由谁发送'],
        ],
        next: '检查双方的证书：enrollkit cert inspect FILE；服务器的证书用 enrollkit doctor 检查。',
      },
      44: {
        meaning: '证书已被吊销。',
        causes: [
          ['由服务器发送：颁发者已吊销该证书', '询问 CA 的所有者；DPS 本身不检查吊销列表'],
          ['由设备发送：服务器的证书有同样的问题', '模拟器或设备的日志会显示由谁发送'],
        ],
        next: '检查双方的证书：enrollkit cert inspect FILE；服务器的证书用 enrollkit doctor 检查。',
      },
      45: {
        meaning: '证书已过期或尚未生效。',
        causes: [
          ['证书已过期', 'enrollkit cert inspect FILE 会显示日期'],
          ['发送警报一方的时钟有误', '与实际时间比较；没有时钟的设备从 1970 年开始计时'],
        ],
        next: '续订证书，或校准时钟。',
      },
      46: {
        meaning: '证书未被接受，且没有给出原因。',
        causes: [
          ['由服务器发送：设备证书链的任何问题', 'enrollkit cert verify chain.pem'],
          ['由设备发送：服务器的证书有同样的问题', '模拟器或设备的日志会显示由谁发送'],
        ],
        next: '检查双方的证书：enrollkit cert inspect FILE；服务器的证书用 enrollkit doctor 检查。',
      },
      47: {
        meaning: '握手中某个字段的值不被允许。',
        causes: [
          ['两个 TLS 库之一的缺陷：值错误', '尝试其他客户端：openssl s_client -connect HOST:PORT'],
          ['中间的某个环节（例如代理）更改或读取了连接', 'enrollkit doctor 会检查 TLS 拦截'],
        ],
        next: '更新设备的 TLS 库，或从其他网络重试。',
      },
      48: {
        meaning: '证书的颁发者未知或不受信任。',
        causes: [
          [
            '由设备发送：它不信任服务器证书的根证书',
            'Azure 需要 DigiCert Global Root G2 和 Microsoft RSA Root Certificate Authority 2017；模拟器需要其自己的根证书：enrollkit emulator env',
          ],
          ['代理会检查 TLS，而其根证书不受信任', 'enrollkit doctor 会显示此处收到的证书由谁颁发'],
          ['由服务器发送：它不认识客户端证书的 CA', 'enrollkit ca list'],
        ],
        next: '在设备上安装服务器证书的根证书。',
      },
      49: {
        meaning: '证书有效，但不允许其所有者连接。',
        causes: [
          ['设备已被禁用，或没有注册', 'enrollkit doctor'],
          ['防火墙或网关只允许某些证书', '从其他网络重试'],
        ],
        next: '检查设备的注册：enrollkit doctor',
      },
      50: {
        meaning: '无法读取某条握手消息。',
        causes: [
          ['两个 TLS 库之一的缺陷：消息格式不正确', '尝试其他客户端：openssl s_client -connect HOST:PORT'],
          ['中间的某个环节（例如代理）更改或读取了连接', 'enrollkit doctor 会检查 TLS 拦截'],
        ],
        next: '更新设备的 TLS 库，或从其他网络重试。',
      },
      51: {
        meaning: '握手中的某个签名有误。',
        causes: [
          ['私钥与证书不匹配', 'enrollkit doctor 会比较两者'],
          ['TLS 库或安全元件的缺陷', '用 openssl s_client 尝试同一证书'],
        ],
        next: '为设备提供与其证书匹配的私钥。',
      },
      60: {
        meaning: '违反了出口限制（已不再使用）。',
        causes: [
          [
            '两个 TLS 库之一的缺陷：使用了 TLS 已不再支持的出口密码套件',
            '尝试其他客户端：openssl s_client -connect HOST:PORT',
          ],
          ['中间的某个环节（例如代理）更改或读取了连接', 'enrollkit doctor 会检查 TLS 拦截'],
        ],
        next: '更新设备的 TLS 库，或从其他网络重试。',
      },
      70: {
        meaning: '双方没有共同的 TLS 版本。',
        causes: [
          [
            '设备只支持 TLS 1.0 或 1.1，而 Azure 会拒绝',
            '检查在计算机上 openssl s_client -connect HOST:PORT -tls1_2 是否可用',
          ],
          ['模拟器中设置了限定版本的故障', 'enrollkit emulator faults list'],
        ],
        next: '在设备上启用 TLS 1.2。',
      },
      71: {
        meaning: '服务器要求的密码套件强于客户端提供的。',
        causes: [
          ['一方只有旧的密码套件、曲线或签名算法', 'openssl s_client -connect HOST:PORT 会显示协商结果'],
          ['对方不接受的 RSA 或 EC 密钥', 'enrollkit cert lint FILE'],
        ],
        next: '在设备上启用带 ECDHE 密码套件的 TLS 1.2；DPS 支持 TLS 1.2。',
      },
      80: {
        meaning: '对方因内部原因失败。',
        causes: [['服务器故障，例如内存不足', '查看对方的日志']],
        next: '稍后重试。',
      },
      86: {
        meaning: '客户端回退到旧的 TLS 版本，尽管双方都支持更新的版本。',
        causes: [
          ['两个 TLS 库之一的缺陷：不必要的回退', '尝试其他客户端：openssl s_client -connect HOST:PORT'],
          ['中间的某个环节（例如代理）更改或读取了连接', 'enrollkit doctor 会检查 TLS 拦截'],
        ],
        next: '更新设备的 TLS 库，或从其他网络重试。',
      },
      90: {
        meaning: '对方取消了握手。',
        causes: [['有人或程序停止了对方', '查看对方的日志']],
        next: '重新连接。',
      },
      100: {
        meaning: '对方拒绝重新协商。',
        causes: [['客户端要求重新协商，而 TLS 1.3 和 Azure 不支持', '检查 TLS 库的选项']],
        next: '在设备上关闭重新协商。',
      },
      109: {
        meaning: '握手缺少必需的扩展。',
        causes: [
          ['两个 TLS 库之一的缺陷：缺少扩展', '尝试其他客户端：openssl s_client -connect HOST:PORT'],
          ['中间的某个环节（例如代理）更改或读取了连接', 'enrollkit doctor 会检查 TLS 拦截'],
        ],
        next: '更新设备的 TLS 库，或从其他网络重试。',
      },
      110: {
        meaning: '握手包含未请求的扩展。',
        causes: [
          [
            '两个 TLS 库之一的缺陷：使用了未提供的扩展',
            '尝试其他客户端：openssl s_client -connect HOST:PORT',
          ],
          ['中间的某个环节（例如代理）更改或读取了连接', 'enrollkit doctor 会检查 TLS 拦截'],
        ],
        next: '更新设备的 TLS 库，或从其他网络重试。',
      },
      111: {
        meaning: '无法从握手中的 URL 获取证书（已不再使用）。',
        causes: [
          [
            '两个 TLS 库之一的缺陷：使用了 Azure 不支持的证书 URL',
            '尝试其他客户端：openssl s_client -connect HOST:PORT',
          ],
          ['中间的某个环节（例如代理）更改或读取了连接', 'enrollkit doctor 会检查 TLS 拦截'],
        ],
        next: '更新设备的 TLS 库，或从其他网络重试。',
      },
      112: {
        meaning: '服务器不认识客户端请求的主机名 (SNI)。',
        causes: [
          ['主机名输入有误', '与 DPS 或 IoT 中心的“概述”页比较'],
          ['客户端没有发送服务器名称', 'DPS 和 IoT 中心需要 SNI'],
        ],
        next: '按名称连接主机，并让 TLS 库发送该名称。',
      },
      113: {
        meaning: '服务器用于证明其证书未被吊销的 OCSP 响应无效。',
        causes: [
          ['两个 TLS 库之一的缺陷：OCSP 响应有误', '尝试其他客户端：openssl s_client -connect HOST:PORT'],
          ['中间的某个环节（例如代理）更改或读取了连接', 'enrollkit doctor 会检查 TLS 拦截'],
        ],
        next: '更新设备的 TLS 库，或从其他网络重试。',
      },
      114: {
        meaning: '按 URL 获取的证书的哈希不一致（已不再使用）。',
        causes: [
          [
            '两个 TLS 库之一的缺陷：使用了 Azure 不支持的证书 URL',
            '尝试其他客户端：openssl s_client -connect HOST:PORT',
          ],
          ['中间的某个环节（例如代理）更改或读取了连接', 'enrollkit doctor 会检查 TLS 拦截'],
        ],
        next: '更新设备的 TLS 库，或从其他网络重试。',
      },
      115: {
        meaning: '服务器不认识该预共享密钥。',
        causes: [['设备配置为使用预共享密钥', 'DPS 接受证书，不接受 TLS 预共享密钥']],
        next: '为设备配置其证书和密钥。',
      },
      116: {
        meaning: '服务器需要客户端证书，但没有收到。',
        causes: [
          ['设备的 TLS 配置中没有证书或密钥', '检查是否向 TLS 库提供了两者'],
          ['代理终止了 TLS，因此证书无法到达服务器', 'enrollkit doctor 会检查 TLS 拦截'],
        ],
        next: '配置设备的证书链和私钥。',
      },
      120: {
        meaning: '双方没有共同的应用程序协议 (ALPN)。',
        causes: [
          ['客户端通过 ALPN 请求 HTTP/2 或 MQTT，而该端口不提供', '检查客户端的 ALPN 设置'],
          ['中间有代理', 'enrollkit doctor 会检查 TLS 拦截'],
        ],
        next: '从客户端的设置中移除 ALPN。',
      },
    },
    connection: {
      ENOTFOUND: {
        meaning: '找不到使用该名称的主机。',
        causes: [
          ['名称输入有误，或服务已删除', 'nslookup HOST'],
          ['此计算机处于脱机状态，或没有 DNS', '对另一个主机尝试 nslookup'],
        ],
        next: '检查名称和网络。',
      },
      EAI_AGAIN: {
        meaning: '暂时无法查找该主机名。',
        causes: [
          ['DNS 服务器没有应答', 'nslookup HOST'],
          ['此计算机处于脱机状态', 'ping 另一个主机'],
        ],
        next: '检查网络，然后重新运行命令。',
      },
      ECONNREFUSED: {
        meaning: '该端口上没有程序在侦听，或防火墙拒绝了连接。',
        causes: [
          ['模拟器未运行', 'enrollkit emulator status'],
          ['端口错误', '与 enrollkit emulator status 的结果比较'],
          ['防火墙阻止了端口 8883 或 5671', '尝试 --protocol https'],
        ],
        next: '启动模拟器，或检查主机和端口。',
      },
      ECONNRESET: {
        meaning: '连接意外关闭。',
        causes: [
          ['服务器或中间的防火墙关闭了连接', '从其他网络重试'],
          ['模拟器已停止，或设置了故障', '查看 enrollkit emulator status 和 enrollkit emulator faults list'],
        ],
        next: '重新运行命令。',
      },
      EPIPE: {
        meaning: '连接意外关闭。',
        causes: [
          ['服务器或中间的防火墙关闭了连接', '从其他网络重试'],
          ['模拟器已停止，或设置了故障', '查看 enrollkit emulator status 和 enrollkit emulator faults list'],
        ],
        next: '重新运行命令。',
      },
      ETIMEDOUT: {
        meaning: '主机没有及时应答。',
        causes: [
          ['防火墙丢弃了数据包；8883 和 5671 常被阻止', '尝试 --protocol https'],
          ['需要代理', '检查 HTTPS_PROXY；MQTT 和 AMQP 不使用它'],
        ],
        next: '检查防火墙，或通过 HTTPS 注册：--protocol https',
      },
      EHOSTUNREACH: {
        meaning: '没有到该主机的路由。',
        causes: [
          ['此计算机处于脱机状态，或 VPN 未连接', 'ping 另一个主机'],
          ['防火墙丢弃了数据包', '从其他网络重试'],
        ],
        next: '检查网络。',
      },
      ENETUNREACH: {
        meaning: '没有到该主机的路由。',
        causes: [
          ['此计算机处于脱机状态，或 VPN 未连接', 'ping 另一个主机'],
          ['防火墙丢弃了数据包', '从其他网络重试'],
        ],
        next: '检查网络。',
      },
      EADDRINUSE: {
        meaning: '另一个程序正在侦听该端口。',
        causes: [
          ['另一个模拟器', 'enrollkit emulator status'],
          ['另一个程序', 'ss -ltnp，在 Windows 上用 netstat -ano'],
        ],
        next: '停止该程序，或选择其他端口。',
      },
      EACCES: {
        meaning: '你没有使用该文件或端口的权限。',
        causes: [
          ['低于 1024 的端口需要特殊权限', '选择更大的端口号'],
          ['文件属于其他用户', 'ls -l FILE'],
        ],
        next: '选择其他端口或文件，或获取权限。',
      },
      EPROTO: {
        meaning: 'TLS 握手失败。',
        causes: [
          ['对方在此端口不使用 TLS', 'openssl s_client -connect HOST:PORT'],
          ['对方用警报拒绝了此客户端', '消息中有该警报：enrollkit explain ALERT'],
        ],
        next: '检查主机和端口。',
      },
      CERT_HAS_EXPIRED: {
        meaning: '服务器的某个证书已过期。',
        causes: [
          ['此计算机的时钟有误', 'enrollkit doctor 会进行比较'],
          ['服务器的证书没有续订', 'openssl s_client -connect HOST:PORT'],
        ],
        next: '校准时钟。如果时钟正确，则服务器的所有者必须续订其证书。',
      },
      CERT_NOT_YET_VALID: {
        meaning: '服务器的某个证书尚未生效。',
        causes: [
          ['此计算机的时钟慢了', 'enrollkit doctor 会进行比较'],
          ['服务器的证书是在时钟有误时创建的', 'openssl s_client -connect HOST:PORT'],
        ],
        next: '校准时钟。',
      },
      ERR_TLS_CERT_ALTNAME_INVALID: {
        meaning: '服务器的证书用于另一个名称。',
        causes: [
          ['你使用了其他名称或 IP 地址连接', '消息会列出证书中的名称'],
          ['应答的是代理', 'enrollkit doctor'],
        ],
        next: '使用证书中的名称连接主机。',
      },
      DEPTH_ZERO_SELF_SIGNED_CERT: {
        meaning: '服务器的证书是自签名的，在此处不受信任。',
        causes: [
          ['代理会检查 TLS，而其根证书在此处不受信任', 'enrollkit doctor 会显示收到的证书由谁颁发'],
          ['缺少模拟器的根证书', 'enrollkit emulator env 会输出要信任的文件'],
          ['此计算机的受信任根证书已过时', 'enrollkit doctor 会检查 Azure 需要的根证书'],
        ],
        next: '将 NODE_EXTRA_CA_CERTS 设置为缺少的根证书。',
      },
      SELF_SIGNED_CERT_IN_CHAIN: {
        meaning: '服务器证书的根证书在此处不受信任。',
        causes: [
          ['代理会检查 TLS，而其根证书在此处不受信任', 'enrollkit doctor 会显示收到的证书由谁颁发'],
          ['缺少模拟器的根证书', 'enrollkit emulator env 会输出要信任的文件'],
          ['此计算机的受信任根证书已过时', 'enrollkit doctor 会检查 Azure 需要的根证书'],
        ],
        next: '将 NODE_EXTRA_CA_CERTS 设置为缺少的根证书。',
      },
      UNABLE_TO_GET_ISSUER_CERT: {
        meaning: '缺少服务器证书的某个颁发者。',
        causes: [
          ['代理会检查 TLS，而其根证书在此处不受信任', 'enrollkit doctor 会显示收到的证书由谁颁发'],
          ['缺少模拟器的根证书', 'enrollkit emulator env 会输出要信任的文件'],
          ['此计算机的受信任根证书已过时', 'enrollkit doctor 会检查 Azure 需要的根证书'],
        ],
        next: '将 NODE_EXTRA_CA_CERTS 设置为缺少的根证书。',
      },
      UNABLE_TO_GET_ISSUER_CERT_LOCALLY: {
        meaning: '此处不认识服务器证书的颁发者。',
        causes: [
          ['代理会检查 TLS，而其根证书在此处不受信任', 'enrollkit doctor 会显示收到的证书由谁颁发'],
          ['缺少模拟器的根证书', 'enrollkit emulator env 会输出要信任的文件'],
          ['此计算机的受信任根证书已过时', 'enrollkit doctor 会检查 Azure 需要的根证书'],
        ],
        next: '将 NODE_EXTRA_CA_CERTS 设置为缺少的根证书。',
      },
      UNABLE_TO_VERIFY_LEAF_SIGNATURE: {
        meaning: '此处不认识服务器证书的颁发者。',
        causes: [
          ['代理会检查 TLS，而其根证书在此处不受信任', 'enrollkit doctor 会显示收到的证书由谁颁发'],
          ['缺少模拟器的根证书', 'enrollkit emulator env 会输出要信任的文件'],
          ['此计算机的受信任根证书已过时', 'enrollkit doctor 会检查 Azure 需要的根证书'],
        ],
        next: '将 NODE_EXTRA_CA_CERTS 设置为缺少的根证书。',
      },
      'connack-1': {
        meaning: 'MQTT 返回代码 1：服务器不支持此 MQTT 版本。',
        causes: [['客户端使用 MQTT 5 或 3.1', 'DPS 和 IoT 中心支持 MQTT 3.1.1']],
        next: '将客户端设置为 MQTT 3.1.1。',
      },
      'connack-2': {
        meaning: 'MQTT 返回代码 2：服务器不接受客户端 ID。',
        causes: [['客户端 ID 不是注册 ID 或设备 ID', '检查客户端的设置']],
        next: '使用注册 ID (DPS) 或设备 ID（IoT 中心）作为客户端 ID。',
      },
      'connack-3': {
        meaning: 'MQTT 返回代码 3：服务器不可用。对于未知的 ID 范围，DPS 也返回此代码。',
        causes: [
          ['用户名中的 ID 范围有误', '与 DPS 的“概述”页比较'],
          ['暂时性故障', '一分钟后重试'],
        ],
        next: '检查 ID 范围，然后重新连接。',
      },
      'connack-4': {
        meaning: 'MQTT 返回代码 4：服务器不接受用户名或密码。',
        causes: [
          [
            '用户名的格式不同',
            'DPS 为 {idScope}/registrations/{registrationId}/api-version=...，IoT 中心为 {hub}/{deviceId}/?api-version=...',
          ],
          ['令牌已过期，或属于其他设备', '检查令牌中的资源和到期时间'],
        ],
        next: '更正用户名，或创建新令牌。',
      },
      'connack-5': {
        meaning: 'MQTT 返回代码 5：服务器不接受凭据。',
        causes: [
          ['IoT 中心中该设备的证书不同', '重新注册：enrollkit device register ID'],
          ['设备在 IoT 中心已被禁用或删除', '查看 IoT 中心的设备页面'],
          ['设备没有发送客户端证书', '检查客户端的 TLS 设置'],
        ],
        next: '重新注册设备，并使用同一证书连接。',
      },
      'amqp:connection:framing-error': {
        meaning: 'AMQP：无法读取某个帧。',
        causes: [['客户端不支持 AMQP 1.0', '检查其协议版本']],
        next: '使用 AMQP 1.0 客户端。',
      },
      'amqp:connection:forced': {
        meaning: 'AMQP：服务器关闭了连接。',
        causes: [['服务已重启，或设备再次连接', '每台设备只能有一个打开的连接']],
        next: '重新连接。',
      },
      'amqp:decode-error': {
        meaning: 'AMQP：无法解码某个值。',
        causes: [['客户端 AMQP 库的缺陷', '尝试其他客户端']],
        next: '更新 AMQP 库。',
      },
      'amqp:internal-error': {
        meaning: 'AMQP：服务出现故障。',
        causes: [['暂时性故障', '一分钟后重试']],
        next: '重新连接。',
      },
      'amqp:invalid-field': {
        meaning: 'AMQP：帧中某个字段的值不被允许。',
        causes: [['客户端发送了不寻常的内容', '描述会指出']],
        next: '按描述更正。',
      },
      'amqp:link:detach-forced': {
        meaning: 'AMQP：服务已分离某个链接。',
        causes: [['设备已被禁用或删除，或其令牌已过期', '查看 IoT 中心的设备页面']],
        next: '使用有效的凭据重新附加。',
      },
      'amqp:link:message-size-exceeded': {
        meaning: 'AMQP：消息太大。',
        causes: [['消息超过 256 KB', '检查其大小']],
        next: '减少每条消息的内容。',
      },
      'amqp:link:redirect': {
        meaning: 'AMQP：该节点在另一个地址，错误中会指出。',
        causes: [
          [
            '后端使用 IoT 中心的连接字符串读取遥测',
            'IoT 中心会将到 /messages/events 的链接重定向到与事件中心兼容的终结点的主机和实体',
          ],
        ],
        next: '使用该地址，或使用与事件中心兼容的连接字符串连接。',
      },
      'amqp:link:stolen': {
        meaning: 'AMQP：另一个连接已接管该链接。',
        causes: [['设备连接了两次', '每台设备只能有一个打开的连接']],
        next: '每台设备只连接一次。',
      },
      'amqp:link:transfer-limit-exceeded': {
        meaning: 'AMQP：发送的消息超出服务允许的数量。',
        causes: [['客户端忽略了链接信用额度', '更新其 AMQP 库']],
        next: '在发送前等待信用额度。',
      },
      'amqp:not-allowed': {
        meaning: 'AMQP：服务不允许此操作。',
        causes: [['服务不支持的内容', '描述会指出']],
        next: '按描述更正。',
      },
      'amqp:not-found': {
        meaning: 'AMQP：没有节点使用此地址。',
        causes: [
          [
            '链接地址输入有误',
            'DPS 为 {idScope}/registrations/{registrationId}；IoT 中心为 /devices/{deviceId}/messages/events',
          ],
          ['IoT 中心没有该设备', '重新注册'],
        ],
        next: '更正地址。',
      },
      'amqp:not-implemented': {
        meaning: 'AMQP：服务不支持此功能。',
        causes: [['模拟器不支持的功能', 'docs/emulator-support.md 列出了它支持的内容']],
        next: '请使用 --target azure。',
      },
      'amqp:precondition-failed': {
        meaning: 'AMQP：前提条件不满足。',
        causes: [['锁已过期，或 etag 已过时', '重新读取']],
        next: '重新读取，然后重试。',
      },
      'amqp:resource-limit-exceeded': {
        meaning: 'AMQP：已达到上限。',
        causes: [['链接、会话或消息超出服务允许的数量', '关闭不使用的内容']],
        next: '稍候，然后减少数量并重试。',
      },
      'amqp:session:errant-link': {
        meaning: 'AMQP：某个帧指定了未附加的链接。',
        causes: [['客户端 AMQP 库的缺陷', '更新它']],
        next: '重新连接。',
      },
      'amqp:session:unattached-handle': {
        meaning: 'AMQP：某个帧指定了未附加的链接。',
        causes: [['客户端 AMQP 库的缺陷', '更新它']],
        next: '重新连接。',
      },
      'amqp:session:handle-in-use': {
        meaning: 'AMQP：某个链接句柄被使用了两次。',
        causes: [['客户端 AMQP 库的缺陷', '更新它']],
        next: '重新连接。',
      },
      'amqp:session:window-violation': {
        meaning: 'AMQP：发送的帧超出会话允许的数量。',
        causes: [['客户端忽略了会话窗口', '更新其 AMQP 库']],
        next: '重新连接。',
      },
      'amqp:unauthorized-access': {
        meaning: 'AMQP：服务不接受凭据。',
        causes: [
          ['在 DPS：与 401002 相同', '描述中有六位代码：enrollkit explain 401002'],
          ['在 IoT 中心：证书不同，或设备已禁用', '重新注册：enrollkit device register ID'],
        ],
        next: '运行 enrollkit doctor。',
      },
      'com.microsoft:argument-error': {
        meaning: 'AMQP：某个参数无效。',
        causes: [['某个值不符合服务的规则', '描述会指出']],
        next: '按描述更正。',
      },
      'com.microsoft:argument-out-of-range': {
        meaning: 'AMQP：某个参数超出范围。',
        causes: [['事件中心的偏移量或序列号在最后一个事件之后，或分区不存在', '与分区的运行时信息比较']],
        next: '从最早或最新的事件开始，或指定存在的分区。',
      },
      'com.microsoft:device-container-throttled': {
        meaning: 'AMQP：服务正在限制请求。',
        causes: [['请求数超出服务或其所在层的限制', '请计数']],
        next: '稍候，然后以递增的间隔重试。',
      },
    },
    own: {
      INTERNAL: {
        meaning: 'enrollkit 自身发生意外故障。',
        causes: [['enrollkit 的缺陷', '加上 --verbose 重新运行']],
      },
      USAGE: {
        meaning: '命令不存在，或其标志或参数有误。',
        causes: [['标志或值输入有误', 'enrollkit help COMMAND']],
      },
      INVALID_REGISTRATION_ID: {
        meaning: 'DPS 不接受此注册 ID。',
        causes: [['不允许的字符或长度：只能使用字母、数字和 - . _ :', '消息会指出']],
      },
      INVALID_ENROLLMENT_GROUP_ID: {
        meaning: 'DPS 不接受此注册组 ID。',
        causes: [['不允许的字符或长度：只能使用字母、数字和 - . _ :', '消息会指出']],
      },
      INVALID_CERTIFICATE_NAME: {
        meaning: 'DPS 不接受此上传 CA 的名称。',
        causes: [['不允许的字符或长度：只能使用字母、数字和 - . _', '消息会指出']],
      },
      COMMON_NAME_TOO_LONG: {
        meaning: '公用名对证书而言太长。',
        causes: [['不允许的字符或长度：最多 64 个字符 (RFC 5280)', '消息会指出']],
      },
      INVALID_COMMON_NAME: {
        meaning: '该公用名不能用于证书。',
        causes: [['不允许的字符或长度：1 到 64 个可打印字符', '消息会指出']],
      },
      INVALID_SUBJECT: {
        meaning: '主题名称的某一部分不能用于证书。',
        causes: [['不允许的字符或长度：请参阅 RFC 5280 附录中的上限', '消息会指出']],
      },
      INVALID_ALTERNATIVE_NAME: {
        meaning: '使用者可选名称的形式不正确。',
        causes: [['不允许的字符或长度：应为 ASCII 形式的主机名、IP 地址、电子邮件地址或 URI', '消息会指出']],
      },
      INVALID_RECORDING: {
        meaning: '无法读取运行记录。',
        causes: [
          ['它被截断、手动编辑过，或由更新版本的 enrollkit 写入', '消息会指出文件和位置'],
          ['这不是你要用的文件', '打开文件检查'],
        ],
      },
      NOT_RECORDED: {
        meaning: '脱机重放发送了运行记录中没有的请求。',
        causes: [
          ['此 enrollkit 发送的请求与记录时的版本不同', '比较版本：enrollkit runs'],
          ['某个标志改变了运行的行为', '使用运行记录中的标志重放'],
        ],
      },
      INVALID_PLAN: {
        meaning: '无法使用该计划。',
        causes: [
          ['某个成员缺失、拼写错误或值有误', '消息会指出文件和位置'],
          ['这不是你要用的文件', '打开文件检查'],
        ],
      },
      INVALID_SEED: {
        meaning: '无法使用模拟器的种子文件。',
        causes: [
          ['某个成员缺失、拼写错误或值有误', '消息会指出文件和位置'],
          ['这不是你要用的文件', '打开文件检查'],
        ],
      },
      INVALID_FAULTS: {
        meaning: '无法使用故障文件。',
        causes: [
          ['某个成员缺失、拼写错误或值有误', '消息会指出文件和位置'],
          ['这不是你要用的文件', '打开文件检查'],
        ],
      },
      INVALID_DEVICE_LIST: {
        meaning: '无法使用设备列表。',
        causes: [
          ['某一行不是注册 ID，或有重复', '消息会指出文件和位置'],
          ['这不是你要用的文件', '打开文件检查'],
        ],
      },
      INVALID_MANIFEST: {
        meaning: '无法使用清单。',
        causes: [
          ['清单属于不同的设备群，或被编辑过', '消息会指出文件和位置'],
          ['这不是你要用的文件', '打开文件检查'],
        ],
      },
      INVALID_PROFILE: {
        meaning: '无法使用证书配置文件。',
        causes: [
          ['某个成员缺失、拼写错误或值有误', '消息会指出文件和位置'],
          ['这不是你要用的文件', '打开文件检查'],
        ],
      },
      INVALID_CERTIFICATE: {
        meaning: '这不是可读取的 X.509 证书。',
        causes: [
          ['文件已损坏或为空，或者是密钥而不是证书', '消息会指出文件和位置'],
          ['这不是你要用的文件', '打开文件检查'],
        ],
      },
      INVALID_CERTIFICATE_REQUEST: {
        meaning: '这不是有效的证书签名请求。',
        causes: [
          ['文件已损坏，或由其他密钥签名', '消息会指出文件和位置'],
          ['这不是你要用的文件', '打开文件检查'],
        ],
      },
      INVALID_PKCS7: {
        meaning: '这不是可读取的 PKCS#7 文件。',
        causes: [
          ['文件已损坏，或属于其他类型', '消息会指出文件和位置'],
          ['这不是你要用的文件', '打开文件检查'],
        ],
      },
      INVALID_PFX: {
        meaning: '这不是可读取的 PKCS#12 文件。',
        causes: [
          ['文件已损坏，或使用了不支持的算法', '消息会指出文件和位置'],
          ['这不是你要用的文件', '打开文件检查'],
        ],
      },
      INVALID_KEY: {
        meaning: '这不是可读取的私钥。',
        causes: [
          ['文件已损坏、是证书而不是密钥，或密钥类型不受支持', '消息会指出文件和位置'],
          ['这不是你要用的文件', '打开文件检查'],
        ],
      },
      INVALID_VALIDITY: {
        meaning: '有效期的日期不能用于证书。',
        causes: [
          ['日期顺序错误或超出范围', '消息会显示这些日期'],
          ['时钟有误', 'enrollkit doctor 会进行比较'],
        ],
      },
      INVALID_VERIFICATION_CODE: {
        meaning: '验证码无效。',
        causes: [['不允许的字符或长度：应为一个不含空格的字符串', '消息会指出']],
      },
      INVALID_CONNECTION_STRING: {
        meaning: '无法使用该连接字符串。',
        causes: [
          ['没有完整复制', '检查是否包含 HostName、SharedAccessKeyName 和 SharedAccessKey'],
          ['它属于 IoT 中心而不是 DPS，或反之', '检查其 HostName'],
        ],
      },
      KEY_MISMATCH: {
        meaning: '私钥与证书不匹配。',
        causes: [
          ['混淆了两个证书的文件', 'enrollkit doctor 会逐对比较'],
          ['证书已用新密钥重新创建', '比较文件的日期'],
        ],
      },
      CHAIN_INVALID: {
        meaning: '这些证书不能构成证书链。',
        causes: [
          ['顺序错误，或缺少中间证书', 'enrollkit cert verify chain.pem'],
          ['混淆了两个证书链的文件', 'enrollkit cert inspect chain.pem'],
        ],
      },
      ISSUER_NOT_ALLOWED: {
        meaning: '该 CA 证书不允许为此证书签名。',
        causes: [
          ['它不是 CA，或已过期', 'enrollkit cert inspect FILE'],
          ['其路径长度不允许再有下级证书', 'enrollkit cert inspect FILE'],
        ],
      },
      PASSPHRASE_REQUIRED: {
        meaning: '私钥已加密，但没有提供密码。',
        causes: [['此 shell 中未设置 ENROLLKIT_PASSPHRASE', '设置它，或使用 --passphrase-file']],
      },
      WRONG_PASSPHRASE: {
        meaning: '该密码无法解密私钥。',
        causes: [
          ['密码输入有误或已过时', '用 openssl pkey -in key.pem -noout 尝试'],
          ['文件使用 Windows 行尾，或末尾有空格', '只使用第一行'],
        ],
      },
      NO_CREDENTIALS: {
        meaning: '没有 Azure 凭据，或凭据不被接受。',
        causes: [
          ['你没有登录，或登录已过期', 'az account show'],
          ['AZURE_CLIENT_SECRET 或连接字符串有误', '与门户比较'],
        ],
      },
      FORBIDDEN: {
        meaning: '你的身份缺少角色或权限。',
        causes: [
          ['在 DPS 上没有角色分配', 'enrollkit doctor 会列出缺少的权限'],
          ['角色是几分钟前才分配的', '新的分配最多需要 10 分钟生效'],
        ],
      },
      CLOCK_SKEW: {
        meaning: '此计算机的时钟与服务的时钟不一致，因此令牌和证书会被拒绝。',
        causes: [
          ['时钟未同步', 'enrollkit doctor 会显示相差多少'],
          ['模拟器的时钟被设置过', 'enrollkit emulator clock'],
        ],
      },
      DPS_NOT_FOUND: {
        meaning: '该预配服务不存在。',
        causes: [
          ['名称或资源组输入有误', 'az iot dps list'],
          ['另一个订阅', 'az account show'],
        ],
      },
      NO_LINKED_HUB: {
        meaning: '预配服务没有链接任何 IoT 中心。',
        causes: [['从未链接，或链接已被删除', 'az iot dps linked-hub list --dps-name NAME']],
      },
      HUB_NOT_LINKED: {
        meaning: '计划中的 IoT 中心未链接到预配服务。',
        causes: [
          ['主机名输入有误', 'az iot dps linked-hub list --dps-name NAME'],
          ['IoT 中心已取消链接', '查看同一列表'],
        ],
      },
      NOT_FOUND: {
        meaning: '所请求的内容不存在。',
        causes: [
          ['名称输入有误，或已被删除', '查看 enrollkit group list 和 enrollkit ca list'],
          ['另一个文件夹或预配服务', '检查 --dir 和 --dps-name'],
        ],
      },
      CONFLICT: {
        meaning: '它已存在，且不是由此次运行创建的。',
        causes: [
          ['由另一次运行或其他人创建', '查看 enrollkit group show ID 和 enrollkit ca list'],
          ['CA 轮换尚未完成', 'enrollkit cert rollover --help'],
        ],
      },
      PRECONDITION_FAILED: {
        meaning: '在读取和写入之间，其他人更改了它。',
        causes: [['另一个进程或其他人正在使用同一预配服务', '询问对方，或查看 lastUpdatedDateTimeUtc']],
      },
      REFUSED: {
        meaning: '服务拒绝了该请求。',
        causes: [['消息中有原因', '对其中的代码运行 enrollkit explain CODE']],
      },
      NOT_READ_BACK: {
        meaning: '服务已接受更改，但读取时未显示。',
        causes: [
          ['更改需要一点时间', '重新运行命令'],
          ['其他人将其改回', '在门户中检查'],
        ],
      },
      DEVICE_NOT_AUTHORIZED: {
        meaning: 'DPS 不接受该设备。',
        causes: [
          ['其证书链没有通向某个注册所使用的已验证 CA', 'enrollkit doctor 会指出断开的环节'],
          ['其注册已被禁用', 'enrollkit group show ID'],
          ['ID 范围有误', '查看 DPS 的“概述”页'],
        ],
      },
      REGISTRATION_FAILED: {
        meaning: 'DPS 已接受该设备，但无法将其分配到 IoT 中心。',
        causes: [
          ['没有链接 IoT 中心，或 DPS 无权使用它', 'enrollkit doctor'],
          ['自定义分配策略的 Webhook 调用失败', '查看其日志'],
        ],
      },
      HUB_REFUSED: {
        meaning: 'IoT 中心不接受该设备。',
        causes: [
          ['IoT 中心中该设备的证书不同', '重新注册'],
          ['设备在 IoT 中心已被禁用或删除', 'enrollkit doctor'],
        ],
      },
      THROTTLED: {
        meaning: '服务正在限制请求。',
        causes: [['每分钟的注册或操作超过 1000 次', 'enrollkit explain 429001']],
      },
      SERVICE_FAILED: {
        meaning: '服务自身出现故障。',
        causes: [
          ['Azure 暂时性故障', 'Azure 状态：https://status.azure.com'],
          ['模拟器中设置了故障', 'enrollkit emulator faults list'],
        ],
      },
      NETWORK: {
        meaning: '无法连接到服务，或连接已断开。',
        causes: [
          ['模拟器未运行，或计算机处于脱机状态', 'enrollkit doctor'],
          ['防火墙阻止了端口 8883', '尝试 --protocol https'],
          ['需要代理', '检查 HTTPS_PROXY'],
        ],
      },
      TIMEOUT: {
        meaning: '某项操作耗时过长。',
        causes: [
          ['网络或服务缓慢', '重新运行命令'],
          ['防火墙丢弃了数据包', 'enrollkit doctor'],
        ],
      },
      SERVER_NOT_TRUSTED: {
        meaning: '服务器的 TLS 证书没有通向受信任的根证书，或用于另一个名称。',
        causes: [
          ['代理会检查 TLS', 'enrollkit doctor 会显示证书由谁颁发'],
          ['受信任的根证书已过时', 'enrollkit doctor 会检查 Azure 需要的根证书'],
          ['时钟有误', 'enrollkit doctor'],
        ],
      },
      PROOF_OF_POSSESSION_PENDING: {
        meaning: 'CA 尚未验证：还需在门户中完成一个步骤。',
        causes: [['验证证书尚未在门户中上传', 'DPS 的“证书”页会显示状态']],
      },
      PROOF_OF_POSSESSION_FAILED: {
        meaning: 'DPS 不接受所有权证明。',
        causes: [
          ['在此期间请求了更新的验证码', '重新运行命令'],
          ['该密钥不是已上传 CA 的密钥', 'enrollkit explain 400053'],
        ],
      },
      PARTIAL: {
        meaning: '一些设备已完成，另一些失败。',
        causes: [['每个失败都有各自的原因', '消息或结果文件中有这些原因']],
      },
      NEEDS_INPUT: {
        meaning: '缺少一个答案，而又无人可问。',
        causes: [['命令在 CI 中运行，或其输入不是终端', '设置消息指出的标志']],
      },
      FOLDER_NOT_EMPTY: {
        meaning: '文件夹中有不是由 enrollkit 创建的文件。',
        causes: [['这不是你要用的文件夹', '消息会指出其中两个文件']],
      },
      FOLDER_IN_USE: {
        meaning: '另一个命令正在使用该文件夹。',
        causes: [['有命令仍在运行', '查看 ps 或任务管理器']],
      },
      FILE_EXISTS: {
        meaning: '文件已存在，不会被覆盖。',
        causes: [['由之前的运行或其他程序创建', '消息会指出该文件']],
      },
      FILE_UNREADABLE: {
        meaning: '文件或文件夹不存在，或无法读取。',
        causes: [['路径输入有误，或缺少权限', 'ls -l PATH']],
      },
      FILE_UNWRITABLE: {
        meaning: '无法写入文件或文件夹。',
        causes: [['缺少权限，或磁盘已满', '查看 ls -ld FOLDER 和 df FOLDER']],
      },
      JOURNAL_UNREADABLE: {
        meaning: '无法读取之前的运行所创建内容的日志。',
        causes: [['文件被编辑过或已损坏', '消息会指出该行']],
      },
      ADDRESS_UNUSABLE: {
        meaning: '模拟器无法侦听该地址。',
        causes: [['它不是此计算机的地址', '查看 ip address 或 ipconfig']],
      },
      PORT_IN_USE: {
        meaning: '另一个程序正在侦听该端口。',
        causes: [['另一个模拟器，或另一个程序', '查看 enrollkit emulator status 和 ss -ltnp']],
      },
      PORT_NOT_PERMITTED: {
        meaning: '你没有打开该端口的权限。',
        causes: [['低于 1024 的端口需要特殊权限', '选择更大的端口号']],
      },
      EMULATOR_STATE_IN_USE: {
        meaning: '已有模拟器在使用该文件夹。',
        causes: [['之前启动的模拟器', 'enrollkit emulator status']],
      },
      EMULATOR_STATE_UNREADABLE: {
        meaning: '无法读取模拟器的状态。',
        causes: [['它已损坏，或由其他版本写入', '消息会说明是哪一种']],
      },
      EMULATOR_UNSUPPORTED: {
        meaning: '模拟器不能在此平台上运行。',
        causes: [['其数据库没有适用于此平台的版本', '消息会指出平台']],
      },
      INTERRUPTED: {
        meaning: '命令被中断。已完成的部分会保留。',
        causes: [['Ctrl-C，或停止信号', '重新运行命令']],
      },
    },
  },

  /** src/pki/lint/ */
  pkiLint: {
    /** What each rule requires, by code: shown in docs/lint.md. */
    rules: {
      VERSION: '版本为 3。',
      SERIAL_NUMBER_NOT_POSITIVE: '序列号为正数。',
      SERIAL_NUMBER_TOO_LONG: '序列号最多 20 个八位字节。',
      SIGNATURE_ALGORITHM_WEAK: '签名使用 SHA-2，而不是 SHA-1 或 MD5。',
      SIGNATURE_ALGORITHM_PARAMETERS: 'RSA PKCS#1 v1.5 签名的参数为 NULL。',
      SIGNATURE_ALGORITHM_MISMATCH: '签名部分内外的签名算法一致。',
      MALFORMED: '证书是 RFC 5280 所定义的 DER。',
      ISSUER_EMPTY: '颁发者有名称。',
      VALIDITY_ORDER: '有效期的开始早于结束。',
      TIME_ENCODING: '2049 年及之前的日期为 UTCTime，之后的为 GeneralizedTime，使用 UTC 并精确到秒。',
      NOT_YET_VALID: '有效期已开始。',
      EXPIRED: '有效期尚未结束。',
      UNIQUE_IDENTIFIER: '没有唯一标识符。',
      SUBJECT_EMPTY: 'CA 有主题名称；其他没有主题名称的证书有关键的使用者可选名称。',
      NAME_MALFORMED: '主题名称和颁发者名称的格式正确。',
      NAME_ATTRIBUTE_EMPTY: '主题名称的属性都不为空。',
      NAME_ATTRIBUTE_TOO_LONG:
        '主题名称的属性不超过上限：公用名、组织和组织单位 64，市县和省/自治区 128，国家/地区 2，等等。',
      NAME_ATTRIBUTE_ENCODING: '主题名称的属性使用允许的字符串类型，且只含该类型的字符。',
      NAME_ATTRIBUTE_CONTROL_CHARACTER: '主题名称的属性没有控制字符。',
      NAME_ATTRIBUTE_OLD_ENCODING: '主题名称的属性为 PrintableString 或 UTF8String；旧类型仅用于已有的名称。',
      EMAIL_IN_SUBJECT: '电子邮件地址是使用者可选名称，而不是主题名称的一部分。',
      EMAIL_NOT_IN_ALTERNATIVE_NAMES: '主题名称中的电子邮件地址也是使用者可选名称。',
      PUBLIC_KEY_WEAK: 'RSA 密钥至少 2048 位。',
      PUBLIC_KEY_UNUSABLE: '公钥可以读取。',
      PUBLIC_KEY_PARAMETERS: 'RSA 密钥的参数为 NULL。',
      EXTENSION_MUST_BE_CRITICAL: '必须为关键的扩展是关键扩展。',
      EXTENSION_MUST_NOT_BE_CRITICAL: '不得为关键的扩展不是关键扩展。',
      EXTENSION_SHOULD_BE_CRITICAL: '应为关键的扩展是关键扩展。',
      EXTENSION_SHOULD_NOT_BE_CRITICAL: '不应为关键的扩展不是关键扩展。',
      EXTENSION_ONLY_FOR_CA: '只有 CA 才有 CA 专用的扩展。',
      EXTENSION_MALFORMED: '每个扩展的结构符合其类型。',
      EXTENSION_DUPLICATE: '没有重复的扩展。',
      EXTENSION_NOT_DER: '扩展为 DER：默认为 FALSE 时不写出 FALSE，密钥用法末尾没有零位。',
      UNKNOWN_CRITICAL_EXTENSION: '没有其他软件不认识并因此拒绝的关键扩展。',
      AUTHORITY_KEY_IDENTIFIER_MISSING: '有授权密钥标识符，其中包含颁发者的密钥标识符。自签名证书不需要。',
      AUTHORITY_KEY_IDENTIFIER_MISMATCH: '授权密钥标识符与颁发者的使用者密钥标识符一致。',
      CA_SUBJECT_KEY_IDENTIFIER_MISSING: 'CA 有使用者密钥标识符。',
      SUBJECT_KEY_IDENTIFIER_MISSING: '非 CA 证书也应有使用者密钥标识符。',
      CA_KEY_USAGE_MISSING: 'CA 有密钥用法。',
      KEY_USAGE_EMPTY: '密钥用法至少允许一种用途。',
      KEY_USAGE_BITS: '密钥用法没有超出所定义的九个位。',
      KEY_USAGE_OF_KEY:
        '密钥用法只允许该类密钥能做的事：EC 和 Ed25519 密钥不能加密，RSA 密钥不能进行密钥协商。',
      KEY_CERT_SIGN_WITHOUT_CA: '只有 CA 才有密钥用法 keyCertSign。',
      CA_WITHOUT_KEY_CERT_SIGN: '颁发证书的 CA 有密钥用法 keyCertSign。',
      PATH_LENGTH_WITHOUT_CA: '只有可以签署证书的 CA 才有路径长度。',
      PATH_LENGTH_NEGATIVE: '路径长度不为负。',
      CA_KEY_ENCIPHERS: '签署证书或吊销列表的 CA 的 RSA 密钥不用于加密。',
      EXTENDED_KEY_USAGE_CONFLICT: '密钥用法允许增强型密钥用法所指的用途。',
      ALTERNATIVE_NAME_MALFORMED:
        '使用者和颁发者的可选名称格式正确：主机名、4 或 16 个八位字节的地址、邮箱、绝对 URI。',
      DNS_NAME_UNDERSCORE: 'DNS 名称没有下划线。',
      DNS_NAME_INTERNATIONAL: 'DNS 名称中以 xn-- 开头的标签是有效标签的编码，采用规范化形式 C。',
      NAME_CONSTRAINT_MALFORMED: '名称约束的格式正确：域、带掩码的地址、邮箱。',
      NAME_CONSTRAINT_DISTANCE: '名称约束的最小值为 0（省略不写），没有最大值。',
      POLICY_DUPLICATE: '没有重复的证书策略。',
      POLICY_QUALIFIER: '策略 anyPolicy 只有 RFC 5280 的两种限定符。',
      POLICY_EXPLICIT_TEXT: '用户通知的明确文本不是 IA5String，且最多 200 个字符。',
      POLICY_MAPPING_ANY: '没有映射到 anyPolicy 或从 anyPolicy 映射的策略映射。',
      DISTRIBUTION_POINT_INCOMPLETE: 'CRL 分发点有名称或颁发者，而不是只有原因。',
      SIGNED_CERTIFICATE_TIMESTAMPS: '已签名证书时间戳的列表至少有一项，预证书没有该列表。',
      CHAIN_ORDER: '每个证书之后是颁发它的证书。',
      CHAIN_SIGNATURE: '每个证书都用下一个证书的密钥签名。',
      ISSUER_NOT_A_CA: '证书的颁发者是可以签署证书的 CA。',
      PATH_LENGTH_EXCEEDED: 'CA 之下的中间证书不超过其路径长度允许的数量。',
      EXPIRY_ORDER: '证书的有效期不超过其颁发者；没有颁发者，证书便无法使用。',
      CHAIN_SIZE: '设备发送的内容（不含根证书的证书链）最多 4096 个八位字节。',
      REGISTRATION_ID: '设备的公用名是有效的注册 ID。',
      DPS_PUBLIC_KEY: '密钥为 2048 位及以上的 RSA，或 EC P-256 或 P-384。',
      DPS_SIGNATURE_ALGORITHM: '签名为 RSA PKCS#1 v1.5 或 ECDSA，使用 SHA-2。',
      DEVICE_CLIENT_AUTH: '有增强型密钥用法的设备证书允许 TLS 客户端身份验证。',
      DEVICE_DIGITAL_SIGNATURE: '有密钥用法的设备证书允许数字签名。',
      GROUP_CA: '注册组的证书是有密钥用法 keyCertSign 的 CA。',
      GROUP_CA_COMMON_NAME: '注册组的证书有公用名。',
      SERVER_NAME_MISSING: '服务器证书以使用者可选名称列出其名称。',
      SERVER_AUTH: '有增强型密钥用法的服务器证书允许 TLS 服务器身份验证。',
    },
    /** Attributes of names. */
    attributes: {
      commonName: '公用名',
      serialNumber: '序列号',
      country: '国家/地区',
      locality: '市县',
      surname: '姓',
      state: '省/自治区',
      street: '街道地址',
      organization: '组织',
      organizationalUnit: '组织单位',
      title: '职务',
      postalCode: '邮政编码',
      givenName: '名',
      nameQualifier: '名称限定符',
      domainComponent: '域组件',
      email: '电子邮件地址',
    },
    otherAttribute: (type) => `属性 ${type}`,
    attributeOfIssuer: (attribute) => `颁发者的${attribute}`,
    /** Extensions. */
    extensions: {
      authorityKeyIdentifier: '授权密钥标识符',
      subjectKeyIdentifier: '使用者密钥标识符',
      keyUsage: '密钥用法',
      certificatePolicies: '证书策略',
      policyMappings: '策略映射',
      subjectAlternativeName: '使用者可选名称',
      issuerAlternativeName: '颁发者可选名称',
      subjectDirectoryAttributes: '使用者目录属性',
      basicConstraints: '基本约束',
      nameConstraints: '名称约束',
      policyConstraints: '策略约束',
      extendedKeyUsage: '增强型密钥用法',
      distributionPoints: 'CRL 分发点',
      inhibitAnyPolicy: '禁止 anyPolicy',
      freshestList: '最新的 CRL',
      authorityInformationAccess: '授权信息访问',
      subjectInformationAccess: '使用者信息访问',
    },
    malformed: (certificate, problem) => `证书 ${certificate} 的格式不正确：${problem}。`,
    version: (certificate, version) => `证书 ${certificate} 的版本为 ${version}；只有版本 3 有扩展。`,
    serialNumberNotPositive: (certificate, serialNumber) =>
      `证书 ${certificate} 的序列号 ${serialNumber} 不是正数。`,
    serialNumberTooLong: (certificate, octets, maximum) =>
      `证书 ${certificate} 的序列号有 ${octets} 个八位字节；上限为 ${maximum}。`,
    weakSignature: (certificate, algorithm) => `证书 ${certificate} 用 ${algorithm} 签名，强度太弱。`,
    signatureWithoutNull: (certificate) => `证书 ${certificate} 的签名算法缺少参数 NULL。`,
    keyWithoutNull: (certificate) => `证书 ${certificate} 中 RSA 密钥的算法缺少参数 NULL。`,
    issuerEmpty: (certificate) => `证书 ${certificate} 的颁发者没有名称。`,
    validityOrder: (certificate, from, until) => `证书 ${certificate} 从 ${from} 起有效，却只到 ${until}。`,
    notYetValid: (certificate, from) => `证书 ${certificate} 在 ${from} 之前无效。`,
    expired: (certificate, on) => `证书 ${certificate} 已于 ${on} 过期。`,
    timeEncoding: (certificate, date, type) => `证书 ${certificate} 中的日期 ${date} 不是 ${type}。`,
    uniqueIdentifier: (certificate) => `证书 ${certificate} 有颁发者或使用者的唯一标识符。`,
    weakKey: (certificate, key, minimum) => `证书 ${certificate} 的密钥为 ${key}；至少需要 ${minimum} 位。`,
    unusableKey: (certificate, key) => `证书 ${certificate} 的公钥 (${key}) 无法使用。`,
    caWithoutSubject: (certificate) => `证书 ${certificate} 是 CA，需要主题名称。`,
    neitherSubjectNorAlternativeName: (certificate) => `证书 ${certificate} 需要关键的使用者可选名称。`,
    emailInSubject: (certificate) => `证书 ${certificate} 的主题名称中有电子邮件地址。`,
    emailNotInAlternativeNames: (certificate) =>
      `证书 ${certificate} 的主题名称中有不属于其使用者可选名称的电子邮件地址。`,
    attributeEmpty: (certificate, attribute) => `证书 ${certificate} 的${attribute}为空。`,
    attributeTooLong: (certificate, attribute, length, maximum) =>
      `证书 ${certificate} 的${attribute}有 ${length} 个字符；上限为 ${maximum}。`,
    attributeStringType: (certificate, attribute) =>
      `证书 ${certificate} 中的${attribute}使用了不允许的字符串类型。`,
    attributeCharacters: (certificate, attribute) =>
      `证书 ${certificate} 中的${attribute}含有其字符串类型不允许的字符。`,
    attributeOldStringType: (certificate, attribute) =>
      `证书 ${certificate} 中的${attribute}既不是 PrintableString 也不是 UTF8String。`,
    attributeControlCharacters: (certificate, attribute) =>
      `证书 ${certificate} 中的${attribute}含有控制字符。`,
    unknownCriticalExtension: (certificate, type) =>
      `证书 ${certificate} 有关键扩展 ${type}。不认识它的软件会拒绝该证书。`,
    criticality: {
      MUST_BE: (certificate, extension) => `证书 ${certificate} 的扩展“${extension}”必须为关键扩展。`,
      MUST_NOT_BE: (certificate, extension) => `证书 ${certificate} 的扩展“${extension}”不得为关键扩展。`,
      SHOULD_BE: (certificate, extension) => `证书 ${certificate} 的扩展“${extension}”应为关键扩展。`,
      SHOULD_NOT_BE: (certificate, extension) => `证书 ${certificate} 的扩展“${extension}”不应为关键扩展。`,
    },
    extensionOnlyForCa: (certificate, extension) => `证书 ${certificate} 不是 CA，却有扩展“${extension}”。`,
    extensionMalformed: (certificate, extension) => `证书 ${certificate} 的扩展“${extension}”格式不正确。`,
    extensionUnreadable: (certificate, type, problem) =>
      `证书 ${certificate} 的扩展 ${type} 格式不正确：${problem}。`,
    criticalFalse: (certificate, type) => `证书 ${certificate} 的扩展 ${type} 明确写出了 critical FALSE。`,
    certificateAuthorityFalse: (certificate) => `证书 ${certificate} 的基本约束明确写出了 cA FALSE。`,
    keyUsageZeroBits: (certificate) => `证书 ${certificate} 的密钥用法末尾有零位。`,
    keyUsageBits: (certificate) => `证书 ${certificate} 的密钥用法超过九个位。`,
    policyDuplicate: (certificate, policy) => `证书 ${certificate} 的证书策略 ${policy} 重复。`,
    policyQualifier: (certificate, qualifier) =>
      `证书 ${certificate} 的策略 anyPolicy 有限定符 ${qualifier}。`,
    noticeEncoding: (certificate) => `证书 ${certificate} 的用户通知文本是 IA5String。`,
    noticeTooLong: (certificate, characters, maximum) =>
      `证书 ${certificate} 的用户通知有 ${characters} 个字符；上限为 ${maximum}。`,
    policyMappingAny: (certificate) =>
      `证书 ${certificate} 有映射到 anyPolicy 或从 anyPolicy 映射的策略映射。`,
    nameConstraintMinimum: (certificate, value) => `证书 ${certificate} 有最小值为 ${value} 的名称约束。`,
    nameConstraintMaximum: (certificate, value) => `证书 ${certificate} 有最大值为 ${value} 的名称约束。`,
    nameConstraintMalformed: (certificate, constraint) =>
      `证书 ${certificate} 的名称约束 ${constraint} 格式不正确。`,
    issuerAlternativeNameMalformed: (certificate, problem) =>
      `证书 ${certificate} 的颁发者可选名称格式不正确：${problem}。`,
    issuerAlternativeName: (certificate, name, problem) =>
      `证书 ${certificate} 的颁发者可选名称 ${name} 无效：${problem}。`,
    alternativeName: (certificate, name, problem) =>
      `证书 ${certificate} 的使用者可选名称 ${name} 无效：${problem}。`,
    distributionPointIncomplete: (certificate) => `证书 ${certificate} 有既无名称也无颁发者的 CRL 分发点。`,
    timestampsEmpty: (certificate) => `证书 ${certificate} 的已签名证书时间戳列表为空。`,
    timestampsInPrecertificate: (certificate) => `证书 ${certificate} 是预证书，却有已签名证书时间戳。`,
    hostNotQualified: '其主机不是完全限定的',
    hasUnderscore: '含有下划线',
    invalidInternationalLabel: (label) => `${label} 不是有效标签的编码`,
    addressLength: (octets) => `IP 地址有 4 或 16 个八位字节，而不是 ${octets} 个`,
    directoryNameEmpty: '为空',
    authorityKeyIdentifierMissing: (certificate) => `证书 ${certificate} 没有授权密钥标识符。`,
    subjectKeyIdentifierMissing: (certificate) => `证书 ${certificate} 没有使用者密钥标识符。`,
    keyUsageEmpty: (certificate) => `证书 ${certificate} 的密钥用法不允许任何用途。`,
    caWithoutKeyUsage: (certificate) => `证书 ${certificate} 是没有密钥用法的 CA。`,
    keyCertSignWithoutCa: (certificate) => `证书 ${certificate} 有密钥用法 keyCertSign，但不是 CA。`,
    caWithoutKeyCertSign: (certificate) =>
      `证书 ${certificate} 是 CA，但其密钥用法缺少 keyCertSign，因此无法颁发证书。`,
    pathLengthWithoutCa: (certificate) => `证书 ${certificate} 有路径长度，但不得签署证书。`,
    keyUsageOfKey: (certificate, usages, key) =>
      `证书 ${certificate} 有密钥用法 ${usages.join('、')}，但其密钥 (${key}) 不支持。`,
    caKeyEnciphers: (certificate) => `证书 ${certificate} 是 CA，但其密钥也可用于加密。`,
    extendedKeyUsageConflict: (certificate, purpose, usages) =>
      `证书 ${certificate} 用于 ${purpose}，但其密钥用法缺少 ${usages.join(' 或 ')}。`,
    chainOrder: (certificate, next) => `证书 ${certificate} 之后是 ${next}，但后者并未颁发它。`,
    chainSignature: (certificate, issuer) => `证书 ${certificate} 不是用 ${issuer} 的密钥签名的。`,
    authorityKeyIdentifierMismatch: (certificate, issuer) =>
      `证书 ${certificate} 的授权密钥标识符与 ${issuer} 的使用者密钥标识符不一致。`,
    expiryOrder: (certificate, until, issuerUntil) =>
      `证书 ${certificate} 的有效期到 ${until}，超过其颁发者的到期时间 ${issuerUntil}。`,
    issuerNotACa: (certificate) => `证书 ${certificate} 颁发了另一个证书，但不得签署证书。`,
    pathLengthExceeded: (certificate, allowed, below) =>
      `证书 ${certificate} 之下只允许 ${allowed} 个中间证书，但有 ${below} 个。`,
    chainSize: (certificate, octets, maximum) =>
      `${certificate} 的证书链不含根证书有 ${octets} 个八位字节；小型 TLS 栈最多接受 ${maximum}。`,
    noCommonName: (certificate) => `证书 ${certificate} 没有公用名，而公用名就是注册 ID。`,
    registrationId: (certificate, problem) => `使用证书 ${certificate} 的设备无法注册：${problem}`,
    notForClients: (certificate) =>
      `证书 ${certificate} 不能用于 TLS 客户端：其增强型密钥用法缺少 clientAuth。`,
    noDigitalSignature: (certificate) =>
      `TLS 客户端无法使用证书 ${certificate}：其密钥用法缺少 digitalSignature。`,
    groupCaIsNone: (certificate) => `证书 ${certificate} 不是 CA，因此注册组无法使用它。`,
    groupCaMayNotSign: (certificate) => `证书 ${certificate} 不得为设备签名：其密钥用法缺少 keyCertSign。`,
    groupCaWithoutCommonName: (certificate) => `证书 ${certificate} 没有公用名，而 DPS 以公用名列出它。`,
    serverWithoutName: (certificate) => `证书 ${certificate} 的使用者可选名称中没有主机。`,
    notForServers: (certificate) =>
      `证书 ${certificate} 不能用于 TLS 服务器：其增强型密钥用法缺少 serverAuth。`,
    dpsKey: (certificate, key) => `DPS 不接受证书 ${certificate} 的密钥 (${key})。`,
    dpsSignature: (certificate, algorithm) => `DPS 不接受证书 ${certificate} 的签名 (${algorithm})。`,
    invalidDate: '检查的时间不是有效的日期。',
  },

  /** src/pki/path/ */
  pkiPath: {
    budgetIssuers: '可能的颁发者超过上限',
    budgetPaths: '可能的路径超过上限',
    budgetNames: '名称和名称约束超过上限',
    budgetPolicies: '证书策略超过上限',
    noDecision: (reason) => `证书链过于复杂，无法检查：${reason}。`,
    budgetLength: (maximum) => `证书链中的证书超过 ${maximum} 个`,
    notForTls: (certificate, usages) =>
      `证书 ${certificate} 不能用于 TLS：其密钥用法缺少 ${usages.join(' 或 ')}。`,
    otherPeer: (certificate, name) => `证书 ${certificate} 不用于 ${name}：其使用者可选名称中没有该名称。`,
    unusable: (certificate, problem) => `证书 ${certificate} 无法使用：${problem}。`,
    noName: '它既没有主题名称，也没有关键的使用者可选名称',
    leafConstraints: '它有名称约束，而只有证书颁发机构才能有名称约束',
    notACa: (certificate) => `证书 ${certificate} 不是证书颁发机构，因此由它颁发的证书无效。`,
    mayNotSign: (certificate) => `证书 ${certificate} 不得签署证书：其密钥用法缺少 keyCertSign。`,
    issuerWithoutName: (certificate) => `证书 ${certificate} 颁发了证书，但没有主题名称。`,
    purposeMissing: (purpose) => `它不用于此目的，其增强型密钥用法缺少 ${purpose}`,
    unknownExtension: (type) => `它有 enrollkit 不支持的关键扩展 ${type}`,
    unknownQualifier: (qualifier) => `它有关键的证书策略，其限定符 ${qualifier} 不受 enrollkit 支持`,
    keyType: (key) => `其公钥的类型不被接受 (${key})`,
    keyTooShort: (key, minimum) => `其公钥太短 (${key})，至少需要 ${minimum} 位`,
    keyOddSize: (key) => `其公钥的大小异常 (${key})`,
    keyEvenModulus: (key) => `其公钥的模数为偶数 (${key})`,
    keyExponent: (key) => `其公钥的指数太小或为偶数 (${key})`,
    nameNotAllowed: (certificate, name, authority) =>
      `证书 ${certificate} 的名称 ${name} 不被 ${authority} 的名称约束允许。`,
    constraintsMalformed: '其名称约束格式不正确',
    constraintsEmptySubtree: '其名称约束有空的子树',
    constraintsDistance: '其名称约束有最小值或最大值',
    constraintInvalid: (name) => `其名称约束中的 ${name} 不是有效的约束`,
    constraintsEmptyList: '其名称约束有空的列表',
    accessEmpty: '其信息访问为空',
    accessMalformed: '其信息访问格式不正确',
    distributionPointsEmpty: '其 CRL 分发点列表为空',
    distributionPointsMalformed: '其 CRL 分发点格式不正确',
    distributionPointsNames: '其 CRL 分发点有空的名称列表',
    tooDeep: (leaf, depth, maximum) =>
      `证书 ${leaf} 与受信任的证书之间有 ${depth} 个中间证书；上限为 ${maximum}。`,
    noPolicy: (certificate) => `证书 ${certificate} 没有沿路径有效的证书策略，而策略约束要求有一个。`,
    policiesMalformed: '其证书策略格式不正确',
    policiesEmpty: '其证书策略列表为空',
    policyTwice: '其证书策略有重复',
    mappingsMalformed: '其策略映射格式不正确',
    mapsAnyPolicy: '它映射了 anyPolicy',
    mappingsEmpty: '其策略映射列表为空',
    policyConstraintsEmpty: '其策略约束为空',
    policyConstraintsMalformed: '其策略约束格式不正确',
    deltaNewer: (issuer) => `${issuer} 的增量 CRL 比完整 CRL 新，且不能与其一起使用`,
    listNone: (issuer) => `没有 ${issuer} 的 CRL`,
    deltaAlone: '它是没有完整 CRL 的增量 CRL',
    listSigner: '其颁发者的密钥用法缺少 cRLSign',
    listEarly: '它尚未生效',
    listWithoutEnd: '它没有下次更新的日期',
    listOld: '它已过时',
    listPartial: '它只涵盖部分证书',
    listExtension: (type) => `它有关键扩展 ${type}`,
    listEntryExtension: (type) => `它的某个条目有关键扩展 ${type}`,
    listWithoutNumber: '它没有编号',
    listNumber: '它的编号格式不正确',
    listWithoutIdentifier: '它没有授权密钥标识符',
    listSignature: '它不是由该颁发者签名的',
    noPathWithin: (maximum) => `在 ${maximum} 个证书之内没有通向信任锚的路径`,
    alternativeNameNoHost: (name) => `其使用者可选名称 ${name} 不是主机名`,
    webKey: (key) => `其密钥 (${key}) 的类型不允许用于 Web 服务器`,
    webKeyNull: '其 RSA 密钥缺少参数 NULL',
    webIdentifier: '其授权密钥标识符包含颁发者和序列号',
    webUsageCritical: '其增强型密钥用法不得为关键扩展',
    webPoliciesCritical: '其证书策略不得为关键扩展',
    webKeyUsage: '其密钥用法有 encipherOnly 或 decipherOnly',
    webRootUsage: '它是带有增强型密钥用法的根证书',
    webNoUsage: '它是没有增强型密钥用法的服务器证书',
    webAnyUsage: '其增强型密钥用法允许任何用途',
    webOtherUsage: '它是服务器证书，却也用于代码签名、邮件、时间戳或 OCSP',
    webServerAndCa: '它既是服务器证书又是证书颁发机构',
    webConstraintsCritical: '其基本约束必须为关键扩展',
    webForbiddenUsage: (usages) => `它是带有密钥用法 ${usages.join('、')} 的服务器证书`,
    webNoAlternativeName: '它是没有使用者可选名称的服务器证书',
    webAlternativeNameCritical: '它有主题名称，因此其使用者可选名称不得为关键扩展',
    webOtherName: '它是服务器证书，却有既不是主机也不是 IP 地址的可选名称',
    webCommonName: '其公用名不在其使用者可选名称之中',
    webIssuerName: '其颁发者名称与颁发者证书的主题名称并非逐字节一致',
    webHash: (expected) => `它的签名没有使用其颁发者的曲线所要求的哈希 (${expected})`,
    strictLeadingPeriod: '其名称约束有以点号开头的主机',
    breaksRule: (certificate, problem) => `证书 ${certificate} 违反了颁发规则：${problem}。`,
    strictIdentifierParts: '其授权密钥标识符有颁发者而没有序列号，或反之',
    strictSelfSignedIdentifiers: '它是自签名的，但其两个密钥标识符不一致',
    strictIdentifier: '其授权密钥标识符与其颁发者不一致',
    invalidDate: '验证的时间不是有效的日期。',
    invalidPurpose: '用途不是 clientAuth、serverAuth 或 any。',
    invalidMode: '验证模式既不是 lenient 也不是 strict。',
    invalidDepth: '最大深度不是证书的数量。',
    invalidPolicy: (policy) => `策略 ${policy} 不是对象标识符（例如 1.3.6.1.4.1.311.21.8）。`,
    invalidPeerName: '对方名称的类型不是 DNS、IP 或 RFC822。',
    labelWithoutSubject: (serialNumber) => `（序列号 ${serialNumber}）`,
    endsWithItself: (certificate) => `自签名证书 ${certificate} 是证书链的终点，但不受信任。`,
    namesItself: (certificate) =>
      `证书 ${certificate} 将自己列为颁发者，但不是用其自身可接受的密钥签名的，也没有其他使用该名称的证书。`,
    withoutIssuer: (certificate) => `证书 ${certificate} 没有指出其颁发者。`,
    circle: (certificate, issuer) => `证书 ${certificate} 由 ${issuer} 颁发，而后者已在其下级：证书链成环。`,
    missingIssuer: (issuer, certificate) =>
      `在所发送的和受信任的证书中，没有主题名称为 ${issuer} 的证书，而它颁发了 ${certificate}。证书链是否缺少中间证书？`,
    weakAlgorithm: (certificate, algorithm) =>
      `证书 ${certificate} 使用了弱的或未知的签名算法 (${algorithm})。`,
    issuerKeyType: (certificate, key) => `证书 ${certificate} 的公钥类型不被接受 (${key})。`,
    notYetValid: (certificate, from) => `证书 ${certificate} 在 ${from} 之前无效。`,
    expired: (certificate, on) => `证书 ${certificate} 已于 ${on} 过期。`,
    nothingTrusted: (certificate) => `没有证书 ${certificate} 可以通向的受信任证书。`,
    otherSigner: (certificate, issuer, candidates) =>
      `证书 ${certificate} 不是用${candidates === 1 ? '' : `任何一个（共 ${candidates} 个）`}证书 ${issuer} 的密钥签名的：它被更改或伪造，或者其颁发者是另一个同名证书。`,
    revocationUnknown: (certificate, why) =>
      `证书 ${certificate} 可能已被吊销，因为没有吊销列表 (CRL) 可以判断：${why}。`,
    revoked: (certificate) => `证书 ${certificate} 已被其颁发者吊销。`,
    listUnusable: (issuer, problem) => `${issuer} 的 CRL 无法使用，因为${problem}`,
    pathLength: (certificate, allowed, below) =>
      `证书 ${certificate} 之下${allowed === 0 ? '不允许有' : `最多允许 ${allowed} 个`}中间证书（路径长度 ${allowed}），但有 ${below} 个。`,
    unreadable: (what, position, problem) => {
      const names = {
        leaf: '叶证书',
        trusted: '受信任的证书',
        intermediate: '中间证书',
        revocationList: '吊销列表',
      };
      return `无法读取${position === undefined ? '' : `第 ${position} 个`}${names[what]}。${problem}`;
    },
  },

  /** src/pki/x509/ and src/pki/der/ */
  pkiX509: {},

  /** src/pki/containers/ */
  pkiContainers: {
    notPemNorDer: '它既不是 PEM 也不是 DER。',
    givePemOrDer: '使用包含以 -----BEGIN 开头的块的文件，或 DER 文件。',
    javaKeystore: 'Java 密钥库',
    convertJavaKeystore:
      '转换它：keytool -importkeystore -srckeystore FILE -destkeystore FILE.p12 -deststoretype PKCS12',
    puttyKey: 'PuTTY 私钥',
    convertPuttyKey:
      '转换它：puttygen FILE -O private-openssh-new -o NEW，然后 ssh-keygen -p -m PKCS8 -f NEW',
    sshPublicKey: 'SSH 公钥',
    notAnSshKey: '使用证书或其私钥，而不是 SSH 登录密钥。',
    takeOutOfJson: '提取其中的证书或密钥，例如使用 az ... --query value --output tsv。',
    webPage: '网页或 XML',
    downloadFile: '下载文件本身。',
    zipArchive: 'ZIP 存档',
    gzipArchive: 'gzip 存档',
    unpack: '将其解压缩。',
    isForeign: (what) => `它是 ${what}，既不是 PEM 也不是 DER。`,
    tooLarge: (bytes, maximum) => `它有 ${bytes} 个字节；上限为 ${maximum}。`,
    empty: '它是空的。',
    beginsLikeDer: (problem) => `它的开头像 DER，但${problem}。`,
    unknownDer: '它是 DER，但不是证书、密钥、请求或吊销列表。',
    moreAfterDer: (end, more) =>
      `第一个 DER 值在第 ${end} 个字节结束，之后还有 ${more} 个字节。一个 DER 文件只能有一个值。`,
    giveSeveral: '多个证书请使用 PEM 或 PKCS#7。',
    keyMoreThanTwoParts: '它有两个以上的部分',
    dekInfoMissing: '其 DEK-Info 标头没有说明加密方式',
    dekInfoLength: '其 DEK-Info 标头的长度错误',
    wrongPassphrase: '该密码无法解密私钥。',
    keyObsoleteCipher: (cipher) => `私钥使用 ${cipher} 加密，该算法已过时且不受支持。`,
    convertKey:
      '使用 OpenSSL 转换：openssl pkcs8 -topk8 -v2 aes-256-cbc -provider legacy -provider default -in FILE -out NEW',
    keyUnreadable: (problem) => `无法读取私钥：${problem}。`,
    pemPosition: (number, label, line) => `第 ${line} 行的第 ${number} 个 PEM 块 (${label})`,
    pemCutOff: (position, end) => `${position} 没有 ${end} 行：它被截断了。`,
    pemEmpty: (position) => `${position} 是空的。`,
    pemNotBase64: (position) => `${position} 不是 base64。`,
    pfxObsoleteCipher: (cipher) => `它使用 ${cipher} 加密，该算法已过时且不受支持`,
    encryptedWithoutParameters: (type) => `它使用 ${type} 加密，但没有参数`,
    encryptionParameters: '其加密参数格式不正确',
    encryptionVector: '其初始化向量的长度错误',
    derivationParameters: '其密钥派生参数格式不正确',
    keyLength: '其密钥长度与密码不符',
    encryptionUnknown: (algorithm) => `其加密方式不受支持 (${algorithm})`,
    pbmac1Without: '其身份验证 (PBMAC1) 没有参数',
    pbmac1Algorithms: '其身份验证 (PBMAC1) 使用了 PBKDF2 和 HMAC（SHA-2）以外的算法',
    pbmac1KeyUnknown: '其身份验证 (PBMAC1) 没有说明密钥长度',
    pbmac1KeyLength: (octets, minimum, maximum) =>
      `其身份验证 (PBMAC1) 的密钥有 ${octets} 个八位字节；支持 ${minimum} 到 ${maximum} 个`,
    pbmac1Parameters: '其身份验证 (PBMAC1) 的参数格式不正确',
    scryptParameters: (cost, blockSize, parallelization) =>
      `参数为 N=${cost}、r=${blockSize}、p=${parallelization} 的 scrypt`,
    scryptTooMuch: (what, maximum) => `它要求 ${what}；N x r x p 的上限为 ${maximum}`,
    scryptMemory: (what, megabytes) => `它要求 ${what}，需要超过 ${megabytes} MiB 的内存`,
    scryptImpossible: (what) => `它要求 ${what}，这是不可能的`,
    scryptTotal: '其各部分合计要求的 scrypt 计算量过大',
    iterationsTooMany: (iterations, maximum) => `它要求 ${iterations} 轮密钥派生；支持 1 到 ${maximum} 轮`,
    iterationsTotal: '其各部分合计要求的密钥派生轮数过多',
    pfxUnreadable: (problem) => `无法读取此 PKCS#12 文件：${problem}。`,
    pfxVersion: '其版本不是 3',
    pfxByPublicKey: '它由公钥保护，而不是由密码保护',
    pfxAuthentication: '其身份验证格式不正确',
    pfxAuthenticationUnknown: (type) => `其身份验证方式不受支持 (${type})`,
    pfxPartByPublicKey: '其中一部分由公钥保护，而不是由密码保护',
    pfxNested: '其容器嵌套过深',
    pfxBags: (maximum) => `它的容器超过 ${maximum} 个`,
    pfxNoCertificate: '其中一个证书不是证书',
    pfxCertificateUnreadable: (number, problem) => `无法读取文件中的第 ${number} 个证书。${problem}`,
    pfxKeyUnreadable: '无法读取文件中的私钥。',
    pfxBroken: '其加密内容已损坏',
    pfxPart: '其中一部分格式不正确',
    holdsNoCertificate: '它不包含证书。',
    pfxKeys: (count) => `它包含 ${count} 个私钥；应当只有一个。`,
    pfxKeyOfNone: '私钥与文件中的任何证书都不匹配。',
    pfxWrongPassphrase: 'PKCS#12 文件的密码错误，或文件已被更改。',
    pfxGivePassphrase: '使用保护该文件时所用的密码（ENROLLKIT_PASSPHRASE 或 --passphrase-file FILE）。',
    convertPfx:
      '使用 OpenSSL 转换：openssl pkcs12 -legacy -in FILE -out NEW.pem，然后 openssl pkcs12 -export -in NEW.pem -out NEW.pfx',
    keyNotOfCertificate: (certificate) => `私钥与证书 ${certificate} 不匹配。`,
    pkcs7Kind: '它是签名数据以外的 PKCS#7 类型',
    pkcs7Several: (count) => `它包含 ${count} 个 PKCS#7 块；应当只有一个。`,
    pkcs7Unreadable: (problem) => `这不是包含证书的 PKCS#7 文件：${problem}。`,
    kinds: {
      certificate: '证书',
      'certificate request': '证书签名请求',
      'revocation list': '吊销列表',
      'PKCS#7 file': 'PKCS#7 文件',
      'PKCS#12 file': 'PKCS#12 文件',
      'private key': '私钥',
      'encrypted private key': '加密的私钥',
      'public key': '公钥',
    },
    holdsOtherBlocks: (labels, wanted) => `它包含 ${labels.join('、')}，但没有${wanted}。`,
    holdsNeither: (wanted, block) => `它不包含${wanted}：既没有 PEM 块 ${block}，也不是 DER。`,
    holdsOther: (kind, wanted) => `它包含 DER 格式的${kind}，而不是${wanted}。`,
    inDer: (kind) => `DER 格式的${kind}`,
    blocks: (labels) => labels.join('、'),
  },

  /** src/pki/make/, and the files directly in src/pki/ */
  pkiMake: {
    nameEmpty: '它为空',
    nameTooLong: (maximum) => `它超过 ${maximum} 个字符`,
    nameIsAddress: '它是 IP 地址，而不是主机名',
    labelInvalid: (label) => `${label} 不是主机名的有效部分`,
    mailboxForm: '它的形式不是 local-part@domain',
    mailboxLocal: '@ 之前的部分无效',
    mailboxDomain: '@ 之后的部分不是域名',
    uriNotAbsolute: '它不是绝对 URI',
    uriCharacters: '它含有在 URI 中必须写作 %XX 的字符',
    uriHost: '其主机既不是主机名也不是 IP 地址',
    addressInvalid: '它不是 IPv4 或 IPv6 地址',
    keyNotOfPublicKey: '私钥与公钥不匹配。',
    wouldNotHold: (subject, issuer, reasons) => `由 ${issuer} 颁发的证书 ${subject} 永远不会有效。${reasons}`,
    signElsewhere: '使用允许颁发它的 CA 签名。如果你确定验证方会接受它，请添加 --force。',
    subjectEmpty: '主题名称为空，也没有使用者可选名称。',
    selfSignedKey: '自签名证书需要与其公钥匹配的私钥。',
    keyNotOfIssuer: (certificate) => `私钥与证书 ${certificate} 不匹配。`,
    cannotSign: (certificate, reason) => `证书 ${certificate} 不能签名：${reason}。`,
    issuerNotCa: '它不是证书颁发机构',
    issuerKeyUsage: '其密钥用法缺少 keyCertSign',
    issuerExpired: (on) => `它已于 ${on} 过期`,
    issuerEarly: (from) => `它在 ${from} 之前无效`,
    issuerPathLength: '其路径长度为 0，因此不能再颁发证书颁发机构',
    profileNotJson: (source, problem) => `${source} 不是 JSON：${problem}。`,
    controlCharacters: (attribute) => `${attribute}含有控制字符。`,
    countryInvalid: (value) => `国家/地区 ${value} 不是两个字母（例如 DE）。`,
    attributeTooLong: (attribute, length, maximum) =>
      `${attribute}有 ${length} 个字符；RFC 5280 允许 ${maximum} 个。`,
    nameUnknownValue: (name) => `名称 ${name} 中有类型未知的值。`,
    alternativeNameInvalid: (kind, name, problem) => `使用者可选名称 ${kind} ${name} 无效：${problem}。`,
    commonNameInvalid: '公用名为空或含有控制字符。',
    commonNameTooLong: (beginning, length, maximum) =>
      `公用名“${beginning}...”有 ${length} 个字符；RFC 5280 允许 ${maximum} 个。`,
    certificateCannotSign: (reason) => `该证书不能签名。${reason}`,
    validityImpossible: (from, until) =>
      `证书的有效期不能从 ${from} 到 ${until}。日期必须按先后顺序，且在 1950 年到 9999 年之间。`,
    invalidTime: '无效的时间',
    codeMissing: '缺少验证码。',
    codeCharacters: '验证码只含字母和数字，没有空格。',
    codeTooLong: (length) => `此代码有 ${length} 个字符。验证码最多 64 个字符。`,
    codeTooShort: (length) => `此代码只有 ${length} 个字符。可能没有完整复制。`,
    ecCurve: (curve) => `使用曲线 ${curve} 的 EC 密钥`,
    keyTypeOf: (type) => `类型为 ${type} 的密钥`,
    doesNotSign: (kind) => `${kind}不支持签名。请使用 RSA、P-256、P-384 或 P-521。`,
    giveKeyFile: '指定私钥文件：PEM、DER 或 PKCS#12。',
    severalKeys: '有多个私钥。',
    passphraseRequired: '私钥已加密，但没有提供密码。',
    keyUnreadable: '无法读取私钥。',
    opensshKey: '私钥是 OpenSSH 格式。',
    convertOpensshKey: '转换其副本：ssh-keygen -p -m PKCS8 -f FILE',
    keyDamaged: '私钥已损坏：其私钥部分与公钥部分不匹配。',
    restoreKey: '从备份还原文件，或创建新的密钥和证书。',
    explicitParameters: '私钥是使用显式参数而不是命名曲线的 EC 密钥。',
    useNamedCurve:
      '使用命名曲线（例如 P-256）创建新密钥。如果参数对应某个命名曲线，可使用 openssl ec -param_enc named_curve -in FILE -out NEW 转换密钥，然后重新颁发其证书。',
    keyNotOfCertificate: '私钥与证书不匹配。',
    notReadBack: (reason) => `无法读回输出，因此未写入任何内容。${reason}`,
    processEnded: (reason) => `密钥派生进程意外结束：${reason}。`,
  },

  /** src/certgen/ */
  certgen: {
    noAuthority: (folder, file) => `${folder} 中没有 CA：缺少 ${file}。`,
    createFirst: '请先创建：enrollkit certgen create_root_and_intermediate',
    authorityExists: (folder, files) => `${folder} 中已有 CA 或其文件：${files.join('、')}。`,
    replaceIt: '添加 --force 将其移动到单独的文件夹，或使用 --dir FOLDER 选择其他文件夹。',
    emptyName: '名称为空。',
    longName: (name, length, maximum) =>
      `名称“${name}”太长：它是文件名的一部分，文件名将有 ${length} 个字节，最多允许 ${maximum} 个。`,
    shorterName: '请选择较短的名称。',
    takenName: (name) => `“${name}”的文件将与此命令写入的其他文件同名。`,
    otherName: '请选择其他名称。',
    nameOfAuthority: (name) => `“${name}”是 CA 的名称。`,
    keyWithoutCertificate: (path) => `${path} 存在，但没有对应的证书，因此无法确定其所有者。`,
    belongsToOther: (path, name) => `${path} 属于另一个名称“${name}”。`,
    blocks: (path, file) => `无法将 ${file} 重命名为 ${path}，因为该文件已存在。`,
    moveAway: '将该文件移到其他文件夹，然后再次运行该命令。',
    badIndexLine: (line, path) => `${path} 的第 ${line} 行不是 openssl ca 的条目。`,
    fixIndex: '更正该行，或重新开始：enrollkit certgen create_root_and_intermediate --force',
    badSerial: (path) => `${path} 不包含十六进制数。`,
    fixSerial: '将下一个序列号写入该文件，例如 01。',
    noDevice: (name, folder) => `${folder} 中没有设备“${name}”的证书。`,
    createDevice: (command) => `请先创建：${command}`,
    otherKey: (key, certificate) => `${key} 不是 ${certificate} 的私钥。`,
    shortPassphrase: (length, minimum) => `密码有 ${length} 个字符，至少需要 ${minimum} 个。`,
    longerPassphrase: '请选择较长的密码。',
  },

  /** src/rollover/ */
  rollover: {
    noAuthority: (role, folder, file) => `${folder} 中没有 ${role} CA：${file} 不存在。`,
    nameFolder: '使用 --dir FOLDER 指定证书文件夹。',
    missingBetween: (subject, certificate, top, folder) =>
      `颁发 ${certificate} 的 CA ${subject} 在 ${top} 之下，必须随之一起替换，但其文件不在 ${folder} 中。`,
    copyFiles: (folder) =>
      `将其 certificate.pem、chain.pem 和 key.pem 复制到 ${folder}，其中 NAME 可以是任意名称。然后再次运行该命令。`,
    filesMoved: (role, folder) => `${folder} 中缺少 ${role} CA 轮换的文件。`,
    putBack: (role) => `还原 ca 中名称以 ${role} 开头的文件夹。`,
    created: (role) => `已创建新的 ${role} CA`,
    issuerMissing: (issuer, certificate, folder) => `颁发 ${certificate} 的 CA ${issuer} 不在 ${folder} 中。`,
    nameIssuer: '使用 --ca FILE 和 --ca-key FILE 指定颁发它的 CA。',
    otherIssuer: (path, issuer) => `证书 ${path} 不是由 ${issuer} 颁发的。`,
    otherSuccessor: (folder, certificate) => `${folder} 中的 CA 不是用于替换 ${certificate} 的 CA。`,
    moveAway: (path) => `将 ${path} 移到其他位置，然后再次运行该命令。`,
    unknownAlgorithm: (name, role) => `enrollkit 无法创建 ${role} CA 所用的 ${name} 类型的密钥。`,
    createElsewhere: '使用其他工具创建新 CA 并上传：enrollkit ca upload FILE',
    otherKeyType: (key) => `${key} 的类型或加密方式与旧 CA 的密钥不同。`,
    noGroup: (id) => `没有注册组 ${id}。`,
    listGroups: '列出现有注册组：enrollkit group list（使用相同的 --dir）。',
    acceptsBoth: (id) => `注册组 ${id} 接受新 CA 和旧 CA 的设备`,
    acceptsNew: (id) => `注册组 ${id} 仅接受新 CA 的设备`,
    needsResourceManager: (id) =>
      `注册组 ${id} 使用已上传的 CA 证书，而你无权访问管理这些证书的 Azure 资源管理器。`,
    otherAttestation: (id, type) => `注册组 ${id} 使用 ${type} 证明，而不是 CA 证书。`,
    nameX509Group: '使用 --group ID 指定采用 X.509 证明的注册组。',
    slots: {
      empty: '无',
      other: (value) => `另一个 CA (${value})`,
      old: '旧 CA',
      new: '新 CA',
    },
    otherSlots: (id, primary, secondary) =>
      `注册组 ${id} 的 CA 证书不符合轮换的要求：主要：${primary}；辅助：${secondary}。`,
    removeOther: (id) =>
      `使用“enrollkit group show ${id} --json”查看该组，并移除不需要的证书；或使用 --group ID 指定其他组。`,
    groupNotReadBack: (id) => `注册组 ${id} 已更新，但 DPS 未显示更改。`,
    underway: (authority, folder) => `${folder} 中正在进行 ${authority} CA 的轮换。`,
    finishFirst: (authority) =>
      `请先完成：enrollkit cert rollover ${authority} --finish（使用相同的 --dir）。`,
    notStarted: (authority, folder) => `${folder} 中没有 ${authority} CA 的轮换。`,
    start: (authority) =>
      `开始轮换：enrollkit cert rollover ${authority}（使用相同的 --dir），并为每个注册组添加 --group ID。`,
    startIncomplete: (authority) => `${authority} CA 轮换的阶段 1 尚未完成。`,
    runAgain: (authority) => `再次运行：enrollkit cert rollover ${authority}（使用相同的 --dir）。`,
    emulator: '模拟器',
    otherTarget: (expected, actual) => `此轮换的注册组在 ${expected} 中，而不在 ${actual} 中。`,
    sameTarget: '使用与阶段 1 相同的 --target 和名称。',
    notReissued: (count, authority, names) =>
      `文件夹中仍有 ${count} 个证书由旧的 ${authority} CA 颁发：${names.join('、')}${names.length < count ? '……' : ''}。`,
    reissueFirst: (authority) =>
      `重新颁发：enrollkit cert rollover ${authority} --reissue（使用相同的 --dir）。若要将这些设备拒之门外，请添加 --force。`,
    keysElsewhere: (count, names) =>
      `${count} 台设备的私钥不在文件夹中，因此 --new-key 无法替换它们：${names.join('、')}${names.length < count ? '……' : ''}。`,
    signRequests: '省略 --new-key，或先为每台设备的证书签名请求签名：enrollkit cert sign REQUEST',
    reissued: (count) => `已重新颁发 ${count} 个证书`,
    endsWithIssuer: (role, notAfter) =>
      `新的 ${role} CA 将于 ${notAfter} 过期，不晚于旧 CA，因为其上级 CA 届时过期。`,
    groupUnchanged: (id, primary, authority) =>
      `注册组 ${id} 使用上级 CA (${primary})。只要旧 ${authority} CA 的设备证书仍然有效，该组就会接受这些设备，轮换之后也是如此。`,
    uploadInPortal: '你无权访问 Azure 资源管理器。如果旧 CA 已上传，请在门户中也上传并验证新 CA。',
    deleteInPortal: '你无权访问 Azure 资源管理器。如果旧 CA 已上传，请在门户中将其删除。',
    nameTaken: (subject, name) => `已有另一个证书 (${subject}) 以 ${name} 为名上传。`,
    deleteOther: (name) => `删除该证书：enrollkit ca delete ${name}（使用相同的 --dir）。`,
    uploadNotReadBack: (name) => `证书已上传为 ${name}，但 DPS 未显示它。`,
    uploaded: (role, name) => `已将新的 ${role} CA 上传为 ${name}`,
    notVerified: (name) => `DPS 未将 ${name} 显示为已验证。`,
    verified: (name) => `已验证 ${name}`,
    keptForGroup: (name, id) => `旧 CA 仍保留为已上传的 ${name}，因为注册组 ${id} 正在使用它。`,
    keptAsForeign: (name, command) =>
      `旧 CA 仍保留为已上传的 ${name}，因为它不是由 enrollkit 从此文件夹上传的。若要删除：${command}`,
    notDeleted: (name) => `证书 ${name} 已删除，但 DPS 仍显示它。`,
    deleted: (name) => `已删除旧 CA ${name}`,
  },

  /** src/workspace/ */
  workspace: {
    noFile: (path) => `没有文件 ${path}。`,
    tooLarge: (path, size, maximum) => `${path} 有 ${size} 个字节；不读取超过 ${maximum} 个字节的文件。`,
    checkFile: '请检查文件是否正确。',
    unreadable: (path, reason) => `无法读取 ${path}${reason}。`,
    unwritable: (path, reason) => `无法写入 ${path}${reason}。`,
    notRegular: (path) => `${path} 不是常规文件。`,
    replaceOrMove: '用文件替换它，或将其移走，然后重新运行命令。',
    exists: (path) => `${path} 已存在。`,
    aFile: '某个文件',
    reason: (reason) => `：${reason}`,
    reasons: {
      EACCES: '权限被拒绝',
      EPERM: '权限被拒绝',
      EROFS: '文件系统为只读',
      ENOSPC: '磁盘已满',
      EDQUOT: '超出磁盘配额',
      EFBIG: '文件超过此文件系统的大小限制',
      ENAMETOOLONG: '名称过长',
      EISDIR: '它是文件夹',
      ENOTDIR: '路径的一部分是文件',
      EEXIST: '已有同名文件',
      EIO: '磁盘报告错误',
      EMFILE: '此进程打开的文件过多；请使用 ulimit -n 提高限制',
      ENFILE: '此计算机上打开的文件过多',
    },
    journal: {
      outside: {
        problem: (line, path) => `日志 ${path} 的第 ${line} 行指向证书文件夹之外的文件。未更改任何内容。`,
        next: '有人编辑了日志；enrollkit 不会写入这样的行。请删除该行，检查其他行，然后重新运行命令。',
      },
      unknown: {
        problem: (line, path) =>
          `日志 ${path} 的第 ${line} 行记录了此版本的 enrollkit 不了解的内容。未更改任何内容。`,
        next: '如果更新版本的 enrollkit 使用过此文件夹，请更新 enrollkit。否则，请从备份还原日志。',
      },
      noRecord: {
        problem: (line, path) => `日志 ${path} 的第 ${line} 行不是 enrollkit 的记录。未更改任何内容。`,
        next: '从备份还原日志，或删除该行。“enrollkit clean”随后会保留该行记录的内容。',
      },
      name: (path) => `日志 ${path}`,
      empty: (journal, folder, files, more) =>
        `日志 ${journal} 为空，但 ${folder} 中有文件：${firstOf(files, more)}。未更改任何内容。`,
      restore: '从备份还原日志，或使用空文件夹或新文件夹：--dir FOLDER。',
    },
    notAFile: (path) => `${path} 不是文件，但 enrollkit 在该处保存文件。`,
    notAFolder: (path) => `${path} 不是文件夹，但 enrollkit 在该处保存文件夹。`,
    moveAway: '将其移走，然后重新运行命令。',
    otherFiles: (folder, files, more) =>
      `文件夹 ${folder} 包含不是由 enrollkit 创建的文件：${firstOf(files, more)}。`,
    isFile: (path) => `${path} 是文件或位于文件之下，而不是文件夹。`,
    locked: (process, since, folder) =>
      `另一个 enrollkit 进程正在使用 ${folder}（进程 ${process}，自 ${since}）。`,
    notALock: (path) => `${path} 已存在，但不是 enrollkit 的锁定文件。`,
    moveThatAway: (path) => `移走 ${path}，然后重新运行命令。`,
    changed: (path) => `${path} 在 enrollkit 写入后被更改，因此不会被覆盖。`,
    notOverwritten: (path) => `${path} 已存在，因此不会被覆盖。`,
    rollover: {
      unreadable: (path) => `无法读取滚动更新的记录 ${path}。`,
      restore: '从备份还原它。否则请手动完成滚动更新：“enrollkit group show ID”显示注册组的证书。',
      underway: (authority, folder) => `${folder} 中正在对 CA（${authority}）进行滚动更新。`,
      finish: (command) => `请先完成它：${command}（使用相同的 --dir）`,
    },
    stored: {
      empty: (path) => `${path} 为空。`,
      restore: (folder) => `从备份还原它，或移走 ${folder}。`,
      otherChain: (chain, certificate) => `${chain} 不是以 ${certificate} 中的证书开头。`,
      moveOutdated: '移走过时的文件，然后重新运行命令：该文件将从另一个文件还原。',
      noKey: (path, certificate) => `没有文件 ${path}，即 ${certificate} 的私钥。`,
      keyMismatch: (path, certificate) => `${path} 中的密钥与 ${certificate} 不匹配。`,
      restoreBoth: (folder) => `还原相互匹配的密钥和证书，或移走 ${folder}。`,
    },
    symbolicLink: (path) => `${path} 是符号链接。enrollkit 不会通过其文件夹内的符号链接写入。`,
    replaceLink: '用真实的文件或文件夹替换它，或使用其他文件夹：--dir FOLDER。',
    changes: {
      notAList: (list, folder) => `中断的命令留下的 ${list} 不是 ${folder} 中的更改列表。`,
      moveWork: (work) => `移走 ${work}。该命令已替换的文件位于其子文件夹“former”中。`,
      halfway: (folder, path, reason, work) =>
        `${folder} 中只有部分文件是新的。无法写入 ${path}${reason}。其他新文件位于 ${work}。`,
      unchanged: (path, reason) => `无法写入 ${path}${reason}。未更改任何内容。`,
      finish: '释放磁盘空间或检查权限，然后重新运行命令以写入其余文件。',
      needsFolder: (path) => `${path} 不是文件夹，但 enrollkit 在该处需要文件夹。`,
      targetExists: (path) => `${path} 已存在，而该处必须写入新文件。未更改任何内容。`,
    },
  },

  /** src/dps/contract/ */
  dpsContract: {},

  /** src/dps/client/ */
  dpsClient: {},

  /** src/dps/client/diagnosis/ */
  diagnosis: {
    useRegistrationId: (registrationId) =>
      `使用公用名作为注册 ID 进行注册，或颁发公用名为“${registrationId}”的证书。`,
    fixChain: '为设备提供没有此问题的证书链，然后重新运行命令。检查证书链：enrollkit cert verify CHAIN_FILE',
    renew: '续订证书，然后重新运行命令：enrollkit cert renew --help',
    checkMakersClock: '检查创建该证书的计算机的时钟，或等到证书生效。',
    matchingCa: '为设备提供与签名密钥匹配的 CA 证书。检查证书链：enrollkit cert verify CHAIN_FILE',
    acceptedAlgorithms: '使用 EC P-256 或 2048 位及以上的 RSA 以及 SHA-256 重新颁发证书。',
    wrongIdScope: (used, actual) => `设备使用 ID 范围 ${used} 注册，但预配服务的 ID 范围为 ${actual}。`,
    useIdScope: (idScope) => `使用 ID 范围 ${idScope} 注册。`,
    onlyLeaf: '证书链中只有设备的证书',
    issuerNotSent: (sent, issuer) => `${sent}；缺少其颁发者“${issuer}”的证书。`,
    sendWholeChain: (issuer, subject) =>
      `让设备发送完整的证书链：在“${subject}”的证书之后加上“${issuer}”的证书。`,
    selfSigned: (name) => `该证书是自签名的，因此没有通向 CA，也没有使用它的个体注册 ${name}。`,
    enrollCertificate: (name) =>
      `使用此证书创建个体注册：enrollkit enrollment create ${name} --certificate FILE`,
    individual: (registrationId) => `个体注册 ${registrationId}`,
    group: (id) => `注册组 ${id}`,
    deleteIndividual: '删除个体注册，使注册组生效，或将设备的证书添加到其中。',
    otherEnrolled: (enrollment, thumbprints, own) =>
      `${enrollment} 优先，且其证书不同：${thumbprints}。设备的证书为 ${own} (SHA-256)。`,
    enrollThis:
      '注册设备的证书（enrollkit enrollment create ID --update --certificate FILE），或为设备提供已注册的证书。',
    individualWithoutCa: (what) => `${what} 没有 CA`,
    noGroup: '预配服务没有用于证书的注册组，也没有此设备的个体注册。',
    createGroup: '创建注册组：enrollkit group create --help',
    groupsWithoutCa: '没有注册组使用 CA',
    notVerified: (subject, name) => `以 ${name} 上传的 CA“${subject}”尚未验证。`,
    verify: (name) => `验证它：enrollkit ca verify ${name} --certificate FILE --key FILE`,
    uploadSigner: '上传并验证为设备签名的 CA，或用已上传的 CA 重新颁发设备的证书。',
    upload:
      '上传 CA，然后验证它：enrollkit ca upload FILE --ca-name NAME，以及 enrollkit ca verify NAME --certificate FILE --key FILE',
    otherCaEnrolled: (what, name, thumbprint, sha256, sha1) =>
      `${what} 有名为 ${name} 的 CA，但证书不同：${thumbprint}。设备证书链中的是 ${sha256} (SHA-256)、${sha1} (SHA-1)。`,
    enrollSigner: '在注册中使用为设备签名的 CA，或用注册的 CA 重新颁发设备的证书。',
    createGroupOrReissue:
      '使用此证书链中的 CA 创建注册组（enrollkit group create --help），或用某个注册的 CA 重新颁发设备的证书。',
    disabled: (enrollment) => `${enrollment} 已禁用。`,
    enable: (enrollment) => `启用 ${enrollment}，然后重新运行命令。`,
    commonName: (commonName, registrationId) =>
      `${commonName === undefined ? '证书没有公用名' : `证书的公用名为“${commonName}”`}，但注册 ID 为“${registrationId}”。两者必须一致。`,
    unrelated: (top, others) => `证书链在 ${top} 处结束；${others.join('、')} 也已发送，但没有为其签名`,
    otherKind: (enrollment, isTpm) =>
      `${enrollment} 优先，且用于${isTpm ? ' TPM' : '对称密钥'}，而不是证书。`,
    namesake: (name, uploadedAs, thumbprint, own) =>
      `以 ${uploadedAs} 上传的名为“${name}”的 CA 是不同的证书：其 SHA-1 指纹为 ${thumbprint}${own === undefined ? '，且其密钥没有为设备发送的证书签名' : `，而设备的 CA 的指纹为 ${own}`}。`,
    notUploaded: (name, thumbprint, notSent, uploaded) =>
      `证书链中的 CA 均未上传：证书链通向 ${name}${thumbprint === undefined ? '' : ` (SHA-1 ${thumbprint})`}${notSent === undefined ? '' : `，其颁发者 ${notSent} 没有发送`}。${uploaded === undefined ? '没有已上传的 CA。' : `已上传：${uploaded}。`}`,
    notEnrolled: (none, inChain, enrollments) =>
      `${none}（此证书链${inChain === undefined ? '' : `：${inChain}`}）。现有：${enrollments}。`,
  },

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
      ENROLLKIT_PLAIN: '如果为 1，问题和进度显示为纯文本行，供屏幕阅读器使用。',
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
  cliTerminal: {
    confirm: {
      noTerminal: (question) => `${question}没有可供提问的终端。`,
      addYes: '请添加 --yes。',
      warning: '此操作无法撤消。',
      declined: '已取消。未删除任何内容。',
      nothingToDo: '无需执行其他操作。',
    },
    enrollment: {
      heads: { id: '注册 ID', status: '状态', allocation: '分配', attestation: '证明机制' },
      rows: { attestation: '证明机制', allocation: '分配策略', reprovisioning: '重新预配', status: '状态' },
      allHubs: '所有已链接的 IoT 中心',
      serviceDefault: '服务默认值',
      allocation: (policy, hubs) => `${policy}，范围：${hubs}`,
      yes: '是',
      symmetricKey: '对称密钥',
      uploadedCa: (name) => `X.509，已上传的 CA ${name}`,
      certificate: (thumbprint, subject) => `X.509，证书 ${thumbprint}… ${subject}`,
      never: '从不：保留当前 IoT 中心',
      migrate: '重新预配并迁移数据',
      reset: '重新预配并重置为初始设备孪生',
    },
    progress: { ok: '已有', done: '完成', failed: '失败', halted: '中断' },
    registration: {
      registrationId: '注册 ID',
      status: '状态',
      hub: 'IoT 中心',
      deviceId: '设备 ID',
      error: '错误',
      created: '创建时间',
      updated: '上次更新',
      heads: { id: '注册 ID', status: '状态', device: '设备 ID', updated: '上次更新', hub: 'IoT 中心' },
    },
    asksFirst: '先要求确认',
    withoutAsking: '不要求确认',
    ofLastRun: '在上次运行的预配服务中',
    asJson: '以 JSON 格式',
    listCut: (limit) => `仅列出前 ${limit} 个；还有更多。`,
  },

  /** src/cli/input/ */
  cliInput: {
    noCertificateInFolder: (folder) => `文件夹 ${folder} 中没有证书。`,
    certificateExtensions: (extensions) => `证书文件的扩展名为 ${extensions.join(' ')}。`,
    folderUnreadable: (folder) => `无法读取文件夹 ${folder}。`,
    certificateFlags: {
      signer: '签名 CA：',
      ca: '进行签名的 CA 及其上级 CA：PEM、DER、PKCS#7 或 PKCS#12',
      caKey: 'CA 的私钥（如果不在该文件中）',
      withoutCa: (folder) => `不带 --ca 时：${folder}`,
      certificate: '证书：',
      keyAlgorithm: '新密钥的算法（默认：ec-p256）',
      days: '有效天数（默认：由配置文件设定）；不晚于 CA 的到期时间',
      pathLength: '其下允许的 CA 级数（默认：由配置文件设定）',
      profile: '自定义配置文件 (JSON)，代替内置配置文件',
      subject: (attribute) => `主题的 ${attribute}`,
      country: '主题的 C，两个字母',
      dns: 'DNS 名称（使用者可选名称）',
      ip: 'IP 地址（使用者可选名称）',
      uri: 'URI（使用者可选名称）',
      email: '电子邮件地址（使用者可选名称）',
      destination: '输出：',
      force: '替换现有文件；即使证书在其 CA 下无法有效也签发',
      outFolder: (otherwise) => `输出文件夹（默认：${otherwise}）`,
      outFile: '输出文件（默认：标准输出）',
      encryptKey: '使用密码加密新私钥',
      passphraseFile: '第一行为密码的文件（或设置 ENROLLKIT_PASSPHRASE，或在询问时输入）',
      key: '使用现有私钥；它保留在原处',
    },
    notForDps: (problem) => `警告：${problem}DPS 会拒绝使用此证书的注册。`,
    endsWithIssuer: (date) => `注意：证书与其颁发者同时于 ${date} 到期。`,
    noFile: (path) => `没有文件 ${path}。`,
    unreadable: (path, reason) => `无法读取 ${path}${reason}。`,
    keyFlags: {
      conflict: '--key 使用现有密钥；--key-algorithm 和 --encrypt-key 用于新密钥。',
      omitOne: '省略其中之一。',
      omitKey: '省略 --key 以创建新密钥。',
    },
    keyOwner: {
      notFirst: (key, subject, path) => `${key} 中的私钥属于 ${subject}，但它不是 ${path} 中的第一个证书。`,
      giveOther: '指定第一个证书的私钥，或只包含此密钥对应证书的文件。',
      notOf: (key, subject, path) => `${key} 中的私钥与 ${path} 中的证书 ${subject} 不匹配。`,
      notOfAny: (key, count, path) => `${key} 中的私钥与 ${path} 中 ${count} 个证书的任何一个都不匹配。`,
    },
    material: {
      trustSettings: (path) => `注意：${path} 中的 OpenSSL 信任设置被忽略；仅使用其中的证书。`,
      pfxWithoutKey: '此 PKCS#12 文件不包含私钥。',
      pfxWithoutCertificate: '此 PKCS#12 文件不包含证书。',
      pfxProtected: '此 PKCS#12 文件受密码保护，但未指定密码。',
      signRequest: '若要为请求获取证书，请运行：enrollkit cert sign REQUEST',
      giveCertificate: '指定证书文件。',
      holds: (contents) => `其中包含 ${contents}，但没有证书。`,
    },
    chainTooLong: (count, maximum) => `有 ${count} 个证书，但证书链最多有 ${maximum} 个。`,
    oneChain: '仅指定一个证书链的证书。',
    passphrase: {
      emptyLine: (path) => `${path} 的第一行为空；它必须是密码。`,
      writeIt: '请将密码写在该文件的第一行。',
      question: '私钥的密码：',
      why: '加密这些密钥时使用的密码。输入内容不会显示。',
      missing: '请输入密码。',
    },
    plan: {
      count: '设备数量，使用带编号的名称，代替 --device',
      prefix: '编号之前的文本（默认：device-）',
      azureNames: 'Azure 中预配服务的名称不能用于模拟器。',
      addTarget: '添加 --target azure，或省略这些名称。',
      noDpsName: '缺少预配服务的名称。',
      giveDpsName: (others) => `指定 ${['--dps-name NAME', ...others].join(' 和 ')}。`,
      namedOrNumbered: '--device 和 --count 不能一起使用。',
      omitOne: '省略其中之一。',
      fileAndFlags: (path) => `${path}（加上选项）`,
      flags: '选项的组合',
      correctFlags: '更正选项。若要查看每个选项的作用，请运行：enrollkit quickstart --help',
      standardInput: '标准输入',
      target: (field, problem) => `目标，${field}：${problem}。`,
      initialTwin: (path, problem) => `初始设备孪生 ${path}，${problem}。`,
      twinExample: '使用类似 {"tags":{"site":"A"},"properties":{"desired":{"interval":30}}} 的文件。',
    },
    profile: {
      notACa: (role) => `--path-length 仅适用于 CA，不适用于角色 ${role}。`,
      shallower: (length) => `注意：路径长度为 ${length}，因为颁发者不允许更大的值。`,
      otherRole: (place, role, expected) => `${place}：此配置文件用于角色 ${role}，但需要的是 ${expected}。`,
      correct: '更正配置文件中的该处。其架构为 templates/profiles/profile.schema.json。',
    },
    fileTooLarge: (path, size, maximum) =>
      `${path} 有 ${size} 个字节；证书和密钥文件最多 ${maximum} 个字节。`,
    checkFile: '请检查文件是否正确。',
    isFolder: (path) => `${path} 是文件夹，而不是文件。`,
    request: {
      commonNames: (count, subject) => `其主题有 ${count} 个公用名 (${subject})；设备只有一个，即其注册 ID。`,
      oneName: '使用只有一个公用名的请求。',
      strongerKey: '为更强的密钥创建请求：enrollkit cert csr NAME',
    },
    signingCa: {
      keyWithoutCa: '--ca-key 需要与 --ca 一起使用。',
      giveCa: '指定与该密钥匹配的 CA 证书：--ca FILE。',
      noKey: (path) => `${path} 包含 CA 的证书，但不包含其私钥。`,
      giveKey: '指定 --ca-key FILE。',
      none: (folder) => `证书文件夹 ${folder} 中没有 CA。`,
      choose:
        '使用 --ca FILE 和 --ca-key FILE 指定 CA，或使用 --dir FOLDER 指定其文件夹，或创建一个：enrollkit cert root NAME',
      cannotBeValid: (problem) => `警告：证书无法有效。${problem}`,
    },
    notATime: (flag, text) =>
      `--${flag} 必须是 2027-01-31 或 2027-01-31T12:00:00Z 这样的时间，而不是“${text}”。`,
    notASpan: (flag, text) => `--${flag} 必须是天数、小时数或百分比，例如 30、36h 或 25%，而不是“${text}”。`,
    output: {
      exists: (path) => `${path} 已存在。`,
      isLink: (path) => `${path} 是符号链接。`,
      isNoFile: (path) => `${path} 是文件夹，或不是常规文件。`,
      choosePlace: '使用 --out 选择其他位置。',
      chooseOrReplace: '使用 --out 选择其他位置，或使用 --force 替换它。',
      completed: '此命令先前在写入文件时中断。文件现已完整；未创建其他内容。',
      keyKept: (path, keptAs) => `${path} 先前的私钥现位于 ${keptAs}。`,
    },
  },

  /** src/cli/target/ */
  cliTarget: {
    ofHub: (source, host) => `${source} 是 IoT 中心 (${host}) 的连接字符串，而不是预配服务的连接字符串。`,
    ofOtherService: (source, name, expected) =>
      `${source} 是预配服务 ${name} 的连接字符串，而不是 ${expected} 的连接字符串。`,
    ofService: (source, host) => `${source} 是预配服务 (${host}) 的连接字符串，而不是 IoT 中心的连接字符串。`,
    copyHubString: '从门户复制 IoT 中心的连接字符串（你的 IoT 中心 > 安全设置 > 共享访问策略）。',
    noIdScope: '预配服务的 ID 范围未知。',
    giveIdScope: '指定 --id-scope。门户在预配服务的概述页上显示它。',
    emulatorClock: (folder, time) => `注意：日期以 ${folder} 中模拟器的时钟为准：${time}。`,
    withLog: (message, log) => `${message}原因请参阅模拟器的日志：${log}`,
    withReason: (message, log, line, reason) =>
      `${message}模拟器的日志说明了原因 (${log}:${line})：${reason}`,
    seeLog: (log) => `原因请参阅模拟器的日志：${log}`,
    stateFolder: (folder) => `状态文件夹或证书文件夹（默认：${folder}，与快速入门相同）`,
    connectionStringFile: 'Azure：包含共享访问策略连接字符串的文件',
    globalEndpoint: '设备注册时使用的终结点（默认：global.azure-devices-provisioning.net，或模拟器）',
    noEmulator: (folder) => `${folder} 中没有模拟器。`,
    startFirst: '请先运行“enrollkit quickstart”，使用 --dir FOLDER 指定文件夹，或使用 --target azure。',
  },

  /** src/cli/quickstart/ */
  cliQuickstart: {
    andMore: (count) => `还有 ${count} 个`,
    plan: '计划：',
    createNew: '新建',
    createNewWhat: '确认后创建设备预配服务和 IoT 中心。',
    price: 'Azure 按操作对设备预配服务计费，按天对 S1 中心计费，直到你将其删除。F1 中心免费。',
    createHelp:
      '如果不存在，则会创建资源组、设备预配服务、IoT 中心以及它们之间的链接。接下来由你选择名称，并在创建任何内容之前在计划中查看。一次运行创建的所有内容都带有标记，enrollkit clean 会将其删除。你的帐户需要订阅或资源组的“参与者”角色。',
    closing: {
      disabled: (service) =>
        `已在${service ? ` ${service} ` : '模拟器'}上创建注册组。该组已禁用，因此未注册任何设备。`,
      enrolled: (count, service, time) =>
        `已在${service ? ` ${service} ` : '模拟器'}上注册 ${count} 台设备，用时 ${time}。`,
      until: (day) => `有效期至 ${day}`,
      root: (nameInDps) => (nameInDps === undefined ? '根 CA' : `根 CA，在 DPS 中名为 ${nameInDps}`),
      intermediate: (nameInDps) =>
        nameInDps === undefined ? '为设备证书签名' : `为设备证书签名，在 DPS 中名为 ${nameInDps}`,
      keepSafe: '其私钥；请妥善保管',
      chain: '设备发送的内容：其证书及颁发者',
      deviceKey: '其私钥',
      pfx: '两者合为一个文件，PKCS#12',
      programKept: '已保留，因为你更改过它',
      program: '使用 Python 创建注册组',
      plan: '再次运行：quickstart --plan FILE',
      recording: '运行的录制，用于 replay 和 runs compare',
      idScope: 'ID 范围',
      sendAgain: '以第一台设备的身份再发送一条消息',
      keepEmulator: '让模拟器保持运行并包含这些资源，供任何 Azure SDK 使用',
      emulatorEnv: '在另一个 shell 中：为 SDK 和 EnrollmentGroup.py 设置其地址和密钥',
      byHand: '使用 Python 创建注册组；连接字符串在门户中',
      clean: '删除在设备预配服务中创建的所有内容',
      certificates: '证书',
      filesIn: (folder) => `${folder} 中的文件`,
      groupReadBack: '注册组（从服务读取）',
      devices: '设备',
      next: '后续步骤',
    },
    picture: {
      device: (isGateway, days) => `${isGateway ? '网关' : '设备'}：有自己的密钥和证书，有效期 ${days} 天`,
      intermediate: (name) => (name === undefined ? '中间 CA' : `中间 CA“${name}”`),
      root: (name) => (name === undefined ? '根 CA' : `根 CA“${name}”`),
      folder: (folder) => `文件夹 ${folder}`,
      folderMeaning: (algorithm, isEncrypted) =>
        `此计算机上的证书和私钥；${algorithm} 密钥，${isEncrypted ? '使用你的密码加密' : '未加密'}`,
      devices: (count) => `${count} 台设备`,
      registering: (protocol, sendsTelemetry) =>
        `通过 ${protocol} 注册${sendsTelemetry ? '，然后发送消息并读取设备孪生' : ''}`,
      hubs: (names) => (names === undefined ? 'IoT 中心：所有已链接的' : `IoT 中心 ${names.join('、')}`),
      uploaded: (role, proof) =>
        `已上传的${role === 'root' ? '根' : '中间'} CA；${proof === 'portal' ? '由你手动验证' : '由 enrollkit 验证'}`,
      allows: (byCa) => (byCa ? '允许证书链通向该 CA 的所有设备' : '允许由组中的 CA 证书签名的所有设备'),
      reprovisioning: (policy) => `重新预配：${policy}`,
      service: (name) => `DPS ${name}`,
      subscription: (id) => `订阅 ${id}`,
      upTo: (id) => `到 ${id} 为止`,
      yourIntermediate: '你的中间 CA',
      signsDevices: '为设备证书签名',
      signsDevicesRootAway: '为设备证书签名，因此根密钥可以离线保存',
      yourRoot: '你的根 CA',
      rootAboveIntermediate: '信任的起点：为中间 CA 签名',
      rootAboveDevices: '信任的起点：为设备证书签名',
      emulator: 'DPS：模拟器',
      emulatorMeaning: '此计算机上的设备预配服务：无需帐户，不收费',
      azureMeaning: 'Azure 中你的设备预配服务：设备首先联系它',
      caCertificate: (name) => `CA 证书 ${name}`,
      group: (id) => `注册组 ${id}`,
      disabled: '已准备就绪，但目前拒绝所有设备',
      initialTwin: '初始设备孪生',
      twinMeaning: (json) => `新设备的设置：${json}`,
      subscriptionMeaning: 'Azure 的计费对象',
      resourceGroup: (name) => `资源组 ${name}`,
      resourceGroupMeaning: '在 Azure 中包含该服务',
      resetMeaning: '再次注册的设备会重新获得初始设备孪生',
      neverMeaning: '再次注册的设备保留其 IoT 中心',
      hashed: '设备向其发送消息；设备均匀分布',
      geoLatency: '设备向其发送消息；选择最近的 IoT 中心',
      staticHub: '设备向其发送消息；始终为此 IoT 中心',
      created: 'Azure 中你的设备预配服务；如果不存在，则与 IoT 中心一起创建；Azure 对两者计费',
    },
    createConfirm: '在此订阅中创建设备预配服务和 IoT 中心？',
    serviceFacts: (location, resourceGroup, hubs) =>
      `${location}，资源组 ${resourceGroup}，${hubs === 0 ? '没有已链接的 IoT 中心：无法分配设备' : `${hubs} 个已链接的 IoT 中心`}`,
    noService: '此订阅中没有你可以读取的设备预配服务。',
    rolesNeeded:
      '你的帐户需要订阅的“读取者”角色才能列出其设备预配服务，需要设备预配服务的“参与者”角色才能上传和验证 CA 证书。所有者可以在门户的“访问控制 (IAM)”下分配这些角色。如果没有这些角色，请输入名称并手动验证 CA 证书。',
    renew: (count) => `续订 ${count} 个设备证书`,
    hubNotLinked: (hub, service, linked) =>
      `${hub} 未链接到 ${service}。已链接的 IoT 中心：${linked.join('、')}。`,
    welcome: '在 Azure IoT 中心设备预配服务中注册 X.509 设备。',
    pressEnter: '对每个问题都按 Enter，即可在模拟器上注册三台设备。按 Ctrl-C 退出。',
    installRenewed: (command) => `请在设备上安装新证书。设备重新注册后，IoT 中心才会接受新证书：${command}`,
    authority: (role, commonName, day, endsSoon) =>
      `${role === 'root' ? '根' : '中间'} CA“${commonName}”，有效期至 ${day}${endsSoon ? '：即将过期' : ''}`,
    deviceCertificates: (count, day, due) =>
      `${count} 个设备证书，最早到期的有效期至 ${day}${due === 0 ? '' : `：${due} 个需要续订`}`,
    planOnEmulator: (count, group) => `一个计划：模拟器上的 ${count} 台设备，注册组 ${group}`,
    planInAzure: (count, service, group) =>
      `一个计划：Azure 中 ${service} 上的 ${count} 台设备，注册组 ${group}`,
    lastRun: (day, outcome, failure) =>
      `上次运行于 ${day}：${outcome === 'done' ? '已完成' : outcome === 'failed' ? '失败' : '已中断'}${failure ? `：${failure}` : ''}`,
    uploadCommands: (upload, code) => `
手动完成所有权证明。在另一个终端中：
  1. 上传 CA 证书：
     ${upload}
  2. 显示其验证码：
     ${code}
`,
    answerCommand: (verify) => `
验证证书已准备就绪。在另一个终端中：
  3. 发送它：
     ${verify}
`,
    uploadInPortal: (service, url, name, file) => `
在门户中完成所有权证明：
  1. 打开设备预配服务 ${service}：
     ${url}
  2. 依次选择“设置”、“证书”、“添加”。名称：${name}
     文件：${file}
     不要勾选“上传时将证书状态设置为已验证”。保存。
  3. 选择新证书，然后选择“生成验证码”。复制该验证码。
`,
    answerInPortal: (file, name) => `
验证证书已准备就绪。在门户的同一页面上：
  4. 在“验证证书”下，选择
     ${file}
  5. 选择“验证”。列表随后会将 ${name} 显示为已验证。
`,
    help: {
      'quickstart.folder':
        '在此计算机上创建的所有内容都放在此文件夹中：证书、私钥、计划和日志。每个项目使用一个文件夹。切勿将其放入共享文件夹或 Git 存储库：任何拥有 CA 私钥的人都可以创建你的服务所信任的设备。',
      'quickstart.existing':
        '此文件夹以前使用过 enrollkit。enrollkit 从不覆盖私钥。失败后可以安全地重新运行：只会创建缺少的内容。',
      'quickstart.more': '默认值适合首次尝试和大多数项目。回答“是”会逐一询问详细设置。按 Enter 保留默认值。',
      'quickstart.run':
        '上面的计划就是将要创建的全部内容。它会保存在文件夹中，你可以再次运行或交给其他人；其中不包含机密。命令 enrollkit clean 会删除一次运行所创建的内容。',
      'quickstart.change': '选择答案有误的问题。系统会重新询问该问题以及取决于新答案的所有问题。',
      'target.kind':
        '设备预配服务 (DPS) 是设备首先联系的 Azure 服务：DPS 检查设备的证书并将设备分配给 IoT 中心。模拟器是在你的计算机上运行的同一服务。它不收费、不需要帐户，适合学习和测试。如果要连接真实设备，请选择 Azure。',
      'target.dpsName':
        '设备预配服务的名称，例如 contoso-dps。在门户中搜索“设备预配服务”；命令 az iot dps list 也会显示它。',
      'target.subscriptionId':
        '订阅包含你的设备预配服务，Azure 按订阅计费。订阅 ID 是一个 GUID，例如 11111111-2222-3333-4444-555555555555。它位于设备预配服务的概述页上；az account show 会显示当前订阅。',
      'target.resourceGroup': '资源组是 Azure 中存放资源的文件夹。设备预配服务的概述页会显示其资源组。',
      'target.idScope':
        'ID 范围向设备标识你的设备预配服务：所有设备都联系同一地址，ID 范围表明它们属于哪个服务。它以 0ne 开头，显示在概述页上。它不是机密。',
      'target.create':
        '如果你还没有设备预配服务，请选择“是”。enrollkit 随后会创建资源组、设备预配服务、IoT 中心以及两者之间的链接（已存在的除外），并为其添加标记。Azure 按天对 S1 中心计费，并对设备预配服务的操作计费。enrollkit clean 只删除所创建的内容。',
      'target.location':
        '创建资源的 Azure 区域，例如 westeurope 或 eastus。请选择靠近设备的区域。以后无法更改。',
      'target.hubName':
        'IoT 中心是设备向其发送消息的服务。其名称是其地址 NAME.azure-devices.net 的一部分，因此在整个 Azure 中必须唯一。',
      'target.hubSku':
        'S1 是常用层，按天计费。F1 免费，每天允许 8,000 条消息，每个订阅只能有一个。免费的中心以后无法更改为其他层。',
      'certificates.keyAlgorithm':
        '每个 CA 和每台设备都会获得一个密钥对。EC P-256 体积小、速度快，Azure 和所有 Azure SDK 都接受。仅当设备或规定要求时才选择 RSA。所有密钥的类型都相同。以后若要更改，需要新的证书。',
      'certificates.existingCa':
        '如果你的公司已有根 CA 或中间 CA，可以由它为设备证书签名。否则，enrollkit 会创建新的 CA。',
      'certificates.rootCommonName':
        '根 CA 证书中的名称，会显示在工具和门户中。留空可获得唯一的名称，因为同名的两个根证书很容易混淆。',
      'certificates.intermediate':
        'CA（证书颁发机构）是为证书签名的密钥。使用中间 CA 时，根 CA 只为中间 CA 签名，中间 CA 为设备签名。这样，根密钥可以离线保存；如果中间 CA 丢失，你可以替换它而无需替换根 CA。仅在小型测试中选择“否”。',
      'certificates.intermediateCommonName': '中间 CA 证书中的名称。留空可获得唯一的名称。',
      'certificates.deviceValidityDays':
        '设备证书必须在过期前替换，否则设备将无法再连接。一年适合你能够接触到的设备；如果自动续订，更短的期限更安全。它的到期时间不会晚于为其签名的 CA。',
      'certificates.encryptKeys':
        '如果没有密码，任何能够读取密钥文件的人都可以使用密钥。如果有密码，则每次还需要输入密码。对于真实设备所依赖的 CA，请选择“是”。许多设备无法询问密码，因此设备自身的密钥通常不加密。',
      'certificateAuthority.uploaded':
        'DPS 信任证书链通向你所上传 CA 的设备。如果上传根证书，DPS 也会接受你以后添加的中间 CA 的设备。如果上传中间证书，DPS 只接受该中间 CA 的设备。',
      'certificateAuthority.name':
        'DPS 以此名称列出已上传的 CA 证书。它只是一个标签；请选择能表明是哪个 CA 的名称。',
      'certificateAuthority.proofOfPossession':
        'CA 证书是公开的，因此任何人都可以上传你的 CA 证书。所以 DPS 会显示一个验证码，并要求提供一个包含该验证码、由该 CA 签名的证书。只有私钥的所有者才能创建它。如果你的帐户可以更改设备预配服务，enrollkit 会为你完成。如果不能，或者想了解其工作原理，请手动完成。',
      'enrollmentGroup.id':
        '注册组是 DPS 中的一个条目，它表明：证书由此 CA 签名的设备可以注册，以及如何设置这些设备。一个组足以容纳任意数量的设备。ID 由你选择。',
      'enrollmentGroup.attestation':
        '证明机制是 DPS 识别设备的方式。使用已上传的 CA 时，注册组按名称引用它，多个组可以共用。使用组中的证书时，为设备签名的 CA 的证书存储在组本身中；它无需所有权证明即可被接受。',
      'enrollmentGroup.allocationPolicy':
        'DPS 将每台设备分配给一个已链接的 IoT 中心。hashed 均匀分布设备，geoLatency 选择最近的中心，static 始终选择你指定的中心。如果只有一个中心，它们都相同。',
      'enrollmentGroup.iotHubs':
        'IoT 中心是设备向其发送消息的服务。设备可以分配给链接到设备预配服务的所有中心，或仅分配给你在此指定的中心。',
      'enrollmentGroup.initialTwin':
        '设备孪生是 IoT 中心为每台设备保存的 JSON 文档。标记供你使用（位置、客户）；所需属性是设备读取的设置。这些值在设备首次注册时设置。',
      'enrollmentGroup.reprovisionPolicy':
        '再次注册的设备可能会分配给另一个中心。迁移数据：其设备孪生会移到新的中心。重置：重新从初始设备孪生开始。从不：保留当前中心。如果只有一个中心，请保留默认值。',
      'enrollmentGroup.iotEdge':
        'IoT Edge 设备是运行模块并让其他设备通过它进行连接的网关。为此它需要一个额外的 CA 证书。对于普通设备，请回答“否”。',
      'enrollmentGroup.provisioningStatus':
        '已禁用的组会拒绝所有设备。可用于现在做好一切准备，以后再让设备注册。',
      'devices.naming':
        '每台设备都有一个注册 ID，DPS 通过它识别设备；它会成为 IoT 中心内的设备 ID。如果任何名称都可以，请为设备编号。如果设备已有名称（例如序列号），请使用列表或文件。',
      'devices.count':
        '对于每台设备，都会在此计算机上创建密钥和证书，并注册该设备。一次最多 1000 台；更多设备请使用 fleet 命令。',
      'devices.prefix':
        '使用前缀 line4- 时，设备名为 line4-001、line4-002，依此类推。允许使用字母、数字和 - . _ : 字符。',
      'devices.file':
        '从电子表格或数据库导出的文件：第一行包含 registrationId 列的 CSV，或每行一个注册 ID 的文本文件。在创建任何内容之前会检查整个文件；无效的行会按行号报告。',
      'devices.registrationIds':
        '允许使用字母、数字和 - . _ : 字符，用于证书时最多 64 个字符。ID 不区分大小写。每个 ID 也是设备证书中的公用名，因为 DPS 会比较两者。',
      'devices.protocol':
        '设备可以通过 MQTT（端口 8883）或 HTTPS（端口 443）注册。大多数设备使用 MQTT。如果只有端口 443 开放，请选择 HTTPS。',
      'devices.sendTelemetry':
        '注册后，每台设备都会连接到其 IoT 中心，发送一条消息并读取其设备孪生。这可证明整个流程正常工作。',
    },
    signInHelp:
      'enrollkit 使用“az login”的帐户，或 AZURE_TENANT_ID、AZURE_CLIENT_ID 和 AZURE_CLIENT_SECRET 中的服务主体。它会列出此帐户可以读取的内容，你无需输入名称和 ID。不会更改任何内容。你也可以随时改为输入名称。',
    lookingUpSubscriptions: '正在查找你的订阅...',
    noSubscription: '你的帐户没有订阅。请使用其他帐户登录 (az login --tenant TENANT)，或输入名称。',
    whichSubscription: '使用哪个订阅？',
    subscriptionHelp: (signIn) => `订阅包含你的资源，Azure 按订阅计费。${signIn}`,
    subscriptionId: (id) => `订阅 ID：${id}`,
    typeInstead: '改为输入名称',
    typeInsteadNeeds: '你需要名称、订阅 ID 和资源组。',
    lookingUpServices: '正在查找此订阅的设备预配服务...',
    howToContinue: '你想如何继续？',
    whichService: '使用哪个设备预配服务？',
    serviceHelp: (signIn) => `设备预配服务 (DPS) 是设备首先联系的服务。${signIn}`,
    lookAgain: '刷新列表',
    lookAgainWhen: '创建服务或获得权限后使用。',
    tryAgain: '重试',
    tryAgainAfterLogin: '例如，在另一个终端中运行 az login 之后。',
    typeNames: '输入名称',
    typeNamesWithoutRights: '没有 Azure 资源管理器的权限也可以使用。',
    runAgain: '重新运行',
    runAgainEffect: '只创建缺少的内容，不更改其他内容。',
    resume: '继续',
    resumeEffect: '从上次运行停止的位置继续。',
    addDevices: '添加设备',
    addDevicesEffect: '保留 CA 和注册组，并添加设备。',
    whatToDoWith: (folder) => `你想对 ${folder} 执行什么操作？`,
    renewEffect: '续订即将过期或已过期的证书。',
    changeAnswers: '更改答案',
    keepsLastAnswers: '按 Enter 保留上次运行的答案。',
    answerForFolder: '为此文件夹回答问题。',
    newFolderInstead: '在新文件夹中重新开始',
    leavesFolder: (folder) => `不更改 ${folder}。`,
    deleteCreated: '删除 enrollkit 在此创建的内容',
    deleteCreatedEffect: '确认后删除 DPS 中的设备、注册和 CA。',
    atMost: (maximum) => `最多 ${maximum} 个。`,
    notJsonYet: '请输入完整的 JSON 对象，或输入 none。',
    theTwin: '设备孪生',
    wholeNumber: (minimum, maximum) => `请输入 ${minimum} 到 ${maximum} 之间的整数。`,
    folderQuestion: '证书和密钥的文件夹：',
    folderIsCreated: '如果不存在，则会创建。',
    newFolderQuestion: '证书和密钥的新文件夹：',
    folderStays: (folder) => `${folder} 中的内容不会更改。`,
    folderUsed: 'enrollkit 已在使用此文件夹。',
    passphraseQuestion: '私钥的密码：',
    moreQuestion: '更改更多设置？',
    moreSettings: 'CA 名称、有效期、证明机制、IoT 中心、初始设备孪生、IoT Edge 和协议。',
    yourAnswers: '你的答案',
    runQuestion: '运行此计划？',
    run: '运行',
    runEffect: '保存计划并运行，不再提问。',
    changeAnAnswer: '更改一个答案',
    othersKept: '保留所有其他答案。',
    quitWithoutRunning: '退出而不运行',
    quitEffect: '不创建也不保存任何内容。',
    cancelled: '已取消。未创建任何内容。',
    runWhenReady: '准备好后，再次运行同一命令。',
    whichAnswer: '你想更改哪个答案？',
    asksAgain: '重新询问此问题；保留所有其他答案。',
    groupExists: (service, id) => `${service} 已有注册组 ${id}。请选择其他 ID。`,
    certificateExists: (service, name) => `${service} 已有名为 ${name} 的 CA 证书。请选择其他名称。`,
    whatNext: '你想执行什么操作？',
    afterFailureHelp:
      '出错前创建的所有内容都会保留，并在重试时使用。如果名称已被占用或某个值有误，请更改答案。如果连接中断或你已在别处解决问题，请重试。',
    tryAgainEffect: '从停止的位置继续。已完成的步骤会保留。',
    quit: '退出',
    quitToContinue: '以后再次运行同一命令即可继续。',
    howNewNamed: '如何命名新设备？',
    howNamed: '如何命名设备？',
    numbered: '编号',
    numberedEffect: 'device-001、device-002，依此类推，前缀由你选择。',
    fromList: '来自列表',
    fromListEffect: '你输入或粘贴的注册 ID。',
    fromFile: '来自文件',
    fileFormat: '包含 registrationId 列的 CSV，或每行一个 ID。',
    howManyNew: '多少台新设备？',
    howMany: '多少台设备？',
    countEffect: '每台设备都会获得自己的密钥和证书，并进行注册。',
    prefixQuestion: '名称前缀：',
    numberingContinues: '编号从现有设备之后继续。',
    numberFollows: '编号会添加在前缀之后。',
    newIdsQuestion: '新设备的注册 ID：',
    separated: '以逗号或空格分隔。',
    fileQuestion: '包含注册 ID 的文件：',
    nameFile: '请输入文件名。',
    noFile: (path) => `文件 ${path} 不存在。`,
    notAFile: (path) => `${path} 不是文件。`,
    fileTooLarge: (path) => `${path} 过大。较长的列表请使用 enrollkit fleet issue。`,
    tooManyDevices: (count, maximum) =>
      `文件列出了 ${count} 台设备；quickstart 最多接受 ${maximum} 台。请使用 enrollkit fleet issue。`,
    lineProblem: (line, problem) => `第 ${line} 行：${problem}`,
    nameFolder: '请输入文件夹名称。',
    fileNotFolder: (place) => `${place} 是文件，不是文件夹。`,
    mayNotWrite: (place) => `你没有写入 ${place} 的权限。`,
    folderInUse: (pid) => `另一个 enrollkit 命令正在使用此文件夹（进程 ${pid}）。`,
    folderContains: (folder) => `${folder} 包含：`,
    verificationCode: '验证码：',
    pasteCode: '在此粘贴。它不是机密。',
    haveYouRun: '你是否已运行此命令？',
    portalShowsVerified: '门户是否将其显示为已验证？',
    runContinues: '回答“是”以继续运行。',
    refreshList: '这可能需要一些时间。请刷新列表。',
    notVerifiedYet: 'CA 证书尚未验证。',
    whenVerified: '证书通过验证后，再次运行同一命令：它会从此处继续。',
    codeHelp:
      'DPS 要求你签发一个包含此验证码的证书。任何人都可以拥有 CA 证书的副本，但只有其所有者拥有私钥，因此只有所有者才能签名。每个新验证码都会取代之前的验证码。',
    verifiedHelp:
      '在证书通过验证之前，DPS 会拒绝其设备。如果回答“否”，此次运行将结束，你以后可以使用同一命令继续。',
  },

  /** src/cli/cert/ */
  cliCert: {
    authorityName: 'CA 的公用名',
    folderOfThatName: '当前文件夹中的同名文件夹',
    certificateFile: '证书文件：PEM、DER、PKCS#7 或 PKCS#12',
    certificateWithIssuers: '证书，后面可以附上其颁发者',
    deviceOrModuleId: '注册 ID；对于 IoT 中心的模块标识，为 deviceId/moduleId',
    signedByFolder: '由证书文件夹中的 CA 签名',
    signedByOther: '由其他 CA 签名',
    atTime: '检查所依据的时间，ISO 8601（默认：现在）',
    unreadable: '无法读取：',
    encrypted: {
      newKey: '新私钥',
      key: '私钥',
      pfx: 'PKCS#12 文件',
    },
    rows: {
      subject: '主题',
      noSubject: '无',
      issuer: '颁发者',
      itself: '自身',
      selfSigned: '自身（自签名）',
      serialNumber: '序列号',
      validFrom: '有效期开始',
      validUntil: '有效期至',
      key: '密钥',
      signature: '签名',
      requestSignature: '有效：请求者拥有私钥',
      authority: 'CA',
      isAuthority: (pathLength) =>
        pathLength === undefined ? '是，无路径长度' : `是，路径长度 ${pathLength}`,
      notAuthority: '否',
      keyUsage: '密钥用法',
      extendedKeyUsage: '增强型密钥用法',
      alternativeNames: '使用者可选名称',
      leftOut: '未复制',
      malformed: '格式错误',
      certificate: '证书',
      certificates: (count) => (count === 1 ? '证书' : `${count} 个证书`),
      chain: '证书链',
      keyFile: '密钥文件',
      pfx: 'PFX 文件',
      request: '请求',
    },
    bundle: {
      description:
        '将证书链中的证书按 TLS 和 DPS 要求的顺序写入一个 PEM 文件：首先是设备证书，然后是各个颁发者，最后是根证书。可以按任意顺序指定文件。不属于该证书链的证书会导致错误。如果一个 CA 有多个证书（例如交叉签名的证书），则使用自签名的证书，并列出其他证书。',
      withoutRoot: '省略自签名的根证书，因为校验方已有该证书',
      examples: {
        file: '按顺序将证书链写入文件',
        pfx: '从 PKCS#12 文件输出到标准输出',
      },
      written: (count, path) => `包含 ${count} 个证书的证书链：${path}`,
      leftOut: (subject, issuer) =>
        `注意：省略了由 ${issuer} 颁发的 ${subject} 的证书；证书链中包含该 CA 的另一个证书。`,
      tooMany: (path, count, maximum) => `${path} 包含 ${count} 个证书；证书链最多包含 ${maximum} 个。`,
      noFirst: '每个证书都颁发了另一个证书，因此没有可以作为证书链首个证书的证书。',
      several: (count, certificates) =>
        `这里有 ${count} 条证书链。以下证书均未颁发其他证书：${certificates.join('；')}。`,
      inFile: (subject, path) => `${path} 中的 ${subject}`,
      oneOnly: '仅指定一条证书链的证书。',
      notInChain: (subject, path, leaf) => `${path} 中的 ${subject} 不属于 ${leaf} 的证书链。`,
      omit: '省略该证书。',
    },
    convert: {
      description:
        '将证书转换为 PEM、DER（一个证书）或 PKCS#7（仅证书，.p7b）。输入可以是其中任一格式，也可以是 PKCS#12。证书及其顺序保持不变。使用 --key-out 时，还会将 PKCS#12 文件的私钥写入单独的文件（PEM，模式 0600）。',
      to: '输出格式（默认：pem）',
      keyOut: '用于写入 PKCS#12 或 PEM 文件中私钥的输出文件',
      encryptKey: '使用密码加密该私钥',
      examples: {
        toPem: 'DER 转换为 PEM，输出到标准输出',
        toPkcs7: 'PEM 转换为 PKCS#7',
        withKey: 'PKCS#12 转换为 PEM，并加密私钥',
      },
      binary: (format) => `${format} 是二进制格式，不会写入终端。`,
      addOut: '请添加 --out FILE。',
      noKey: (path) => `${path} 不包含可用于 --key-out 的私钥。`,
      oneInDer: (path, count) => `${path} 包含 ${count} 个证书，但 DER 文件只能包含一个。`,
      usePkcs7: '使用 --to pkcs7，或指定只包含一个证书的文件。',
    },
    csr: {
      description:
        '创建私钥和证书签名请求（CSR，PKCS#10）：key.pem（模式 0600）和 request.pem。请在设备上运行，这样私钥始终不会离开设备。使用 --key 时，为现有密钥创建请求。',
      name: '公用名；对于设备，为其注册 ID',
      examples: {
        device: '在设备上运行；然后在 CA 所在的计算机上为请求签名',
        existingKey: '用于现有密钥',
      },
      next: (command) => `下一步：在 CA 所在的计算机上运行 ${command}`,
    },
    device: {
      description:
        '创建设备的私钥和证书。公用名为注册 ID。不带 --ca 时，由快速入门的证书文件夹中的 CA 签名，文件也写入该文件夹。',
      out: '证书文件夹中的 devices/ID，对于模块为 devices/ID/modules/MODULE；使用 --ca 时，为当前文件夹中的 ID',
      examples: {
        module: '用于该设备的模块标识 camera',
        otherCa: '由其他 CA 签名，有效期 90 天',
      },
    },
    edge: {
      description:
        '创建 IoT Edge 网关的 CA（其 config.toml 中的 edge_ca）。IoT Edge 在其下创建工作负荷 CA。公用名为 ID.ca，因为它必须与设备证书的公用名不同。',
      id: '网关的注册 ID',
      out: '证书文件夹中的 devices/ID/edge-ca；使用 --ca 时，为当前文件夹中的 ID.ca',
    },
    fingerprint: {
      description:
        '打印文件中每个证书的 SHA-1 和 SHA-256 指纹，采用不带冒号的大写十六进制。Azure 称之为 thumbprint。',
      algorithm: '仅打印此指纹',
      examples: {
        both: '两个指纹',
        script: '仅 SHA-1，供脚本使用',
      },
    },
    inspect: {
      description:
        '显示文件（PEM、DER、PKCS#7 或 PKCS#12）中的证书，或文件夹及其子文件夹的所有文件中的证书。还会按 cert sign 的读取方式显示证书签名请求。',
      path: '文件或文件夹',
      examples: {
        chain: '证书链中的每个证书',
        request: '签名之前的请求',
        folder: '文件夹中的所有内容，以 JSON 格式',
      },
      request: (file) => `${file}，证书签名请求`,
      certificate: (file, position, count) => `${file}，第 ${position} 个证书，共 ${count} 个`,
    },
    intermediate: {
      description:
        '在另一个 CA 之下创建中间 CA，深度不超过其上级 CA 的路径长度所允许的范围。不带 --ca 时，由证书文件夹中的根 CA 签名。',
      examples: {
        root: '在证书文件夹中的根 CA 之下',
        company: '在公司的 CA 之下，从 PKCS#12 文件读取',
        deeper: '在另一个中间 CA 之下；chain.pem 包含其颁发者',
      },
    },
    lint: {
      description:
        '按 RFC 5280 对颁发者的规则和 DPS 的规则检查证书。docs/lint.md 列出了这些规则及其代码和来源。对于文件夹，会读取每个可能包含证书的文件，并且每条证书链只检查一次，即使多个文件包含它。每个结果为错误或警告。退出状态：没有错误时为 0；有错误或无法读取文件夹中的某个文件时为 11；使用 --strict 时，有警告也为 11。',
      path: '文件（PEM、DER、PKCS#7 或 PKCS#12）或文件夹',
      use: '每条证书链中首个证书的用途：DPS 设备、注册组的 CA 或 TLS 服务器（默认：根据证书推断）',
      strict: '将警告视为错误',
      examples: {
        folder: '快速入门创建的所有内容',
        device: '投入生产之前的设备证书，供脚本使用',
      },
      locked: (file) => `注意：未检查 ${file}，因为它需要密码。`,
      error: '错误',
      warning: '警告',
      summary: (errors, warnings, chains) => `${chains} 条证书链中有 ${errors} 个错误、${warnings} 个警告。`,
    },
    needsRenewal: {
      description:
        '通过退出状态报告证书是否需要续订。0：是，证书已过期或即将过期。10：尚不需要。2：文件不包含证书。9：无法读取文件。默认情况下，“即将过期”表示剩余时间不足有效期的三分之一。检查文件中的第一个证书，使用 --bundle 时检查所有证书。',
      within: '视为即将过期的剩余时间：天数 (30)、小时数 (36h) 或有效期的百分比 (25%)；默认：三分之一',
      bundle: '检查文件中的每个证书；只要有一个需要续订即可',
      examples: {
        shell: '在 shell 中，后面接 && 和续订命令',
        bundle: '同时检查其颁发者，以 JSON 格式',
      },
      due: (subject, notAfter) => `${subject}：需要续订；到期时间 ${notAfter}`,
      notDue: (subject, renewFrom, notAfter) =>
        `${subject}：在 ${renewFrom} 之前不需要续订；到期时间 ${notAfter}`,
    },
    peerName: {
      oneOnly: (first, second) => `--${first} 和 --${second} 不能一起使用。`,
      twice: '指定其中一个，然后针对另一个再次运行该命令。',
      invalid: (flag, value, reason) => `--${flag} ${value} 无效：${reason}。`,
      wildcard: '主机名不能包含通配符',
    },
    pfx: {
      description:
        '将证书、其私钥和其颁发者打包为 Windows 和 .NET 所需的 PKCS#12 文件 (.pfx)。密码用于保护该文件。如果私钥已加密，也使用该密码解密。',
      key: '证书的私钥（默认：同一文件夹中的 key.pem）',
      chain: '包含第一个文件中没有的颁发者的文件',
      friendlyName: '在密钥存储中显示的名称（默认：公用名）',
      out: '输出文件（默认：证书文件的名称，扩展名为 .pfx）',
      pbmac1: '使用 PBMAC1 (RFC 9579) 对文件进行身份验证，适用于 OpenSSL 3.4 及更高版本',
      emptyPassphrase: '使用空密码；文件仅受其模式 (0600) 保护',
      examples: {
        chain: '包含其颁发者；要求输入密码',
        separate: '从多个文件打包，不提问',
      },
    },
    renew: {
      description:
        '续订证书：主题、名称和用法保持不变，日期和序列号更新。除非添加 --new-key，否则密钥也保持不变。由颁发该证书的 CA 再次签名：--ca 指定的 CA，或证书文件夹中的 CA。根证书或自签名证书由其自身签名。如果同一文件夹中有该证书的 device.pfx，并且它没有密码或使用你提供的密码，也会续订该文件。',
      file: '证书；如果文件中有多个证书，则使用第一个',
      key: '私钥，用于由其自身签名的证书（默认：同一文件夹中的 key.pem）',
      newKey: '同时创建新密钥',
      newIssuer: '允许由其他 CA 签名',
      keyAlgorithm: '新密钥的算法（默认：与之前相同）',
      days: '有效天数（默认：与之前相同）',
      out: '该文件所在的文件夹；需要 --force 才能替换',
      examples: {
        inPlace: '替换证书，使用相同的密钥',
        newKey: '使用新密钥，写入另一个文件夹',
      },
      oldPfx: (path, command) =>
        `注意：${path} 可能仍包含之前的证书，因为没有其密码便无法打开它。若要续订：${command}`,
      requiresNewKey: '--key-algorithm 和 --encrypt-key 需要 --new-key。',
      addNewKey: '请添加 --new-key。',
      unknownAlgorithm: (name) => `enrollkit 无法创建 ${name} 类型的密钥。`,
      chooseAlgorithm: '使用 --key-algorithm 选择其他算法。',
      otherKey: (key, subject, path) => `${key} 中的私钥不属于 ${path} 中的证书 ${subject}。`,
      otherIssuer: (subject, path, issuer) => `${path} 中的证书 ${subject} 不是由 ${issuer} 颁发的。`,
      nameIssuer: '使用 --ca FILE 指定颁发该证书的 CA。如果今后改由其他 CA 签名，请添加 --new-issuer。',
    },
    rollover: {
      description:
        '分三个阶段替换证书文件夹中的 CA。每个阶段都可以重复运行。阶段 1 创建一个名称相同、密钥全新的 CA，并将旧 CA 的文件保留在单独的文件夹中。如果旧 CA 已上传到 DPS，也会上传并验证新 CA。在注册组中，新 CA 成为主要证书，旧 CA 成为辅助证书。输出会列出需要重新颁发的证书及其期限。阶段 2 (--reissue) 重新颁发设备的证书。阶段 3 (--finish) 从注册组和 DPS 中移除旧 CA。不带 --group 时，仅更改文件。示例请参阅 docs/rollover.md。',
      phase: '阶段（默认：第一阶段）：',
      authority: 'root、intermediate 或其在 ca 中的文件夹名称；其下级 CA 也会一并替换',
      group: '该 CA 的注册组；后续阶段也会使用它',
      reissue: '阶段 2：为文件夹中的设备颁发新证书，密钥不变',
      newKey: '与 --reissue 一起使用：同时创建新密钥',
      finish: '阶段 3：不再接受旧 CA 的设备',
      force: '与 --finish 一起使用：即使仍有未重新颁发证书的设备',
      issuer: '上级 CA 及其颁发者（如果不在文件夹中）',
      examples: {
        first: '阶段 1，在快速入门之后',
        second: '阶段 2，为设备创建新密钥',
        third: '阶段 3，在设备拥有新证书之后',
        files: '仅文件，以 JSON 格式',
      },
      step: (text) => `  完成  ${text}`,
      title: (authority, finishedOn) =>
        `${authority} CA 的轮换：${finishedOn === undefined ? '两个 CA 均在使用中' : `已于 ${finishedOn} 完成`}`,
      newAuthority: (role) => `新 ${role}`,
      oldAuthority: (role) => `旧 ${role}`,
      headings: {
        authorities: 'CA',
        groups: '注册组',
        deleted: '已从 DPS 中删除',
        notes: '注意',
        devices: (all, left) =>
          left === 0 ? `设备：${all} 台均已重新颁发证书` : `设备：${all} 台中有 ${left} 台尚未重新颁发证书`,
      },
      acceptsBoth: (id, primary, secondary) => `${id}：同时接受 ${primary} 和 ${secondary}`,
      acceptsNew: (id, primary) => `${id}：仅接受新 CA ${primary}`,
      unchanged: (id, primary) => `${id}：未更改，${primary}`,
      gone: (id) => `${id}：已不存在`,
      edgeCa: (name) => `${name}（Edge CA 证书）`,
      reissued: (day) => `已重新颁发，有效期至 ${day}`,
      reissueBy: (day) => `请在 ${day} 之前重新颁发`,
      more: (count) => `另有 ${count} 个`,
      seeJson: '请参阅 --json',
      noAuthority: (name, folder) => `${folder} 中没有 CA“${name}”。`,
      knownAuthorities: (names) =>
        `请使用以下之一：${names.join('、')}。如果该 CA 在其他证书文件夹中，请添加 --dir FOLDER。`,
      twoPhases: '--reissue 和 --finish 不能一起使用。',
      onePhase: '请使用其中一个。',
      newKeyRequires: '--new-key 需要 --reissue。',
      addReissue: '请添加 --reissue。',
      forceRequires: '--force 需要 --finish。',
      addFinish: '请添加 --finish。',
      groupInFirst: '--group 仅用于第一阶段。后续阶段使用相同的注册组。',
      omitGroup: '请省略 --group。',
      nothingNext: '无。不再需要旧文件时，可以将其删除。',
      deployNext: (command) => `将新文件复制到设备，让设备重新注册，然后运行 ${command}`,
    },
    root: {
      description: '创建根 CA：key.pem（模式 0600）、certificate.pem，以及仅包含该根证书的 chain.pem。',
      examples: {
        plain: '在文件夹 Contoso-Root-CA 中',
        subject: '使用更长的主题和加密的私钥',
      },
    },
    selfSigned: {
      description: '创建用于个体注册的自签名设备证书。DPS 或 IoT 中心通过证书的指纹（会打印出来）识别设备。',
      out: '当前文件夹中的 ID',
      examples: {
        plain: '在文件夹 device-042 中',
        second: '第二个证书，用于辅助指纹，以 JSON 格式',
      },
      addToModule: (path) => `将 ${path} 或指纹添加到 IoT 中心的模块标识。`,
      addToEnrollment: (path) => `将 ${path} 或指纹添加到个体注册。`,
    },
    server: {
      description:
        '创建 TLS 服务器的证书。客户端仅检查使用者可选名称：--dns 和 --ip。两者都没有时，使用公用名。',
      name: '公用名，通常为第一个 DNS 名称',
      examples: {
        local: '用于此计算机',
        wildcard: '用于两个名称，其中一个包含通配符',
      },
      noName: (name) => `“${name}”既不是 DNS 名称也不是 IP 地址，并且没有 --dns 或 --ip。`,
      addName: '添加客户端连接的名称或地址：--dns NAME 或 --ip ADDRESS。',
    },
    sign: {
      description:
        '为证书签名请求 (CSR) 签名。私钥保留在其创建位置。主题、公钥和可选名称来自请求，其他内容来自配置文件。输出依次包含证书及其颁发者。不带 --ca 时，由证书文件夹中的 CA 签名。',
      request: '证书签名请求，PEM 或 DER',
      role: '证书的用途（默认：device）',
      examples: {
        device: '用于设备',
        server: '用于 TLS 服务器，由其他 CA 签名，输出到标准输出',
      },
      leftOut: (names) => `注意：未从请求中复制：${names.join('、')}。`,
    },
    verification: {
      description:
        '创建用于所有权证明的验证证书：其公用名为验证码，由已上传的 CA（根 CA 或中间 CA）签名。验证证书的密钥不再需要，因此不会保留。不带 --ca 时，由证书文件夹中的根 CA 签名。',
      code: '来自 DPS 的验证码',
      examples: {
        root: '由证书文件夹中的根 CA 签名',
        intermediate: '由中间 CA 签名，输出到标准输出',
      },
    },
    verify: {
      description:
        '根据 RFC 5280 第 6 节校验证书及其证书链，并说明问题所在。校验文件中的第一个证书；其他证书可以是它与受信任 CA 之间的中间证书。受信任的 CA 由 --trust 指定，或为证书文件夹中的根 CA。退出状态：证书链有效时为 0，否则为 11。',
      policies: '证书策略（RFC 5280 第 6.1.1 节）：',
      peer: '预期的名称（其中之一；忽略公用名）：',
      trust: '包含受信任 CA 的文件',
      intermediates: '包含中间证书的文件',
      purpose: '证书的用途（默认：any）',
      dns: '主机的 DNS 名称',
      ip: '主机的 IP 地址',
      email: '所有者的电子邮件地址',
      crl: '证书吊销列表 (CRL)，PEM 或 DER；如果指定，则需要包含每个颁发者的列表',
      maxDepth: '受信任 CA 之下中间证书的最大数量',
      policy: '可接受的证书策略（默认：任意）',
      requirePolicy: '要求有可接受的策略，即使没有证书要求',
      inhibitPolicyMapping: '忽略 CA 证书中的策略映射',
      inhibitAnyPolicy: 'anyPolicy 不匹配其他策略',
      strict: '同时检查 RFC 5280 第 4 节和 CA/Browser Forum 对颁发者的规则',
      examples: {
        folder: '以证书文件夹中的根 CA 为准',
        server: '服务器证书，按 gateway.local 的客户端的方式校验',
        crl: '使用吊销列表，在将来的日期，以 JSON 格式',
      },
      valid: '证书链有效。',
      path: '从证书到受信任的 CA：',
      invalid: '证书链无效。',
      certificate: (subject, notAfter) => `${subject}，有效期至 ${notAfter}`,
      noTrust: (folder) => `没有可信任的 CA：未指定 --trust，并且证书文件夹 ${folder} 中没有根 CA。`,
      addTrust: '请添加 --trust FILE，或使用 --dir FOLDER 指定证书文件夹。',
    },
  },

  /** src/cli/certgen/ */
  cliCertgen: {
    description:
      '替代 certGen.sh，无需 bash 和 openssl：相同的命令会在当前文件夹中写入相同的文件。命令：create_root_and_intermediate；create_verification_certificate、create_device_certificate、create_device_certificate_from_intermediate 和 create_edge_device_certificate，每个命令后跟一个名称。使用 --edge 时，为 IoT Edge 脚本的命令：还包括 install_root_ca_from_files、install_root_ca_from_cli、create_edge_device_ca_certificate、create_edge_device_identity_certificate 和 create_edge_server_certificate。此外还有 env，用于打印 ca-certs.ps1 设置的环境变量。这些证书用于测试，有效期为 30 天。docs/certgen.md 列出了所有差异。',
    command: '上述命令之一',
    name: '设备 ID、主机名或验证码；对于 install_root_ca_from_files，为两个文件',
    edge: '使用 IoT Edge 存储库中脚本的命令',
    dir: '文件夹（默认：当前文件夹）',
    force: '替换现有 CA；旧 CA 会移动到单独的文件夹',
    passphraseFile: '第一行为 CA 密钥和 PFX 文件密码的文件',
    rootPassphraseFile: 'install_root_ca_...：第一行为要安装的密钥的密码的文件（如果密码不同）',
    hub: 'env：IoT 中心的主机名',
    format: 'env：输出格式（默认：shell）',
    examples: {
      authority: '在当前文件夹中创建根 CA 和中间 CA',
      device: '由根 CA 签名的设备证书',
      edge: 'IoT Edge 脚本的命令',
      env: '用于示例程序；在 shell 中：eval "$(enrollkit certgen env ...)"',
    },
    needsHub: 'certgen env 需要 --hub 和 IoT 中心的主机名。',
    addHub: '请添加 --hub NAME.azure-devices.net。',
    needsTwo: (command) => `${command} 需要一个证书和一个私钥。`,
    noPassphrase: (command) =>
      `${command} 需要一个证书和一个私钥，并且不接受密码：此计算机的其他用户可以读取命令的参数。`,
    passphraseOfKey: '使用 --root-passphrase-file FILE 或在 ENROLLKIT_PASSPHRASE 中指定密钥的密码。',
    keyOnCommandLine: '未加密的私钥不能作为命令的参数。',
    keyFromInput: '改用 -，并通过标准输入传递密钥。',
    sources: {
      firstArgument: '第一个参数',
      secondArgument: '第二个参数',
      standardInput: '标准输入',
    },
    takesNoName: (command) => `${command} 不接受名称。`,
    requiresName: (command, given) =>
      given === 0 ? `${command} 需要一个名称。` : `${command} 只需要一个名称，但有 ${given} 个参数。`,
    requiresDeviceId: (command, given) =>
      given === 0 ? `${command} 需要一个设备 ID。` : `${command} 只需要一个设备 ID，但有 ${given} 个参数。`,
    notWithEdge: (command) => `${command} 不能与 --edge 一起使用。`,
    needsEdge: (command) => `${command} 需要 --edge。`,
    unknownCommand: (command) => `未知的 certgen 命令“${command}”。`,
    seeHelp: '请参阅 enrollkit certgen --help。',
    encrypted: 'CA 密钥和 PFX 文件',
    creatingKeys: '正在创建两个 4096 位密钥。这需要几秒钟。',
    notARegistrationId: (problem) => `注意：DPS 不接受此名称作为注册 ID。${problem}`,
    passphraseRequired: '需要 CA 密钥的密码。',
    replace: (folder, files) => `${folder} 中已有 CA：${files.join('、')}。是否创建另一个？`,
    replaceWhy: '旧 CA 会移动到单独的文件夹，不会删除。',
    notDays: (text) => `DEFAULT_VALIDITY_DAYS 必须是 1 到 36500 之间的天数，而不是“${text}”。`,
    moved: (from, to) => `已移动：${from} 现为 ${to}`,
    created: (subject, notAfter, sha1) => `${subject}：有效期至 ${notAfter}，SHA-1 ${sha1}`,
    forTests: '用于测试，请勿用于生产。',
  },

  /** src/cli/ca/ */
  cliCa: {
    rows: { name: '名称', subject: '主题', status: '状态', expires: '到期时间' },
    verified: '已验证',
    unverified: '未验证',
    code: {
      description:
        '为已上传的 CA 证书生成验证码并打印。若要证明你拥有私钥，请签发一个以该验证码为公用名的证书并发送到 DPS；标准错误会显示具体做法。每个新验证码都会取代之前的验证码。如果密钥就在此计算机上，ca verify 会完成所有这些步骤。',
      examples: { plain: '验证码以及如何使用它', azure: '在 Azure 中，以 JSON 格式' },
      alreadyVerified: (name) => `CA 证书 ${name} 已经过验证。`,
      nothingToDo: '无需进一步证明。',
      sign: '签发一个以该验证码为公用名的证书：',
      signWithFiles: '签发一个以该验证码为公用名的证书（CA_FILE 是已上传的证书，KEY_FILE 是其私钥）：',
      send: '然后将它发送到 DPS：',
    },
    nameInDps: 'CA 证书在 DPS 中的名称',
    notUploaded: (name) => `没有名为 ${name} 的已上传 CA 证书。`,
    listExisting: (command) => `列出现有证书：${command}`,
    delete: {
      description: '删除已上传的 CA 证书。设备将无法再通过引用它的注册组进行注册。',
      confirm: (name) => `删除 CA 证书 ${name}？`,
      deleted: (name) => `已删除 CA 证书 ${name}。`,
    },
    list: {
      empty: '没有已上传的 CA 证书。',
      heads: { name: '名称', status: '状态', subject: '主题' },
    },
    upload: {
      description: '将 CA 证书上传到 DPS。证书经过验证后，DPS 才会接受该 CA 的设备：请参阅 ca verify。',
      file: 'CA 证书（PEM 或 DER）；如果文件中有多个证书，则使用第一个',
      nameFlag: '证书在 DPS 中的名称（默认：其公用名）',
      examples: { plain: '以其公用名作为名称', named: '使用你选择的名称' },
      nameTaken: (subject, name) => `已有另一个证书 (${subject}) 以 ${name} 为名上传。`,
      chooseName: (command) => `使用 --ca-name NAME 选择其他名称，或删除该证书：${command}`,
      otherReadBack: (name, subject) => `证书已上传为 ${name}，但 DPS 显示的是另一个证书 (${subject})。`,
      notReadBack: (name) => `证书已上传为 ${name}，但 DPS 未显示它。`,
      next: (command) => `下一步：${command}`,
      keyFile: '（KEY_FILE 是该 CA 的私钥。）',
      notCa: (file, subject) => `${file} 不是 CA 证书：${subject} 的基本约束未标明 CA。`,
      giveCa: '指定为设备签名的 CA 的证书，或其上级 CA 的证书。',
    },
    verify: {
      description:
        '通过私钥的所有权证明来验证已上传的 CA 证书：向 DPS 请求验证码，签发一个以该验证码为公用名的证书并发送。使用证书文件夹中该 CA 的密钥，或 --key 中的密钥。如果密钥在另一台计算机上，请用 ca code 获取验证码，在那台计算机上用 cert verification 签名，然后用 --verification-certificate 发送结果。',
      certificate: 'CA 证书（如果不在证书文件夹中）',
      key: 'CA 的私钥，PKCS#8 PEM',
      verificationCertificate: '应答 ca code 验证码的证书，代替 --certificate 和 --key',
      examples: {
        folder: '证书文件夹中的 CA',
        files: '其他文件中的 CA',
        elsewhere: '其密钥在另一台计算机上为 ca code 的验证码签名的 CA',
      },
      bothOrNeither: '--certificate 和 --key 必须一起使用。',
      giveBoth: '两者都指定，或都不指定。',
      excluded: '--verification-certificate 不能与 --certificate 和 --key 一起使用。',
      leaveOut: '省略 --certificate 和 --key：验证证书已经签名。',
      uploadFirst: (command) => `请先上传：${command}`,
      notShown: (name) => `DPS 未将 ${name} 显示为已验证。`,
      notIn: (sha1, path) => `已上传的证书（SHA-1 ${sha1}）不在 ${path} 中。`,
      giveFiles: '使用 --certificate FILE 指定证书，使用 --key FILE 指定其私钥。',
    },
  },

  /** src/cli/dps/ and src/cli/hub/ */
  cliDps: {},

  /** src/cli/group/ */
  cliGroup: {
    create: {
      description:
        '创建使用 X.509 证明的注册组：使用 --ca-name 指定的已上传 CA 证书，或使用存储在组中的 CA 证书。其他设置默认与快速入门相同。',
      caName: '已上传的 CA 证书（默认：文件夹中上次运行使用的证书）',
      certificate: '要存储在组中的 CA 证书（默认：文件夹中为设备签名的 CA）',
      examples: { uploaded: '使用快速入门上传的 CA', certificate: '使用另一个 CA 证书' },
      differs: (id, members) => `注册组 ${id} 已创建，但读取时以下内容不同：${members.join('、')}。`,
      notReadBack: (id) => `注册组 ${id} 已创建，但服务未显示它。`,
      noCa: (folder) => `${folder} 中没有 CA 证书。`,
      giveCa: '使用 --certificate FILE 指定一个。',
    },
    id: '注册组 ID',
    delete: {
      description: '删除注册组。其设备保留在 IoT 中心内，但无法再次注册。',
      confirm: (id) => `删除注册组 ${id}？`,
      deleted: (id) => `已删除注册组 ${id}。`,
    },
    notFound: (id) => `没有注册组 ${id}。`,
    listExisting: (command) => `列出现有注册组：${command}`,
    devices: {
      description: '列出通过注册组注册的设备，类似于门户中的“管理注册”。尚未注册的设备没有注册记录。',
      limit: '最多列出的数量（默认：全部）',
      examples: { plain: '快速入门的设备', limited: '前一千个，以 JSON 格式' },
      empty: (id) => `没有设备通过 ${id} 注册。`,
    },
    list: { inAzure: '在 Azure 中，以 JSON 格式', empty: '没有注册组。' },
    show: { plain: '快速入门的注册组', json: '服务返回的每个字段' },
  },

  /** src/cli/enrollment/ and src/cli/registration/ */
  cliEnrollment: {
    attestation: {
      exclude: (one, other) => `${one} 和 ${other} 不能一起使用。`,
      needsCsr: (flag) => `${flag} 需要 --csr：它指定为请求签名的 CA。`,
      forNewKey: '--key-algorithm 和 --encrypt-key 需要 --self-signed：它们适用于新密钥。',
      forNewCertificate: '--days 需要 --self-signed 或 --csr：它适用于新证书。',
      secondaryNeedsPrimary: '--secondary-certificate 需要 --certificate，即主证书。',
      noCertificate: (id, folder) => `${folder} 中没有 ${id} 的证书。`,
      choose:
        '使用 --certificate FILE 指定其证书，或使用 --csr FILE 指定证书请求，或使用 --self-signed 或 --symmetric-key。',
      otherCertificate: (path, commonName, id) =>
        `${path} 是“${commonName}”的证书，而不是 ${id} 的证书。使用 X.509 证明时，注册 ID 就是公用名。`,
      useCertificateName: '使用证书的公用名作为注册 ID，或使用其他证书。',
      otherRequest: (commonName, id) =>
        `该请求用于“${commonName}”，而不是 ${id}。使用 X.509 证明时，注册 ID 就是公用名。`,
      useRequestName: '使用请求的公用名作为注册 ID，或使用其他请求。',
      useExisting: (command) => `使用现有证书注册设备：${command}`,
      newKey: '新密钥',
      help: '运行“enrollkit enrollment create --help”查看用法。',
    },
    create: {
      description:
        '创建个体注册，使一台设备能够使用其证书或密钥进行注册。此命令创建的证书写入证书文件夹的 devices/ID 中，供 device register 使用。',
      id: '注册 ID；使用证书时为其公用名',
      attestation: '设备的证明机制（任选其一）：',
      certificate: '其证书（默认：证书文件夹中的证书）',
      selfSigned: '新的自签名证书；其密钥写入证书文件夹',
      csr: '由你的 CA 为此证书请求签发的证书',
      symmetricKey: '由 DPS 生成的对称密钥',
      secondary: '设备可以使用的第二个证书，例如在续订期间',
      withCsr: '与 --csr 一起使用：',
      withNewCertificate: '与 --self-signed 或 --csr 一起使用：',
      enrollment: '注册：',
      deviceId: '设备在 IoT 中心内的 ID（默认：注册 ID）',
      update: '更改现有注册：设置你指定的内容，其余保持不变',
      examples: {
        selfSigned: '使用新的自签名证书',
        csr: '用于证书请求，由证书文件夹中的 CA 签名；分配到一个 IoT 中心',
        symmetricKey: '使用对称密钥',
        update: '禁用现有注册，不更改其他内容',
      },
      showKeys: (command) => `下一步：显示其密钥：${command}`,
      next: (command) => `下一步：${command}`,
      notShown: (id, change) => `注册 ${id} 已${change === 'created' ? '创建' : '更改'}，但服务未显示它。`,
      differs: (id, change, members) =>
        `注册 ${id} 已${change === 'created' ? '创建' : '更改'}，但读取时以下内容不同：${members.join('、')}。`,
      exists: (id) => `个体注册 ${id} 已存在。`,
      updateOrDelete: (command) => `使用 --update 更改它，或将其删除：${command}`,
    },
    delete: {
      description: '删除个体注册。设备保留在 IoT 中心内，但无法再通过此注册进行注册。',
      confirm: (id) => `删除个体注册 ${id}？`,
      deleted: (id) => `已删除个体注册 ${id}。`,
    },
    empty: '没有个体注册。',
    show: {
      keys: '同时显示对称密钥（机密信息）',
      plain: '注册，以及为其设备分配的 IoT 中心',
      withKeys: 'DPS 返回的每个字段以及密钥',
      primaryKey: '主密钥',
      secondaryKey: '辅助密钥',
      registration: '注册状态',
      assigned: (status, hub) => `${status}，${hub}`,
    },
    notFound: (id) => `没有个体注册 ${id}。`,
    listExisting: (command) => `列出现有注册：${command}`,
    registration: {
      deletes: '删除设备的注册记录。设备保留在 IoT 中心内，只要仍有其注册，就可以再次注册。',
      confirm: (id) => `删除 ${id} 的注册记录？`,
      deleted: (id) => `已删除 ${id} 的注册记录。`,
      shows: '显示设备的注册记录：状态、为其分配的 IoT 中心以及日期。',
      plain: '设备分配到的 IoT 中心',
      json: 'DPS 返回的每个字段',
      none: (id) => `设备 ${id} 没有注册记录。`,
      registerFirst: (command) => `请先注册设备，或列出已注册的设备：${command}`,
    },
  },

  /** src/cli/device/ */
  cliDevice: {
    keyAndCertificate: '证书需要其密钥，密钥需要其证书。',
    giveBoth: '指定 --certificate FILE 或 --chain FILE，并同时指定 --key FILE。',
    otherCommonName: (file, commonName, registrationId) =>
      `${file} 是“${commonName}”的证书，而不是 ${registrationId} 的证书。DPS 使用公用名作为注册 ID。`,
    useCommonName: '使用证书的公用名作为注册 ID。',
    noCertificate: (registrationId, folder) => `${folder} 中没有 ${registrationId} 的证书。`,
    createOne: (command) => `创建一个：${command}；或指定 --certificate、--chain 和 --key。`,
    keyMismatch: (key, subject, file) => `${key} 中的私钥与 ${file} 中的证书 ${subject} 不匹配。`,
    flags: {
      certificate: '设备证书（如果不在证书文件夹中）',
      chain: '其颁发者，或整个证书链',
      key: '其私钥，PEM',
      protocol: '注册使用的协议（默认：mqtt）',
    },
    register: {
      description:
        '使用设备的证书注册设备，与设备自身的做法相同，并显示为其分配的 IoT 中心。使用 --id-scope 时，可用于任何 DPS。',
      folder: '证书文件夹中的设备',
      files: '使用其他文件中的证书，在 Azure 的 DPS 中注册',
    },
    id: '注册 ID',
    send: {
      message: '要发送的消息（默认：问候语和时间）',
      custom: '自定义消息',
      sent: (device, message, hub, twin) => `${device} 已将 ${message} 发送到 ${hub}。\n设备孪生：\n${twin}`,
      badJson: (problem) => `--message，${problem}。`,
      notAnObject: '--message 不是 JSON 对象。',
      example: '指定一个 JSON 对象，例如 \'{"temperature":21.5}\'。',
    },
  },

  /** src/cli/doctor/ */
  cliDoctor: {
    nodeTooOld: (version, oldest) => `Node.js ${version} 版本太旧。enrollkit 需要 ${oldest} 或更高版本。`,
    installNode: '安装当前版本的 Node.js。',
    trustedRoots: (roots) => `受信任的根证书：${roots}`,
    rootMissing: (name) => `Node.js 不信任 Azure 服务器所使用的 ${name}。`,
    addRoot: '将 NODE_EXTRA_CA_CERTS 设置为包含此根证书的文件，或移除替换其内置根证书的 Node.js 选项。',
    extraRootsMissing: (path) => `NODE_EXTRA_CA_CERTS 设置为 ${path}，但该文件不存在。Node.js 会忽略它。`,
    correctPath: '更正路径，或取消设置 NODE_EXTRA_CA_CERTS。',
    tlsChecksOff:
      'NODE_TLS_REJECT_UNAUTHORIZED 为 0，因此 Node.js 程序会接受任何服务器，包括冒充 Azure 的服务器。',
    turnTlsChecksOn: '取消设置 NODE_TLS_REJECT_UNAUTHORIZED，改为将 NODE_EXTRA_CA_CERTS 设置为缺少的根证书。',
    noProxy: '未设置代理',
    proxyInvalid: 'HTTPS_PROXY 或 ALL_PROXY 不是 URL。',
    setProxy: '将其设置为 http://HOST:PORT，或取消设置。',
    proxy: (host) => `HTTPS 通过代理 ${host}，但连接此计算机除外`,
    proxyNotForMqtt: (host) => `设备通过 MQTT 注册，而 MQTT 不通过代理 ${host}。`,
    registerOverHttps: '如果防火墙阻止端口 8883，请通过 HTTPS 注册：--protocol https',
    planSaysSo: (device, message) => `${device}：${message}它是计划的一部分。`,
    notAllDevices: (maximum, count) => `已检查 ${count} 台设备中的前 ${maximum} 台`,
    notRegisteredYet: (device) => `${device} 未注册`,
    notRegistered: (device) => `${device} 未注册。`,
    register: (device) => `注册它：enrollkit device register ${device}`,
    registerAgain: (device) => `重新注册：enrollkit device register ${device}`,
    assigned: (device, hub) => `${device} 已分配到 ${hub}`,
    notInHub: (device, hub, deviceId) => `${device} 有注册记录，但 IoT 中心 ${hub} 没有设备 ${deviceId}。`,
    disabledInHub: (deviceId, hub) => `设备 ${deviceId} 在 IoT 中心 ${hub} 中已禁用。`,
    enableInHub: '在 IoT 中心启用它。',
    hubHasOther: (hub, deviceId, known, own) =>
      `IoT 中心 ${hub} 中 ${deviceId} 的证书 (${known}) 与文件夹中的 (${own}) 不同。`,
    registerForHub: (device) => `重新注册，使 IoT 中心获得当前证书：enrollkit device register ${device}`,
    thisComputer: '此计算机',
    provisioningService: '预配服务',
    noFolder: (path) => `文件夹 ${path} 不存在。`,
    nameFolder: '使用 --dir FOLDER 指定文件夹，或创建它：enrollkit quickstart',
    checkFolder: '检查 --dir FOLDER，或创建它：enrollkit quickstart',
    noEmulator: (path) => `${path} 中没有模拟器`,
    emulatorMissing: (message) => `${message}，但文件夹的计划使用模拟器。`,
    runAgainForEmulator: '重新运行 quickstart 以创建新的模拟器。',
    emulatorStopped: '模拟器未运行；仅为这些检查启动',
    emulatorRunning: (pid, ports) => `模拟器正在以进程 ${pid} 运行；端口：${ports}`,
    description:
      '检查此计算机（Node.js、时钟、端口、代理、受信任的根证书）、证书文件夹（文件模式、密钥、日期、证书链）及其预配服务（凭据、权限、IoT 中心、已上传的 CA、注册组、注册记录），并说明如何解决问题。不做任何更改。退出状态：没有错误时为 0，有错误时为 11。',
    exampleFolder: '上次 quickstart 的文件夹和此计算机',
    exampleJson: '用于缺陷报告或脚本：含代码、严重性、消息和解决方法的检查结果',
    certificateMissing: (folder) => `${folder} 中没有证书，但文件夹的计划中有。`,
    restoreOrRunAgain: '从备份还原，或重新运行 quickstart。',
    changeUnfinished: (path) => `被中断或仍在运行的命令在 ${path} 中留下了文件。`,
    waitOrRunAgain: '等待该命令，或重新运行以完成更改。',
    rolloverUnfinished: (authority, date) => `${authority} CA 的轮换（开始于 ${date}）尚未完成。`,
    continueRollover: (authority) => `继续轮换：enrollkit cert rollover ${authority} --help`,
    keyReadable: (path, mode) => `${path} 的模式为 ${mode}：此计算机的其他用户可以读取该私钥。`,
    certificateIn: (name, file) => `${file} 中的证书“${name}”`,
    expired: (certificate, date) => `${certificate}已于 ${date} 过期。`,
    renew: '续订它：enrollkit cert renew --help',
    notYetValid: (certificate, from, now) => `${certificate}在 ${from} 之前无效；现在是 ${now}。`,
    checkClock: '检查此计算机的时钟，或等待。',
    keyMissing: (path) => `没有私钥 ${path}。`,
    restoreDeviceKey: '从备份还原，或为设备颁发新证书。',
    restoreCaKey: '在颁发证书或验证 CA 之前还原它。它可能被特意存放在别处。',
    unreachable: (host, port, name, problem) => `无法连接 ${host}:${port} (${name})：${problem}`,
    checkNetwork: '检查网络和防火墙。',
    openPort: '在防火墙中打开该端口，或通过 HTTPS 注册：--protocol https',
    noAnswer: '没有及时应答。',
    portsTaken: (ports) => `另一个程序占用了模拟器的默认端口：${ports}。`,
    stopOther: '停止该程序，或选择其他端口：enrollkit emulator start --help。quickstart 会自动选择空闲端口。',
    trustProxyRoot: '将 NODE_EXTRA_CA_CERTS 设置为代理的根证书。设备的客户端证书无法通过此类代理。',
    exemptFromInspection:
      '将 *.azure-devices-provisioning.net 和 *.azure-devices.net 排除在检查之外：设备的客户端证书无法通过检查。',
    serverNotTrusted: (host, reason) => `${host} 的证书在此处不受信任 (${reason})。`,
    checkRoots: '检查 Node.js 的受信任根证书和时钟。',
    serverCertificate: (host, issuer) => `${host} 的证书由 ${issuer} 颁发`,
    unnamedCa: '未命名的 CA',
    nothingWrong: '未发现问题。',
    service: (name, location, idScope) => `预配服务 ${name} (${location}) 有响应；其 ID 范围为 ${idScope}`,
    otherIdScope: (planned, actual) => `计划中的 ID 范围为 ${planned}，但预配服务的 ID 范围为 ${actual}。`,
    rights: '你的身份可以上传和验证 CA 证书',
    rightsMissing: (name, permissions) => `你的身份在 ${name} 上缺少以下权限：${permissions}。`,
    askForRole: '请求获得 DPS 的“参与者”(Contributor) 角色，或在门户中验证 CA：--proof-of-possession portal',
    emulatorClock: (time) => `模拟器的时钟被设置过：显示 ${time}`,
    clockAgrees: (apart) => `此计算机的时钟与服务的时钟一致（相差 ${apart}）`,
    synchronize: '同步时钟。如果相差超过五分钟，令牌和证书会被拒绝。',
    noLinkedHub: (name) => `${name} 没有链接任何 IoT 中心，因此无法分配设备。`,
    linkHub:
      '链接一个 IoT 中心：az iot dps linked-hub create --dps-name NAME --resource-group GROUP --hub-name HUB',
    hubNotLinked: (hub, name, linked) => `${hub} 未链接到 ${name}。已链接的 IoT 中心：${linked}。`,
    chooseHub:
      '选择一个已链接的 IoT 中心，或链接此中心：az iot dps linked-hub create --dps-name NAME --hub-name HUB',
    checkHub: '检查该 IoT 中心是否存在，并检查网络和防火墙。',
    caNotUploaded: (name) => `没有以名称 ${name} 上传的 CA 证书。`,
    uploadCa: '重新运行 quickstart，或运行：enrollkit ca upload FILE --ca-name NAME',
    otherCaUploaded: (name, subject, thumbprint, authority, own) =>
      `以 ${name} 上传的 CA 是“${subject}”，SHA-1 指纹为 ${thumbprint}，但文件夹中 ${authority} CA 的指纹为 ${own}。`,
    uploadUnderOtherName: '以其他名称上传文件夹中的 CA (--ca-name)，或使用已上传 CA 所属的文件夹。',
    caNotVerified: (name) => `以 ${name} 上传的 CA 证书尚未验证。`,
    verifyCa: (name) =>
      `重新运行 quickstart，或运行：enrollkit ca verify ${name} --certificate FILE --key FILE`,
    caVerified: (name) => `CA 证书 ${name} 已上传并验证`,
    groupMissing: (id) => `注册组 ${id} 不存在。`,
    createGroup: '重新运行 quickstart 以创建它。',
    group: (id, status, holding) => `注册组 ${id} 的状态为 ${status}，包含${holding}`,
    groupDiffers: (id, members) => `注册组 ${id} 与文件夹的计划不同：${members}。`,
    restoreGroup: '如果不是有人特意更改，请重新运行 quickstart。它会还原由其创建的注册组。',
    uploadedCa: (name) => `已上传的 CA ${name}`,
    caCertificate: (name) => `CA 证书“${name}”`,
    folderTitle: (path) => `文件夹 ${path}`,
    keysEncrypted: (count) => `${count} 个私钥已加密，由于没有密码，无法与证书比较`,
    folder: (path, authorities, devices) => `${path} 有 ${authorities} 个 CA 和 ${devices} 台设备`,
    expiresSoon: (certificate, date, days) => `${certificate}将于 ${date} 过期，还有 ${days} 天。`,
    portsFree: (ports) => `可供模拟器使用：${ports}`,
    tlsIntercepted: (host, issuer, reason) =>
      `${host} 的证书由“${issuer}”颁发，而不是由 Azure 的 CA 颁发：代理会检查 TLS${reason === undefined ? '' : `，而其根证书在此处不受信任 (${reason})`}。`,
    more: (count, code) => `以及另外 ${count} 个 ${code}`,
    summary: (errors, warnings) => `${errors} 个错误，${warnings} 个警告。`,
    fix: (fix) => `解决方法：${fix}`,
    clockOff: (apart, isBehind) => `此计算机的时钟比服务的时钟${isBehind ? '慢' : '快'} ${apart}。`,
    held: (authorities) => (authorities.length === 0 ? '零个 CA' : authorities.join('和')),
    notAssigned: (device, status, reason) =>
      `${device} 的注册记录的状态为“${status}”${reason === undefined ? '' : `：${reason}`}。`,
  },

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
      'group devices': '列出通过注册组注册的设备',
      'enrollment create': '创建或更新个体注册',
      'enrollment list': '列出个体注册',
      'enrollment show': '显示个体注册',
      'enrollment delete': '删除个体注册',
      'registration show': '显示设备的注册记录',
      'registration delete': '删除设备的注册记录',
      'group delete': '删除注册组',
      'ca upload': '上传 CA 证书',
      'ca verify': '验证已上传的 CA 证书（所有权证明）',
      'ca code': '为已上传的 CA 证书生成验证码',
      'ca list': '列出已上传的 CA 证书',
      'ca delete': '删除已上传的 CA 证书',
      'dps list': '列出帐户中的设备预配服务',
      'dps show': '显示设备预配服务',
      'dps create': '创建设备预配服务',
      'dps delete': '删除设备预配服务',
      'hub list': '列出帐户中的 IoT 中心',
      'hub create': '创建 IoT 中心',
      'hub delete': '删除 IoT 中心',
      'hub link': '将 IoT 中心链接到设备预配服务',
      'hub unlink': '取消 IoT 中心与设备预配服务的链接',
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
      enrollment: { summary: '个体注册，每个对应一台设备' },
      dps: { summary: '帐户中的设备预配服务' },
      hub: { summary: '帐户中的 IoT 中心及其链接' },
      registration: { summary: '设备的注册记录' },
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

function firstOf(names: readonly string[], more: number): string {
  return names.join('、') + (more > 0 ? `，还有 ${more} 个` : '');
}

function didYouMean(suggestions: readonly string[]): string {
  return suggestions.length === 0 ? '' : `是否指 ${suggestions.join(' 或 ')}？`;
}
